//! Lines: another password file, and users with their passwords.

use super::{Format, Found, Unreadable, Value, Write, credentials};
use crate::htpasswd;
use crate::secret::Secret;

pub(super) static HTPASSWD: Format = Format {
    name: "htpasswd",
    title: "another password file",
    consumer: None,
    looks: |_| true,
    read: Some(|text| Ok(of_file(text))),
    write: Some(Write {
        refuses: |entry| {
            let breaks = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'\n' | b'\r' | b':'));
            let is_comment = matches!(entry.user, [b' ' | b'\t' | 0x0b | 0x0c | b'#', ..]);
            (breaks(entry.user) || breaks(entry.hash))
                .then_some("the name or the hash has a colon or a line break")
                .or(is_comment.then_some("the name begins with a blank or `#`"))
        },
        write: |entries, _| entries.iter().flat_map(|entry| [entry.user, b":", entry.hash, b"\n"].concat()).collect(),
    }),
};

pub(super) static PASSWORDS: Format = Format {
    name: "passwords",
    title: "lines user:password, the passwords in clear",
    consumer: None,
    // Nothing tells a password from a hash of no known scheme.
    looks: |_| false,
    read: Some(credentials::of_lines),
    write: None,
};

/// The entries of a password file, as they stand: of a user with several lines, the first.
pub(super) fn of_file(text: &[u8]) -> Vec<Found> {
    let mut seen = std::collections::HashSet::new();
    let mut found = Vec::new();
    for line in htpasswd::lines(text) {
        let Some(entry) = line.entry().filter(|entry| !entry.colons.is_empty()) else { continue };
        if seen.insert(entry.name.to_vec()) {
            found.push(Found::hash(entry.name, entry.field, format!("line {}", line.number)));
        }
    }
    found
}

/// The entries of a text that is all of a password file inside another container; an error where it is none.
pub(super) fn inside(text: &[u8], place: &str) -> Result<Vec<Found>, Unreadable> {
    let found = of_file(text);
    if found.is_empty() && !text.trim_ascii().is_empty() {
        return Err(Unreadable::new(format!("{place} holds no line user:hash")));
    }
    Ok(found.into_iter().map(|found| Found { place: format!("{place}, {}", found.place), ..found }).collect())
}

/// A password in clear.
pub(super) fn password(user: &[u8], password: &[u8], place: &str) -> Found {
    Found::new(user, Value::Password(Secret::from(password)), place)
}
