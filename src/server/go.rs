//! What the servers written in Go share: opening the file, the words of errors, quoting, and the answers that `net/http`
//! gives itself.
//!
//! Behaviour of Go 1.19 to 1.25: `src/os/error.go`, `src/syscall/zerrors_linux_amd64.go`, `src/strconv/quote.go:Quote`.

use std::fmt::Write as _;
use std::io::BufRead;

use crate::basic::go_http;
use crate::crypt::Errno;
use crate::server::entry;
pub(crate) use crate::server::entry::{append, reason, user};
use crate::server::{Decision, Inputs, Opened};
use crate::trace::{Cite, Code, Step, Trace, Verdict, codes};

/// The file as a program finds it that opens and reads it.
pub(crate) enum File<'a> {
    /// Its bytes.
    Bytes(Box<dyn BufRead + 'a>),
    /// It can't be read.
    Trouble(Trouble),
    /// The program never comes back from it.
    Decided(Decision),
}

/// Why a file can't be read.
pub(crate) struct Trouble {
    /// The reason.
    pub(crate) reason: Code,
    /// The error number; `EISDIR` comes from reading, all others from opening.
    pub(crate) errno: Errno,
    /// Go's text of the error.
    pub(crate) text: Vec<u8>,
}

impl Trouble {
    /// Whether nothing stands at the path.
    pub(crate) fn is_missing(&self) -> bool {
        self.errno == Errno::ENOENT
    }

    /// Whether a directory stands there, which can be opened and not read.
    pub(crate) fn is_directory(&self) -> bool {
        self.errno == Errno::EISDIR
    }

    /// Reading ended in an error.
    pub(crate) fn reading(path: &[u8]) -> Self {
        let text = [b"read ", path, b": input/output error"].concat();
        let errno = Errno { number: 5, text: "Input/output error" };
        Self { reason: codes::FILE_UNREADABLE, errno, text }
    }
}

/// Opens the file; pushes the step. `missing_by` is the call that notices a missing file, `open` or `stat`.
pub(crate) fn open<'a>(inputs: &Inputs<'a>, missing_by: &str, cite: Cite, trace: &mut Trace) -> File<'a> {
    let (what, reason, errno, call) = match inputs.file.open() {
        Opened::Bytes(reader) => {
            trace.push(Step::FileOpened, cite);
            return File::Bytes(reader);
        }
        Opened::Fifo => {
            trace.push(Step::FileFailed { what: "fifo" }, cite);
            let trace = std::mem::take(trace);
            return File::Decided(Decision::without_status(Verdict::Failed, codes::WOULD_HANG, trace));
        }
        Opened::Device => {
            trace.push(Step::FileFailed { what: "device" }, cite);
            let trace = std::mem::take(trace);
            return File::Decided(Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace));
        }
        Opened::Directory => ("directory", codes::FILE_NOT_REGULAR, Errno::EISDIR, "read"),
        Opened::Failed(errno) => {
            let (what, reason, errno) = entry::failed(errno);
            let by_stat = matches!(errno, Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::ENAMETOOLONG);
            (what, reason, errno, if by_stat { missing_by } else { "open" })
        }
    };
    trace.push(Step::FileFailed { what }, cite);
    let text = [call.as_bytes(), b" ", inputs.path, b": ", errno_text(errno).as_bytes()].concat();
    File::Trouble(Trouble { reason, errno, text })
}

/// Go's text of an error number: strerror(3)'s with a small letter.
fn errno_text(errno: Errno) -> String {
    let mut letters = errno.text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The answer of `net/http` to a head that it refuses.
pub(crate) fn refused(why: &str, trace: Trace) -> Decision {
    let status = match why {
        go_http::OVERSIZED => 431,
        go_http::VERSION => 505,
        _ => 400,
    };
    Decision::new(Verdict::Failed, status, codes::BAD_REQUEST, trace)
}

/// `%q`: double quotes, Go's escapes, printable characters as they are.
pub(crate) fn quote(bytes: &[u8]) -> String {
    quoted(bytes, is_print)
}

/// `%+q`: the same with everything beyond ASCII escaped.
pub(crate) fn quote_ascii(bytes: &[u8]) -> String {
    quoted(bytes, |c| c.is_ascii() && is_print(c))
}

fn quoted(bytes: &[u8], printable: fn(char) -> bool) -> String {
    let mut text = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => text.extend(['\\', c]),
                '\x07' => text.push_str("\\a"),
                '\x08' => text.push_str("\\b"),
                '\x0C' => text.push_str("\\f"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\x0B' => text.push_str("\\v"),
                c if printable(c) => text.push(c),
                c if c.is_ascii_control() => {
                    let _ = write!(text, "\\x{:02x}", u32::from(c));
                }
                c if u32::from(c) > 0xFFFF => {
                    let _ = write!(text, "\\U{:08x}", u32::from(c));
                }
                c => {
                    let _ = write!(text, "\\u{:04x}", u32::from(c));
                }
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text.push('"');
    text
}

/// Nearly `strconv.IsPrint`: what Rust does not escape in the middle of a text.
fn is_print(c: char) -> bool {
    let mut text = [b'a'; 5];
    let length = c.encode_utf8(&mut text[1..]).len();
    let text = std::str::from_utf8(&text[..=length]).unwrap_or_default();
    c == '\'' || text.escape_debug().count() == 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as Go 1.19's `strconv.Quote` and `strconv.QuoteToASCII` write them.
    #[test]
    fn quoting_is_gos() {
        assert_eq!(quote(b"u\0x\x7F'\"\\\t"), r#""u\x00x\x7f'\"\\\t""#);
        assert_eq!(quote("ü\u{FEFF}\u{301}".as_bytes()), "\"ü\\ufeff\u{301}\"");
        assert_eq!(quote("\u{FFFF}\u{10FFFF}".as_bytes()), r#""\uffff\U0010ffff""#);
        assert_eq!(quote(b"\xFC\x80u"), r#""\xfc\x80u""#);
        assert_eq!(quote_ascii("ü\u{1F600}".as_bytes()), r#""\u00fc\U0001f600""#);
    }
}
