//! What one record of a log tells: when, who, what was asked for, what was answered, and why.

use std::borrow::Cow;

use crate::trace::Code;

/// Microseconds since 1970 began, UTC.
pub type Micros = i64;

/// The user name that a record holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum User<'a> {
    /// This kind of record does not tell.
    #[default]
    Unlogged,
    /// It says that there was none.
    None,
    /// The bytes that the client sent, escapes of the log undone.
    Name(Cow<'a, [u8]>),
}

/// What kind of log a record stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One record for each request.
    Access,
    /// What the server has to say.
    Error,
}

impl Kind {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Error => "error",
        }
    }
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The format that read it.
    pub format: &'static str,
    /// The kind of log.
    pub kind: Kind,
    /// When; `None` where it does not tell.
    pub time: Option<Micros>,
    /// The client's address or host name, without its port.
    pub client: Option<Cow<'a, [u8]>>,
    /// The user name.
    pub user: User<'a>,
    /// The method.
    pub method: Option<Cow<'a, [u8]>>,
    /// The path, without what follows a `?`.
    pub path: Option<Cow<'a, [u8]>>,
    /// The status that the client got.
    pub status: Option<u16>,
    /// The status that a server behind this one answered.
    pub upstream: Option<u16>,
    /// What it means for a login; `None` where nothing.
    pub cause: Option<Code>,
    /// The number of Apache's message, 1617 of `AH01617`.
    pub ah: Option<u32>,
    /// A file that the message names.
    pub file: Option<Cow<'a, [u8]>>,
}

impl<'a> Event<'a> {
    /// A record that tells nothing yet.
    #[must_use]
    pub const fn new(format: &'static str, kind: Kind) -> Self {
        Self {
            format,
            kind,
            time: None,
            client: None,
            user: User::Unlogged,
            method: None,
            path: None,
            status: None,
            upstream: None,
            cause: None,
            ah: None,
            file: None,
        }
    }

    /// The user name, where there is one.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        match &self.user {
            User::Name(name) => Some(name),
            User::Unlogged | User::None => None,
        }
    }

    /// The same, independent of the bytes it was read from.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        let owned = |bytes: Option<Cow<'a, [u8]>>| bytes.map(|bytes| Cow::Owned(bytes.into_owned()));
        Event {
            format: self.format,
            kind: self.kind,
            time: self.time,
            client: owned(self.client),
            user: match self.user {
                User::Unlogged => User::Unlogged,
                User::None => User::None,
                User::Name(name) => User::Name(Cow::Owned(name.into_owned())),
            },
            method: owned(self.method),
            path: owned(self.path),
            status: self.status,
            upstream: self.upstream,
            cause: self.cause,
            ah: self.ah,
            file: owned(self.file),
        }
    }

    /// The request line's method and path.
    pub(super) fn request(&mut self, line: Cow<'a, [u8]>) {
        let words = match line {
            Cow::Borrowed(line) => two_words(line).map(|word| word.map(Cow::Borrowed)),
            Cow::Owned(line) => two_words(&line).map(|word| word.map(|word| Cow::Owned(word.to_vec()))),
        };
        let [method, target] = words;
        self.method = method.filter(|method| !method.is_empty() && method.iter().all(u8::is_ascii_graphic));
        self.path = target.map(path_of);
    }
}

fn two_words(line: &[u8]) -> [Option<&[u8]>; 2] {
    let mut words = line.split(|byte| *byte == b' ');
    [words.next(), words.next()]
}

/// The path of a request target: no arguments, no scheme and authority, which may hold credentials.
pub(super) fn path_of(target: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    fn range(target: &[u8]) -> std::ops::Range<usize> {
        let end = memchr::memchr2(b'?', b'#', target).unwrap_or(target.len());
        let start = match memchr::memmem::find(&target[..end], b"://") {
            Some(at) if !target.starts_with(b"/") => {
                memchr::memchr(b'/', &target[at + 3..end]).map_or(end, |slash| at + 3 + slash)
            }
            _ => 0,
        };
        start..end
    }
    match target {
        Cow::Borrowed(target) => Cow::Borrowed(&target[range(target)]),
        Cow::Owned(target) => Cow::Owned(target[range(&target)].to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_without_arguments_and_authority() {
        let path = |target: &'static [u8]| path_of(Cow::Borrowed(target)).into_owned();
        assert_eq!(path(b"/a?password=x"), b"/a");
        assert_eq!(path(b"http://bob:pw@host/a/b?c"), b"/a/b");
        assert_eq!(path(b"http://bob:pw@host"), b"");
        assert_eq!(path(b"/a://b/c"), b"/a://b/c");
    }
}
