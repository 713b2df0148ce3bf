//! How each server finds a user's line in the file, from the file's bytes to the stored field.
//!
//! A dialect is one file. It reads a stream once, in constant memory unless the server itself keeps a table, pushes a
//! step for every line that had an effect of its own, and never judges the field.

pub mod apache;
pub mod dufs;
pub mod entries;
pub mod envoy;
pub mod exporter_toolkit;
pub mod go_csv;
pub mod go_letters;
pub mod go_lines;
pub mod go_space;
pub mod go_users;
pub mod h2o;
pub mod haproxy;
pub mod lighttpd;
pub mod miniserve;
pub mod names;
pub mod nginx;
pub mod node;
pub mod oauth2_proxy;
pub mod passlib;
pub mod pieces;
pub mod radicale;
pub mod squid;
pub mod static_web_server;
pub mod traefik;

use crate::bytes::Span;
use crate::trace::{Cite, Step, Trace};

/// The line of the user that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// 1-based number of its first physical line.
    pub line: u64,
    /// The bytes of the user name in the file.
    pub user: Span,
    /// The stored field as the server hands it to its check.
    pub field: Vec<u8>,
    /// The bytes of the field in the file. Where the field is not one piece of the file (continued lines, cut at NUL)
    /// the span covers all its pieces.
    pub at: Span,
}

/// The whole file is refused for one of its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// 1-based number of the line to blame.
    pub line: u64,
    /// What is wrong with it, in kebab-case, as in [`crate::trace::Step::FileRejected`].
    pub why: &'static str,
    /// The bytes to blame.
    pub at: Span,
    /// What the program's own message is made of: the line, or the reader's words. It may hold a stored field, so it is
    /// for the server's code only.
    pub bytes: Vec<u8>,
}

/// Pushes how the search for a user ended; nothing where no user was asked for and the file was only judged.
fn told(user: Option<&[u8]>, found: Option<&Found>, lines: u64, cite: Cite, trace: &mut Trace) {
    if user.is_some() {
        let step = match found {
            Some(found) => Step::EntryFound { line: found.line, user: found.user, field: found.at },
            None => Step::UserNotFound { lines },
        };
        trace.push(step, cite);
    }
}
