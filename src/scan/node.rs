//! Lines as the programs on Node read them: text decoded from UTF-8 with replacement, then each program's own cutting.
//!
//! http-auth keeps every line in a list and asks each of the user's; Verdaccio keeps a map in which the last line of a
//! user counts. Names and fields here are the text in UTF-8, spans are those of the file's bytes.
//!
//! Behaviour of http-auth 4.2.1 `src/auth/base.js:loadUsers`, `src/auth/basic.js:processLine`; verdaccio-htpasswd of
//! Verdaccio 6.8.0 `build/utils.js:parseHTPasswd`; Node 20 `Buffer.toString`.

use std::borrow::Cow;
use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::scan::Found;
use crate::scan::pieces::Pieces;

/// All lines of `user` as http-auth keeps them, in order, and the number of lines read. A line without a colon is a
/// user with an empty field.
pub fn http_auth(reader: &mut dyn BufRead, user: &str) -> io::Result<(Vec<Found>, u64)> {
    let mut pieces = Pieces::new(reader);
    let (mut all, mut lines) = (Vec::new(), 0);
    while let Some(piece) = pieces.next(usize::MAX)? {
        lines += 1;
        let line = without_end(piece.bytes);
        let colon = memchr::memchr(b':', line);
        let (name, field) = (&line[..colon.unwrap_or(line.len())], colon.map_or(&b""[..], |colon| &line[colon + 1..]));
        if line.is_empty() || !is_same(name, user) {
            continue;
        }
        let text = String::from_utf8_lossy(line);
        if text.trim_start_matches(is_space).starts_with('#') {
            continue;
        }
        let at = Span::at(piece.at + (line.len() - field.len()) as u64, field.len());
        let field = String::from_utf8_lossy(field).into_owned().into_bytes();
        all.push(Found { line: lines, user: Span::at(piece.at, name.len()), field, at });
    }
    Ok((all, lines))
}

/// The last line of `user` as Verdaccio keeps it, and the number of lines read. The first two fields count, each without
/// blanks around it; lines without a colon are left out.
pub fn verdaccio(reader: &mut dyn BufRead, user: &str) -> io::Result<(Option<Found>, u64)> {
    let mut pieces = Pieces::new(reader);
    let (mut last, mut lines) = (None, 0);
    while let Some(piece) = pieces.next(usize::MAX)? {
        lines += 1;
        let line = without_end(piece.bytes);
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let name = trim(&line[..colon]);
        if !is_same(name.0, user) {
            continue;
        }
        let rest = &line[colon + 1..];
        let (field, lead) = trim(&rest[..memchr::memchr(b':', rest).unwrap_or(rest.len())]);
        let at = Span::at(piece.at + (colon + 1 + lead) as u64, field.len());
        let user = Span::at(piece.at + name.1 as u64, name.0.len());
        let field = String::from_utf8_lossy(field).into_owned().into_bytes();
        last = Some(Found { line: lines, user, field, at });
    }
    Ok((last, lines))
}

/// Without the LF, and the CR before it; a CR at the end of the file stays.
fn without_end(line: &[u8]) -> &[u8] {
    match line.strip_suffix(b"\n") {
        Some(line) => line.strip_suffix(b"\r").unwrap_or(line),
        None => line,
    }
}

/// Whether the text of these bytes is `text`.
fn is_same(bytes: &[u8], text: &str) -> bool {
    bytes == text.as_bytes() || matches!(String::from_utf8_lossy(bytes), Cow::Owned(lossy) if lossy == text)
}

/// The bytes whose text has no blanks at its ends, and how many stood before them.
fn trim(bytes: &[u8]) -> (&[u8], usize) {
    if bytes.first().is_none_or(u8::is_ascii_graphic) && bytes.last().is_none_or(u8::is_ascii_graphic) {
        return (bytes, 0);
    }
    // Blanks are valid UTF-8, so what is none ends them.
    let start = bytes.utf8_chunks().next().map_or(0, |chunk| {
        let text = chunk.valid();
        text.len() - text.trim_start_matches(is_space).len()
    });
    let bytes = &bytes[start..];
    let end = match bytes.utf8_chunks().last() {
        Some(chunk) if chunk.invalid().is_empty() => {
            bytes.len() - (chunk.valid().len() - chunk.valid().trim_end_matches(is_space).len())
        }
        _ => bytes.len(),
    };
    (&bytes[..end], start)
}

/// What JavaScript's `trim` and `\s` take for a blank.
#[must_use]
pub fn is_space(character: char) -> bool {
    (character.is_whitespace() && character != '\u{85}') || character == '\u{FEFF}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(mut file: &[u8], user: &str) -> Vec<(u64, Vec<u8>)> {
        let (all, _) = http_auth(&mut file, user).expect("memory is read without error");
        all.into_iter().map(|found| (found.line, found.field)).collect()
    }

    fn mapped(mut file: &[u8], user: &str) -> Option<(u64, Vec<u8>)> {
        let (last, _) = verdaccio(&mut file, user).expect("memory is read without error");
        last.map(|found| (found.line, found.field))
    }

    #[test]
    fn a_field_stands_where_it_is_said_to_stand_and_ends_in_bytes_that_are_no_text() {
        let file = &b"x:y\nu:  a \xFF \xFF:z\n"[..];
        let (found, _) = verdaccio(&mut &*file, "u").expect("memory is read without error");
        let at = found.expect("the user is found").at;
        assert_eq!(&file[usize::try_from(at.start).unwrap()..usize::try_from(at.end).unwrap()], b"a \xFF \xFF");
    }

    #[test]
    fn http_auth_keeps_every_line_of_a_user() {
        let file = b"u:a:b\r\n #u:c\nu\nu :d\nu:e\r";
        assert_eq!(listed(file, "u"), [(1, b"a:b".to_vec()), (3, vec![]), (5, b"e\r".to_vec())]);
        assert_eq!(listed(file, " #u"), []);
        assert_eq!(listed(b"\xFC:a\n", "\u{FFFD}"), [(1, b"a".to_vec())]);
    }

    #[test]
    fn verdaccio_trims_the_first_two_fields_and_takes_the_last_line() {
        let file = b"u:a\n\xEF\xBB\xBF u\t: b : c\r\nnone\n";
        assert_eq!(mapped(file, "u"), Some((2, b"b".to_vec())));
        assert_eq!(mapped(b"#u:a\n", "#u"), Some((1, b"a".to_vec())));
        assert_eq!(mapped(b"u:\xFFa \n", "u"), Some((1, "\u{FFFD}a".as_bytes().to_vec())));
        assert_eq!(mapped(b"u\n", "u"), None);
    }
}
