//! Escapes of log writers, undone: `\xhh`, `\n`, `\"` and their like, as Apache, nginx and lighttpd write them.

use std::borrow::Cow;

/// The bytes that were meant. A backslash that begins no known escape stays.
#[must_use]
pub fn unescape(text: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'\\', text) else { return Cow::Borrowed(text) };
    let mut bytes = text[..first].to_vec();
    let mut rest = &text[first..];
    while let Some((byte, behind)) = rest.split_first() {
        if *byte != b'\\' {
            bytes.push(*byte);
            rest = behind;
            continue;
        }
        let (meant, length) = match behind {
            [b'x', high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 4),
                _ => (b'\\', 1),
            },
            [b'n', ..] => (b'\n', 2),
            [b'r', ..] => (b'\r', 2),
            [b't', ..] => (b'\t', 2),
            [b'v', ..] => (0x0B, 2),
            [b'f', ..] => (0x0C, 2),
            [b'b', ..] => (0x08, 2),
            [b'a', ..] => (0x07, 2),
            [other @ (b'\\' | b'"' | b'\'' | b'/'), ..] => (*other, 2),
            _ => (b'\\', 1),
        };
        bytes.push(meant);
        rest = &rest[length..];
    }
    Cow::Owned(bytes)
}

pub(super) const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// What stands in the quotes that `text` begins with, escapes kept, and what follows them.
#[must_use]
pub fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = text.strip_prefix(b"\"")?;
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &inner[at..]) {
        at += found;
        if inner[at] == b'"' {
            return Some((&inner[..at], &inner[at + 1..]));
        }
        at += 2;
        if at > inner.len() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_all_writers_are_undone() {
        assert_eq!(*unescape(br"zo\xe9"), *b"zo\xE9");
        assert_eq!(*unescape(br"zo\xC3\xA9"), *b"zo\xC3\xA9");
        assert_eq!(*unescape(br"ali\nce\\ \q \"), *b"ali\nce\\ \\q \\");
        assert!(matches!(unescape(b"alice"), Cow::Borrowed(_)));
    }

    #[test]
    fn quotes_end_at_the_first_that_is_not_escaped() {
        assert_eq!(quoted(br#""a\"b" c"#), Some((&br#"a\"b"#[..], &b" c"[..])));
        assert_eq!(quoted(br#""a\\" c"#), Some((&br"a\\"[..], &b" c"[..])));
        assert_eq!(quoted(br#""a\"#), None);
        assert_eq!(quoted(b"a"), None);
    }
}
