//! The reading of a user file by Squid's `basic_ncsa_auth`: an 8 kB buffer, fields cut with strtok(3), the last line of a
//! user decides.
//!
//! Behaviour of Squid 5.7: `src/auth/basic/NCSA/basic_ncsa_auth.cc:read_passwd_file`. Every piece of an over-long line is
//! a line of its own, a NUL ends a line, and separators (colon, carriage return) in a row count as one.

use std::io::{self, BufRead};

use crate::bytes::{Span, c_string};
use crate::scan::Found;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const READ: Cite = Cite("Squid 5.7 src/auth/basic/NCSA/basic_ncsa_auth.cc:read_passwd_file");

/// Most bytes that one fgets(3) takes: `HELPER_INPUT_BUFFER` (8196) less one for the call, less one for the NUL.
const LONGEST: usize = 8194;

/// Finds the last line of `user`. Lines of separators only are handed to `odd` by their number, since the program
/// complains about them.
pub fn find(
    reader: &mut dyn BufRead,
    user: &[u8],
    trace: &mut Trace,
    mut odd: impl FnMut(u64),
) -> io::Result<Option<Found>> {
    let mut pieces = Pieces::new(reader);
    let mut found: Option<Found> = None;
    // The program counts what fgets(3) returns; people count line feeds.
    let (mut reads, mut line) = (0, 1);
    while let Some(piece) = pieces.next(LONGEST)? {
        reads += 1;
        let (this, ended) = (line, piece.bytes.ends_with(b"\n"));
        line += u64::from(ended);
        let at = Span::at(piece.at, piece.bytes.len());
        if !ended && piece.bytes.len() == LONGEST {
            trace.push(Step::Line { number: this, effect: "over-long", at }, READ);
        }
        let text = c_string(piece.bytes);
        if matches!(text.first(), Some(b'#' | b' ' | b'\t' | b'\n')) {
            continue;
        }
        let Some((name_at, name, rest)) = token(text, 0) else {
            trace.push(Step::Line { number: this, effect: "no-user", at }, READ);
            odd(reads);
            continue;
        };
        let Some((field_at, field, rest)) = token(text, rest) else {
            trace.push(Step::Line { number: this, effect: "no-field", at }, READ);
            continue;
        };
        if name != user {
            continue;
        }
        let after = piece.at + rest as u64;
        if text[rest..].iter().any(|byte| !is_separator(*byte)) {
            trace.push(Step::FieldCut { why: "third-field", at: Span::new(after, at.end) }, READ);
        } else if text.len() < piece.bytes.len() {
            let nul = piece.at + text.len() as u64;
            trace.push(Step::FieldCut { why: "nul", at: Span::new(nul, at.end) }, READ);
        }
        let now = Found {
            line: this,
            user: Span::at(piece.at + name_at as u64, name.len()),
            field: field.to_vec(),
            at: Span::at(piece.at + field_at as u64, field.len()),
        };
        if let Some(before) = found.replace(now) {
            let at = Span::new(before.user.start, before.at.end);
            trace.push(Step::Line { number: before.line, effect: "replaced-by-later", at }, READ);
        }
    }
    trace.push(
        match &found {
            Some(found) => Step::EntryFound { line: found.line, user: found.user, field: found.at },
            None => Step::UserNotFound { lines: line - 1 },
        },
        READ,
    );
    Ok(found)
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b':' | b'\n' | b'\r')
}

/// The next token of strtok(3): its offset, its bytes, and where the search goes on.
fn token(text: &[u8], from: usize) -> Option<(usize, &[u8], usize)> {
    let start = from + text.get(from..)?.iter().position(|byte| !is_separator(*byte))?;
    let length = text[start..].iter().position(|byte| is_separator(*byte)).unwrap_or(text.len() - start);
    let rest = (start + length + 1).min(text.len());
    Some((start, &text[start..start + length], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(file: &[u8], user: &[u8]) -> Option<Vec<u8>> {
        find(&mut &*file, user, &mut Trace::default(), |_| ()).unwrap().map(|found| found.field)
    }

    #[test]
    fn separators_in_a_row_count_as_one() {
        for file in [&b"u:H\n"[..], b"u::H:x\n", b":u:H\r\n", b"u\rH", b"u:1\nu:H\0:x\n"] {
            assert_eq!(field(file, b"u"), Some(b"H".to_vec()), "{}", String::from_utf8_lossy(file));
        }
        for file in [&b" u:H\n"[..], b"u:\n", b"u\n", b"#u:H\n", b"\tu:H\n"] {
            assert_eq!(field(file, b"u"), None, "{}", String::from_utf8_lossy(file));
        }
    }

    #[test]
    fn a_line_of_separators_is_told() {
        let mut told = Vec::new();
        find(&mut &b"u:H\n::\r\n\r\n\n"[..], b"u", &mut Trace::default(), |line| told.push(line)).unwrap();
        assert_eq!(told, [2, 3]);
    }

    #[test]
    fn the_rest_of_an_over_long_line_is_a_line_of_its_own() {
        let file = [&vec![b'x'; LONGEST][..], b"u:H\n"].concat();
        assert_eq!(field(&file, b"u"), Some(b"H".to_vec()));
        let file = [&b"u:"[..], &vec![b'x'; LONGEST - 2], b"y\n"].concat();
        assert_eq!(field(&file, b"u").map(|field| field.len()), Some(LONGEST - 2));
    }
}
