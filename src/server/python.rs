//! What the servers in Python share: the words of errors, and texts as `repr` writes them.
//!
//! Behaviour of Python 3.11 `Objects/unicodeobject.c:unicode_repr`; which characters are written as they are is that of its
//! Unicode 14 database.

use std::fmt::Write as _;

use crate::crypt::Errno;
use crate::server::python_other;

/// `[Errno 2] No such file or directory: 'FILE'`
pub(crate) fn os_error(errno: Errno, path: &[u8]) -> String {
    format!("[Errno {}] {}: {}", errno.number, errno.text, repr(path))
}

/// The name of the exception for an error number.
pub(crate) fn os_error_name(errno: Errno) -> &'static str {
    match errno {
        Errno::ENOENT => "FileNotFoundError",
        Errno::EACCES => "PermissionError",
        Errno::EISDIR => "IsADirectoryError",
        Errno::ENOTDIR => "NotADirectoryError",
        _ => "OSError",
    }
}

/// A text as `repr` writes it; bytes that are not UTF-8 are shown as the surrogates that stand for them in paths.
pub(crate) fn repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut text = String::from(quote);
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                c if c == quote => text.extend(['\\', c]),
                c if is_printable(c) => text.push(c),
                c => match u32::from(c) {
                    code @ ..=0xFF => drop(write!(text, "\\x{code:02x}")),
                    code @ ..=0xFFFF => drop(write!(text, "\\u{code:04x}")),
                    code => drop(write!(text, "\\U{code:08x}")),
                },
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\udc{byte:02x}");
        }
    }
    text.push(quote);
    text
}

/// `str.isprintable` of one character: neither of a category C nor, apart from the space, of a category Z.
fn is_printable(character: char) -> bool {
    character == ' ' || !(character.is_whitespace() || python_other::is_other(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_has_the_exception_of_its_name() {
        for (errno, name) in [
            (Errno::ENOENT, "FileNotFoundError"),
            (Errno::EACCES, "PermissionError"),
            (Errno::EISDIR, "IsADirectoryError"),
            (Errno::ENOTDIR, "NotADirectoryError"),
            (Errno::ELOOP, "OSError"),
        ] {
            assert_eq!(os_error_name(errno), name);
        }
    }

    /// Texts as Python 3.11's `repr` writes them.
    #[test]
    fn texts_are_written_as_repr_does() {
        assert_eq!(repr(b"u"), "'u'");
        assert_eq!(repr(b"u'x"), "\"u'x\"");
        assert_eq!(repr(b"u'\"x"), "'u\\'\"x'");
        assert_eq!(
            repr("a\\\n\0\u{7f}\u{a0}\u{ad}é\u{200b}\u{e000}\u{10ffff}\u{3000}".as_bytes()),
            "'a\\\\\\n\\x00\\x7f\\xa0\\xadé\\u200b\\ue000\\U0010ffff\\u3000'"
        );
        assert_eq!(repr(b"\xFF"), "'\\udcff'");
    }
}
