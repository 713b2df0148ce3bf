//! One line and its parts. The parts put together are the line, byte for byte.

use std::borrow::Cow;

use crate::bytes::Span;

/// A line of the file, with its line end.
#[derive(Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Number of the line, from 1.
    pub number: u64,
    /// Offset of its first byte in the file.
    pub start: u64,
    /// All of its bytes.
    pub raw: Cow<'a, [u8]>,
    /// What the lines before it make of it.
    pub after: After,
    /// The line before, all of its bytes; empty for the first line.
    pub(super) previous: Cow<'a, [u8]>,
}

/// What the lines before a line make of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum After {
    /// It stands for itself.
    Nothing,
    /// To Apache it is part of a comment that ends in a backslash; other servers see it.
    Comment,
    /// To Apache it is part of an entry or other text that ends in a backslash; other servers see it.
    Text,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing but blanks.
    Blank,
    /// The first byte after blanks is `#`.
    Comment,
    /// It has a colon.
    Entry,
    /// Text without a colon.
    NoColon,
}

/// The parts of an entry, or of a line without colon taken for one. In the order of the line; together with the line
/// end they are all of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Blanks before the name.
    pub indent: &'a [u8],
    /// The user's name.
    pub name: &'a [u8],
    /// One colon or several; empty for a line without colon.
    pub colons: &'a [u8],
    /// The hash, as it stands there; empty for a line without colon.
    pub field: &'a [u8],
    /// What follows the field: further fields with their colon, or what follows a CR, or the blanks at the end of a
    /// line without colon.
    pub rest: &'a [u8],
}

/// Whether `byte` is one that Apache trims at both ends of a line.
pub(super) const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c | b'\r')
}

fn leading_blanks(text: &[u8]) -> usize {
    text.iter().position(|&byte| !is_blank(byte)).unwrap_or(text.len())
}

impl Line<'_> {
    /// The line end: LF, CR LF, a CR at the end of the file, or nothing.
    #[must_use]
    pub fn end(&self) -> &[u8] {
        &self.raw[self.text().len()..]
    }

    /// The line without its line end.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        let text = self.raw.strip_suffix(b"\n").unwrap_or(&self.raw);
        text.strip_suffix(b"\r").unwrap_or(text)
    }

    /// The line before, line end included; empty for the first line.
    #[must_use]
    pub fn previous(&self) -> &[u8] {
        &self.previous
    }

    /// Its bytes in the file, line end included.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::at(self.start, self.raw.len())
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let text = self.text();
        match text.get(leading_blanks(text)) {
            None => Kind::Blank,
            Some(b'#') => Kind::Comment,
            Some(_) if memchr::memchr(b':', text).is_some() => Kind::Entry,
            Some(_) => Kind::NoColon,
        }
    }

    /// Its parts; `None` for blank lines and comments.
    #[must_use]
    pub fn entry(&self) -> Option<Entry<'_>> {
        let kind = self.kind();
        let text = self.text();
        let (indent, text) = text.split_at(leading_blanks(text));
        match kind {
            Kind::Blank | Kind::Comment => None,
            Kind::NoColon => {
                let len = text.iter().rposition(|&byte| !is_blank(byte)).map_or(0, |last| last + 1);
                let (name, rest) = text.split_at(len);
                Some(Entry { indent, name, colons: b"", field: b"", rest })
            }
            Kind::Entry => {
                let (name, text) = text.split_at(memchr::memchr(b':', text).unwrap_or(text.len()));
                let (colons, text) = text.split_at(text.iter().position(|&byte| byte != b':').unwrap_or(text.len()));
                let (field, rest) = text.split_at(memchr::memchr2(b':', b'\r', text).unwrap_or(text.len()));
                Some(Entry { indent, name, colons, field, rest })
            }
        }
    }

    /// The bytes of the field in the file; `None` for blank lines, comments and lines without colon.
    #[must_use]
    pub fn field_span(&self) -> Option<Span> {
        let entry = self.entry().filter(|entry| !entry.colons.is_empty())?;
        let before = entry.indent.len() + entry.name.len() + entry.colons.len();
        Some(Span::at(self.start + before as u64, entry.field.len()))
    }

    /// Whether it is a line of `user`: see the decisions of [the module](crate::htpasswd).
    #[must_use]
    pub fn is_for(&self, user: &[u8]) -> bool {
        let raw: &[u8] = &self.raw;
        if raw.starts_with(user) {
            return self.is_for_at(0, user);
        }
        match raw.first() {
            Some(&byte) if is_blank(byte) => {
                let indent = leading_blanks(raw);
                raw[indent..].starts_with(user) && self.is_for_at(indent, user)
            }
            _ => false,
        }
    }

    /// Whether the name that ends where `user`, found at `indent`, ends is all of the name.
    fn is_for_at(&self, indent: usize, user: &[u8]) -> bool {
        let text = self.text();
        let comment = text.get(leading_blanks(text)) == Some(&b'#');
        if comment || memchr::memchr2(b':', b'\n', user).is_some() {
            return false;
        }
        match text.get(indent + user.len()..) {
            Some([b':', ..]) => true,
            Some(rest) => user.last().is_some_and(|&last| !is_blank(last)) && rest.iter().all(|&byte| is_blank(byte)),
            None => false,
        }
    }

    /// Whether the line before is one that makes nginx pass over this line when it looks for `user`: text without a
    /// colon with which the name begins (`ngx_http_auth_basic_handler` takes the LF at which it differs for a byte of
    /// that line).
    #[must_use]
    pub fn hidden_from_nginx(&self, user: &[u8]) -> bool {
        hides_the_next(&self.previous, user)
    }

    /// Whether it runs on into the next line for Apache: text that ends in a backslash, then LF or CR LF. A line that
    /// Apache cuts at a NUL does not.
    #[must_use]
    pub fn runs_on(&self) -> bool {
        self.raw.ends_with(b"\n") && self.text().ends_with(b"\\") && memchr::memchr(0, &self.raw).is_none()
    }

    /// The line before, where it is text at which nginx would pass over this line if this line began with it.
    pub(super) fn bare_text_before(&self) -> Option<&[u8]> {
        let text = self.previous.strip_suffix(b"\n")?;
        let is_bare = text.iter().any(|&byte| !is_blank(byte)) && memchr::memchr2(b':', b'\r', text).is_none();
        (is_bare && text[0] != b'#').then_some(text)
    }

    /// The same line with its own copy of the bytes.
    #[must_use]
    pub fn into_owned(self) -> Line<'static> {
        Line {
            number: self.number,
            start: self.start,
            raw: Cow::Owned(self.raw.into_owned()),
            after: self.after,
            previous: Cow::Owned(self.previous.into_owned()),
        }
    }
}

/// Whether nginx, looking for `user`, passes over the line that follows `line`.
pub(super) fn hides_the_next(line: &[u8], user: &[u8]) -> bool {
    line.strip_suffix(b"\n").is_some_and(|text| !text.is_empty() && user.starts_with(text))
}

impl std::fmt::Debug for Line<'_> {
    /// Without the bytes: they hold a hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("number", &self.number)
            .field("span", &self.span())
            .field("kind", &self.kind())
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Entry<'_> {
    /// The lengths only: the bytes hold a hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("indent", &self.indent.len())
            .field("name", &self.name.len())
            .field("colons", &self.colons.len())
            .field("field", &self.field.len())
            .field("rest", &self.rest.len())
            .finish()
    }
}
