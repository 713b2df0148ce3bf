//! Entries held outside of password files: other systems' containers of them, read and written.
//!
//! Pure functions over bytes. A reader says for each entry which layers it took off, since that is often the diagnosis:
//! doubled dollars, quotes and base64 that a consumer would have needed, or that were one too many. Nothing here decides
//! whether a login succeeds, and no hash is computed.

pub mod credentials;
mod csv;
mod json;
pub mod layer;

pub use layer::Layer;

use crate::secret::Secret;

/// An entry as it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The user.
    pub user: Vec<u8>,
    /// What is stored for the user.
    pub value: Value,
    /// What was taken off, in order.
    pub layers: Vec<Layer>,
    /// Where it was found: a line, a label, a key.
    pub place: String,
}

/// What is stored for a user. Both are kept from being shown.
#[derive(Clone, Debug)]
pub enum Value {
    /// A hash, as it would stand in a password file.
    Hash(Secret),
    /// A password.
    Password(Secret),
}

/// Why a container can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What is wrong, without anything of the content.
    pub what: String,
    /// Number of the line where that is known, from 1.
    pub line: Option<u64>,
}

impl Unreadable {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), line: None }
    }

    fn at(what: impl Into<String>, line: u64) -> Self {
        Self { what: what.into(), line: Some(line) }
    }
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
