//! A tolerant reader of one JSON object on one line: its leaves, each with the path to it.
//!
//! Apache's own escapes (`\xhh`) make invalid JSON of a hand-made format; they are taken as they are meant. Nothing is
//! built: leaves are handed out as they come.

use std::borrow::Cow;

use crate::log::escape;

/// Levels of nesting that are followed.
const DEEPEST: usize = 12;

/// A leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// A string, escapes undone.
    Text(Cow<'a, [u8]>),
    /// A number, as written.
    Number(&'a [u8]),
    /// `true`, `false`, `null`, an empty object or array.
    Other,
}

impl<'a> Leaf<'a> {
    /// The bytes of a string or number.
    #[must_use]
    pub fn bytes(self) -> Option<Cow<'a, [u8]>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(text) => Some(Cow::Borrowed(text)),
            Self::Other => None,
        }
    }
}

/// Hands out every leaf of the object that is `line`, names on the way joined by dots, elements of an array by the array's own
/// name; `None` where it is no object from the first byte to the last.
pub fn leaves<'a>(line: &'a [u8], take: &mut dyn FnMut(&[u8], Leaf<'a>)) -> Option<()> {
    let mut reader = Reader { rest: line, path: Vec::with_capacity(64), depth: 0 };
    if reader.rest.first() != Some(&b'{') {
        return None;
    }
    reader.value(take)?;
    reader.blanks();
    reader.rest.is_empty().then_some(())
}

struct Reader<'a> {
    rest: &'a [u8],
    path: Vec<u8>,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn blanks(&mut self) {
        self.rest = crate::bytes::trim_start(self.rest, b" \t\r\n");
    }

    fn next(&mut self, wanted: u8) -> bool {
        self.blanks();
        match self.rest.strip_prefix(&[wanted]) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn text(&mut self) -> Option<Cow<'a, [u8]>> {
        self.blanks();
        let (inner, rest) = escape::quoted(self.rest)?;
        self.rest = rest;
        Some(unescaped(inner))
    }

    fn value(&mut self, take: &mut dyn FnMut(&[u8], Leaf<'a>)) -> Option<()> {
        self.blanks();
        match self.rest.first()? {
            // Apache's `""`, a name that it could not decode, in quotes.
            b'"' if self.rest.starts_with(b"\"\"\"\"") => {
                self.rest = &self.rest[4..];
                take(&self.path, Leaf::Text(Cow::Borrowed(b"\"\"")));
            }
            b'"' => {
                let text = self.text()?;
                take(&self.path, Leaf::Text(text));
            }
            b'{' => {
                self.open()?;
                let mut first = true;
                while !self.next(b'}') {
                    if !first && !self.next(b',') {
                        return None;
                    }
                    first = false;
                    let name = self.text()?;
                    let kept = self.path.len();
                    if kept > 0 {
                        self.path.push(b'.');
                    }
                    self.path.extend_from_slice(&name);
                    if !self.next(b':') {
                        return None;
                    }
                    self.value(take)?;
                    self.path.truncate(kept);
                }
                self.close(first, take);
            }
            b'[' => {
                self.open()?;
                let mut first = true;
                while !self.next(b']') {
                    if !first && !self.next(b',') {
                        return None;
                    }
                    first = false;
                    self.value(take)?;
                }
                self.close(first, take);
            }
            _ => {
                let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let end = self.rest.iter().position(|byte| !word(byte)).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                let leaf = match text {
                    b"true" | b"false" | b"null" => Leaf::Other,
                    _ if text.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-') => Leaf::Number(text),
                    _ => return None,
                };
                take(&self.path, leaf);
            }
        }
        Some(())
    }

    fn open(&mut self) -> Option<()> {
        self.rest = &self.rest[1..];
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    fn close(&mut self, empty: bool, take: &mut dyn FnMut(&[u8], Leaf<'a>)) {
        self.depth -= 1;
        if empty {
            take(&self.path, Leaf::Other);
        }
    }
}

/// A string's bytes: JSON's escapes, and those of log writers.
fn unescaped(text: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memmem::find(text, b"\\u").is_none() {
        return escape::unescape(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        bytes.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let (meant, length) = match unit(rest) {
            Some(high @ 0xD800..=0xDBFF) => match unit(&rest[6..]) {
                Some(low @ 0xDC00..=0xDFFF) => (char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)), 12),
                _ => (None, 6),
            },
            Some(code) => (char::from_u32(code), 6),
            None => {
                let end = if rest.get(1) == Some(&b'x') { 4 } else { 2 }.min(rest.len());
                bytes.extend_from_slice(&escape::unescape(&rest[..end]));
                rest = &rest[end..];
                continue;
            }
        };
        let mut buffer = [0; 4];
        bytes.extend_from_slice(meant.unwrap_or('\u{FFFD}').encode_utf8(&mut buffer).as_bytes());
        rest = &rest[length..];
    }
    bytes.extend_from_slice(rest);
    Cow::Owned(bytes)
}

/// The code unit of a `\uhhhh`.
fn unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |sum, byte| Some(sum << 4 | u32::from(escape::digit(*byte)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &[u8]) -> Option<Vec<(String, String)>> {
        let mut found = Vec::new();
        leaves(line, &mut |path, leaf| {
            let text = leaf.bytes().map_or_else(|| "-".into(), |text| String::from_utf8_lossy(&text).into_owned());
            found.push((String::from_utf8_lossy(path).into_owned(), text));
        })?;
        Some(found)
    }

    #[test]
    fn leaves_come_with_their_paths() {
        let found = all(br#"{"a":{"b":["x","y"],"c":{}},"n":-1.5e3, "t":true}"#).unwrap();
        let wanted = [("a.b", "x"), ("a.b", "y"), ("a.c", "-"), ("n", "-1.5e3"), ("t", "-")];
        assert!(found.iter().map(|(a, b)| (a.as_str(), b.as_str())).eq(wanted), "{found:?}");
    }

    #[test]
    fn escapes_are_those_of_json_and_of_log_writers() {
        let found = all(br#"{"a":"zo\u00e9 \ud83d\ude00\n","b":"x\x41\"y"}"#).unwrap();
        assert_eq!(found[0].1, "zo\u{e9} \u{1F600}\n");
        assert_eq!(found[1].1, "xA\"y");
    }

    #[test]
    fn what_is_no_whole_object_is_refused() {
        for line in [&b"{\"a\":1"[..], b"[]", b"{\"a\"}", b"{} x", b"{\"a\":x}", b"{\"a\":\"\\\"}", b"", b"{\"a\":1,}"]
        {
            assert!(all(line).is_none(), "{}", String::from_utf8_lossy(line));
        }
        assert!(all(&[b"{\"a\":".repeat(40), b"1".to_vec(), b"}".repeat(40)].concat()).is_none());
    }
}
