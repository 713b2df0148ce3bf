//! Lines as Radicale reads them at its start: text in UTF-8 with any kind of line end, and no line that is not an entry, a
//! comment or blank.
//!
//! The whole file is read before anyone is served, and one line that is no entry, or a second one of the same user,
//! keeps the server from starting. Names are kept to find that out, as Radicale keeps them.
//!
//! Behaviour of Radicale 3.9.0 `auth/htpasswd.py:_read_htpasswd`, Python 3.11 `Lib/_pyio.py:TextIOWrapper`.

use std::collections::HashSet;
use std::io::{self, BufRead};
use std::slice::Split;

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
const CHUNK: u64 = 8192;

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
    let mut carried = Carried::default();
    while let Some(piece) = pieces.next(usize::MAX)? {
        let (start, undecodable) = (table.lines, undecodable(piece, &mut carried));
        let mut at = piece.at;
        for line in lines(piece.bytes) {
            // The text is decoded in chunks, so that bytes further down may be stumbled over first.
            let decoded = decoded(piece, at + line.len() as u64);
            if let Some(bad) = undecodable.as_ref().filter(|bad| bad.known < decoded) {
                return Ok(Err(bad.rejected(start, trace)));
            }
            table.lines += 1;
            let Err((why, span)) = take(line, at, user, &mut table, &mut names) else {
                at += line.len() as u64 + 1;
                continue;
            };
            let (number, line) = (table.lines, line.to_vec());
            let mut start = start + lines(piece.bytes).count() as u64;
            while let Some(piece) = pieces.next(usize::MAX)?.filter(|piece| piece.at < decoded) {
                if let Some(bad) = self::undecodable(piece, &mut carried).filter(|bad| bad.known < decoded) {
                    return Ok(Err(bad.rejected(start, trace)));
                }
                start += lines(piece.bytes).count() as u64;
            }
            return Ok(Err(reject(number, why, span, &line, trace)));
        }
    }
    Ok(Ok(table))
}

/// The lines of a piece. A carriage return before the line feed, or at the very end of the file, begins no line of its own.
fn lines(piece: &[u8]) -> Split<'_, u8, fn(&u8) -> bool> {
    let without_end = piece.strip_suffix(b"\n").unwrap_or(piece);
    without_end.strip_suffix(b"\r").unwrap_or(without_end).split(|byte| *byte == b'\r')
}

/// Up to where the file is decoded when the line is handed out whose end stands at `end`. The character that follows a
/// carriage return is waited for; without an end of its own a line takes the end of the file.
fn decoded(piece: Piece<'_>, end: u64) -> u64 {
    let rest = usize::try_from(end - piece.at).ok().and_then(|end| piece.bytes.get(end..)).unwrap_or_default();
    let awaited = match *rest {
        [b'\r', 0xC2..=0xDF, ..] => 2,
        [b'\r', 0xE0..=0xEF, ..] => 3,
        [b'\r', 0xF0..=0xF4, ..] => 4,
        [b'\r', _, ..] => 1,
        _ => 0,
    };
    if rest.len() <= awaited {
        return u64::MAX;
    }
    ((end + awaited as u64) / CHUNK + 1) * CHUNK
}

/// Bytes that are not UTF-8.
struct Undecodable {
    at: Span,
    /// The byte that proves it; [`u64::MAX`] less one where it is the end of the file.
    known: u64,
    /// How many lines of the piece end before.
    lines: u64,
    /// Python's words for it.
    words: String,
}

impl Undecodable {
    /// The file refused for it, where `start` lines stand before the piece.
    fn rejected(&self, start: u64, trace: &mut Trace) -> Rejected {
        reject(start + self.lines + 1, "not-utf8", self.at, self.words.as_bytes(), trace)
    }
}

/// What a chunk ends with and is no character yet: it is decoded again, before the next one.
#[derive(Default)]
struct Carried {
    /// Where the next one begins.
    chunk: u64,
    /// How many bytes.
    count: u64,
}

impl Carried {
    /// How many bytes are carried into the chunk that begins at `chunk`. `piece` is UTF-8, and reaches up to it or stands in it.
    fn into(&mut self, chunk: u64, piece: Piece<'_>) -> u64 {
        let Some(inside) = chunk.checked_sub(piece.at).and_then(|inside| usize::try_from(inside).ok()) else {
            return if self.chunk == chunk { self.count } else { 0 };
        };
        let goes_on = |at: &usize| piece.bytes.get(*at).is_some_and(|byte| matches!(byte, 0x80..=0xBF));
        *self = Self { chunk, count: (0..=inside).rev().take_while(goes_on).count() as u64 };
        self.count
    }
}

