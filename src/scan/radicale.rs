//! Lines as Radicale reads them at its start: text in UTF-8 with any kind of line end, and no line that is not an entry, a
//! comment or blank.
//!
//! The whole file is read before anyone is served, and one line that is no entry, or a second one of the same user,
//! keeps the server from starting. Names are kept to find that out, as Radicale keeps them.
//!
//! Behaviour of Radicale 3.9.0 `auth/htpasswd.py:_read_htpasswd`, Python 3.11 `Lib/_pyio.py:TextIOWrapper`.

use std::collections::HashSet;
use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::bytes::characters;
use crate::bytes::is_python_space;
use crate::bytes::split_once;
use crate::scan::Found;
use crate::scan::Rejected;
use crate::scan::pieces::{Piece, Pieces};
use crate::trace::{Cite, Step, Trace};

const READ: Cite = Cite("Radicale 3.9.0 auth/htpasswd.py:_read_htpasswd");

/// Bytes that are decoded at a time (`TextIOWrapper._CHUNK_SIZE`).
pub const CHUNK: u64 = 8192;

/// What the file holds.
#[derive(Debug, Default)]
pub struct Table {
    /// The entry of the user that was asked.
    pub found: Option<Found>,
    /// Physical lines read.
    pub lines: u64,
    /// Whether any entry is one of bcrypt with exactly 60 characters; only then is the module loaded.
    pub bcrypt: bool,
}

/// Reads the file and finds `user`, both text in UTF-8.
pub fn find(reader: &mut dyn BufRead, user: &[u8], trace: &mut Trace) -> io::Result<Result<Table, Rejected>> {
    let mut pieces = Pieces::new(reader);
    let mut table = Table::default();
    let mut names: HashSet<Box<[u8]>> = HashSet::new();
    while let Some(piece) = pieces.next(usize::MAX)? {
        let mut at = piece.at;
        if let Some((why, bad, bytes)) = not_utf8(piece) {
            let before = &piece.bytes[..usize::try_from(bad.start - at).unwrap_or(0)];
            let lines = memchr::memchr_iter(b'\r', before).count();
            return Ok(Err(reject(table.lines + lines as u64 + 1, why, bad, &bytes, trace)));
        }
        // A carriage return before the line feed, or at the very end of the file, begins no line of its own.
        let without_end = piece.bytes.strip_suffix(b"\n").unwrap_or(piece.bytes);
        let without_end = without_end.strip_suffix(b"\r").unwrap_or(without_end);
        for line in without_end.split(|byte| *byte == b'\r') {
            table.lines += 1;
            let Err((why, span)) = take(line, at, user, &mut table, &mut names) else {
                at += line.len() as u64 + 1;
                continue;
            };
            // The text is decoded in chunks, so that a byte further down may be stumbled over first.
            let (number, line) = (table.lines, line.to_vec());
            let decoded = (at + line.len() as u64) / CHUNK * CHUNK + CHUNK;
            let mut lines = number;
            while let Some(piece) = pieces.next(usize::MAX)?.filter(|piece| piece.at < decoded) {
                lines += 1;
                if let Some((why, bad, bytes)) = not_utf8(piece).filter(|(_, bad, _)| bad.start < decoded) {
                    return Ok(Err(reject(lines, why, bad, &bytes, trace)));
                }
            }
            return Ok(Err(reject(number, why, span, &line, trace)));
        }
    }
    Ok(Ok(table))
}

/// The first bytes of a piece that are not UTF-8: what they are called, their place, and they themselves.
fn not_utf8(piece: Piece<'_>) -> Option<(&'static str, Span, Vec<u8>)> {
    let error = std::str::from_utf8(piece.bytes).err()?;
    let rest = &piece.bytes[error.valid_up_to()..];
    let bad = &rest[..error.error_len().unwrap_or(rest.len())];
    let why = if error.error_len().is_some() { "not-utf8" } else { "not-utf8-cut-off" };
    Some((why, Span::at(piece.at + error.valid_up_to() as u64, bad.len()), bad.to_vec()))
}

