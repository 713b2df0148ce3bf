//! The words of a Caddyfile, line by line: bare, in double quotes, in backticks or after `<<`; `#` before a word begins a comment.
//!
//! Behaviour of Caddy 2.6.2 and 2.11.7 `caddyconfig/caddyfile/lexer.go:next`. Texts after `<<` are of
//! 2.7 and later. A backslash carries on until the next sign that is no comment, so that one in a comment joins two lines.

use std::path::PathBuf;
use std::rc::Rc;

use crate::bytes::Written;
use crate::conf::{Place, Trouble};

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its text, without quotes.
    pub text: Vec<u8>,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Whether it is a text after `<<`, whose indentation is not taken off here.
    pub heredoc: bool,
    /// Where it begins.
    pub place: Place,
    /// Its bytes.
    pub written: Written,
}

impl Word {
    /// Whether it is this brace or word, outside of quotes.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text.as_bytes()
    }

    /// Whether something is to be put in its place that is not known here: a variable of the environment, what an import hands over.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        let has = |text: &[u8]| memchr::memmem::find(&self.text, text).is_some();
        self.heredoc || has(b"{$") || has(b"{args") || has(b"{block")
    }
}

/// The lines of a file that hold words.
pub fn lines(bytes: &[u8], file: &Rc<PathBuf>) -> Result<Vec<Vec<Word>>, Trouble> {
    let whole = bytes.len();
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lexer = Lexer {
        bytes,
        skipped: whole - bytes.len(),
        at: 0,
        line: 1,
        start: 0,
        file,
        words: Vec::new(),
        lines: Vec::new(),
    };
    while lexer.word()? {}
    lexer.end_line();
    Ok(lexer.lines)
}

struct Lexer<'a> {
    bytes: &'a [u8],
    /// How long the mark at the start of the file is.
    skipped: usize,
    at: usize,
    line: u32,
    /// Where the line starts.
    start: usize,
    file: &'a Rc<PathBuf>,
    words: Vec<Word>,
    lines: Vec<Vec<Word>>,
}

impl Lexer<'_> {
    fn place(&self, at: usize) -> Place {
        let column = u32::try_from(at - self.start + 1).unwrap_or(u32::MAX);
        Place { file: Rc::clone(self.file), line: self.line, column }
    }

    fn end_line(&mut self) {
        if !self.words.is_empty() {
            self.lines.push(std::mem::take(&mut self.words));
        }
    }

    /// Counts the ends of lines between two places.
    fn count(&mut self, from: usize, to: usize) {
        for end in memchr::memchr_iter(b'\n', &self.bytes[from..to]) {
            (self.line, self.start) = (self.line + 1, from + end + 1);
        }
    }

    /// Reads one word; `false` at the end.
    fn word(&mut self) -> Result<bool, Trouble> {
        let (mut text, mut place): (Vec<u8>, Option<(Place, usize)>) = (Vec::new(), None);
        let (mut escaped, mut comment) = (false, false);
        while let Some(&byte) = self.bytes.get(self.at) {
            let blank = blank(&self.bytes[self.at..]);
            let width = blank.max(1);
            if byte == b'\\' && !escaped {
                (escaped, self.at) = (true, self.at + 1);
            } else if text.starts_with(b"<<") && !matches!(byte, b' ' | b'\r') {
                if byte == b'\n' {
                    let (place, from) = place.unwrap_or_else(|| (self.place(self.at), self.at));
                    return self.heredoc(&text[2..], place, from);
                }
                text.push(byte);
                self.at += 1;
            } else if blank > 0 {
                let end = self.at;
                self.at += width;
                if byte == b'\n' {
                    (self.line, self.start) = (self.line + 1, self.at);
                    (comment, escaped) = match (escaped, text.is_empty()) {
                        (true, _) => (false, false),
                        (false, true) => {
                            self.end_line();
                            (false, false)
                        }
                        (false, false) => {
                            self.push(text, place, end);
                            self.end_line();
                            return Ok(true);
                        }
                    };
                }
                if byte != b'\r' && !text.is_empty() {
                    self.push(text, place, end);
                    return Ok(true);
                }
            } else if comment || (byte == b'#' && text.is_empty()) {
                (comment, self.at) = (true, self.at + 1);
            } else if text.is_empty() && matches!(byte, b'"' | b'`') {
                return Ok(self.quoted(byte, escaped));
            } else {
                if text.is_empty() {
                    place = Some((self.place(self.at), self.at - usize::from(escaped)));
                }
                if escaped {
                    text.push(b'\\');
                    escaped = false;
                }
                text.push(byte);
                self.at += 1;
            }
        }
        if !text.is_empty() {
            self.push(text, place, self.at);
        }
        Ok(false)
    }

    /// A bare word that ends before `end`.
    fn push(&mut self, text: Vec<u8>, begin: Option<(Place, usize)>, end: usize) {
        let (place, from) = begin.unwrap_or_else(|| (self.place(self.at), self.at));
        let written = self.written(&text, from, end);
        self.words.push(Word { text, quoted: false, heredoc: false, place, written });
    }

    fn written(&self, text: &[u8], from: usize, end: usize) -> Written {
        Written::of(&self.bytes[from.min(end)..end], (self.skipped + from.min(end)) as u64, text)
    }

    /// A text in quotes; where they are not closed it goes up to the end of the file.
    fn quoted(&mut self, quote: u8, mut escaped: bool) -> bool {
        let (from, place) = (self.at, self.place(self.at));
        let mut text = Vec::new();
        self.at += 1;
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            if byte == b'\\' && !escaped && quote == b'"' {
                escaped = true;
            } else if quote == b'"' && escaped {
                if byte != b'"' {
                    text.push(b'\\');
                }
                escaped = false;
                text.push(byte);
            } else if byte == quote {
                self.count(from, self.at);
                let written = self.written(&text, from, self.at);
                self.words.push(Word { text, quoted: true, heredoc: false, place, written });
                return true;
            } else {
                text.push(byte);
            }
        }
        self.count(from, self.at);
        if !text.is_empty() {
            let written = self.written(&text, from, self.at);
            self.words.push(Word { text, quoted: true, heredoc: false, place, written });
        }
        false
    }

    /// A text up to the marker that stood behind `<<`.
    fn heredoc(&mut self, marker: &[u8], place: Place, begin: usize) -> Result<bool, Trouble> {
        let from = self.at;
        let is_marker = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
        let end = memchr::memmem::find(&self.bytes[from + 1..], marker).map(|at| from + 1 + at + marker.len());
        let (Some(end), true) = (end, !marker.is_empty() && marker.iter().all(is_marker)) else {
            let message = "a text after << has no end: its marker is missing, or has signs in it".to_owned();
            return Err(Trouble { place, message });
        };
        self.count(from, end);
        self.at = end;
        let text = self.bytes[from + 1..end - marker.len()].to_vec();
        let written = self.written(&text, begin, end);
        self.words.push(Word { text, quoted: true, heredoc: true, place, written });
        Ok(true)
    }
}

