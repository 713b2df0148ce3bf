//! lighttpd's reading of a user file: lines of at most 1024 bytes, everything after the first colon is the field, the first
//! line of the user decides.
//!
//! Behaviour of lighttpd 1.4.69: `src/mod_authn_file.c:mod_authn_file_htpasswd_get`.

use std::io::{self, BufRead};

use crate::bytes::{Span, split_once};
use crate::scan::Found;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const GET: Cite = Cite("lighttpd 1.4.69 src/mod_authn_file.c:mod_authn_file_htpasswd_get");

/// Longest line that is looked at, without its line feed.
const LONGEST: usize = 1024;

/// Finds the line of `user`. Lines without a colon on the way are handed to `odd`, since the server logs them.
pub fn find(
    reader: &mut dyn BufRead,
    user: &[u8],
    trace: &mut Trace,
    mut odd: impl FnMut(&[u8]),
) -> io::Result<Option<Found>> {
    let mut pieces = Pieces::new(reader);
    let mut lines = 0;
    while let Some(piece) = pieces.next(LONGEST + 2)? {
        let (bytes, at) = (piece.bytes, piece.at);
        lines += 1;
        let nul = memchr::memchr(0, bytes);
        let line = &bytes[..nul.unwrap_or(bytes.len())];
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let too_long = line.len() > LONGEST;
        let skipped = line.is_empty() || matches!(line[0], b'#' | b'\r') || too_long;
        if too_long {
            trace.push(Step::Line { number: lines, effect: "over-long", at: Span::at(at, line.len()) }, GET);
        }
        if !skipped {
            match split_once(line, b':') {
                Some((name, rest)) if name == user => {
                    let field = rest.strip_suffix(b"\r").unwrap_or(rest);
                    let start = at + name.len() as u64;
                    let found = Found {
                        line: lines,
                        user: Span::new(at, start),
                        field: field.to_vec(),
                        at: Span::at(start + 1, field.len()),
                    };
                    trace.push(Step::EntryFound { line: lines, user: found.user, field: found.at }, GET);
                    return Ok(Some(found));
                }
                Some(_) => {}
                None => {
                    trace.push(Step::Line { number: lines, effect: "no-colon", at: Span::at(at, line.len()) }, GET);
                    odd(line);
                }
            }
        }
        let mut nul = nul.map(|nul| at + nul as u64);
        if nul.is_none() && !bytes.ends_with(b"\n") && bytes.len() == LONGEST + 2 {
            nul = pieces.skip_line()?;
        }
        if let Some(nul) = nul {
            // The file is one C string.
            trace.push(Step::Line { number: lines, effect: "nul-ends-file", at: Span::at(nul, 1) }, GET);
            break;
        }
    }
    trace.push(Step::UserNotFound { lines }, GET);
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(file: &[u8], user: &[u8]) -> Option<(u64, Vec<u8>, Span)> {
        let found = find(&mut &*file, user, &mut Trace::default(), |_| ()).unwrap();
        found.map(|found| (found.line, found.field, found.at))
    }

    #[test]
    fn the_field_is_the_rest_of_the_line_without_one_carriage_return() {
        assert_eq!(field(b"# x\nu:H:x \r\n", b"u"), Some((2, b"H:x ".to_vec(), Span::new(6, 10))));
        assert_eq!(field(b" u:H\n", b"u"), None);
    }

    #[test]
    fn a_line_of_more_than_1024_bytes_is_not_seen() {
        for (length, found) in [(1022, true), (1023, false)] {
            let file = [&b"u:"[..], &vec![b'x'; length], b"\nv:H\n"].concat();
            assert_eq!(field(&file, b"u").is_some(), found, "{length}");
            assert_eq!(field(&file, b"v").map(|found| found.0), Some(2));
        }
    }

    #[test]
    fn a_nul_ends_the_file() {
        assert_eq!(field(b"u:H\0\nv:H\n", b"v"), None);
        let over_long = [&[b'x'; LONGEST + 2][..], b"\0\nv:H\n"].concat();
        assert_eq!(field(&over_long, b"v"), None);
        assert_eq!(field(b"u:H\0\nv:H\n", b"u").map(|found| found.1), Some(b"H".to_vec()));
    }
}
