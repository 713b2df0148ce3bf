//! Traefik's reading of a users file: lines trimmed, comments and empty lines left out, each other line exactly one colon,
//! the last line of a user decides.
//!
//! Behaviour of Traefik 3.7.15: `pkg/middlewares/auth/auth.go:getLinesFromFile`, `basic_auth.go:basicUserParser`.

use std::io::{self, BufRead};

use crate::bytes::{Span, split_once};
use crate::scan::go_space;
use crate::scan::pieces::Pieces;
use crate::scan::{Found, Rejected};
use crate::trace::{Cite, Step, Trace};

const LINES: Cite = Cite("Traefik 3.7.15 pkg/middlewares/auth/auth.go:getLinesFromFile");
const PARSER: Cite = Cite("Traefik 3.7.15 pkg/middlewares/auth/basic_auth.go:basicUserParser");

/// Finds the last line of `user`; without one, only judges the file. A file without users is refused too, at line 1.
pub fn find(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    trace: &mut Trace,
) -> io::Result<Result<Option<Found>, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let (mut lines, mut users) = (0, 0_u64);
    let mut found: Option<Found> = None;
    while let Some(piece) = pieces.next(usize::MAX)? {
        lines += 1;
        let (line, lead) = go_space::trim(piece.bytes);
        if matches!(line.first(), None | Some(b'#')) {
            continue;
        }
        users += 1;
        let start = piece.at + lead as u64;
        let (name, field) = match cut(line) {
            Ok(both) => both,
            Err((why, from, length)) => {
                let at = Span::at(start + from as u64, length);
                trace.push(Step::FileRejected { line: lines, why, at }, PARSER);
                return Ok(Err(Rejected { line: lines, why, at, bytes: line.to_vec() }));
            }
        };
        if Some(name) != user {
            continue;
        }
        let at = Span::at(start + name.len() as u64 + 1, field.len());
        let now = Found { line: lines, user: Span::at(start, name.len()), field: field.to_vec(), at };
        if let Some(before) = found.replace(now) {
            let at = Span::new(before.user.start, before.at.end);
            trace.push(Step::Line { number: before.line, effect: "replaced-by-later", at }, PARSER);
        }
    }
    if users == 0 {
        let at = Span::default();
        trace.push(Step::FileRejected { line: 1, why: "no-users", at }, LINES);
        return Ok(Err(Rejected { line: 1, why: "no-users", at, bytes: Vec::new() }));
    }
    crate::scan::told(user, found.as_ref(), lines, PARSER, trace);
    Ok(Ok(found))
}

/// What is wrong with a line: in kebab-case, where it begins, and its length.
type Bad = (&'static str, usize, usize);

/// Name and field of a line.
fn cut(line: &[u8]) -> Result<(&[u8], &[u8]), Bad> {
    let (name, field) = split_once(line, b':').ok_or(("no-colon", 0, line.len()))?;
    match memchr::memchr(b':', field) {
        Some(second) => Err(("second-colon", name.len() + 1 + second, 1)),
        None => Ok((name, field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &[u8]) -> Result<Option<Vec<u8>>, (u64, &'static str, Span)> {
        let found = find(&mut &*file, Some(b"u"), &mut Trace::default()).unwrap();
        found.map(|found| found.map(|found| found.field)).map_err(|bad| (bad.line, bad.why, bad.at))
    }

    #[test]
    fn every_line_has_exactly_one_colon() {
        assert_eq!(answer(b" # c\n u:1 \r\nu:2"), Ok(Some(b"2".to_vec())));
        assert_eq!(answer(b"u:1\nx\n"), Err((2, "no-colon", Span::new(4, 5))));
        assert_eq!(answer(b" u:1:\n"), Err((1, "second-colon", Span::new(4, 5))));
        assert_eq!(answer(b"#u:1\n\n"), Err((1, "no-users", Span::default())));
    }
}
