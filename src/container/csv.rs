//! CSV as password managers and spreadsheets write it: RFC 4180, with comma, semicolon or tab.

use std::ops::Range;

/// A record: its line, from 1, and its fields, each of pieces of the text that are put together.
#[derive(Default)]
pub(super) struct Record {
    pub(super) line: u64,
    pieces: Vec<Range<usize>>,
    /// For each field, how many pieces there are up to its end.
    ends: Vec<usize>,
}

impl Record {
    /// Number of fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn ranges(&self, at: usize) -> &[Range<usize>] {
        let Some(end) = self.ends.get(at) else { return &[] };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.pieces[start..*end]
    }

    /// The pieces of a field, which together are its value; nothing where the record has no such field.
    pub(super) fn pieces<'a>(&'a self, text: &'a [u8], at: usize) -> impl Iterator<Item = &'a [u8]> + 'a {
        self.ranges(at).iter().map(|range| &text[range.clone()])
    }

    /// A field in one piece.
    pub(super) fn field(&self, text: &[u8], at: usize) -> Vec<u8> {
        self.pieces(text, at).flatten().copied().collect()
    }

    /// A field that is one piece of the text.
    pub(super) fn one_piece<'a>(&self, text: &'a [u8], at: usize) -> Option<&'a [u8]> {
        match self.ranges(at) {
            [range] => Some(&text[range.clone()]),
            _ => None,
        }
    }

    /// Whether it has nothing.
    fn is_blank(&self) -> bool {
        self.ends.len() < 2 && self.pieces.iter().all(Range::is_empty)
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
    let mut reader = Reader::new(text, separator);
    let next = || {
        let mut record = Record::default();
        reader.read(&mut record).then_some(record)
    };
    std::iter::from_fn(next).collect()
}

/// Reads the records of a text one after the other.
pub(super) struct Reader<'a> {
    text: &'a [u8],
    separator: u8,
    at: usize,
    line: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a [u8], separator: u8) -> Self {
        Self { text, separator, at: 0, line: 1 }
    }

    /// The next record takes the place of the one before; whether there is one.
    pub(super) fn read(&mut self, record: &mut Record) -> bool {
        while self.at < self.text.len() {
            record.line = self.line;
            record.pieces.clear();
            record.ends.clear();
            self.read_line(record);
            self.line += 1;
            // A line without anything is no record.
            if !record.is_blank() {
                return true;
            }
        }
        false
    }

    fn read_line(&mut self, record: &mut Record) {
        loop {
            self.field(&mut record.pieces);
            record.ends.push(record.pieces.len());
            match self.text.get(self.at) {
                Some(byte) if *byte == self.separator => {
                    self.at += 1;
                    if self.at < self.text.len() {
                        continue;
                    }
                    record.ends.push(record.pieces.len());
                }
                Some(b'\r') if self.text.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                Some(_) => self.at += 1,
                None => {}
            }
            return;
        }
    }

    /// Reads over the field that begins here.
    fn field(&mut self, pieces: &mut Vec<Range<usize>>) {
        let (text, at) = (self.text, self.at);
        let ends = |byte: &u8| *byte == self.separator || *byte == b'\n';
        let end_from = |from: usize| text[from..].iter().position(ends).map_or(text.len(), |length| from + length);
        if text[at] != b'"' {
            let end = end_from(at);
            self.at = if text.get(end) == Some(&b'\n') && text[at..end].ends_with(b"\r") { end - 1 } else { end };
            pieces.push(at..self.at);
            return;
        }
        let mut from = at + 1;
        loop {
            let Some(quote) = memchr::memchr(b'"', &text[from..]).map(|length| from + length) else {
                pieces.push(from..text.len());
                self.at = text.len();
                break;
            };
            if text.get(quote + 1) == Some(&b'"') {
                pieces.push(from..quote + 1);
                from = quote + 2;
                continue;
            }
            pieces.push(from..quote);
            // What follows the closing quote up to the separator belongs to the field, as spreadsheets read it.
            let end = end_from(quote + 1);
            self.at = if text[quote + 1..end].ends_with(b"\r") { end - 1 } else { end };
            if self.at > quote + 1 {
                pieces.push(quote + 1..self.at);
            }
            break;
        }
        self.line += memchr::memchr_iter(b'\n', &text[at..self.at]).count() as u64;
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