/// How long the blank at the start is, as Go's `unicode.IsSpace` has it.
fn blank(rest: &[u8]) -> usize {
    let Some(&first) = rest.first() else { return 0 };
    if first.is_ascii() {
        return usize::from(first.is_ascii_whitespace() || first == 0x0b);
    }
    let length = (2..=rest.len().min(4)).find(|length| std::str::from_utf8(&rest[..*length]).is_ok());
    let text = length.and_then(|length| std::str::from_utf8(&rest[..length]).ok()).unwrap_or_default();
    if text.starts_with(char::is_whitespace) { text.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &[u8]) -> Vec<Vec<String>> {
        let shown = |word: &Word| String::from_utf8_lossy(&word.text).into_owned();
        let lines = lines(text, &Rc::new(PathBuf::from("f"))).unwrap();
        lines.iter().map(|line| line.iter().map(shown).collect()).collect()
    }

    #[test]
    fn words_know_their_places() {
        let file = Rc::new(PathBuf::from("f"));
        let lines = lines(b"a \"b\\\" c\" `d\"\n` e#f # note\n\n\tg \\\n h", &file).unwrap();
        let texts: Vec<Vec<&[u8]>> =
            lines.iter().map(|line| line.iter().map(|word| &word.text[..]).collect()).collect();
        assert_eq!(texts, [vec![&b"a"[..], b"b\" c", b"d\"\n", b"e#f"], vec![b"g", b"h"]]);
        assert_eq!((lines[1][0].place.line, lines[1][1].place.line), (4, 5));
        assert_eq!(lines[1][1].place.column, 2);
    }

    /// As `caddy adapt` of 2.6.2 and 2.11.7 has them.
    #[test]
    fn backslashes_and_ends_of_lines_are_caddys() {
        assert_eq!(texts(b"respond \"a\\\\\" 401\nrespond a\\\n 402\nrespond \\x 403\nx a\\ 404\n").concat().len(), 12);
        assert_eq!(texts(b"respond 200 # C:\\foo\n 402\n"), [["respond", "200", "402"]]);
        assert_eq!(texts(b"respond foo\rbar\n"), [["respond", "foobar"]]);
        assert_eq!(texts(b"respond \"abc\n402"), [["respond", "abc\n402"]]);
        assert_eq!(texts(b"respond <<A\n  hi } {\n  A 401\n"), [["respond", "  hi } {\n  ", "401"]]);
        assert_eq!(texts(b"a\xc2\xa0b \xff"), [["a", "b", "\u{fffd}"]]);
    }
}
