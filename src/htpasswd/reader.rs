//! Lines out of a reader, in constant memory, or out of bytes that are in memory already.

use std::borrow::Cow;
use std::io::{self, Read};

use super::line::{After, Kind, Line};

/// The longest line that [`Lines`] reads: 16 MiB. A file with a longer one is no password file.
pub const LINE_LIMIT: usize = 16 << 20;

/// What is read at once: large enough that system calls do not count, small enough to stay in the processor's cache.
const BLOCK: usize = 256 << 10;

/// Why the lines of a reader can't be had.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The reader's own error.
    Io(io::Error),
    /// A line is longer than [`LINE_LIMIT`].
    LineTooLong {
        /// Number of the line, from 1.
        line: u64,
    },
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::LineTooLong { line } => write!(f, "line {line} is longer than {} MiB", LINE_LIMIT >> 20),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::LineTooLong { .. } => None,
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// What is known of a file from the lines read so far.
#[derive(Clone, Copy, Default)]
pub(super) struct Progress {
    /// Lines read.
    pub(super) lines: u64,
    /// Bytes read.
    pub(super) bytes: u64,
    /// Lines that end in CR LF, less those that end in LF alone.
    pub(super) crlf: i64,
    /// What the last line runs on from, if it runs on.
    head: Option<Head>,
}

/// What a chain of lines that run on begins with.
#[derive(Clone, Copy)]
enum Head {
    Nothing,
    Comment,
    Text,
}

impl Progress {
    /// The next line, `raw`, which follows `previous`.
    fn line<'a>(&mut self, raw: &'a [u8], previous: &'a [u8]) -> Line<'a> {
        let after = match self.head {
            None | Some(Head::Nothing) => After::Nothing,
            Some(Head::Comment) => After::Comment,
            Some(Head::Text) => After::Text,
        };
        let line = Line {
            number: self.lines + 1,
            start: self.bytes,
            raw: Cow::Borrowed(raw),
            after,
            previous: Cow::Borrowed(previous),
        };
        self.lines += 1;
        self.bytes += raw.len() as u64;
        let end = raw.len().saturating_sub(1);
        if raw.last() == Some(&b'\n') {
            self.crlf += if end > 0 && raw[end - 1] == b'\r' { 1 } else { -1 };
        }
        self.head = if line.runs_on() {
            Some(match self.head {
                Some(head @ (Head::Comment | Head::Text)) => head,
                None | Some(Head::Nothing) if line.kind() == Kind::Comment => Head::Comment,
                None | Some(Head::Nothing) if line.text().iter().all(|&b| b == b'\\' || super::line::is_blank(b)) => {
                    Head::Nothing
                }
                None | Some(Head::Nothing) => Head::Text,
            })
        } else {
            None
        };
        line
    }
}

/// The lines of `bytes`.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut progress = Progress::default();
    let mut start = 0;
    let mut previous: &[u8] = b"";
    std::iter::from_fn(move || {
        let left = &bytes[start..];
        if left.is_empty() {
            return None;
        }
        let raw = &left[..memchr::memchr(b'\n', left).map_or(left.len(), |lf| lf + 1)];
        start += raw.len();
        Some(progress.line(raw, std::mem::replace(&mut previous, raw)))
    })
}

/// Lines out of a reader. Memory: one block of 256 KiB, or four times the longest line.
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where in the buffer the last line begins; it stays there until the next is asked for.
    last: usize,
    /// Where the next line begins.
    next: usize,
    /// Where the bytes read end.
    filled: usize,
    pub(super) progress: Progress,
}

impl<R: Read> Lines<R> {
    /// Reads from `reader`, which is at the start of the file.
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: vec![0; BLOCK], last: 0, next: 0, filled: 0, progress: Progress::default() }
    }

    /// The next line; `None` at the end of the file.
    pub fn next_line(&mut self) -> Result<Option<Line<'_>>, ReadError> {
        let mut searched = self.next;
        let end = loop {
            if let Some(lf) = memchr::memchr(b'\n', &self.buffer[searched..self.filled]) {
                break searched + lf + 1;
            }
            let found = self.filled - self.next;
            if found > LINE_LIMIT {
                return Err(ReadError::LineTooLong { line: self.progress.lines + 1 });
            }
            if !self.fill()? {
                break self.filled;
            }
            searched = self.next + found;
        };
        if end == self.next {
            return Ok(None);
        }
        let previous = self.last..self.next;
        let raw = self.next..end;
        (self.last, self.next) = (raw.start, raw.end);
        Ok(Some(self.progress.line(&self.buffer[raw], &self.buffer[previous])))
    }

    /// Passes over lines that are not `user`'s, are not locked and make nothing of the next, as far as the buffer goes: what
    /// [`Self::next_line`] would do, at the cost of finding the line ends.
    pub(super) fn pass_over(&mut self, user: &[u8]) {
        let bytes = &self.buffer[..self.filled];
        let (mut last, mut next, mut progress) = (self.last, self.next, self.progress);
        while progress.head.is_none() && !bytes[next..].starts_with(user) {
            let line = &bytes[next..];
            if line.starts_with(super::lock::MARK) {
                break;
            }
            let Some(lf) = memchr::memchr(b'\n', line) else { break };
            let is_crlf = lf > 0 && line[lf - 1] == b'\r';
            let text = if is_crlf { &line[..lf - 1] } else { &line[..lf] };
            if text.first().is_some_and(|&byte| super::line::is_blank(byte)) || text.last() == Some(&b'\\') {
                break;
            }
            progress.crlf += if is_crlf { 1 } else { -1 };
            progress.lines += 1;
            progress.bytes += lf as u64 + 1;
            (last, next) = (next, next + lf + 1);
        }
        (self.last, self.next, self.progress) = (last, next, progress);
    }

    /// The line that [`Self::next_line`] gave last; empty before the first.
    pub(super) fn last_raw(&self) -> &[u8] {
        &self.buffer[self.last..self.next]
    }

    /// Reads more; false at the end of the file. The last line and what follows it stay in the buffer.
    fn fill(&mut self) -> io::Result<bool> {
        self.buffer.copy_within(self.last..self.filled, 0);
        self.next -= self.last;
        self.filled -= self.last;
        self.last = 0;
        if self.filled > self.buffer.len() / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
