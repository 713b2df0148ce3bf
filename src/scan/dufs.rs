//! dufs's rules: here one for each line of a file that is neither empty nor begins with `#`.
//!
//! The server reads no file: each line stands for an option `--auth 'USER:HASH@/:rw'`, cut at its first colon (`USER:`
//! where it has none). All rules are read before anyone is served, and one that is no rule keeps the server from starting. Of
//! several rules of a user the last counts. `@/` and `|` in a line mean to dufs what they mean in its rules.
//!
//! Behaviour of dufs 0.47.0 `src/auth.rs:AccessControl::new`; the way of a line into an option is that of the recorded
//! answers.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::bytes::split_once;
use crate::scan::Found;
use crate::scan::Rejected;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const NEW: Cite = Cite("dufs 0.47.0 src/auth.rs:AccessControl::new");

/// What follows each line in its option.
const TAIL: &[u8] = b"@/:rw";
/// Most components of a path.
const DEEPEST: usize = 128;

/// What the rules hold.
#[derive(Debug, Default)]
pub struct Table {
    /// The last entry of the user that was asked.
    pub found: Option<Found>,
    /// Whether there is any rule; without one, everyone is let in.
    pub rules: bool,
    /// Whether a rule lets in who does not present anything.
    pub anonymous: bool,
    /// Physical lines read.
    pub lines: u64,
}

/// Reads the rules and finds the last of `user`.
pub fn find(reader: &mut dyn BufRead, user: Option<&[u8]>, trace: &mut Trace) -> io::Result<Result<Table, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let mut table = Table::default();
    let mut bad_paths = None;
    while let Some(piece) = pieces.next(usize::MAX)? {
        table.lines += 1;
        let line = piece.bytes.strip_suffix(b"\n").unwrap_or(piece.bytes);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        table.rules = true;
        match take(line, piece.at, user, &mut table) {
            Ok(true) => {}
            Ok(false) => {
                // Paths are looked at after all rules have been split.
                bad_paths.get_or_insert((table.lines, "paths-malformed", Span::at(piece.at, line.len())));
            }
            Err((why, at)) => return Ok(Err(reject(table.lines, why, at, trace))),
        }
    }
    Ok(match bad_paths {
        Some((line, why, at)) => Err(reject(line, why, at, trace)),
        None => Ok(table),
    })
}

fn reject(line: u64, why: &'static str, at: Span, trace: &mut Trace) -> Rejected {
    trace.push(Step::FileRejected { line, why, at }, NEW);
    Rejected { line, why, at, bytes: Vec::new() }
}

/// Takes the rules of a line; whether all their paths are well-formed.
fn take(line: &[u8], start: u64, user: Option<&[u8]>, table: &mut Table) -> Result<bool, (&'static str, Span)> {
    let whole = Span::at(start, line.len());
    if let Err(error) = std::str::from_utf8(line) {
        return Err(("not-utf8", Span::at(start + error.valid_up_to() as u64, error.error_len().unwrap_or(1))));
    }
    if memchr::memchr(0, line).is_some() {
        return Err(("nul", whole));
    }
    if line.starts_with(b"-") {
        return Err(("taken-for-an-option", whole));
    }
    let colon: &[u8] = if memchr::memchr(b':', line).is_some() { b"" } else { b":" };
    let option = [line, colon, TAIL].concat();
    let mut well_formed = true;
    for (from, rule) in rules(&option) {
        let Some(at) = memchr::memmem::find(rule, b"@/") else { return Err(("no-paths", whole)) };
        let (account, paths) = (&rule[..at], &rule[at + 1..]);
        well_formed &= are_paths(paths);
        if account.is_empty() {
            if std::mem::replace(&mut table.anonymous, true) {
                return Err(("second-anonymous", whole));
            }
        } else if let Some((name, field)) = split_once(account, b':') {
            if name.is_empty() {
                return Err(("empty-user", whole));
            }
            if field.is_empty() {
                return Err(("empty-field", whole));
            }
            if user == Some(name) {
                let name_at = Span::at(start + from as u64, name.len());
                let at = Span::at(name_at.end + 1, field.len());
                table.found = Some(Found { line: table.lines, user: name_at, field: field.to_vec(), at });
            }
        }
    }
    Ok(well_formed)
}

/// The rules of an option, each with its offset: cut at each `|` that follows a part with paths.
fn rules(option: &[u8]) -> Vec<(usize, &[u8])> {
    let (mut all, mut start, mut at) = (Vec::new(), 0, 0);
    for part in option.split(|byte| *byte == b'|') {
        at += part.len();
        if memchr::memmem::find(part, b"@/").is_some() {
            all.push((start, &option[start..at]));
            start = at + 1;
        }
        at += 1;
    }
    // Nothing is left over: what is put behind each line has paths.
    all
}

fn are_paths(paths: &[u8]) -> bool {
    crate::bytes::trim(paths, b",").split(|byte| *byte == b',').all(|item| {
        let (path, permission) = split_once(item, b':').unwrap_or((item, b"ro"));
        let path = crate::bytes::trim(path, b"/");
        matches!(permission, b"ro" | b"rw") && path.split(|byte| *byte == b'/').count() <= DEEPEST
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Line = (u64, Vec<u8>);

    fn read(mut file: &[u8]) -> Result<Option<Line>, (u64, &'static str)> {
        let table = find(&mut file, Some(b"u"), &mut Trace::default()).expect("memory is read without error");
        let found = |table: Table| table.found.map(|found| (found.line, found.field));
        table.map(found).map_err(|rejected| (rejected.line, rejected.why))
    }

    #[test]
    fn the_last_rule_of_a_user_counts() {
        assert_eq!(read(b"u:a\n# c\n\nu:b:c|d\r\n"), Ok(Some((4, b"b:c|d\r".to_vec()))));
        assert_eq!(read(b"#u:a\n"), Ok(None));
    }

    #[test]
    fn what_is_no_rule_keeps_the_server_from_starting() {
        assert_eq!(read(b"u:a\nnone\n"), Err((2, "empty-field")));
        assert_eq!(read(b":a\n"), Err((1, "empty-user")));
        assert_eq!(read(b"\xFF:a\n"), Err((1, "not-utf8")));
        assert_eq!(read(b"v@/x:y\nu:\n"), Err((2, "empty-field")));
        assert_eq!(read(b"v@/x:y\nu:a\n"), Err((1, "paths-malformed")));
    }

    #[test]
    fn paths_and_bars_in_a_line_are_those_of_a_rule() {
        assert_eq!(read(b"u:a@/x|v:b\n"), Ok(Some((1, b"a".to_vec()))));
        assert_eq!(read(b"v:b@/x|u:a\n"), Ok(Some((1, b"a".to_vec()))));
        let table = find(&mut &b"@/:rw,/x\n"[..], None, &mut Trace::default()).expect("memory is read without error");
        assert!(table.is_ok_and(|table| table.anonymous));
    }
}
