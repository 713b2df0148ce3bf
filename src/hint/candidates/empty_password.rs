//! The stored password is empty.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "empty-password-stored",
        title: "the stored password is empty",
        text: "The hash is of an empty password: a program read the password from a pipe that was empty, or a \
               variable that was not set. Everybody gets in with an empty password. Set one now.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |_, made| made.add("as an empty one", ""),
};
