//! The one entry that static-web-server takes: here the first line of a file that is neither empty nor begins with `#`.
//!
//! The server reads no file: its `--basic-auth` takes `USER:HASH`. That line stands for the option, cut at its first
//! colon (`USER:` where it has none), and the server takes off blanks around it.
//!
//! Behaviour of static-web-server 2.44.1 `src/basic_auth.rs:init`; the way of the line into the option is that of the
//! recorded answers.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::bytes::split_once;
use crate::scan::Found;
use crate::scan::Rejected;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const INIT: Cite = Cite("static-web-server 2.44.1 src/basic_auth.rs:init");

/// An entry and the name of its user.
pub type First = (Found, Vec<u8>);

/// The entry of whatever user, with the name; `None` where there is no such line, and so no authentication.
pub fn first(reader: &mut dyn BufRead, trace: &mut Trace) -> io::Result<Result<Option<First>, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let mut number = 0;
    while let Some(piece) = pieces.next(usize::MAX)? {
        number += 1;
        let line = piece.bytes.strip_suffix(b"\n").unwrap_or(piece.bytes);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        return Ok(entry(line, number, piece.at).map(Some).map_err(|(why, at)| {
            trace.push(Step::FileRejected { line: number, why, at }, INIT);
            Rejected { line: number, why, at, bytes: line.to_vec() }
        }));
    }
    Ok(Ok(None))
}

fn entry(line: &[u8], number: u64, start: u64) -> Result<(Found, Vec<u8>), (&'static str, Span)> {
    let text = std::str::from_utf8(line)
        .map_err(|error| ("not-utf8", Span::at(start + error.valid_up_to() as u64, error.error_len().unwrap_or(1))))?;
    if let Some(at) = memchr::memchr(0, line) {
        return Err(("nul", Span::at(start + at as u64, 1)));
    }
    if text.starts_with('-') {
        return Err(("taken-for-an-option", Span::at(start, line.len())));
    }
    let lead = line.len() - text.trim_start().len();
    let (name, field) = split_once(text.trim().as_bytes(), b':').unwrap_or((text.trim().as_bytes(), b""));
    let name_at = Span::at(start + lead as u64, name.len());
    let field_at = Span::at(name_at.end + 1, field.len());
    if name.is_empty() {
        return Err(("empty-user", Span::at(start, line.len())));
    }
    if field.is_empty() {
        return Err(("empty-field", Span::at(start, line.len())));
    }
    Ok((Found { line: number, user: name_at, field: field.to_vec(), at: field_at }, name.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = (u64, Vec<u8>, Vec<u8>);

    fn read(mut file: &[u8]) -> Result<Option<Line>, &'static str> {
        let first = first(&mut file, &mut Trace::default()).expect("memory is read without error");
        let parts = |(found, name): (Found, Vec<u8>)| (found.line, name, found.field);
        first.map(|entry| entry.map(parts)).map_err(|rejected| rejected.why)
    }

    #[test]
    fn the_first_line_counts_without_blanks_around_it() {
        assert_eq!(read(b"\n# c\n u:a:b \r\nv:c\n"), Ok(Some((3, b"u".to_vec(), b"a:b".to_vec()))));
        assert_eq!(read(b"#u:a\n\n"), Ok(None));
        assert_eq!(read(b" #u:a\n"), Ok(Some((1, b"#u".to_vec(), b"a".to_vec()))));
    }

    #[test]
    fn half_an_entry_keeps_the_server_from_starting() {
        assert_eq!(read(b":a\n"), Err("empty-user"));
        assert_eq!(read(b" \t\n"), Err("empty-user"));
        assert_eq!(read(b"u\n"), Err("empty-field"));
        assert_eq!(read(b"\xFF:a\n"), Err("not-utf8"));
    }
}
