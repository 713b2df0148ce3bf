//! Users of a `HAProxy` userlist, as lines of a user file stand for them: `user 'NAME' password 'FIELD'`.
//!
//! A quote in a name or field is written outside of the quotes, so every byte passes but NUL and carriage return, which
//! end the line for the parser and leave a quote open. An empty name is refused, and the first user of a name counts.
//! Behaviour of HAProxy 2.6.12: `src/tools.c:parse_line`, `src/cfgparse.c:cfg_parse_users`.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::scan::entries::Entries;
use crate::scan::{Found, Rejected};
use crate::trace::{Cite, Step, Trace};

const PARSE: Cite = Cite("HAProxy 2.6.12 src/tools.c:parse_line");
const USERS: Cite = Cite("HAProxy 2.6.12 src/cfgparse.c:cfg_parse_users");

/// Finds the first line of `user`; without one, only judges the file.
pub fn find(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    trace: &mut Trace,
) -> io::Result<Result<Option<Found>, Rejected>> {
    let mut entries = Entries::new(reader);
    let mut found: Option<Found> = None;
    while let Some(entry) = entries.read()? {
        let field = entry.field.unwrap_or_default();
        let ends_line = |bytes: &[u8], at: Span| {
            let bad = memchr::memchr2(0, b'\r', bytes)?;
            let why = if bytes[bad] == 0 { "nul" } else { "carriage-return" };
            Some((why, Span::at(at.start + bad as u64, 1)))
        };
        let objection = if entry.user.is_empty() {
            Some(("empty-user", entry.all()))
        } else {
            ends_line(entry.user, entry.user_at()).or_else(|| ends_line(field, entry.field_at()))
        };
        if let Some((why, at)) = objection {
            let line = entry.line;
            trace.push(Step::FileRejected { line, why, at }, if why == "empty-user" { USERS } else { PARSE });
            return Ok(Err(Rejected { line, why, at, bytes: Vec::new() }));
        }
        if Some(entry.user) == user {
            if found.is_some() {
                let step = Step::Line { number: entry.line, effect: "duplicate-ignored", at: entry.all() };
                trace.push(step, USERS);
            } else {
                found = Some(entry.found());
            }
        }
    }
    crate::scan::told(user, found.as_ref(), entries.lines(), USERS, trace);
    Ok(Ok(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &[u8]) -> Result<Option<u64>, (u64, &'static str, Span)> {
        let found = find(&mut &*file, Some(b"u"), &mut Trace::default()).unwrap();
        found.map(|found| found.map(|found| found.line)).map_err(|bad| (bad.line, bad.why, bad.at))
    }

    /// As `haproxy -c` judged such userlists.
    #[test]
    fn the_first_user_counts_and_no_line_ends_early() {
        assert_eq!(answer(b"x\n' \\:\"#\xFF\nu:1\nu:2\n"), Ok(Some(3)));
        assert_eq!(answer(b"u:1\n:x\n"), Err((2, "empty-user", Span::new(4, 6))));
        assert_eq!(answer(b"u:1\nv:x\r\n"), Err((2, "carriage-return", Span::new(7, 8))));
        assert_eq!(answer(b"u\0:1\n"), Err((1, "nul", Span::new(1, 2))));
    }
}
