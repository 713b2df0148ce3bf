//! A line as the faults look at it: cut into its parts once for all of them.

use crate::bytes::Span;
use crate::fault::form::{self, Form};
use crate::fault::{Edit, Fault, Grade, Mend};
use crate::htpasswd::{Entry, Kind, Line, Splice};
use crate::trace::Code;

/// A line and its parts.
pub struct Sight<'a> {
    /// The line.
    pub line: &'a Line<'a>,
    /// The line without its line end.
    pub text: &'a [u8],
    /// What it is.
    pub kind: Kind,
    /// Its parts; `None` for blank lines and comments.
    pub entry: Option<Entry<'a>>,
    /// Everything between the colons after the name and the line end; empty for a line without colon.
    pub value: &'a [u8],
    /// Where in the line that begins.
    pub value_at: usize,
    /// What the value is as a hash, blanks before it passed over.
    pub form: Form,
    /// Number of blanks before the hash.
    pub pad: usize,
}

impl<'a> Sight<'a> {
    /// Cuts `line` into its parts.
    #[must_use]
    pub fn of(line: &'a Line<'a>) -> Self {
        let (text, kind, entry) = (line.text(), line.kind(), line.entry());
        let value_at = match &entry {
            Some(entry) if kind == Kind::Entry => entry.indent.len() + entry.name.len() + entry.colons.len(),
            _ => text.len(),
        };
        let value = &text[value_at..];
        let pad = value.iter().take_while(|byte| is_blank(**byte)).count();
        Self { line, text, kind, entry, value, value_at, form: form::of(&value[pad..]), pad }
    }

    /// The bytes from where the hash begins.
    #[must_use]
    pub fn hash(&self) -> &'a [u8] {
        &self.value[self.pad..]
    }

    /// Where in the line the hash begins.
    #[must_use]
    pub fn hash_at(&self) -> usize {
        self.value_at + self.pad
    }

    /// What follows a whole hash; empty where there is none or nothing follows.
    #[must_use]
    pub fn behind(&self) -> &'a [u8] {
        if self.form.is_whole() { &self.hash()[self.form.length..] } else { b"" }
    }

    /// Bytes of the line as a place in the file.
    #[must_use]
    pub fn span(&self, at: usize, length: usize) -> Span {
        Span::at(self.line.start + at as u64, length)
    }

    /// A fault at these bytes of the line.
    pub(super) fn fault(&self, code: Code, at: usize, length: usize, message: impl Into<String>) -> Fault {
        Fault {
            code,
            line: self.line.number,
            column: at as u64 + 1,
            at: self.span(at, length),
            message: message.into(),
            mend: None,
        }
    }

    /// `bytes` in place of these bytes of the line.
    pub(super) fn splice(&self, at: usize, length: usize, bytes: &[u8]) -> Splice {
        Splice { span: self.span(at, length), bytes: bytes.to_vec() }
    }
}

impl Fault {
    /// The same with what mends it.
    pub(super) fn mended(mut self, grade: Grade, text: impl Into<String>, splices: Vec<Splice>) -> Self {
        self.mend = Some(Mend { grade, text: text.into(), edit: Edit::Splices(splices) });
        self
    }

    /// The same, mended by making the whole file anew.
    pub(super) fn remade(mut self, grade: Grade, text: &str, remake: super::Remake) -> Self {
        self.mend = Some(Mend { grade, text: text.to_owned(), edit: Edit::Whole(remake) });
        self
    }
}

/// Space, tab, VT and FF: blank to Apache, and no line end.
#[must_use]
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0B | 0x0C)
}

/// Whether `name` could be a user's name: nothing in it that a line of a user file does not have there.
pub(super) fn is_name(name: &[u8]) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .iter()
            .all(|byte| !byte.is_ascii_control() && !matches!(byte, b':' | b' ' | b'$' | b'{' | b'"' | b'\'' | b'\\'))
}
