//! Apache's reading of a user file: continued lines, trimmed, the first line of the user decides.
//!
//! Behaviour of httpd 2.4.71: `server/util.c:ap_cfg_getline_core` (8192-byte buffer), `modules/aaa/mod_authn_file.c:check_password`.

use std::io::{self, BufRead};

use crate::bytes::{Span, split_once, trim, trim_start};
use crate::scan::Found;
use crate::scan::pieces::Pieces;
use crate::trace::{Cite, Step, Trace};

const GETLINE: Cite = Cite("httpd 2.4.71 server/util.c:ap_cfg_getline_core");
const CHECK: Cite = Cite("httpd 2.4.71 modules/aaa/mod_authn_file.c:check_password");

/// `MAX_STRING_LEN` less the NUL: what the buffer holds of a logical line.
const BUFFER: usize = 8191;
/// What isspace(3) takes for blank in the C locale.
const BLANKS: &[u8] = b" \t\n\x0B\x0C\r";

/// Finds the line of `user`.
pub fn find(reader: &mut dyn BufRead, user: &[u8], trace: &mut Trace) -> io::Result<Option<Found>> {
    let mut pieces = Pieces::new(reader);
    let mut lines = 0;
    let mut logical = Logical::default();
    while let Some(piece) = pieces.next(BUFFER - logical.text.len())? {
        if logical.text.is_empty() && logical.parts.is_empty() {
            logical.line = lines + 1;
            // The common line: whole, ended, not continued, and of somebody else.
            if is_plain(piece.bytes) && !may_be_of(piece.bytes, user) {
                lines += 1;
                continue;
            }
        }
        match logical.add(piece.bytes, piece.at) {
            Added::Continues => {
                lines += 1;
                trace.push(
                    Step::Line { number: lines, effect: "continued", at: Span::at(piece.at, piece.bytes.len()) },
                    GETLINE,
                );
                continue;
            }
            Added::Overflows => {
                let at = Span::new(logical.start(), piece.at + piece.bytes.len() as u64);
                trace.push(Step::Line { number: logical.line, effect: "over-long", at }, GETLINE);
                trace.push(Step::UserNotFound { lines: lines + 1 }, CHECK);
                return Ok(None);
            }
            Added::Done => lines += u64::from(piece.bytes.ends_with(b"\n")),
        }
        if let Some(found) = logical.entry(user, trace) {
            return Ok(Some(found));
        }
        logical.clear();
    }
    if !logical.parts.is_empty()
        && let Some(found) = logical.entry(user, trace)
    {
        return Ok(Some(found));
    }
    trace.push(Step::UserNotFound { lines }, CHECK);
    Ok(None)
}

/// A piece that is one physical line with its line feed, not continued.
fn is_plain(piece: &[u8]) -> bool {
    let Some(line) = piece.strip_suffix(b"\n") else { return false };
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    !line.ends_with(b"\\")
}

/// Whether the piece could be the user's line: it begins with the name, or with a blank that is trimmed.
fn may_be_of(piece: &[u8], user: &[u8]) -> bool {
    piece.starts_with(user) || BLANKS.contains(&piece[0])
}

/// A logical line: its text, and where each part of it stands in the file.
#[derive(Default)]
struct Logical {
    line: u64,
    text: Vec<u8>,
    parts: Vec<Part>,
    cut: Option<Span>,
}

/// From offset `text` in the logical line on, bytes come from offset `file` on.
struct Part {
    text: usize,
    file: u64,
}

enum Added {
    Done,
    Continues,
    Overflows,
}

