//! Lines as miniserve reads its `--auth-file`: text in UTF-8, and every line an entry.
//!
//! There are no comments and no blank lines: one line that is no entry keeps the server from starting. All of a user's
//! lines count. `USER:sha256:HEX` and `USER:sha512:HEX` are digests; a line with one colon holds the password itself.
//!
//! Behaviour of miniserve 0.35.0 `src/config.rs:try_from_args`, `src/args.rs:parse_auth`.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::bytes::split_once;
use crate::scan::Found;
use crate::scan::Rejected;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const PARSE: Cite = Cite("miniserve 0.35.0 src/args.rs:parse_auth");

/// Longest password in bytes; a longer one is taken for a mistake.
const LONGEST: usize = 255;

/// What the file holds.
#[derive(Debug, Default)]
pub struct Table {
    /// The lines of the user that was asked, in order. A field is what follows the first colon.
    pub found: Vec<Found>,
    /// Physical lines read.
    pub lines: u64,
}

/// Reads the file and finds all lines of `user`.
pub fn find(reader: &mut dyn BufRead, user: Option<&[u8]>, trace: &mut Trace) -> io::Result<Result<Table, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let mut table = Table::default();
    while let Some(piece) = pieces.next(usize::MAX)? {
        table.lines += 1;
        let line = match piece.bytes.strip_suffix(b"\n") {
            Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
            None => piece.bytes,
        };
        match parse(line) {
            Ok((name, field)) if user == Some(name) => {
                let at = Span::at(piece.at + name.len() as u64 + 1, field.len());
                let user = Span::at(piece.at, name.len());
                table.found.push(Found { line: table.lines, user, field: field.to_vec(), at });
            }
            Ok(_) => {}
            Err((why, from, to)) => {
                let at = Span::new(piece.at + from as u64, piece.at + to as u64);
                trace.push(Step::FileRejected { line: table.lines, why, at }, PARSE);
                return Ok(Err(Rejected { line: table.lines, why, at, bytes: line.to_vec() }));
            }
        }
    }
    Ok(Ok(table))
}

/// What is wrong with a line, from where and to where.
type Defect = (&'static str, usize, usize);

fn parse(line: &[u8]) -> Result<(&[u8], &[u8]), Defect> {
    if let Err(error) = std::str::from_utf8(line) {
        let bad = error.valid_up_to();
        return Err(("not-utf8", bad, bad + error.error_len().unwrap_or(1)));
    }
    let (name, field) = split_once(line, b':').ok_or(("no-colon", 0, line.len()))?;
    let start = name.len() + 1;
    let Some((method, hex)) = split_once(field, b':') else {
        return if field.len() > LONGEST { Err(("password-too-long", start, line.len())) } else { Ok((name, field)) };
    };
    // The digest is read before the method is looked at.
    if !hex.len().is_multiple_of(2) || !hex.iter().all(u8::is_ascii_hexdigit) {
        return Err(("digest-not-hex", start + method.len() + 1, line.len()));
    }
    match method {
        b"sha256" | b"sha512" => Ok((name, field)),
        _ => Err(("method-unknown", start, start + method.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = (u64, Vec<u8>);

    fn read(mut file: &[u8]) -> Result<Vec<Line>, (u64, &'static str)> {
        let table = find(&mut file, Some(b"u"), &mut Trace::default()).expect("memory is read without error");
        let lines = |table: Table| table.found.into_iter().map(|found| (found.line, found.field)).collect();
        table.map(lines).map_err(|rejected| (rejected.line, rejected.why))
    }

    #[test]
    fn all_lines_of_a_user_count() {
        let file = b"u:a\r\nv:b\nu:sha256:00ff\nu:";
        assert_eq!(read(file), Ok(vec![(1, b"a".to_vec()), (3, b"sha256:00ff".to_vec()), (4, vec![])]));
    }

    #[test]
    fn a_line_that_is_no_entry_keeps_the_server_from_starting() {
        assert_eq!(read(b"u:a\n\n"), Err((2, "no-colon")));
        assert_eq!(read(b"u:md5:x\n"), Err((1, "digest-not-hex")));
        assert_eq!(read(b"u:md5:\n"), Err((1, "method-unknown")));
        assert_eq!(read(b"u:\xFF\n"), Err((1, "not-utf8")));
        assert_eq!(read(&[b"u:", &[b'a'; 256][..]].concat()), Err((1, "password-too-long")));
        assert!(read(&[b"u:", &[b'a'; 255][..]].concat()).is_ok());
    }
}
