//! A scheme that gives its passwords away.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "weak-scheme",
        title: "a weak scheme",
        text: "The scheme is one that a stolen file gives up in minutes: no salt, eight bytes of the password, or a \
               single round. Without `--min-scheme` these are plain text, bare digests, NT, DES and its relatives, \
               `{SHA}` and `{SSHA}`. Move to bcrypt where the servers take it: `why401 migrate`.",
    },
    check: Check::Entry(|entry, thresholds| {
        let is_weak = entry.scheme.strength < thresholds.strength;
        is_weak.then(|| format!("the scheme {} is weak", entry.scheme.name))
    }),
};
