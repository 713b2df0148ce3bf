//! A line of a file with a mark under its deciding bytes: hashes masked, control characters visible, long lines cut.

use std::fmt::Write;

use crate::bytes::Span;
use crate::render::style::{Role, Style};
use crate::render::text::printable;
use crate::scheme;

/// Columns shown of a long line.
const WIDTH: usize = 100;
/// From this many hash-like bytes in a row on, text behind the field is masked too: it may be a glued entry.
const HASH_LIKE: usize = 12;

/// A physical line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// 1-based number of the line.
    pub line: u64,
    /// Offset of its first byte in the file.
    pub start: u64,
    /// Its bytes without the line feed.
    pub bytes: Vec<u8>,
}

/// One byte as it is shown.
struct Cell {
    text: String,
    width: usize,
}

impl Excerpt {
    /// The 1-based column of a byte of the file.
    #[must_use]
    pub fn column(&self, at: u64) -> u64 {
        at.saturating_sub(self.start) + 1
    }

    /// The bytes after the first colon, or the whole line where it has none and is no comment: what to mask where no server
    /// has said which bytes are the field.
    #[must_use]
    pub fn field_span(&self) -> Span {
        let end = self.start + self.bytes.len() as u64;
        match memchr::memchr(b':', &self.bytes) {
            _ if self.bytes.trim_ascii_start().starts_with(b"#") => Span::new(end, end),
            Some(colon) => Span::new(self.start + colon as u64 + 1, end),
            None => Span::new(self.start, end),
        }
    }

    /// The framed line with a mark under `at` and a label; `field` is what is masked.
    #[must_use]
    pub fn marked(&self, field: Option<Span>, at: Span, label: &str, unmask: bool, style: Style) -> String {
        let index = |offset: u64| {
            usize::try_from(offset.saturating_sub(self.start)).unwrap_or(usize::MAX).min(self.bytes.len())
        };
        let marked = index(at.start)..index(at.end);
        let hidden = match field {
            Some(field) if !unmask => self.hidden(index(field.start), index(field.end)),
            _ => vec![false; self.bytes.len()],
        };
        let cells: Vec<Cell> = self.cells(&hidden, &marked);
        let first = window_start(&cells, marked.start);
        let mut line = String::new();
        let mut under = String::new();
        if first > 0 {
            line.push('…');
            under.push(' ');
        }
        for (offset, cell) in cells.iter().enumerate().skip(first) {
            if line.chars().count() + cell.width > WIDTH {
                line.push('…');
                break;
            }
            line.push_str(&cell.text);
            let mark = if marked.contains(&offset) { "^" } else { " " };
            under.push_str(&mark.repeat(cell.width));
        }
        if marked.is_empty() && marked.start >= first {
            let before: usize = cells[first..marked.start].iter().map(|cell| cell.width).sum();
            under.truncate(usize::from(first > 0) + before);
            under.push('^');
        }
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        let bar = style.paint(Role::Frame, "|");
        let mark = style.paint(Role::Bad, format!("{} {label}", under.trim_end()).trim_end());
        let mut text = String::new();
        let _ = writeln!(text, "{gutter} {bar}");
        let _ = writeln!(text, "{} {bar} {line}", style.paint(Role::Frame, &number));
        let _ = writeln!(text, "{gutter} {bar} {mark}");
        text
    }

