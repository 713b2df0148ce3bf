//! Users of Prometheus' exporter-toolkit, as entries of a user file stand for its YAML map `basic_auth_users`.
//!
//! A line is written as `"name": "field"` with bytes that are not UTF-8 replaced by U+FFFD. The whole map is read first: a
//! name that stands there twice refuses it, and so does a name too long for a key. Behaviour of exporter-toolkit 0.8.2
//! `web/tls_config.go:getConfig`, yaml.v2 2.4 `decode.go:mappingStruct`, `scannerc.go:yaml_parser_stale_simple_keys`.

use std::borrow::Cow;
use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::scan::Found;
use crate::scan::entries::Entries;
use crate::scan::names::Names;
use crate::trace::{Cite, Step, Trace};

const READ: Cite = Cite("exporter-toolkit 0.8.2 web/tls_config.go:getConfig");

/// Longest key of a YAML map on one line, quotes included, in characters.
const KEY: usize = 1024;

/// The map.
#[derive(Debug, Default)]
pub struct Users {
    /// The entry of the user that was asked for.
    pub found: Option<Found>,
    /// Number of users.
    pub count: u64,
    /// The first entry whose field the caller did not take, by line.
    pub first_bad: Option<(u64, Span)>,
}

/// Why there is no map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// These names stand there twice, each with the number of the line in the map.
    Twice(Vec<(u64, String)>),
    /// A key is too long.
    Key,
}

/// Reads the map; `takes` is asked for every field, in order.
pub fn read(
    reader: &mut dyn BufRead,
    user: Option<&[u8]>,
    trace: &mut Trace,
    mut takes: impl FnMut(&[u8]) -> bool,
) -> io::Result<Result<Users, Unreadable>> {
    let mut entries = Entries::new(reader);
    let (mut users, mut names, mut twice) = (Users::default(), Names::default(), Vec::new());
    while let Some(entry) = entries.read()? {
        let name = lossy(entry.user);
        if std::str::from_utf8(&name).map_or(name.len(), |name| name.chars().count()) + 2 > KEY {
            trace.push(Step::FileRejected { line: entry.line, why: "key-too-long", at: entry.user_at() }, READ);
            return Ok(Err(Unreadable::Key));
        }
        users.count += 1;
        let field = lossy(entry.field.unwrap_or_default());
        if !names.insert(&name) {
            if twice.is_empty() {
                trace.push(Step::FileRejected { line: entry.line, why: "duplicate-user", at: entry.all() }, READ);
            }
            // The map's own line stands above its entries.
            twice.push((users.count + 1, String::from_utf8_lossy(&name).into_owned()));
        } else if !takes(&field) && users.first_bad.is_none() {
            users.first_bad = Some((entry.line, entry.field_at()));
        }
        if user == Some(&*name) {
            users.found = Some(Found { field: field.into_owned(), ..entry.found() });
        }
    }
    if !twice.is_empty() {
        return Ok(Err(Unreadable::Twice(twice)));
    }
    crate::scan::told(user, users.found.as_ref(), entries.lines(), READ, trace);
    Ok(Ok(users))
}

fn lossy(bytes: &[u8]) -> Cow<'_, [u8]> {
    match String::from_utf8_lossy(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_judged_and_no_name_stands_there_twice() {
        let read = |file: &[u8]| read(&mut &*file, Some(b"u"), &mut Trace::default(), |field| field == b"H").unwrap();
        let users = read(b"#c\n\nv:H\nu:H\n").unwrap();
        assert_eq!((users.count, users.first_bad, users.found.map(|found| found.line)), (2, None, Some(4)));
        assert_eq!(read(b"u:H\nv\nw:\n").unwrap().first_bad, Some((2, Span::new(5, 5))));
        assert_eq!(read(b"u:H\nv:x\nu:x\n").unwrap_err(), Unreadable::Twice(vec![(4, "u".into())]));
        assert_eq!(read(&[b'x'; 1023]).unwrap_err(), Unreadable::Key);
        assert!(read(&[b'x'; 1022]).is_ok());
        assert_eq!(read(b"").unwrap().count, 0);
    }
}
