//! What both test binaries share: bytes written as text, cases, recorded answers, and the emulator's answer to a
//! question.
//!
//! `tests/it` reads it as its own module, `tests/real` by path; nothing here asks a server.

pub(crate) mod answer;
pub(crate) mod case;
pub(crate) mod config;
pub(crate) mod escape;
pub(crate) mod hints;
pub(crate) mod htpasswd;
pub(crate) mod observed;
pub(crate) mod question;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod sqlite;
pub(crate) mod terminal;
pub(crate) mod urls;

use std::path::PathBuf;

/// A path below `tests/`.
pub(crate) fn tests(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}
