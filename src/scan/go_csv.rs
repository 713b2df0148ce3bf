//! Records as Go's `encoding/csv` reads them with a colon for the comma, `#` for comments, and leading blanks trimmed.
//!
//! Quotes mean something, so a field may go on over several lines and one `"` in the wrong place refuses the whole file;
//! so does a record with more or fewer fields than the first.
//!
//! Behaviour of Go 1.19 to 1.25: `src/encoding/csv/reader.go:readRecord`.

use std::io::{self, BufRead};
use std::ops::Range;

use crate::bytes::Span;
use crate::scan::go_space;
use crate::scan::pieces::{Piece, Pieces};

/// Reads records from a stream, with `ReadAll`'s rule that all have as many fields as the first.
pub struct Records<'r> {
    pieces: Pieces<'r>,
    /// Lines read so far.
    lines: u64,
    expected: Option<usize>,
    text: Vec<u8>,
    fields: Vec<Field>,
}

/// A field of the record that was read last.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    text: Range<usize>,
    at: Span,
}

/// A record.
pub struct Record<'a> {
    /// 1-based number of its first line.
    pub line: u64,
    text: &'a [u8],
    fields: &'a [Field],
}

impl<'a> Record<'a> {
    /// Number of fields, at least one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.fields.len()
    }

    /// A field's text without quotes; empty where the record has no such field.
    #[must_use]
    pub fn field(&self, number: usize) -> &'a [u8] {
        self.fields.get(number).map_or(b"", |field| &self.text[field.text.clone()])
    }

    /// A field's bytes in the file, without the quotes around it.
    #[must_use]
    pub fn at(&self, number: usize) -> Span {
        self.fields.get(number).map_or(Span::default(), |field| field.at)
    }

    /// All bytes of the record's fields in the file.
    #[must_use]
    pub fn all(&self) -> Span {
        Span::new(self.at(0).start, self.fields.last().map_or(0, |field| field.at.end))
    }
}

/// Why the file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// 1-based number of the first line of the record.
    pub record_line: u64,
    /// 1-based number of the line to blame.
    pub line: u64,
    /// 1-based column in bytes.
    pub column: u64,
    /// What is wrong, in kebab-case.
    pub why: &'static str,
    /// The bytes to blame.
    pub at: Span,
}

impl Broken {
    /// Go's text of the error.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { record_line, line, column, why, .. } = self;
        let what = match *why {
            "field-count" => return format!("record on line {record_line}: wrong number of fields"),
            "bare-quote" => "bare \" in non-quoted-field",
            _ => "extraneous or missing \" in quoted-field",
        };
        if record_line == line {
            format!("parse error on line {line}, column {column}: {what}")
        } else {
            format!("record on line {record_line}; parse error on line {line}, column {column}: {what}")
        }
    }
}

/// A line without its end, and where the reader stands in it.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    line: &'a [u8],
    /// Whether a line feed ends it.
    fed: bool,
    start: u64,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(piece: Piece<'a>) -> Self {
        let (line, fed) = match piece.bytes.strip_suffix(b"\n") {
            Some(line) => (line, true),
            None => (piece.bytes, false),
        };
        // One carriage return goes, before a line feed and at the end of the file alike.
        Self { line: line.strip_suffix(b"\r").unwrap_or(line), fed, start: piece.at, at: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        &self.line[self.at..]
    }

    fn offset(&self) -> u64 {
        self.start + self.at as u64
    }
}

impl<'r> Records<'r> {
    /// Records of what `reader` has left, counted from offset 0.
    pub fn new(reader: &'r mut dyn BufRead) -> Self {
        Self { pieces: Pieces::new(reader), lines: 0, expected: None, text: Vec::new(), fields: Vec::new() }
    }

