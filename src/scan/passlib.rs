//! Lines as passlib's `HtpasswdFile` reads them: bytes cut at line feeds, exactly one colon, the first line of a user counts.
//!
//! One line with another number of colons refuses the whole file. Blanks at a line's end go, those at its start belong
//! to the name.
//!
//! Behaviour of passlib 1.7.4 `apache.py:_load_lines`, `apache.py:_parse_record`.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::bytes::trim_end;
use crate::bytes::trim_start;
use crate::scan::Found;
use crate::scan::Rejected;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const LOAD: Cite = Cite("passlib 1.7.4 apache.py:_load_lines");

/// What `bytes.strip` takes off.
const BLANKS: &[u8] = b" \t\n\r\x0B\x0C";

/// What the file holds.
#[derive(Debug, Default)]
pub struct Table {
    /// The entry of the user that was asked.
    pub found: Option<Found>,
    /// Physical lines read.
    pub lines: u64,
}

/// Reads the file and finds the first line of `user`.
pub fn find(reader: &mut dyn BufRead, user: &[u8], trace: &mut Trace) -> io::Result<Result<Table, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let mut table = Table::default();
    while let Some(piece) = pieces.next(usize::MAX)? {
        table.lines += 1;
        if matches!(trim_start(piece.bytes, BLANKS).first(), None | Some(b'#')) {
            continue;
        }
        let record = trim_end(piece.bytes, BLANKS);
        let mut colons = memchr::memchr_iter(b':', record);
        let (colon, second) = (colons.next(), colons.next());
        let (Some(colon), None) = (colon, second) else {
            let (why, at) = match second {
                Some(second) => ("second-colon", Span::at(piece.at + second as u64, record.len() - second)),
                None => ("no-colon", Span::at(piece.at, record.len())),
            };
            trace.push(Step::FileRejected { line: table.lines, why, at }, LOAD);
            return Ok(Err(Rejected { line: table.lines, why, at, bytes: Vec::new() }));
        };
        let (name, field) = (&record[..colon], &record[colon + 1..]);
        if name != user {
            continue;
        }
        let line = Span::at(piece.at, record.len());
        if table.found.is_some() {
            trace.push(Step::Line { number: table.lines, effect: "duplicate-ignored", at: line }, LOAD);
        } else {
            let at = Span::new(line.start + colon as u64 + 1, line.end);
            let user = Span::at(line.start, colon);
            table.found = Some(Found { line: table.lines, user, field: field.to_vec(), at });
        }
    }
    Ok(Ok(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = (u64, Vec<u8>);

    fn read(mut file: &[u8], user: &[u8]) -> Result<Option<Line>, (u64, &'static str)> {
        let table = find(&mut file, user, &mut Trace::default()).expect("memory is read without error");
        match table {
            Ok(table) => Ok(table.found.map(|found| (found.line, found.field))),
            Err(rejected) => Err((rejected.line, rejected.why)),
        }
    }

    #[test]
    fn the_first_line_of_a_user_counts_and_blanks_at_its_end_go() {
        assert_eq!(read(b"\n # c\nu:x \t\r\nu:y\n", b"u"), Ok(Some((3, b"x".to_vec()))));
        assert_eq!(read(b" u:x\n", b"u"), Ok(None));
        assert_eq!(read(b" u:x\n", b" u"), Ok(Some((1, b"x".to_vec()))));
        assert_eq!(read(b"u: x\n", b"u"), Ok(Some((1, b" x".to_vec()))));
    }

    #[test]
    fn a_line_with_another_number_of_colons_refuses_the_file() {
        assert_eq!(read(b"u:x\nv\n", b"u"), Err((2, "no-colon")));
        assert_eq!(read(b"u:x\nv:y:z\n", b"u"), Err((2, "second-colon")));
        assert_eq!(read(b"u:x\rv:y\r", b"u"), Err((1, "second-colon")));
    }
}
