//! What can be wrong with a line of a user file: one file and one row of [`FAULTS`] per fault.
//!
//! A fault is found in the bytes alone: where it is, and the edit that mends it, if there is one. Whether it matters is not
//! said here, since that differs per server: [`crate::hint`](../hint/index.html) and `lint` ask the servers, with the edit
//! made and without. Nothing here computes a hash.

pub mod form;
mod sight;

mod bare_digest;
mod base64_entry;
mod blank_after_colon;
mod blank_in_user;
mod byte_order_mark;
mod commented_out;
mod continued_line;
mod cost_out_of_range;
mod cr_line_ends;
mod crlf;
mod dollar_doubled;
mod dollar_expanded;
mod doubled_colon;
mod empty_user;
mod escaped_hash;
mod foreign_wrapper;
mod glued_lines;
mod hash_case;
mod hash_cut;
mod hash_mistyped;
mod hash_wrapped;
mod htdigest_line;
mod leading_blank;
mod line_too_long;
mod locked_entry;
mod no_colon;
mod no_final_newline;
mod no_hash;
mod note_after_hash;
mod nul_byte;
mod padding_missing;
mod plain_text;
mod quoted_entry;
mod salt_too_long;
mod split_entry;
mod stray_bits;
mod third_field;
mod trailing_space;
mod utf16_file;

pub use sight::Sight;

use crate::bytes::Span;
use crate::htpasswd::{Line, Splice};
use crate::trace::Code;

/// How an edit is to be treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// No login that works on any server stops working by it.
    Safe,
    /// It is right in nearly all cases, and a person should look at it.
    Consent,
    /// Nothing that a program should do by itself.
    Manual,
}

impl Grade {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Consent => "consent",
            Self::Manual => "manual",
        }
    }

    /// The same for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Consent => "look at it first",
            Self::Manual => "by hand",
        }
    }
}

/// The whole file made anew; `None` where it is not what it seemed.
pub type Remake = fn(&[u8]) -> Option<Vec<u8>>;

/// A change of the file's bytes.
#[derive(Clone)]
pub enum Edit {
    /// These bytes in place of those.
    Splices(Vec<Splice>),
    /// All of the file made anew.
    Whole(Remake),
}

/// What mends a fault.
#[derive(Clone)]
pub struct Mend {
    /// How it is to be treated.
    pub grade: Grade,
    /// What is done, as an order without a full stop: `remove the blank`.
    pub text: String,
    /// The change.
    pub edit: Edit,
}

/// Something wrong with a line.
#[derive(Clone)]
pub struct Fault {
    /// Its code.
    pub code: Code,
    /// 1-based number of the line.
    pub line: u64,
    /// 1-based column of its first byte.
    pub column: u64,
    /// The bytes to blame.
    pub at: Span,
    /// What is wrong, one clause without full stop. It holds neither a hash nor a user's name.
    pub message: String,
    /// What mends it; `None` where only a new password does.
    pub mend: Option<Mend>,
}

/// A row of [`FAULTS`].
pub struct Row {
    /// Its code, with title and text for `explain`.
    pub code: Code,
    /// Finds it in a line.
    pub find: fn(&Sight<'_>) -> Option<Fault>,
    /// Whether it is wrong in any file; `false` for what is only worth a word where a login fails.
    pub lint: bool,
}

/// The faults, in the order in which they are told.
///
/// Legend: what hits the whole file stands first, then what hits the line, then the name, then the hash; and the more
/// exact before the more general, since of several faults with the same bytes the first is told.
pub static FAULTS: &[&Row] = &[
    &utf16_file::ROW,
    &byte_order_mark::ROW,
    &cr_line_ends::ROW,
    &crlf::ROW,
    &nul_byte::ROW,
    &line_too_long::ROW,
    &continued_line::ROW,
    &split_entry::ROW,
    &hash_wrapped::ROW,
    &base64_entry::ROW,
    &quoted_entry::ROW,
    &no_colon::ROW,
    &commented_out::ROW,
    &no_final_newline::ROW,
    &leading_blank::ROW,
    &empty_user::ROW,
    &blank_in_user::ROW,
    &doubled_colon::ROW,
    &htdigest_line::ROW,
    &glued_lines::ROW,
    &third_field::ROW,
    &blank_after_colon::ROW,
    &note_after_hash::ROW,
    &trailing_space::ROW,
    &no_hash::ROW,
    &locked_entry::ROW,
    &dollar_doubled::ROW,
    &escaped_hash::ROW,
    &foreign_wrapper::ROW,
    &hash_case::ROW,
    &dollar_expanded::ROW,
    &bare_digest::ROW,
    &cost_out_of_range::ROW,
    &salt_too_long::ROW,
    &padding_missing::ROW,
    &hash_cut::ROW,
    &stray_bits::ROW,
    &hash_mistyped::ROW,
    &plain_text::ROW,
];

/// What is wrong with `line`, in the order of [`FAULTS`]; of several faults with a byte in common the first.
#[must_use]
pub fn of_line(line: &Line<'_>) -> Vec<Fault> {
    let sight = Sight::of(line);
    let mut found: Vec<Fault> = Vec::new();
    for fault in FAULTS.iter().filter_map(|row| (row.find)(&sight)) {
        if !found.iter().any(|known| known.at.start < fault.at.end && fault.at.start < known.at.end) {
            found.push(fault);
        }
    }
    found
}
