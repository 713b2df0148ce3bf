//! Lines as a Go program reads them with `bufio.Scanner`: cut at line feeds, one carriage return dropped, at most 65,535
//! bytes a line; everything after the first colon is the field, and the last line of a user decides.
//!
//! What else differs between the programs is in [`Rules`]. Behaviour of Go 1.19 to 1.25 `src/bufio/scan.go:Scan`;
//! Distribution 2.8.2 `registry/auth/htpasswd/htpasswd.go:parseHTPasswd`, oauth-server f892602b8
//! `pkg/authenticator/password/htpasswd/htpasswd.go:load`, zot 2.1.20 `pkg/api/htpasswd.go:Reload`,
//! go-htpasswd 1.2.4 `htpasswd.go:ReloadFromReader`.

use std::io::{self, BufRead};

use crate::bytes::{Span, split_once};
use crate::scan::go_space;
use crate::scan::pieces::Pieces;
use crate::scan::{Found, Rejected};
use crate::trace::{Cite, Step, Trace};

/// Bytes of `bufio.Scanner`'s buffer; a line must leave room for one more byte.
const BUFFER: usize = 64 * 1024;

/// What differs between the programs.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "four independent habits, each named where it is set")]
pub struct Rules {
    /// Blanks at both ends of a line go.
    pub trim: bool,
    /// A line that begins with `#` (after trimming) is a comment.
    pub comments: bool,
    /// A line without a colon refuses the whole file; otherwise it is left out.
    pub colon_required: bool,
    /// A line that does not fit the buffer refuses the whole file; otherwise it silently ends the list.
    pub length_required: bool,
    /// Where the program says so.
    pub cite: Cite,
}

/// What a file holds for the user that was asked.
#[derive(Debug, Default)]
pub struct Table {
    /// The user's entry.
    pub found: Option<Found>,
    /// How many lines named the user and were taken.
    pub entries: u64,
    /// Whether any user's line was taken.
    pub any: bool,
}

/// The end of a line that was taken as an entry.
pub enum Odd<'a> {
    /// It has no colon and is left out.
    NoColon(&'a [u8]),
    /// It does not fit the buffer: it and everything after it is left out.
    TooLong,
}

/// Finds the last line of `user`; without one, only judges the file. `takes` says whether a field can be an entry at all;
/// `odd` is told of lines that are left out, since some programs log them.
pub fn find(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    rules: Rules,
    trace: &mut Trace,
    mut takes: impl FnMut(&[u8]) -> bool,
    mut odd: impl FnMut(Odd<'_>),
) -> io::Result<Result<Table, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let (mut table, mut lines) = (Table::default(), 0);
    while let Some(piece) = pieces.next(BUFFER)? {
        lines += 1;
        if piece.bytes.len() == BUFFER && !piece.bytes.ends_with(b"\n") {
            let at = Span::at(piece.at, BUFFER);
            if rules.length_required {
                trace.push(Step::FileRejected { line: lines, why: "line-too-long", at }, rules.cite);
                return Ok(Err(Rejected { line: lines, why: "line-too-long", at, bytes: Vec::new() }));
            }
            trace.push(Step::Line { number: lines, effect: "too-long-ends-file", at }, rules.cite);
            odd(Odd::TooLong);
            break;
        }
        let raw = piece.bytes.strip_suffix(b"\n").unwrap_or(piece.bytes);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let (line, lead) = if rules.trim { go_space::trim(raw) } else { (raw, 0) };
        if line.is_empty() || rules.comments && line[0] == b'#' {
            continue;
        }
        let start = piece.at + lead as u64;
        let at = Span::at(start, line.len());
        let Some((name, field)) = split_once(line, b':') else {
            if rules.colon_required {
                trace.push(Step::FileRejected { line: lines, why: "no-colon", at }, rules.cite);
                return Ok(Err(Rejected { line: lines, why: "no-colon", at, bytes: raw.to_vec() }));
            }
            trace.push(Step::Line { number: lines, effect: "no-colon", at }, rules.cite);
            odd(Odd::NoColon(line));
            continue;
        };
        if !takes(field) {
            trace.push(Step::Line { number: lines, effect: "field-not-taken", at }, rules.cite);
            continue;
        }
        table.any = true;
        if Some(name) == user {
            table.entries += 1;
            let field_at = Span::at(start + name.len() as u64 + 1, field.len());
            let found = Found { line: lines, user: Span::at(start, name.len()), field: field.to_vec(), at: field_at };
            if let Some(before) = table.found.replace(found) {
                let at = Span::new(before.user.start, before.at.end);
                trace.push(Step::Line { number: before.line, effect: "replaced-by-later", at }, rules.cite);
            }
        }
    }
    crate::scan::told(user, table.found.as_ref(), lines, rules.cite, trace);
    Ok(Ok(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: Rules =
        Rules { trim: true, comments: true, colon_required: true, length_required: true, cite: Cite("test") };
    const OPENSHIFT: Rules =
        Rules { trim: false, comments: false, colon_required: false, length_required: false, cite: Cite("test") };

    fn field(file: &[u8], user: &[u8], rules: Rules) -> Result<Option<Vec<u8>>, (u64, &'static str)> {
        let table = find(&mut &*file, Some(user), rules, &mut Trace::default(), |_| true, |_| ()).unwrap();
        table.map(|table| table.found.map(|found| found.field)).map_err(|bad| (bad.line, bad.why))
    }

    #[test]
    fn the_last_line_of_a_user_decides() {
        for rules in [REGISTRY, OPENSHIFT] {
            assert_eq!(field(b"u:1\nv:2\r\nu:3:x", b"u", rules), Ok(Some(b"3:x".to_vec())));
        }
    }

    #[test]
    fn trimming_and_comments_are_the_rules_affair() {
        let file = b" # c\n#u:H\n v:H \n";
        assert_eq!(field(file, b"v", REGISTRY), Ok(Some(b"H".to_vec())));
        assert_eq!(field(file, b"v", OPENSHIFT), Ok(None));
        assert_eq!(field(file, b"#u", OPENSHIFT), Ok(Some(b"H".to_vec())));
        assert_eq!(field(b"u:H\nx\n", b"u", REGISTRY), Err((2, "no-colon")));
    }

    #[test]
    fn a_line_must_leave_room_in_the_buffer() {
        for (length, fits) in [(65_535, true), (65_536, false)] {
            let line = vec![b'x'; length - 2];
            let file = [b"v:1\nu:", &line[..], b"\nw:2\n"].concat();
            assert_eq!(field(&file, b"w", REGISTRY).is_ok(), fits, "{length}");
            assert_eq!(field(&file, b"w", OPENSHIFT), Ok(fits.then(|| b"2".to_vec())), "{length}");
            assert_eq!(field(&file[..file.len() - 5], b"u", REGISTRY).is_ok(), fits, "{length} at the end");
            assert_eq!(field(&file, b"v", OPENSHIFT), Ok(Some(b"1".to_vec())));
        }
    }
}
