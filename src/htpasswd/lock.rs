//! Entries that are locked: kept in the file, and an entry to no server.
//!
//! A locked entry is a comment, `# why401 lock ` and the line with its colons written as `%3A`. So there is no such user for any
//! server. A prefix before the hash would not do: servers that compare plain text (Radicale, passlib, go-htpasswd,
//! http-auth) take a field of no known form for the password itself, prefix included. Nor would a line that begins with
//! `#` and keeps its colon: for servers without comments (Verdaccio, OpenShift, Zot, h2o) it is the user of that name.
//! A line without a colon whose first byte is `#` is passed over by all of them.

use memchr::memmem;

/// How the comment begins.
pub const MARK: &[u8] = b"# why401 lock ";

/// Bytes that the comment has as `%HH`: those that some reader gives a meaning.
const ESCAPED: &[u8] = b"%:\\\r\0";

/// The comment for a line, both without line end.
#[must_use]
pub fn locked(line: &[u8]) -> Vec<u8> {
    let mut comment = MARK.to_vec();
    for &byte in line {
        if ESCAPED.contains(&byte) {
            comment.extend(format!("%{byte:02X}").into_bytes());
        } else {
            comment.push(byte);
        }
    }
    comment
}

/// The line that a comment holds; `None` where it is another comment.
#[must_use]
pub fn unlocked(comment: &[u8]) -> Option<Vec<u8>> {
    let mut rest = comment.strip_prefix(MARK)?;
    let mut line = Vec::with_capacity(rest.len());
    while let Some(at) = memchr::memchr(b'%', rest) {
        line.extend_from_slice(&rest[..at]);
        let digits = std::str::from_utf8(rest.get(at + 1..at + 3)?).ok()?;
        line.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[at + 3..];
    }
    line.extend_from_slice(rest);
    // It has been an entry, and it is written as this program writes it.
    (memmem::find(&line, b":").is_some() && locked(&line) == comment).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_back_as_it_was() {
        let every: Vec<u8> = (0..=255).filter(|byte| *byte != b'\n').chain(*b"%3A:").collect();
        for line in [&b"alice:$2y$05$x"[..], b"  a : b :c\\", b"\xff:%", &every] {
            let comment = locked(line);
            assert!(comment.starts_with(b"# ") && !comment.contains(&b':') && !comment.ends_with(b"\\"));
            assert_eq!(unlocked(&comment).as_deref(), Some(line));
        }
    }

    #[test]
    fn other_comments_hold_no_entry() {
        for comment in
            [&b"# why401 lock alice"[..], b"# why401 lock a%3", b"# why401 lock a%zz", b"# why401 lock a:b", b"# a%3Ab"]
        {
            assert_eq!(unlocked(comment), None);
        }
    }
}
