//! Line ends of both kinds in one file.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "mixed-line-ends",
        title: "line ends of both kinds",
        text: "Some lines end in CR LF and some in LF: the file was edited on Windows and on Unix in turn. Servers \
               that do not pass over the carriage return refuse the users of the former. `why401 lint --fix FILE` \
               leaves line feeds only.",
    },
    check: Check::Pass,
};
