//! Two users with the same hash.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "same-hash",
        title: "two users with the same hash",
        text: "Two users have the same hash, so they have the same password, and everybody who reads the file sees \
               it: an entry was copied for another user, or the scheme has no salt. Give each a password of its own.",
    },
    check: Check::Pass,
};
