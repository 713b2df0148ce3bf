//! A good hash that an asked server does not take.

use crate::lint::effect::Effect;
use crate::lint::{Check, Lint};
use crate::scheme::Scheme;
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "scheme-not-taken",
        title: "a hash that an asked server does not take",
        text: "The hash is whole, and one of the servers that were asked does not know its scheme, or does not take \
               its cost or its label. Its user can't log in there. `why401 migrate --for SERVER,… FILE` shows what \
               it takes to move.",
    },
    check: Check::Pass,
};

/// What is said of an entry of this scheme.
pub(super) fn message(scheme: &Scheme, effects: &[Effect]) -> String {
    let refusing: Vec<&str> =
        effects.iter().filter(|effect| !effect.verdict.lets_in()).map(|effect| effect.server).collect();
    format!(
        "{} {} not take this hash ({})",
        refusing.join(", "),
        if refusing.len() == 1 { "does" } else { "do" },
        scheme.name
    )
}
