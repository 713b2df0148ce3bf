//! Lines as a plain reader of `user:field` takes them: cut at line feeds, empty lines and lines that begin with `#` left out,
//! cut at the first colon, nothing trimmed.
//!
//! This is Envoy's reading, and the way in which the lines of a user file stand for the accounts of servers that keep
//! accounts in their own configuration (Caddy, `HAProxy`, exporter-toolkit).

use std::io::{self, BufRead};

use crate::bytes::{Span, split_once};
use crate::scan::Found;
use crate::scan::pieces::Pieces;

/// Reads entries from a stream.
pub struct Entries<'r> {
    pieces: Pieces<'r>,
    lines: u64,
    line: Vec<u8>,
}

/// A line that is not left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// 1-based number of the line.
    pub line: u64,
    /// What stands before the first colon, or the whole line.
    pub user: &'a [u8],
    /// What stands after the first colon; `None` where there is no colon.
    pub field: Option<&'a [u8]>,
    start: u64,
}

impl Entry<'_> {
    /// The bytes of the user name in the file.
    #[must_use]
    pub fn user_at(&self) -> Span {
        Span::at(self.start, self.user.len())
    }

    /// The bytes of the field in the file; empty at the end of a line without colon.
    #[must_use]
    pub fn field_at(&self) -> Span {
        let end = self.user_at().end;
        self.field.map_or(Span::at(end, 0), |field| Span::at(end + 1, field.len()))
    }

    /// The bytes of the line.
    #[must_use]
    pub fn all(&self) -> Span {
        Span::new(self.start, self.field_at().end)
    }

    /// The entry as what was looked for.
    #[must_use]
    pub fn found(&self) -> Found {
        let field = self.field.unwrap_or_default().to_vec();
        Found { line: self.line, user: self.user_at(), field, at: self.field_at() }
    }
}

impl<'r> Entries<'r> {
    /// Entries of what `reader` has left, counted from offset 0.
    pub fn new(reader: &'r mut dyn BufRead) -> Self {
        Self { pieces: Pieces::new(reader), lines: 0, line: Vec::new() }
    }

    /// Lines read so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The next entry; `None` at the end of the file.
    pub fn read(&mut self) -> io::Result<Option<Entry<'_>>> {
        let start = loop {
            let Some(piece) = self.pieces.next(usize::MAX)? else { return Ok(None) };
            self.lines += 1;
            let line = piece.bytes.strip_suffix(b"\n").unwrap_or(piece.bytes);
            if !matches!(line.first(), None | Some(b'#')) {
                self.line.clear();
                self.line.extend_from_slice(line);
                break piece.at;
            }
        };
        let line = self.line.as_slice();
        let (user, field) = match split_once(line, b':') {
            Some((user, field)) => (user, Some(field)),
            None => (line, None),
        };
        Ok(Some(Entry { line: self.lines, user, field, start }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_empty_lines_and_comments_are_left_out() {
        let mut reader = &b"# c\n\n \nu:H:x\r\nv"[..];
        let mut entries = Entries::new(&mut reader);
        let mut seen = Vec::new();
        while let Some(entry) = entries.read().unwrap() {
            seen.push((entry.line, entry.user.to_vec(), entry.field.map(<[u8]>::to_vec), entry.all()));
        }
        assert_eq!(
            seen,
            [
                (3, b" ".to_vec(), None, Span::new(5, 6)),
                (4, b"u".to_vec(), Some(b"H:x\r".to_vec()), Span::new(7, 13)),
                (5, b"v".to_vec(), None, Span::new(14, 15)),
            ]
        );
    }
}