    /// Lines read so far.
    #[must_use]
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// The next record; `None` at the end of the file.
    pub fn read(&mut self) -> io::Result<Option<Result<Record<'_>, Broken>>> {
        let line = match self.parse()? {
            None => return Ok(None),
            Some(Err(broken)) => return Ok(Some(Err(broken))),
            Some(Ok(line)) => line,
        };
        let record = Record { line, text: &self.text, fields: &self.fields };
        let expected = *self.expected.get_or_insert(record.count());
        if record.count() == expected {
            return Ok(Some(Ok(record)));
        }
        let at = record.all();
        Ok(Some(Err(Broken { record_line: line, line, column: 1, why: "field-count", at })))
    }

    /// Parses the next record and gives the number of its first line.
    fn parse(&mut self) -> io::Result<Option<Result<u64, Broken>>> {
        let Self { pieces, lines, text, fields, .. } = self;
        text.clear();
        fields.clear();
        let mut cursor = loop {
            let Some(piece) = pieces.next(usize::MAX)? else { return Ok(None) };
            *lines += 1;
            let cursor = Cursor::new(piece);
            if !matches!(cursor.line.first(), None | Some(b'#')) {
                break cursor;
            }
        };
        let record_line = *lines;
        let broken = |why, line, at: usize, offset| {
            let (column, at) = (at as u64 + 1, Span::at(offset, 1));
            Ok(Some(Err(Broken { record_line, line, column, why, at })))
        };
        'record: loop {
            cursor.at += go_space::leading(cursor.rest());
            let from = text.len();
            if cursor.rest().first() != Some(&b'"') {
                let rest = cursor.rest();
                let colon = memchr::memchr(b':', rest);
                let field = &rest[..colon.unwrap_or(rest.len())];
                if let Some(quote) = memchr::memchr(b'"', field) {
                    return broken("bare-quote", *lines, cursor.at + quote, cursor.offset() + quote as u64);
                }
                text.extend_from_slice(field);
                fields.push(Field { text: from..text.len(), at: Span::at(cursor.offset(), field.len()) });
                if colon.is_none() {
                    break;
                }
                cursor.at += field.len() + 1;
                continue;
            }
            cursor.at += 1;
            let start = cursor.offset();
            loop {
                let rest = cursor.rest();
                let Some(quote) = memchr::memchr(b'"', rest) else {
                    text.extend_from_slice(rest);
                    text.extend(cursor.fed.then_some(b'\n'));
                    let (end, after) = (cursor.line.len() + usize::from(cursor.fed), cursor.start);
                    let next = if cursor.fed { pieces.next(usize::MAX)? } else { None };
                    match next.map(Cursor::new).filter(|next| next.fed || !next.line.is_empty()) {
                        Some(next) => cursor = next,
                        None => return broken("unclosed-quote", *lines, end, after + end as u64),
                    }
                    *lines += 1;
                    continue;
                };
                text.extend_from_slice(&rest[..quote]);
                cursor.at += quote + 1;
                let field = Field { text: from..text.len(), at: Span::new(start, cursor.offset() - 1) };
                match rest.get(quote + 1) {
                    None => {
                        fields.push(field);
                        break 'record;
                    }
                    Some(b':') => {
                        fields.push(field);
                        cursor.at += 1;
                        continue 'record;
                    }
                    Some(b'"') => {
                        text.push(b'"');
                        cursor.at += 1;
                    }
                    Some(_) => return broken("unclosed-quote", *lines, cursor.at - 1, cursor.offset() - 1),
                }
            }
        }
        Ok(Some(Ok(record_line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All records, or Go's text of the error.
    fn all(file: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, String> {
        let mut reader = file;
        let mut records = Records::new(&mut reader);
        let mut all = Vec::new();
        while let Some(record) = records.read().unwrap() {
            let record = record.map_err(|broken| broken.text())?;
            all.push((0..record.count()).map(|number| record.field(number).to_vec()).collect());
        }
        Ok(all)
    }

    fn fields(file: &str) -> Vec<Vec<String>> {
        let records = all(file.as_bytes()).unwrap();
        let text = |field: Vec<u8>| String::from_utf8(field).unwrap();
        records.into_iter().map(|record| record.into_iter().map(text).collect()).collect()
    }

    #[test]
    fn leading_blanks_of_every_field_go_and_trailing_ones_stay() {
        assert_eq!(fields(" u:\t H \n\n#c\nv:\r\n"), [["u", "H "], ["v", ""]]);
        assert_eq!(fields("  \n"), [[""]]);
        assert_eq!(fields("u:H\r"), [["u", "H"]]);
    }

    #[test]
    fn a_quoted_field_goes_on_over_lines() {
        assert_eq!(fields("\"a\"\"b\nc\":H\n"), [["a\"b\nc", "H"]]);
        let mut reader = &b"\"u\r\nv\":\"H\"\nw:x\n"[..];
        let mut records = Records::new(&mut reader);
        let record = records.read().unwrap().unwrap().unwrap();
        assert_eq!((record.line, record.field(0), record.at(0)), (1, &b"u\nv"[..], Span::new(1, 5)));
        assert_eq!(record.at(1), Span::new(8, 9));
        let record = records.read().unwrap().unwrap().unwrap();
        assert_eq!((record.line, record.at(0)), (3, Span::new(11, 12)));
    }

    /// Texts as rclone logs them for these files.
    #[test]
    fn errors_have_gos_words() {
        for (file, text) in [
            (&b"u:H\n  \n"[..], "record on line 2: wrong number of fields"),
            (b"u\"x:H\n", "parse error on line 1, column 2: bare \" in non-quoted-field"),
            (b"\"u\"x:H\n", "parse error on line 1, column 3: extraneous or missing \" in quoted-field"),
        ] {
            assert_eq!(all(file), Err(text.into()), "{}", String::from_utf8_lossy(file));
        }
    }
}
