//! A cost that is too low.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "weak-cost",
        title: "a cost that is too low",
        text: "The hash was made at a cost that today's machines laugh at: `htpasswd -B` makes cost 5 unless it is \
               told `-C 10`. Without `--min-cost`, bcrypt under 8 and SHA-crypt under 5000 rounds are told. A new \
               cost needs the password: `why401 set`, or `why401 verify --upgrade` at the next login.",
    },
    check: Check::Entry(|entry, thresholds| {
        let (_, least) = thresholds.costs.iter().find(|(name, _)| *name == entry.scheme.name)?;
        let unit = entry.scheme.cost.as_ref()?.unit;
        let cost = entry.cost()?;
        (cost < *least).then(|| format!("the {unit} of this {} hash is {cost}, less than {least}", entry.scheme.name))
    }),
};
