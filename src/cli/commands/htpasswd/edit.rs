//! The file as Apache's program reads it: in pieces of at most 255 bytes, each a C string.
//!
//! A line that is longer is several pieces, each judged for itself; of a piece with a NUL, what follows it is lost when
//! the file is written. Comments and blank lines stay; any other piece without a colon makes the file invalid.

use std::io::{self, BufReader, Read};

use super::{BUFFER, Outcome};
use crate::bytes::{Span, c_string, split_once, trim_start};
use crate::htpasswd::{Splice, Splices};

/// What isspace(3) takes for a blank in the C locale.
const BLANKS: &[u8] = b" \t\n\x0b\x0c\r";

/// What becomes of the user's entries.
pub(super) enum Wanted {
    /// Each is this record; where there is none it is added at the end.
    Record(Vec<u8>),
    /// They go.
    Gone,
    /// The record is all of the file.
    Only(Vec<u8>),
}

/// What was found, and what is to be done.
pub(super) struct Scan {
    /// Number of the user's entries up to where the reading ended.
    pub(super) found: usize,
    pub(super) splices: Splices,
    /// Whether a piece makes the file invalid; the reading ends there.
    pub(super) invalid: bool,
}

/// What a piece is to the program.
enum Piece<'a> {
    Passed,
    Invalid,
    /// An entry: its name and what follows the colon.
    Entry(&'a [u8], &'a [u8]),
}

/// Judges a piece that was cut at its first NUL.
fn judge(text: &[u8]) -> Piece<'_> {
    let text = trim_start(text, BLANKS);
    match (text.first(), split_once(text, b':')) {
        (None | Some(b'#'), _) => Piece::Passed,
        (_, None) => Piece::Invalid,
        (_, Some((name, rest))) => Piece::Entry(name, rest),
    }
}

/// The pieces of a file.
struct Pieces<R> {
    reader: BufReader<R>,
    piece: Vec<u8>,
    start: u64,
}

impl<R: Read> Pieces<R> {
    fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(256 * 1024, reader), piece: Vec::new(), start: 0 }
    }

    /// The next piece with its place; `None` at the end of the file.
    fn next(&mut self) -> io::Result<Option<(Span, &[u8])>> {
        self.start += self.piece.len() as u64;
        self.piece.clear();
        let most = BUFFER as u64 - 1;
        io::BufRead::read_until(&mut (&mut self.reader).take(most), b'\n', &mut self.piece)?;
        let span = Span::at(self.start, self.piece.len());
        Ok((!self.piece.is_empty()).then_some((span, self.piece.as_slice())))
    }
}

/// Reads a file and says how it is changed.
pub(super) fn scan(file: &mut dyn Read, user: &[u8], wanted: &Wanted) -> io::Result<Scan> {
    let mut pieces = Pieces::new(file);
    let mut splices = Vec::new();
    let mut found = 0;
    let (mut end, mut last) = (0, b'\n');
    while let Some((span, piece)) = pieces.next()? {
        let text = c_string(piece);
        let mut written = text;
        match judge(text) {
            Piece::Invalid => return Ok(Scan { found, splices: Splices::default(), invalid: true }),
            Piece::Entry(name, _) if name == user => {
                found += 1;
                written = match wanted {
                    Wanted::Record(record) | Wanted::Only(record) => record,
                    Wanted::Gone => b"",
                };
            }
            Piece::Entry(..) | Piece::Passed => {}
        }
        if written != piece {
            splices.push(Splice { span, bytes: written.to_vec() });
        }
        last = written.last().copied().unwrap_or(last);
        end = span.end;
    }
    match wanted {
        Wanted::Gone if found == 0 => splices.clear(),
        Wanted::Record(record) if found == 0 => {
            let line_end: &[u8] = if last == b'\n' { b"" } else { b"\n" };
            splices.push(Splice { span: Span::at(end, 0), bytes: [line_end, record].concat() });
        }
        _ => {}
    }
    Ok(Scan { found, splices: Splices::new(splices), invalid: false })
}

/// What a reading of the user's entries found.
pub(super) struct Fields {
    pub(super) found: usize,
    pub(super) invalid: bool,
}

/// Hands the field of each entry of the user to `check`, whose first error ends the reading.
pub(super) fn fields(
    file: impl Read,
    user: &[u8],
    mut check: impl FnMut(&[u8]) -> Outcome<()>,
) -> io::Result<Outcome<Fields>> {
    let mut pieces = Pieces::new(file);
    let mut found = 0;
    while let Some((_, piece)) = pieces.next()? {
        match judge(c_string(piece)) {
            Piece::Invalid => return Ok(Ok(Fields { found, invalid: true })),
            Piece::Entry(name, rest) if name == user => {
                found += 1;
                let field = rest.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or(rest);
                if let Err(stop) = check(field) {
                    return Ok(Err(stop));
                }
            }
            Piece::Entry(..) | Piece::Passed => {}
        }
    }
    Ok(Ok(Fields { found, invalid: false }))
}
