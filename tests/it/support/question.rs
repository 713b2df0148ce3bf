//! A question to a server: what stands at the user file's path, and the request head.

use std::io::Write as _;

use why401::crypt::Errno;
use why401::server::{Opened, UserFile};

use super::escape::{escape, unescape};

/// What stands at the user file's path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum File {
    /// A regular file with these bytes.
    Bytes(Vec<u8>),
    /// Nothing.
    Missing,
    /// A regular file that the server may not read.
    Unreadable,
    /// A directory.
    Directory,
}

impl File {
    /// The bytes, where there are some.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => b"",
        }
    }

    /// The word for a file that has no bytes.
    pub(crate) fn word(&self) -> Option<&'static str> {
        match self {
            Self::Bytes(_) => None,
            Self::Missing => Some("missing"),
            Self::Unreadable => Some("unreadable"),
            Self::Directory => Some("directory"),
        }
    }

    /// The file of this word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        [Self::Missing, Self::Unreadable, Self::Directory].into_iter().find(|file| file.word() == Some(word))
    }
}

impl UserFile for File {
    fn open(&self) -> Opened<'_> {
        match self {
            Self::Bytes(bytes) => Opened::Bytes(Box::new(bytes.as_slice())),
            Self::Missing => Opened::Failed(Errno::ENOENT),
            Self::Unreadable => Opened::Failed(Errno::EACCES),
            Self::Directory => Opened::Directory,
        }
    }
}

/// A question to a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    /// What stands at the user file's path.
    pub(crate) file: File,
    /// The request head as bytes on the wire, with its empty line.
    pub(crate) head: Vec<u8>,
}

/// What every head begins with, unless it is written in full.
const START: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n";

/// A head with these header lines (each with its line end) after the host.
pub(crate) fn head_with(lines: &[u8]) -> Vec<u8> {
    [START, lines, b"\r\n"].concat()
}

/// A head with these values of `Authorization`, each on its line.
pub(crate) fn head_with_values<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut lines = Vec::new();
    for value in values {
        lines.extend([b"Authorization: ", value, b"\r\n"].concat());
    }
    head_with(&lines)
}

/// A head that sends `user` and `password` as a client does.
pub(crate) fn head_for(user: &[u8], password: &[u8]) -> Vec<u8> {
    let mut value = b"Basic ".to_vec();
    value.extend(base64(&[user, b":", password].concat()));
    head_with_values([value.as_slice()])
}

/// `head` as a cell of a table: its header lines, or `!` and the whole where it does not begin as usual.
pub(crate) fn cell_of_head(head: &[u8]) -> String {
    match head.strip_prefix(START).and_then(|rest| rest.strip_suffix(b"\r\n")) {
        Some(lines) => escape(lines),
        None => format!("!{}", escape(head)),
    }
}

/// The head of such a cell.
pub(crate) fn head_of_cell(cell: &str) -> Result<Vec<u8>, String> {
    match cell.strip_prefix('!') {
        Some(whole) => unescape(whole),
        None => Ok(head_with(&unescape(cell)?)),
    }
}

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = LETTERS[(bits >> shift) as usize & 63];
            text.push(if at <= chunk.len() { letter } else { b'=' });
        }
    }
    text
}

/// A name for these bytes: FNV-1a of 64 bits in hex.
pub(crate) fn name_of(bytes: &[u8]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for &byte in bytes {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let file = self.file.word().map_or_else(|| format!("`{}`", escape(self.file.bytes())), Into::into);
        write!(f, "file {file}, head `{}`", cell_of_head(&self.head))
    }
}

impl Question {
    /// The question as a case file that carries everything, for `server`: for keeping what was found.
    pub(crate) fn to_case(&self, why: &str, server: &str) -> Vec<u8> {
        let mut text = format!("why: {why}\nserver: {server}\n").into_bytes();
        let _ = writeln!(text, "head: {}", cell_of_head(&self.head));
        if let Some(word) = self.file.word() {
            let _ = writeln!(text, "file: {word}");
        }
        text.push(b'\n');
        text.extend(self.file.bytes());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{base64, cell_of_head, head_for, head_of_cell};

    #[test]
    fn base64_pads_as_the_standard_does() {
        // RFC 4648, section 10.
        for (plain, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), text.as_bytes());
        }
    }

    #[test]
    fn heads_come_back_from_their_cells() {
        let usual = head_for(b"alice", b"secret");
        assert_eq!(cell_of_head(&usual), "Authorization: Basic YWxpY2U6c2VjcmV0\\r\\n");
        for head in [usual.as_slice(), b"GET /x HTTP/1.0\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
            assert_eq!(head_of_cell(&cell_of_head(head)).as_deref(), Ok(head));
        }
    }
}
