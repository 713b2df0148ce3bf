//! oauth2-proxy's reading of a user file: Go's CSV, exactly two fields a record, only `{SHA}` and bcrypt prefixes become
//! users, and the list of what does not is begun anew with every record.
//!
//! So an unsupported field refuses the file only where it stands in the last record of two fields; earlier ones are dropped
//! without a word. Behaviour of oauth2-proxy 7.15.3: `pkg/authentication/basic/htpasswd.go:createHtpasswdMap`.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::scan::Found;
use crate::scan::go_csv::Records;
use crate::trace::{Cite, Step, Trace};

const LOAD: Cite = Cite("oauth2-proxy 7.15.3 pkg/authentication/basic/htpasswd.go:loadHTPasswdFile");
const MAP: Cite = Cite("oauth2-proxy 7.15.3 pkg/authentication/basic/htpasswd.go:createHtpasswdMap");

/// Why the file is refused, for the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The reader's words.
    Csv(String),
    /// These names stand in records with another number of fields than two.
    Records(Vec<Vec<u8>>),
    /// This name stands in the last record, with a field that is not supported.
    Entry(Vec<u8>),
    /// There is no user.
    NoUsers,
}

/// Finds the last usable record of `user`; without one, only judges the file.
pub fn find(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    trace: &mut Trace,
) -> io::Result<Result<Option<Found>, Refusal>> {
    let mut records = Records::new(reader);
    let mut found: Option<Found> = None;
    let (mut invalid, mut first_invalid) = (Vec::new(), None);
    let mut last_unsupported = None;
    let mut users = false;
    while let Some(record) = records.read()? {
        let record = match record {
            Ok(record) => record,
            Err(broken) => {
                trace.push(Step::FileRejected { line: broken.line, why: broken.why, at: broken.at }, LOAD);
                return Ok(Err(Refusal::Csv(broken.text())));
            }
        };
        let (line, name, field) = (record.line, record.field(0), record.field(1));
        if record.count() != 2 {
            invalid.push(name.to_vec());
            first_invalid.get_or_insert((line, record.all()));
            continue;
        }
        last_unsupported = None;
        if !is_supported(field) {
            let at = record.at(1);
            last_unsupported = Some((line, at, name.to_vec()));
            trace.push(Step::Line { number: line, effect: "field-not-taken", at }, MAP);
            continue;
        }
        users = true;
        if Some(name) == user {
            let now = Found { line, user: record.at(0), field: field.to_vec(), at: record.at(1) };
            if let Some(before) = found.replace(now) {
                let at = Span::new(before.user.start, before.at.end);
                trace.push(Step::Line { number: before.line, effect: "replaced-by-later", at }, MAP);
            }
        }
    }
    if let Some((line, at)) = first_invalid {
        trace.push(Step::FileRejected { line, why: "not-two-fields", at }, MAP);
        return Ok(Err(Refusal::Records(invalid)));
    }
    if let Some((line, at, name)) = last_unsupported {
        trace.push(Step::FileRejected { line, why: "unsupported-scheme", at }, MAP);
        return Ok(Err(Refusal::Entry(name)));
    }
    if !users {
        trace.push(Step::FileRejected { line: 1, why: "no-users", at: Span::default() }, MAP);
        return Ok(Err(Refusal::NoUsers));
    }
    crate::scan::told(user, found.as_ref(), records.lines(), MAP, trace);
    Ok(Ok(found))
}

/// `passShaOrBcrypt`: a tag with something after it.
fn is_supported(field: &[u8]) -> bool {
    let after = |tag: &[u8], least: usize| field.len() > least && field.starts_with(tag);
    after(b"{SHA}", 6) || [&b"$2a$"[..], b"$2b$", b"$2x$", b"$2y$"].iter().any(|tag| after(tag, 5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
        find(&mut &*file, Some(b"u"), &mut Trace::default()).unwrap().map(|found| found.map(|found| found.field))
    }

    #[test]
    fn only_the_last_unsupported_entry_refuses_the_file() {
        assert_eq!(answer(b"v:plain\nu:{SHA}xx\n"), Ok(Some(b"{SHA}xx".to_vec())));
        assert_eq!(answer(b"u:{SHA}xx\nv:plain\n"), Err(Refusal::Entry(b"v".to_vec())));
        assert_eq!(answer(b"u:{SHA}xx\nu:{SHA}x\n"), Err(Refusal::Entry(b"u".to_vec())));
    }

    #[test]
    fn records_have_two_fields_and_there_is_a_user() {
        assert_eq!(answer(b"u:{SHA}xx:\nv:a:b\n"), Err(Refusal::Records(vec![b"u".to_vec(), b"v".to_vec()])));
        assert_eq!(answer(b"#\n"), Err(Refusal::NoUsers));
        assert_eq!(answer(b"u:$2y$05\n"), Ok(Some(b"$2y$05".to_vec())));
    }
}
