//! How each server finds a user's line in the file, from the file's bytes to the stored field.
//!
//! A dialect is one file. It reads a stream once, in constant memory unless the server itself keeps a table, pushes a
//! step for every line that had an effect of its own, and never judges the field.

pub mod apache;
pub mod lighttpd;
pub mod nginx;
pub mod pieces;

use crate::bytes::Span;

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
