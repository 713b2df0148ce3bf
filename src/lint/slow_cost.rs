//! A cost that is too high for a login at every request.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "slow-cost",
        title: "a cost that is too high",
        text: "One check of the hash takes more than a second of a processor. Basic authentication checks at every \
               request, so a page with its pictures takes minutes, and a few clients occupy the server. Set the \
               password at a cost of 10 to 12.",
    },
    check: Check::Entry(|entry, thresholds| {
        let seconds = (entry.scheme.cost.as_ref()?.seconds)(entry.cost()?) * thresholds.pace;
        (seconds > thresholds.seconds)
            .then(|| format!("one check of this hash takes about {seconds:.0} s here, at every request"))
    }),
};
