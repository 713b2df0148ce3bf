//! Vocabulary for bytes and the places where they stand: spans, C strings, small tests on bytes.
//!
//! Everything this crate reads is bytes: files, headers, user names and passwords need not be UTF-8, and servers
//! compare them as they are. Nothing here converts or copies without being asked to.

/// A range of bytes in a file or header: 0-based offsets, `end` exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u64,
    /// Offset one past the last byte.
    pub end: u64,
}

impl Span {
    /// The bytes from `start` up to, not including, `end`.
    #[must_use]
    pub const fn new(start: u64, end: u64) -> Self {
        Self { start, end }
    }

    /// The span of `len` bytes that begins at `start`.
    #[must_use]
    pub const fn at(start: u64, len: usize) -> Self {
        Self { start, end: start + len as u64 }
    }

    /// Number of bytes.
    #[must_use]
    pub const fn len(self) -> u64 {
        self.end - self.start
    }

    /// Whether it holds no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The same bytes counted from a point `by` bytes further left: turns an offset in a field into one in the file.
    #[must_use]
    pub const fn shifted(self, by: u64) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }
}

/// Where a text stands in the bytes of its file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its bytes, without quotes where it is plain.
    pub at: Span,
    /// Whether they are the text's own; otherwise escapes, or what was put in, stand in between.
    pub is_plain: bool,
}

impl Written {
    /// Where `text` stands in `raw`, which begins at byte `start` of the file.
    #[must_use]
    pub fn of(raw: &[u8], start: u64, text: &[u8]) -> Self {
        match memchr::memmem::find(raw, text) {
            Some(at) if !text.is_empty() => Self { at: Span::at(start + at as u64, text.len()), is_plain: true },
            _ => Self { at: Span::at(start, raw.len()), is_plain: false },
        }
    }
}

/// The bytes before the first NUL: what a C function sees when it is handed `bytes`.
#[must_use]
pub fn c_string(bytes: &[u8]) -> &[u8] {
    memchr::memchr(0, bytes).map_or(bytes, |nul| &bytes[..nul])
}

/// The bytes as one word of a shell's command line, quoted where they must be.
#[must_use]
pub fn for_shell(bytes: &[u8]) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./@+=,".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) && !bytes.starts_with(b"-") {
        return bytes.iter().map(|byte| char::from(*byte)).collect();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => format!("'{}'", text.replace('\'', "'\\''")),
        _ => format!("$'{}'", bytes.escape_ascii()),
    }
}

/// Index of the first byte at which the two differ, or the length of the shorter where one continues the other;
/// `None` where they are equal.
#[must_use]
pub fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    if a == b {
        return None;
    }
    Some(a.iter().zip(b).position(|(x, y)| x != y).unwrap_or_else(|| a.len().min(b.len())))
}

/// `haystack` split at the first `needle`: before it and after it.
#[must_use]
pub fn split_once(haystack: &[u8], needle: u8) -> Option<(&[u8], &[u8])> {
    memchr::memchr(needle, haystack).map(|at| (&haystack[..at], &haystack[at + 1..]))
}

/// `bytes` without the bytes of `set` at its start.
#[must_use]
pub fn trim_start<'a>(bytes: &'a [u8], set: &[u8]) -> &'a [u8] {
    let start = bytes.iter().position(|byte| !set.contains(byte)).unwrap_or(bytes.len());
    &bytes[start..]
}

/// `bytes` without the bytes of `set` at its end.
#[must_use]
pub fn trim_end<'a>(bytes: &'a [u8], set: &[u8]) -> &'a [u8] {
    let end = bytes.iter().rposition(|byte| !set.contains(byte)).map_or(0, |last| last + 1);
    &bytes[..end]
}

/// `bytes` without the bytes of `set` at both ends.
#[must_use]
pub fn trim<'a>(bytes: &'a [u8], set: &[u8]) -> &'a [u8] {
    trim_end(trim_start(bytes, set), set)
}

/// Number of characters of a text in UTF-8.
#[must_use]
pub fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| !matches!(byte, 0x80..=0xBF)).count()
}

/// Whether Python's `str.strip` and `str.split` take a character for a blank.
#[must_use]
pub fn is_python_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1C'..='\x1F')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_c_string_ends_at_the_first_nul() {
        assert_eq!(c_string(b"pass\0junk"), b"pass");
        assert_eq!(c_string(b"pass"), b"pass");
        assert_eq!(c_string(b"\0"), b"");
    }

    #[test]
    fn the_first_difference_of_a_prefix_is_where_the_longer_goes_on() {
        assert_eq!(first_difference(b"abc", b"abc "), Some(3));
        assert_eq!(first_difference(b"abc", b"axc"), Some(1));
        assert_eq!(first_difference(b"abc", b"abc"), None);
    }

    #[test]
    fn a_span_moves_with_its_field() {
        assert_eq!(Span::at(2, 3).shifted(10), Span::new(12, 15));
    }
}
