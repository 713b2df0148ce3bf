//! A file that the server may write.

use crate::lint::{Check, Lint};
use crate::trace::Code;

pub(super) static LINT: Lint = Lint {
    code: Code {
        name: "file-writable",
        title: "writable by the server or by everybody",
        text: "The server's own user, or everybody, can write the file: a hole in an application is then enough to \
               add a user. It should belong to root, with the server's group allowed to read: `chown root:www-data \
               FILE && chmod 640 FILE`.",
    },
    check: Check::Place(|place| {
        if place.mode & 0o002 != 0 {
            return Some(format!("everybody on the machine can write the file (mode {:04o})", place.mode & 0o7777));
        }
        place.writable_by.as_ref().map(|who| format!("the server's user {who} can write the file"))
    }),
};
