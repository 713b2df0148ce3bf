//! CSV as password managers and spreadsheets write it: RFC 4180, with comma, semicolon or tab.

use std::ops::Range;

/// A record: its line, from 1, and its fields, each of pieces of the text that are put together.
pub(super) struct Record {
    pub(super) line: u64,
    fields: Vec<Vec<Range<usize>>>,
}

impl Record {
    /// Number of fields.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// The pieces of a field, which together are its value; nothing where the record has no such field.
    pub(super) fn pieces<'a>(&'a self, text: &'a [u8], at: usize) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.fields.get(at).into_iter().flatten().map(|range| &text[range.clone()])
    }

    /// A field in one piece.
    pub(super) fn field(&self, text: &[u8], at: usize) -> Vec<u8> {
        self.pieces(text, at).flatten().copied().collect()
    }
}

/// The separator of a text: what stands most often in its first line.
pub(super) fn separator(text: &[u8]) -> u8 {
    let first = text.split(|&byte| byte == b'\n').next().unwrap_or(text);
    let count = |separator: &u8| memchr::memchr_iter(*separator, first).count();
    *[b',', b';', b'\t'].iter().max_by_key(|separator| (count(separator), **separator == b',')).unwrap_or(&b',')
}

/// The records of a text. A quote that is never closed reaches to its end.
pub(super) fn records(text: &[u8], separator: u8) -> Vec<Record> {
    let mut records = Vec::new();
    let mut record = Record { line: 1, fields: Vec::new() };
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let (pieces, end) = field(text, at, separator);
        line += memchr::memchr_iter(b'\n', &text[at..end]).count() as u64;
        record.fields.push(pieces);
        at = end;
        match text.get(at) {
            Some(byte) if *byte == separator => {
                at += 1;
                if at < text.len() {
                    continue;
                }
                record.fields.push(Vec::new());
            }
            Some(b'\r') if text.get(at + 1) == Some(&b'\n') => at += 2,
            Some(_) => at += 1,
            None => {}
        }
        line += 1;
        // A line without anything is no record.
        if record.fields.len() > 1 || record.pieces(text, 0).any(|piece| !piece.is_empty()) {
            records.push(record);
        }
        record = Record { line, fields: Vec::new() };
    }
    records
}

/// The pieces of the field at `at`, and where it ends.
fn field(text: &[u8], at: usize, separator: u8) -> (Vec<Range<usize>>, usize) {
    let ends = |byte: &u8| *byte == separator || *byte == b'\n';
    if text[at] != b'"' {
        let end = text[at..].iter().position(ends).map_or(text.len(), |length| at + length);
        let end_of_value =
            if end < text.len() && text[end] == b'\n' && text[at..end].ends_with(b"\r") { end - 1 } else { end };
        return (std::iter::once(at..end_of_value).collect(), end_of_value);
    }
    let mut pieces = Vec::new();
    let mut from = at + 1;
    loop {
        let Some(quote) = memchr::memchr(b'"', &text[from..]).map(|length| from + length) else {
            pieces.push(from..text.len());
            return (pieces, text.len());
        };
        if text.get(quote + 1) == Some(&b'"') {
            pieces.push(from..quote + 1);
            from = quote + 2;
            continue;
        }
        pieces.push(from..quote);
        // What follows the closing quote up to the separator belongs to the field, as spreadsheets read it.
        let end = text[quote + 1..].iter().position(ends).map_or(text.len(), |length| quote + 1 + length);
        let end = if text[quote + 1..end].ends_with(b"\r") { end - 1 } else { end };
        if end > quote + 1 {
            pieces.push(quote + 1..end);
        }
        return (pieces, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(u64, Vec<String>)> {
        let text = text.as_bytes();
        let fields = |record: &Record| {
            (0..record.len()).map(|at| String::from_utf8(record.field(text, at)).unwrap()).collect::<Vec<_>>()
        };
        records(text, separator(text)).iter().map(|record| (record.line, fields(record))).collect()
    }

    fn rows(rows: &[(u64, &[&str])]) -> Vec<(u64, Vec<String>)> {
        rows.iter().map(|(line, fields)| (*line, fields.iter().map(|field| (*field).to_owned()).collect())).collect()
    }

    #[test]
    fn quotes_doubled_quotes_and_line_breaks_inside_them_are_read() {
        let text = "user,password\r\nann,\"a,\"\"b\"\"\nc\"\r\n\nbob,x y \nempty,\n";
        assert_eq!(
            read(text),
            rows(&[
                (1, &["user", "password"]),
                (2, &["ann", "a,\"b\"\nc"]),
                (5, &["bob", "x y "]),
                (6, &["empty", ""])
            ])
        );
    }

    #[test]
    fn the_last_line_needs_no_end_and_a_quote_no_close() {
        assert_eq!(read("a;b\n1;\"2"), rows(&[(1, &["a", "b"]), (2, &["1", "2"])]));
        assert_eq!(read("a\tb\n1\t"), rows(&[(1, &["a", "b"]), (2, &["1", ""])]));
    }
}
