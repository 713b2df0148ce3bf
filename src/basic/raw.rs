//! The header fields of a request head as they stand, for servers that read them in C or C++: names checked, values with
//! their folds.
//!
//! A line that begins with a blank goes on with the field before it; a value is the one piece of the head from the colon to
//! the last line's end, and what becomes of carriage returns and line feeds in it is the dialect's affair.

use crate::basic::head;
use crate::bytes::{Span, split_once};

/// Why a head is refused, and the bytes to blame.
pub type Refused = (&'static str, Span);

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name, a token.
    pub name: &'a [u8],
    /// Everything after the colon up to the last line's end.
    pub value: &'a [u8],
    /// The value's place in the head.
    pub at: Span,
}

/// The request line without its end, and the fields up to the empty line. Empty lines before the request line are skipped.
pub fn fields(head: &[u8]) -> Result<(&[u8], Vec<Field<'_>>), Refused> {
    fields_of(head, false)
}

/// The same; `skips` says whether lines before the first field that begin with a blank are skipped.
pub fn fields_of(head: &[u8], skips: bool) -> Result<(&[u8], Vec<Field<'_>>), Refused> {
    let mut lines = head::lines(head).skip_while(|line| without_end(line.bytes).is_empty());
    let request = lines.next().map_or(&b""[..], |line| without_end(line.bytes));
    let mut fields: Vec<Field<'_>> = Vec::new();
    for line in lines {
        let bytes = without_end(line.bytes);
        if bytes.is_empty() {
            break;
        }
        if matches!(bytes[0], b' ' | b'\t') {
            let Some(field) = fields.last_mut() else {
                if skips {
                    continue;
                }
                return Err(("header-name-malformed", Span::at(line.at.start, 1)));
            };
            field.at.end = line.at.start + bytes.len() as u64;
            field.value = piece(head, field.at);
            continue;
        }
        let (name, value) = split_once(bytes, b':').ok_or(("no-colon", line.at))?;
        if name.is_empty() || !name.iter().all(|byte| head::is_token(*byte)) {
            return Err(("header-name-malformed", Span::at(line.at.start, name.len().max(1))));
        }
        let at = Span::at(line.at.start + name.len() as u64 + 1, value.len());
        fields.push(Field { name, value, at });
    }
    Ok((request, fields))
}

fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The bytes of `head` at `at`.
fn piece(head: &[u8], at: Span) -> &[u8] {
    let index = |offset: u64| usize::try_from(offset).unwrap_or(head.len()).min(head.len());
    &head[index(at.start)..index(at.end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reaches_over_its_folds() {
        let head = b"\r\nGET / HTTP/1.1\r\nA: b\r\n\tc\r\nD:e\n\nF: g\r\n";
        let (request, fields) = fields(head).unwrap();
        assert_eq!(request, b"GET / HTTP/1.1");
        assert_eq!(fields[0], Field { name: b"A", value: b" b\r\n\tc", at: Span::new(20, 26) });
        assert_eq!(fields[1].value, b"e");
        assert_eq!(fields.len(), 2);
    }

    #[test]
    fn names_are_tokens() {
        for (line, why) in [("A b: c", "header-name-malformed"), (": c", "header-name-malformed"), ("A", "no-colon")] {
            let head = format!("GET / HTTP/1.1\r\n{line}\r\n\r\n");
            assert_eq!(fields(head.as_bytes()).unwrap_err().0, why, "{line}");
        }
        assert_eq!(fields(b"GET / HTTP/1.1\r\n A: b\r\n\r\n").unwrap_err().0, "header-name-malformed");
    }
}
