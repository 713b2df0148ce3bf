//! What is wrong with a user file, and what that does on each server: the faults of its lines ([`crate::fault`]), and checks over
//! its entries and its place, one file and one row of [`LINTS`] each.
//!
//! A file is read once, as a stream, in memory that grows with its entries. What a fault does to a server is asked of the server,
//! about the line alone and with the password taken for right; nothing is hashed.

mod duplicate;
mod effect;
mod file_readable;
mod file_served;
mod file_writable;
mod meaning;
mod mend;
mod mixed_line_ends;
mod ordinary;
mod pass;
mod same_hash;
mod same_salt;
mod scheme_not_taken;
mod slow_cost;
mod together;
mod weak_cost;
mod weak_scheme;

pub use effect::{Effect, Effects};
pub use mend::{mended, splices};
pub use pass::Linter;

use std::rc::Rc;

use crate::bytes::Span;
use crate::fault::{self, Fault, Mend};
use crate::htpasswd::Line;
use crate::scheme::Scheme;
use crate::server::Server;
use crate::trace::Code;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// An asked server refuses somebody for it.
    Error,
    /// A weakness, or a trap for the next edit.
    Warning,
    /// Nothing that hurts an asked server now.
    Note,
}

impl Severity {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that was found.
#[derive(Clone)]
pub struct Finding {
    /// Its code.
    pub code: Code,
    /// How bad it is for the asked servers.
    pub severity: Severity,
    /// 1-based line; 0 for the file as a whole.
    pub line: u64,
    /// 1-based column; 0 for the file as a whole.
    pub column: u64,
    /// The bytes to blame.
    pub at: Span,
    /// What is wrong, one clause without full stop.
    pub message: Rc<str>,
    /// Whose entry it is, where it is one's.
    pub user: Vec<u8>,
    /// What each asked server answers to the right password of this entry.
    pub effects: Effects,
    /// What mends it; its grade is that of this file, where a safe edit can have become one that wants consent.
    pub mend: Option<Mend>,
}

/// A row of [`LINTS`].
pub struct Lint {
    /// Its code, with title and text for `explain`.
    pub code: Code,
    /// How it is looked for.
    pub check: Check,
}

/// How a row is looked for.
pub enum Check {
    /// In each whole entry.
    Entry(fn(&Whole<'_>, &Thresholds) -> Option<String>),
    /// In the place of the file.
    Place(fn(&Place) -> Option<String>),
    /// By the pass over the file itself, which sees all entries.
    Pass,
}

/// The checks that are no faults of a single line.
///
/// Legend: first the entries against each other, then each for itself, then the file's place.
pub static LINTS: &[&Lint] = &[
    &mixed_line_ends::LINT,
    &duplicate::LINT,
    &same_hash::LINT,
    &same_salt::LINT,
    &scheme_not_taken::LINT,
    &weak_scheme::LINT,
    &weak_cost::LINT,
    &slow_cost::LINT,
    &file_readable::LINT,
    &file_served::LINT,
    &file_writable::LINT,
];

/// An entry whose hash is whole.
pub struct Whole<'a> {
    /// The hash.
    pub field: &'a [u8],
    /// Its scheme.
    pub scheme: &'static Scheme,
}

impl Whole<'_> {
    /// Its cost, where its scheme has a choice and it can be read.
    #[must_use]
    pub fn cost(&self) -> Option<u64> {
        (self.scheme.cost.as_ref()?.of)(self.field)
    }
}

/// From where on a scheme or a cost is too weak.
pub struct Thresholds {
    /// The weakest scheme that is let pass, by [`Scheme::strength`].
    pub strength: u8,
    /// The least cost of some schemes, by name.
    pub costs: Vec<(&'static str, u64)>,
    /// Seconds from which on one check takes too long.
    pub seconds: f64,
    /// How many times as long as estimated a hash takes on this machine.
    pub pace: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        let costs = vec![("bcrypt", 8), ("sha256crypt", 5000), ("sha512crypt", 5000)];
        Self { strength: 30, costs, seconds: 1.0, pace: 1.0 }
    }
}

/// What is known of the file's place.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// Its permission bits.
    pub mode: u32,
    /// The document root that it lies in, as text.
    pub served_from: Option<String>,
    /// Whether its name is one that Apache never serves (it begins with `.ht`).
    pub hidden_by_name: bool,
    /// A server's user that may write it, as text.
    pub writable_by: Option<String>,
}

/// What a file is held against.
pub struct Demands<'a> {
    /// The servers that are asked.
    pub servers: &'a [&'static dyn Server],
    /// What is too weak.
    pub thresholds: &'a Thresholds,
}

/// What is wrong with a line for itself: its line end and the start of the file are the file's affair and left out.
#[must_use]
pub fn faults(line: &Line<'_>) -> Vec<Fault> {
    if ordinary::of(line.text()).is_some() && !line.end().is_empty() {
        return Vec::new();
    }
    let mut faults = fault::of_line(line);
    faults.retain(|fault| {
        let is_of_line = !matches!(fault.code.name, "crlf" | "no-final-newline" | "byte-order-mark");
        is_of_line && fault::FAULTS.iter().any(|row| row.code == fault.code && row.lint)
    });
    faults
}