impl Logical {
    fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
        self.cut = None;
    }

    fn start(&self) -> u64 {
        self.parts.first().map_or(0, |part| part.file)
    }

    fn add(&mut self, piece: &[u8], at: u64) -> Added {
        self.parts.push(Part { text: self.text.len(), file: at });
        if let Some(nul) = memchr::memchr(0, piece) {
            // The rest of the piece, its line feed included, is lost behind the end of the C string.
            self.cut = Some(Span::new(at + nul as u64, at + piece.len() as u64));
            self.text.extend_from_slice(&piece[..nul]);
            return Added::Done;
        }
        self.text.extend_from_slice(piece);
        let Some(line) = self.text.strip_suffix(b"\n") else {
            return if self.text.len() >= BUFFER { Added::Overflows } else { Added::Done };
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.ends_with(b"\\") {
            return Added::Done;
        }
        let kept = line.len() - 1;
        self.text.truncate(kept);
        Added::Continues
    }

    /// Where byte `at` of the text stands in the file.
    fn file(&self, at: usize) -> u64 {
        let part = self.parts.iter().rev().find(|part| part.text <= at);
        part.map_or(0, |part| part.file + (at - part.text) as u64)
    }

    /// The file's bytes behind a range of the text; an empty range stays empty.
    fn span(&self, start: usize, end: usize) -> Span {
        let first = self.file(start);
        if start == end { Span::new(first, first) } else { Span::new(first, self.file(end - 1) + 1) }
    }

    /// The entry that the line holds, if it is `user`'s.
    fn entry(&self, user: &[u8], trace: &mut Trace) -> Option<Found> {
        let line = trim(&self.text, BLANKS);
        let lead = self.text.len() - trim_start(&self.text, BLANKS).len();
        if line.is_empty() || line[0] == b'#' {
            return None;
        }
        let (name, rest) = split_once(line, b':').unwrap_or((line, b""));
        if name != user {
            return None;
        }
        // ap_getword() skips every colon that follows the first.
        let rest = trim_start(rest, b":");
        let (field, third) = split_once(rest, b':').unwrap_or((rest, b""));
        let name_end = lead + name.len();
        let field_start = lead + line.len() - rest.len();
        let field_end = field_start + field.len();
        let found = Found {
            line: self.line,
            user: self.span(lead, name_end),
            field: field.to_vec(),
            at: self.span(field_start, field_end),
        };
        trace.push(Step::EntryFound { line: self.line, user: found.user, field: found.at }, CHECK);
        if rest.len() > field.len() {
            let third_start = field_end + 1;
            let at = self.span(third_start, third_start + third.len());
            trace.push(Step::FieldCut { why: "third-field", at }, CHECK);
        }
        if lead + line.len() < trim_end_of_line(&self.text).len() {
            let at = self.span(lead + line.len(), trim_end_of_line(&self.text).len());
            trace.push(Step::FieldCut { why: "blanks", at }, GETLINE);
        }
        if let Some(at) = self.cut {
            trace.push(Step::FieldCut { why: "nul", at }, GETLINE);
        }
        Some(found)
    }
}

/// The text without the line end that every file has.
fn trim_end_of_line(text: &[u8]) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.strip_suffix(b"\r").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(file: &[u8], user: &[u8]) -> Option<(u64, Vec<u8>, Span)> {
        let found = find(&mut &*file, user, &mut Trace::default()).unwrap();
        found.map(|found| (found.line, found.field, found.at))
    }

    #[test]
    fn blanks_around_the_line_and_colons_after_the_name_are_skipped() {
        assert_eq!(field(b"#c\n \tu::H \r\n", b"u"), Some((2, b"H".to_vec(), Span::new(8, 9))));
        assert_eq!(field(b"u:H:x\n", b"u"), Some((1, b"H".to_vec(), Span::new(2, 3))));
        assert_eq!(field(b"u\n", b"u"), Some((1, b"".to_vec(), Span::new(1, 1))));
    }

    #[test]
    fn a_line_that_ends_in_a_backslash_is_joined_with_the_next() {
        assert_eq!(field(b"us\\\ner:H\n", b"user"), Some((1, b"H".to_vec(), Span::new(7, 8))));
        assert_eq!(field(b"# note \\\nu:H\n", b"u"), None);
        assert_eq!(field(b"# note \\\r\nu:H\n", b"u"), None);
        assert_eq!(field(b"u:H\\", b"u"), Some((1, b"H\\".to_vec(), Span::new(2, 4))));
    }

    #[test]
    fn an_over_long_line_hides_what_follows() {
        for (length, found) in [(8190, true), (8191, false)] {
            let file = [&b"u:H\n"[..], &vec![b'#'; length], b"\nv:H\n"].concat();
            assert_eq!(field(&file, b"v").is_some(), found, "{length}");
            assert!(field(&file, b"u").is_some());
        }
    }

    #[test]
    fn a_nul_ends_the_line_for_the_reader() {
        assert_eq!(field(b"u:H\0junk\nv:I\n", b"u"), Some((1, b"H".to_vec(), Span::new(2, 3))));
        assert!(field(b"u:H\0junk\nv:I\n", b"v").is_some());
    }
}