fn reject(line: u64, why: &'static str, at: Span, bytes: &[u8], trace: &mut Trace) -> Rejected {
    trace.push(Step::FileRejected { line, why, at }, READ);
    Rejected { line, why, at, bytes: bytes.to_vec() }
}

fn take(
    line: &[u8],
    at: u64,
    user: &[u8],
    table: &mut Table,
    names: &mut HashSet<Box<[u8]>>,
) -> Result<(), (&'static str, Span)> {
    if is_blank_or_comment(line) {
        return Ok(());
    }
    let Some((login, digest)) = split_once(line, b':') else { return Err(("no-colon", Span::at(at, line.len()))) };
    if login.is_empty() {
        return Err(("empty-user", Span::at(at, line.len())));
    }
    let field = Span::at(at + login.len() as u64 + 1, digest.len());
    if digest.is_empty() {
        return Err(("empty-field", field));
    }
    if !names.insert(login.into()) {
        return Err(("duplicate-user", Span::at(at, login.len())));
    }
    table.bcrypt |= is_bcrypt(digest) && characters(digest) == 60;
    if login == user {
        table.found =
            Some(Found { line: table.lines, user: Span::at(at, login.len()), field: digest.to_vec(), at: field });
    }
    Ok(())
}

/// Whether nothing but blanks stands on the line, or a `#` after them.
fn is_blank_or_comment(line: &[u8]) -> bool {
    match line.first() {
        None | Some(b'#') => true,
        Some(first) if first.is_ascii_graphic() => false,
        Some(_) => {
            let text = std::str::from_utf8(line).unwrap_or_default().trim_start_matches(is_python_space);
            text.is_empty() || text.starts_with('#')
        }
    }
}

fn is_bcrypt(digest: &[u8]) -> bool {
    match digest.strip_prefix(b"$2") {
        Some([b'$', ..] | [b'a' | b'b' | b'x' | b'y', b'$', ..]) => true,
        Some(_) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut file: &[u8]) -> Result<Table, (u64, &'static str)> {
        let table = find(&mut file, b"u", &mut Trace::default()).expect("memory is read without error");
        table.map_err(|rejected| (rejected.line, rejected.why))
    }

    #[test]
    fn any_kind_of_line_end_ends_a_line() {
        for file in [&b"a:x\nu:y\nb:z\n"[..], b"a:x\r\nu:y\r\nb:z", b"a:x\ru:y\rb:z\r", b"a:x\r\nu:y\rb:z\r\n"] {
            let found = read(file).expect("all lines are entries").found.expect("the user is there");
            assert_eq!((found.line, &found.field[..]), (2, &b"y"[..]), "{}", file.escape_ascii());
            let place = usize::try_from(found.at.start).expect("small");
            assert_eq!(file[place], b'y');
        }
    }

    #[test]
    fn a_line_that_is_no_entry_keeps_the_server_from_starting() {
        assert_eq!(read(b"u:x\n\n \t\n # c\nnone\n").err(), Some((5, "no-colon")));
        assert_eq!(read(b"u:x\n:y\n").err(), Some((2, "empty-user")));
        assert_eq!(read(b"u:\n").err(), Some((1, "empty-field")));
        assert_eq!(read(b"u:x\nv:x\nu:x\n").err(), Some((3, "duplicate-user")));
        assert_eq!(read(b"a:x\r\n\xFC:y\n").err(), Some((2, "not-utf8")));
    }

    #[test]
    fn sixty_characters_are_counted_as_text() {
        let of = |last: &str| format!("u:$2y$05${}{last}\n", "a".repeat(52));
        assert!(read(of("a").as_bytes()).expect("an entry").bcrypt);
        assert!(read(of("ü").as_bytes()).expect("an entry").bcrypt);
        assert!(!read(of("aa").as_bytes()).expect("an entry").bcrypt);
    }
}
