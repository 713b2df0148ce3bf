//! nginx's reading of a user file: a byte machine over the whole stream; the first line of the user decides.
//!
//! Behaviour of nginx 1.22.1: `src/http/modules/ngx_http_auth_basic_module.c:ngx_http_auth_basic_handler`.

use std::io::{self, BufRead};

use crate::bytes::Span;
use crate::scan::Found;
use crate::trace::{Cite, Step, Trace};

const HANDLER: Cite = Cite("nginx 1.22.1 src/http/modules/ngx_http_auth_basic_module.c:ngx_http_auth_basic_handler");

/// `NGX_HTTP_AUTH_BUF_SIZE`: a longer field is cut there and checked.
const BUFFER: usize = 2048;

enum State {
    /// In a user name of which this many bytes equal the wanted ones; the colon counts.
    Name(usize),
    Field,
    Skip,
}

/// Finds the line of `user`.
pub fn find(reader: &mut dyn BufRead, user: &[u8], trace: &mut Trace) -> io::Result<Option<Found>> {
    let wanted = [user, b":"].concat();
    let mut machine = Machine {
        state: State::Name(0),
        offset: 0,
        line: 1,
        line_start: 0,
        entry_line: 1,
        field: Vec::new(),
        field_start: 0,
    };
    loop {
        let block = reader.fill_buf()?;
        if block.is_empty() {
            break;
        }
        let length = block.len();
        if let Some(end) = machine.read(block, &wanted, trace) {
            return Ok(Some(machine.found(&wanted, end, trace)));
        }
        machine.offset += length as u64;
        reader.consume(length);
    }
    if matches!(machine.state, State::Field) {
        return Ok(Some(machine.found(&wanted, End::OfFile, trace)));
    }
    trace.push(Step::UserNotFound { lines: machine.line - u64::from(machine.offset == machine.line_start) }, HANDLER);
    Ok(None)
}

#[derive(Clone, Copy)]
enum End {
    OfLine,
    Colon(u64),
    Buffer(u64),
    OfFile,
}

struct Machine {
    state: State,
    offset: u64,
    line: u64,
    line_start: u64,
    entry_line: u64,
    field: Vec<u8>,
    field_start: u64,
}

impl Machine {
    /// Reads a block; returns how the field ended, if it did.
    fn read(&mut self, block: &[u8], wanted: &[u8], trace: &mut Trace) -> Option<End> {
        let mut at = 0;
        while at < block.len() {
            match self.state {
                State::Skip => match memchr::memchr(b'\n', &block[at..]) {
                    Some(end) => {
                        at += end + 1;
                        self.next_line(at);
                    }
                    None => return None,
                },
                State::Name(known) => {
                    let byte = block[at];
                    if known == 0 && matches!(byte, b'#' | b'\r') {
                        self.state = State::Skip;
                    } else if known == 0 && byte == b'\n' {
                        self.next_line(at + 1);
                    } else if byte != wanted[known] {
                        // The byte is eaten even if it is the line feed: then the next line is skipped.
                        self.state = State::Skip;
                        if byte == b'\n' {
                            self.swallow(at, trace);
                        }
                    } else if known + 1 == wanted.len() {
                        self.state = State::Field;
                        // A name may hold line feeds: its entry begins where the name does.
                        self.entry_line = self.line - memchr::memchr_iter(b'\n', wanted).count() as u64;
                        self.field_start = self.offset + at as u64 + 1;
                        self.field.clear();
                    } else {
                        if byte == b'\n' {
                            self.line += 1;
                        }
                        self.state = State::Name(known + 1);
                    }
                    at += 1;
                }
                State::Field => {
                    let room = BUFFER - self.field.len();
                    let window = &block[at..block.len().min(at + room)];
                    let end = memchr::memchr3(b'\n', b'\r', b':', window);
                    let length = end.unwrap_or(window.len());
                    self.field.extend_from_slice(&window[..length]);
                    at += length;
                    match end {
                        Some(_) if block[at] == b':' => return Some(End::Colon(self.offset + at as u64)),
                        Some(_) => return Some(End::OfLine),
                        None if self.field.len() == BUFFER => return Some(End::Buffer(self.offset + at as u64)),
                        None => {}
                    }
                }
            }
        }
        None
    }

    fn next_line(&mut self, at: usize) {
        self.state = State::Name(0);
        self.line += 1;
        self.line_start = self.offset + at as u64;
    }

    fn swallow(&mut self, at: usize, trace: &mut Trace) {
        let end = self.offset + at as u64;
        trace.push(
            Step::Line { number: self.line, effect: "swallows-next", at: Span::new(self.line_start, end) },
            HANDLER,
        );
        self.line += 1;
    }

    fn found(&mut self, wanted: &[u8], end: End, trace: &mut Trace) -> Found {
        let user_start = self.field_start - wanted.len() as u64;
        let found = Found {
            line: self.entry_line,
            user: Span::new(user_start, self.field_start - 1),
            at: Span::at(self.field_start, self.field.len()),
            field: std::mem::take(&mut self.field),
        };
        trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, HANDLER);
        match end {
            End::Colon(at) => trace.push(Step::FieldCut { why: "third-field", at: Span::at(at, 1) }, HANDLER),
            End::Buffer(at) => trace.push(Step::FieldCut { why: "buffer", at: Span::at(at, 0) }, HANDLER),
            End::OfLine | End::OfFile => {}
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn field(file: &[u8], user: &[u8]) -> Option<(u64, Vec<u8>, Span)> {
        let whole = find(&mut &*file, user, &mut Trace::default()).unwrap();
        for block in [1, 2, 3, 7] {
            let mut reader = BufReader::with_capacity(block, file);
            assert_eq!(find(&mut reader, user, &mut Trace::default()).unwrap(), whole, "block of {block}");
        }
        whole.map(|found| (found.line, found.field, found.at))
    }

    #[test]
    fn the_field_ends_at_line_end_or_colon_and_keeps_its_blanks() {
        assert_eq!(field(b"#x\nu:H \r\n", b"u"), Some((2, b"H ".to_vec(), Span::new(5, 7))));
        assert_eq!(field(b"u:H:x", b"u"), Some((1, b"H".to_vec(), Span::new(2, 3))));
        assert_eq!(field(b"u:", b"u"), Some((1, b"".to_vec(), Span::new(2, 2))));
    }

    #[test]
    fn a_line_that_begins_the_name_swallows_the_next() {
        assert_eq!(field(b"ali\nalice:H\n", b"alice"), None);
        assert_eq!(field(b"ali\r\nalice:H\n", b"alice"), Some((2, b"H".to_vec(), Span::new(11, 12))));
        assert_eq!(field(b"ali\n\nalice:H\n", b"alice").map(|found| found.0), Some(3));
    }

    #[test]
    fn a_carriage_return_alone_ends_no_line() {
        assert_eq!(field(b"a:H\ru:I\r", b"u"), None);
        assert_eq!(field(b"a:H\n\ru:I\n", b"u"), None);
    }

    #[test]
    fn a_field_is_cut_at_2048_bytes() {
        let file = [&b"u:"[..], &[b'x'; 3000]].concat();
        assert_eq!(field(&file, b"u").map(|found| found.1.len()), Some(2048));
    }

    #[test]
    fn a_name_may_cross_a_line_end() {
        assert_eq!(field(b"al\nice:H\n", b"al\nice"), Some((1, b"H".to_vec(), Span::new(7, 8))));
    }
}