/// The first bytes of a piece that are not UTF-8. Pieces are given one after the other.
fn undecodable(piece: Piece<'_>, carried: &mut Carried) -> Option<Undecodable> {
    let Err(error) = std::str::from_utf8(piece.bytes) else {
        carried.into((piece.at + piece.bytes.len() as u64) / CHUNK * CHUNK, piece);
        return None;
    };
    let (before, rest) = piece.bytes.split_at(error.valid_up_to());
    let start = piece.at + before.len() as u64;
    let bad = &rest[..error.error_len().unwrap_or(rest.len())];
    let is_lead = matches!(bad.first(), Some(0xC2..=0xF4));
    let (known, reason) = match error.error_len() {
        None => (u64::MAX - 1, "unexpected end of data"),
        Some(length) if is_lead => (start + length as u64, "invalid continuation byte"),
        Some(_) => (start, "invalid start byte"),
    };
    let at = match known / CHUNK * CHUNK {
        chunk if start < chunk => 0,
        chunk => start - chunk + carried.into(chunk, Piece { bytes: before, at: piece.at }),
    };
    let which = match bad {
        [byte] => format!("byte 0x{byte:02x} in position {at}"),
        _ => format!("bytes in position {at}-{}", at + bad.len() as u64 - 1),
    };
    Some(Undecodable {
        at: Span::at(start, bad.len()),
        known,
        lines: memchr::memchr_iter(b'\r', before).count() as u64,
        words: format!("'utf-8' codec can't decode {which}: {reason}"),
    })
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

    /// What is said of the file after `start` bytes of comment.
    fn said(start: usize, end: &[u8]) -> (&'static str, String) {
        let file = [&[b'#'; 1][..], &vec![b'x'; start - 1], end].concat();
        let rejected =
            find(&mut &file[..], b"u", &mut Trace::default()).expect("read without error").expect_err("refused");
        (rejected.why, String::from_utf8_lossy(&rejected.bytes).into_owned())
    }

    // What Python 3.11 says of these files.
    #[test]
    fn a_line_is_judged_before_what_is_decoded_later() {
        assert_eq!(said(8000, b"\rnone\r\xFCx").0, "not-utf8");
        assert_eq!(said(8186, b"\rnone\n\xFCx").0, "no-colon");
        assert_eq!(said(8186, b"\rnone\r\xFCx").0, "not-utf8");
        assert_eq!(said(8185, b"\rnone\r.\xFCx").0, "no-colon");
        assert_eq!(said(8000, b"\rnone\r.\xC3").0, "no-colon");
        assert_eq!(said(8185, b"\rnone\r\xE9x").0, "not-utf8");
        assert_eq!(said(8175, b"\rx\r\xE2\x82").0, "not-utf8");
    }

    // Likewise.
    #[test]
    fn the_position_is_that_in_what_is_decoded_at_once() {
        let position = |start, end| said(start, end).1.split(" position ").nth(1).unwrap_or_default().to_owned();
        assert_eq!(position(8187, b"\rnone\r\nx\xFCx"), "3: invalid start byte");
        assert_eq!(position(8190, b"\xFFx"), "8190: invalid start byte");
        assert_eq!(position(8191, b"\xE9x"), "0: invalid continuation byte");
        assert_eq!(position(8192, b"x\xE9x"), "1: invalid continuation byte");
        assert_eq!(position(8191, b"\xC3\xA9\xC3"), "0: unexpected end of data");
        assert_eq!(position(8191, b"\xC3\xA9\xFFx"), "2: invalid start byte");
        assert_eq!(position(8191, b"\xC3\xA9\nnone\n\xE9x"), "8: invalid continuation byte");
        assert_eq!(position(8192, b"\xA0"), "0: invalid start byte");
        assert_eq!(position(8190, b"\xE2\x82x"), "0-1: invalid continuation byte");
    }

    #[test]
    fn sixty_characters_are_counted_as_text() {
        let of = |last: &str| format!("u:$2y$05${}{last}\n", "a".repeat(52));
        assert!(read(of("a").as_bytes()).expect("an entry").bcrypt);
        assert!(read(of("ü").as_bytes()).expect("an entry").bcrypt);
        assert!(!read(of("aa").as_bytes()).expect("an entry").bcrypt);
    }
}
