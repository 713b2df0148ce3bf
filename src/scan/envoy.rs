//! Envoy's reading of a user file: strict, every line is judged before anyone is served, only `{SHA}` with 28 characters
//! passes, and a user may stand there once.
//!
//! Behaviour of Envoy 1.40.0: `source/extensions/filters/http/basic_auth/config.cc:readHtpasswd`.

use std::io::{self, BufRead};

use crate::scan::entries::{Entries, Entry};
use crate::scan::names::Names;
use crate::scan::{Found, Rejected};
use crate::trace::{Cite, Step, Trace};

const READ: Cite = Cite("Envoy 1.40.0 source/extensions/filters/http/basic_auth/config.cc:readHtpasswd");

/// Characters of a SHA-1 digest in padded base64.
const DIGEST: usize = 28;

/// Finds the line of `user`; without one, only judges the file. [`Rejected::bytes`] is Envoy's message.
pub fn find(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    trace: &mut Trace,
) -> io::Result<Result<Option<Found>, Rejected>> {
    let mut entries = Entries::new(reader);
    let mut seen = Names::default();
    let mut found = None;
    while let Some(entry) = entries.read()? {
        let new = seen.insert(entry.user);
        if let Some((why, message)) = objection(&entry, new) {
            let (line, at) = (entry.line, entry.all());
            trace.push(Step::FileRejected { line, why, at }, READ);
            return Ok(Err(Rejected { line, why, at, bytes: message.into() }));
        }
        if Some(entry.user) == user {
            found = Some(entry.found());
        }
    }
    crate::scan::told(user, found.as_ref(), entries.lines(), READ, trace);
    Ok(Ok(found))
}

/// What Envoy has against an entry: in kebab-case and in its own words.
fn objection(entry: &Entry<'_>, new: bool) -> Option<(&'static str, &'static str)> {
    let Some(field) = entry.field else {
        return Some(("no-colon", "basic auth: invalid htpasswd format, username:password is expected"));
    };
    if entry.user.is_empty() || field.is_empty() {
        let why = if entry.user.is_empty() { "empty-user" } else { "empty-field" };
        return Some((why, "basic auth: empty user name or password"));
    }
    if !new {
        return Some(("duplicate-user", "basic auth: duplicate users"));
    }
    match field.strip_prefix(b"{SHA}") {
        None => Some(("unsupported-scheme", "basic auth: unsupported htpasswd format: please use {SHA}")),
        Some(digest) if digest.len() != DIGEST => {
            Some(("digest-length", "basic auth: invalid htpasswd format, invalid SHA hash length"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(file: &[u8]) -> Result<Option<u64>, (u64, &'static str)> {
        let found = find(&mut &*file, Some(b"u"), &mut Trace::default()).unwrap();
        found.map(|found| found.map(|found| found.line)).map_err(|bad| (bad.line, bad.why))
    }

    #[test]
    fn one_bad_line_refuses_the_file() {
        let good = b"#x\n\nu:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";
        assert_eq!(answer(good), Ok(Some(3)));
        for (more, why) in [
            (&b"v\n"[..], "no-colon"),
            (b":{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", "empty-user"),
            (b"v:\n", "empty-field"),
            (b"u:\n", "empty-field"),
            (b"u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", "duplicate-user"),
            (b"v:secret\n", "unsupported-scheme"),
            (b"v:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\r\n", "digest-length"),
        ] {
            assert_eq!(answer(&[good, more].concat()), Err((4, why)));
        }
    }
}
