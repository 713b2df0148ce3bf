//! Users in a file that is read with Go's `encoding/csv`: the whole file is read first, then the last record of a user
//! decides, and its second field is the stored one.
//!
//! Behaviour of abbot/go-http-auth 0.4.0 `users.go:reloadHTPasswd`; rest-server 0.14.0 `htpasswd.go:Reload`.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::scan::go_csv::Records;
use crate::scan::go_letters::is_letter;
use crate::scan::{Found, Rejected};
use crate::trace::{Cite, Step, Trace};

/// Finds the last record of `user`; without one, only judges the file. Records whose user is not `taken` are left out and
/// handed to `odd`. A record of one field that would be taken ends the program's run in a panic, which comes out as a
/// rejected file with `one-field`.
pub fn find(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    taken: fn(&[u8]) -> bool,
    cite: Cite,
    trace: &mut Trace,
    mut odd: impl FnMut(&[u8]),
) -> io::Result<Result<Option<Found>, Rejected>> {
    let mut records = Records::new(reader);
    let mut found: Option<Found> = None;
    let mut panics = None;
    while let Some(record) = records.read()? {
        let record = match record {
            Ok(record) => record,
            Err(broken) => {
                trace.push(Step::FileRejected { line: broken.line, why: broken.why, at: broken.at }, cite);
                let bytes = broken.text().into_bytes();
                return Ok(Err(Rejected { line: broken.line, why: broken.why, at: broken.at, bytes }));
            }
        };
        let name = record.field(0);
        if !taken(name) {
            trace.push(Step::Line { number: record.line, effect: "name-not-taken", at: record.at(0) }, cite);
            odd(name);
            continue;
        }
        if record.count() < 2 {
            let (line, at) = (record.line, record.all());
            panics.get_or_insert(Rejected { line, why: "one-field", at, bytes: Vec::new() });
            continue;
        }
        if Some(name) == user {
            let (line, user, at) = (record.line, record.at(0), record.at(1));
            let field = record.field(1).to_vec();
            if record.count() > 2 {
                let at = Span::new(at.end, record.all().end);
                trace.push(Step::FieldCut { why: "third-field", at }, cite);
            }
            if let Some(before) = found.replace(Found { line, user, field, at }) {
                let at = Span::new(before.user.start, before.at.end);
                trace.push(Step::Line { number: before.line, effect: "replaced-by-later", at }, cite);
            }
        }
    }
    if let Some(rejected) = panics {
        trace.push(Step::FileRejected { line: rejected.line, why: rejected.why, at: rejected.at }, cite);
        return Ok(Err(rejected));
    }
    crate::scan::told(user, found.as_ref(), records.lines(), cite, trace);
    Ok(Ok(found))
}

/// The names that rest-server takes: letters, digits, `@`, `.`, `_` and `-`, at least one.
#[must_use]
pub fn is_rest_server_name(name: &[u8]) -> bool {
    let fits = |c: char| c.is_ascii_digit() || "@._-".contains(c) || is_letter(c);
    !name.is_empty() && std::str::from_utf8(name).is_ok_and(|name| name.chars().all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(file: &[u8], user: &[u8]) -> Result<Option<Vec<u8>>, (u64, &'static str)> {
        let found =
            find(&mut &*file, Some(user), is_rest_server_name, Cite("test"), &mut Trace::default(), |_| ()).unwrap();
        found.map(|found| found.map(|found| found.field)).map_err(|bad| (bad.line, bad.why))
    }

    #[test]
    fn the_last_record_of_a_user_decides_and_later_fields_do_not_count() {
        assert_eq!(field(b"u:1:x\nu:2:\n", b"u"), Ok(Some(b"2".to_vec())));
        assert_eq!(field(b"", b"u"), Ok(None));
    }

    #[test]
    fn a_record_of_one_field_panics_only_where_the_name_is_taken() {
        assert_eq!(field(b"u\n", b"u"), Err((1, "one-field")));
        assert_eq!(field(b"a b\n", b"u"), Ok(None));
        assert_eq!(field(b"u\nv:H\n", b"u"), Err((2, "field-count")));
    }
}
