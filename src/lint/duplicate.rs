//! The same name on two lines.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "duplicate",
        title: "the same name on two lines",
        text: "The name stands on an earlier line, too. Apache, nginx and lighttpd use the first line and never look \
               at this one; Traefik, the Docker registry and others use the last. Keep the line that is right and \
               remove the other.",
    },
    check: Check::Pass,
};

/// What is said of a line whose name stands on line `first` already.
pub(super) fn message(first: u64) -> String {
    format!("the same name stands on line {first}, which Apache, nginx and lighttpd use in place of this one")
}