    /// Which bytes are masked: salt and digest of the field, and what looks like a hash behind it.
    fn hidden(&self, start: usize, end: usize) -> Vec<bool> {
        let mut hidden = vec![false; self.bytes.len()];
        let mut behind = end.max(start);
        for range in scheme::hidden(&self.bytes[start..end.max(start)]) {
            hidden[start + range.start..start + range.end].fill(true);
            behind = start + range.end;
        }
        let like = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'+' | b'$' | b'=');
        let comment = start == self.bytes.len() && self.bytes.trim_ascii_start().starts_with(b"#");
        let mut at = if comment { 0 } else { behind };
        while at < self.bytes.len() {
            let length = self.bytes[at..].iter().position(|byte| !like(*byte)).unwrap_or(self.bytes.len() - at);
            if length >= HASH_LIKE {
                hidden[at..at + length].fill(true);
            }
            at += length.max(1);
        }
        hidden
    }

    /// The bytes as shown; a character of several bytes is shown at its first.
    fn cells(&self, hidden: &[bool], marked: &std::ops::Range<usize>) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(self.bytes.len());
        for chunk in self.bytes.utf8_chunks() {
            for char in chunk.valid().chars() {
                let at = cells.len();
                let text = if hidden[at] {
                    "•".to_owned()
                } else if char == ' ' && marked.contains(&at) {
                    "␠".to_owned()
                } else {
                    printable(char.to_string().as_bytes())
                };
                cells.push(Cell { width: text.chars().count(), text });
                for rest in 1..char.len_utf8() {
                    let masked = hidden[at + rest];
                    let text = if masked { "•" } else { "" };
                    cells.push(Cell { text: text.to_owned(), width: usize::from(masked) });
                }
            }
            for byte in chunk.invalid() {
                let text = if hidden[cells.len()] { "•".to_owned() } else { printable(&[*byte]) };
                cells.push(Cell { width: text.chars().count(), text });
            }
        }
        cells
    }
}

/// The first byte to show so that the mark is within the window.
fn window_start(cells: &[Cell], mark: usize) -> usize {
    let total: usize = cells.iter().map(|cell| cell.width).sum();
    let before: usize = cells[..mark].iter().map(|cell| cell.width).sum();
    if total <= WIDTH || before < WIDTH - 10 { 0 } else { mark.saturating_sub(WIDTH / 2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(bytes: &[u8], field: Span, at: Span) -> String {
        let excerpt = Excerpt { line: 3, start: 100, bytes: bytes.to_vec() };
        excerpt.marked(Some(field.shifted(100)), at.shifted(100), "here", false, Style::Plain)
    }

    #[test]
    fn the_hash_is_masked_and_the_blank_is_marked() {
        let shown = marked(b"u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ= ", Span::new(2, 36), Span::new(35, 36));
        assert_eq!(
            shown,
            "  |\n3 | u:{SHA}••••••••••••••••••••••••••••␠\n  |                                    ^ here\n"
        );
    }

    #[test]
    fn an_entry_glued_behind_the_field_is_masked_too() {
        let shown = marked(b"u:xx:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/ # x", Span::new(2, 4), Span::new(4, 5));
        assert!(!shown.contains("h9FW") && shown.contains(" # x"), "{shown}");
    }

    #[test]
    fn an_entry_glued_into_the_field_is_masked_too() {
        let line = b"u:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=v:$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/";
        let shown = marked(line, Span::new(2, line.len() as u64), Span::new(35, 36));
        assert!(!shown.contains("5en6") && !shown.contains("abcd") && !shown.contains("h9FW"), "{shown}");
    }

    #[test]
    fn without_an_entry_the_name_is_shown_and_what_follows_the_colon_is_masked() {
        let excerpt = |bytes: &[u8]| {
            let excerpt = Excerpt { line: 1, start: 7, bytes: bytes.to_vec() };
            excerpt.marked(Some(excerpt.field_span()), Span::at(7, 1), "", false, Style::Plain)
        };
        assert!(excerpt(b"alice:hunter2").contains("1 | alice:•••••••\n"));
        assert!(excerpt(b"# bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=").contains("1 | # bob:{SHA}••••"));
        assert!(excerpt(b"hunter2").contains("1 | •••••••\n"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let bytes = [vec![b'x'; 500], b" y".to_vec(), vec![b'x'; 500]].concat();
        let shown = marked(&bytes, Span::new(0, 0), Span::new(500, 501));
        assert!(shown.lines().all(|line| line.chars().count() < 130), "{shown}");
        assert!(shown.contains('␠'), "{shown}");
    }
}
