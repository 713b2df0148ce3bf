//! Lines of a stream in constant memory; where only those with a certain text are wanted, the others are skipped at the speed of
//! memory.

use std::io::{self, Read};

use memchr::memmem::Finder;

/// Bytes held at once; a longer line is told as too long and left out.
const HELD: usize = 1 << 20;

/// A line without its line end.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its bytes.
    pub text: &'a [u8],
    /// The one before it, where it is at hand: only told where lines are skipped.
    pub before: Option<&'a [u8]>,
    /// Its 1-based number.
    pub number: u64,
    /// Where it starts.
    pub offset: u64,
}

/// The lines of `source`.
pub struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The offset of the buffer's first byte.
    base: u64,
    /// Line feeds before `start`.
    feeds: u64,
    finder: Option<Finder<'static>>,
    ended: bool,
    skipping: bool,
    unfed: bool,
    /// Lines that were too long.
    pub too_long: u64,
}

impl<R: Read> Lines<R> {
    /// All lines, or those that hold `needle`.
    pub fn new(source: R, needle: Option<&[u8]>) -> Self {
        Self {
            source,
            buffer: vec![0; HELD],
            start: 0,
            end: 0,
            base: 0,
            feeds: 0,
            finder: needle.filter(|needle| !needle.is_empty()).map(|needle| Finder::new(needle).into_owned()),
            ended: false,
            skipping: false,
            unfed: false,
            too_long: 0,
        }
    }

    /// Bytes handed out or skipped so far.
    pub const fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Lines handed out or skipped so far.
    pub const fn number(&self) -> u64 {
        self.feeds
    }

    /// Whether the last line had no line feed: [`Lines::number`] does not count it.
    pub const fn ends_without_feed(&self) -> bool {
        self.unfed
    }

    /// The next line.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            if self.skipping {
                match memchr::memchr(b'\n', &self.buffer[self.start..self.end]) {
                    Some(at) => {
                        self.pass(self.start + at + 1);
                        self.skipping = false;
                    }
                    None if self.ended => return Ok(None),
                    None => {
                        self.start = self.end;
                        self.refill()?;
                        continue;
                    }
                }
            }
            if let Some((before, start, end)) = self.found() {
                let number = self.feeds + 1;
                let next = (end + 1).min(self.end);
                self.feeds += u64::from(end < self.end);
                self.start = next;
                let mut text = &self.buffer[start..end];
                text = text.strip_suffix(b"\r").unwrap_or(text);
                let before = before.map(|before| &self.buffer[before..start - 1]);
                return Ok(Some(Line { text, before, number, offset: self.base + start as u64 }));
            }
            if self.ended {
                return Ok(None);
            }
            if self.end - self.start == self.buffer.len() {
                self.too_long += 1;
                self.skipping = true;
                continue;
            }
            self.refill()?;
        }
    }

    /// The next wanted line that is whole: where the one before it starts, where it starts and where it ends. What is left
    /// before `start` is passed.
    fn found(&mut self) -> Option<(Option<usize>, usize, usize)> {
        let held = &self.buffer[self.start..self.end];
        let Some(finder) = &self.finder else {
            return match memchr::memchr(b'\n', held) {
                Some(at) => Some((None, self.start, self.start + at)),
                None if self.ended && !held.is_empty() => Some((None, self.start, self.end)),
                None => None,
            };
        };
        let Some(at) = finder.find(held) else {
            // The last line may be a part, and is kept; one more is, to be the one before.
            if let Some(last) = memchr::memrchr(b'\n', held) {
                let keep = memchr::memrchr(b'\n', &held[..last]).map_or(0, |feed| feed + 1);
                self.pass(self.start + keep);
            }
            return None;
        };
        let end = match memchr::memchr(b'\n', &held[at..]) {
            Some(feed) => self.start + at + feed,
            None if self.ended => self.end,
            None => {
                let line = memchr::memrchr(b'\n', &held[..at]).unwrap_or(0);
                let keep = memchr::memrchr(b'\n', &held[..line]).map_or(0, |feed| feed + 1);
                self.pass(self.start + keep);
                return None;
            }
        };
        let start = memchr::memrchr(b'\n', &held[..at]).map_or(self.start, |feed| self.start + feed + 1);
        let before = (start > self.start).then(|| {
            memchr::memrchr(b'\n', &self.buffer[self.start..start - 1]).map_or(self.start, |feed| self.start + feed + 1)
        });
        self.pass(start);
        Some((before, start, end))
    }

    /// Leaves what stands before `to`.
    fn pass(&mut self, to: usize) {
        self.feeds += memchr::memchr_iter(b'\n', &self.buffer[self.start..to]).count() as u64;
        self.start = to;
    }

    fn refill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        self.end -= self.start;
        self.start = 0;
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    self.unfed = self.end > 0 && self.buffer[self.end - 1] != b'\n';
                }
                Ok(read) => self.end += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(self.0.len()).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn all(text: &[u8], step: usize, needle: Option<&[u8]>) -> Vec<(u64, u64, String, Option<String>)> {
        let mut lines = Lines::new(Slow(text, step), needle);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            let shown = |text: &[u8]| String::from_utf8_lossy(text).into_owned();
            found.push((line.number, line.offset, shown(line.text), line.before.map(shown)));
        }
        found
    }

    #[test]
    fn lines_have_their_numbers_and_offsets() {
        for step in 1..20 {
            let found = all(b"one\n\ntwo\r\nthree", step, None);
            let wanted = [(1, 0, "one"), (2, 4, ""), (3, 5, "two"), (4, 10, "three")];
            let wanted = wanted.map(|(number, offset, text)| (number, offset, text.to_owned(), None));
            assert_eq!(found, wanted, "{step}");
        }
    }

    #[test]
    fn lines_that_hold_the_text_are_found_whatever_the_blocks() {
        let text = b"a x\nb\nc x x\n\nx\nd\nlong before\nthe x";
        for step in 1..40 {
            let found = all(text, step, Some(b"x"));
            let numbers: Vec<_> =
                found.iter().map(|(number, offset, text, _)| (*number, *offset, text.as_str())).collect();
            assert_eq!(numbers, [(1, 0, "a x"), (3, 6, "c x x"), (5, 13, "x"), (8, 29, "the x")], "{step}");
            assert_eq!(found[3].3.as_deref(), Some("long before"), "{step}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out() {
        let text = [b"a\n".to_vec(), vec![b'x'; HELD + 10], b"\nb\n".to_vec()].concat();
        let mut lines = Lines::new(&text[..], None);
        let mut found = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            found.push((line.number, line.text.to_vec()));
        }
        assert_eq!((found, lines.too_long), (vec![(1, b"a".to_vec()), (3, b"b".to_vec())], 1));
    }
}
