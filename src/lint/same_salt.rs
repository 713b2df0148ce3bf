//! Two users with the same salt.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "same-salt",
        title: "two users with the same salt",
        text: "Two hashes have the same salt, which a good random source makes impossible: the program that made \
               them uses a fixed salt or a bad one. Guessing both passwords costs no more than guessing one. Set the \
               passwords anew with another tool.",
    },
    check: Check::Pass,
};
