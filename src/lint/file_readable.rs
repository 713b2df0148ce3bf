//! A file that everybody on the machine can read.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "file-readable",
        title: "readable by everybody on the machine",
        text: "Everybody who has an account on the machine, or runs a program there, can read the hashes and guess \
               passwords against them. The server needs its group's read permission only: `chgrp www-data FILE && \
               chmod 640 FILE`.",
    },
    check: Check::Place(|place| {
        (place.mode & 0o004 != 0)
            .then(|| format!("everybody on the machine can read the file (mode {:04o})", place.mode & 0o7777))
    }),
};
