//! Entries that stand in a configuration, as lines of a file for the server's emulation; its answer with places in the configuration.
//!
//! Nothing is decided here. What an answer says of a byte of the lines is said of the byte that it was taken from, or where it stood
//! among escapes, of the whole text.

use std::path::PathBuf;
use std::rc::Rc;

use crate::bytes::{Span, Written};
use crate::conf::Place;
use crate::secret::Secret;
use crate::server::{Decision, Entry, Opened, UserFile};
use crate::trace::Step;

/// A part of the lines, and where it was taken from.
struct Piece {
    here: Span,
    place: Place,
    written: Written,
}

/// The lines.
#[derive(Default)]
pub(super) struct Held {
    text: Secret,
    pieces: Vec<Piece>,
    /// The lines that hold passwords in clear.
    clear: Vec<u64>,
    lines: u64,
}

impl Held {
    /// Adds a line of a user's name and field, each with its place, where that is known.
    pub(super) fn entry(&mut self, place: &Place, user: (&[u8], Option<Written>), field: (&[u8], Option<Written>)) {
        self.piece(place, user);
        self.text.extend(b":");
        self.piece(place, field);
        self.end();
    }

    /// The same with a password in clear.
    pub(super) fn clear(&mut self, place: &Place, user: (&[u8], Option<Written>), text: (&[u8], Option<Written>)) {
        self.entry(place, user, text);
        self.clear.push(self.lines);
    }

    /// Adds a line that is an entry as it stands.
    pub(super) fn line(&mut self, place: &Place, line: (&[u8], Option<Written>)) {
        self.piece(place, line);
        self.end();
    }

    /// Adds the bytes of a file, up to the end of its last line.
    pub(super) fn file(&mut self, file: Rc<PathBuf>, bytes: &[u8]) {
        let written = Written { at: Span::at(0, bytes.len()), is_plain: true };
        self.piece(&Place { file, line: 1, column: 1 }, (bytes, Some(written)));
        self.lines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        if !bytes.is_empty() && !bytes.ends_with(b"\n") {
            self.end();
        }
    }

    fn piece(&mut self, place: &Place, (text, written): (&[u8], Option<Written>)) {
        let here = Span::at(self.text.expose().len() as u64, text.len());
        self.text.extend(text);
        if let Some(written) = written {
            self.pieces.push(Piece { here, place: place.clone(), written });
        }
    }

    fn end(&mut self) {
        self.text.extend(b"\n");
        self.lines += 1;
    }

    /// The answer to these lines with places in the files that they were taken from, and the file that they are of. What stands in
    /// another file than the entry, or nowhere, is left out.
    pub(super) fn placed(&self, mut decision: Decision) -> (Decision, Option<PathBuf>) {
        let first = decision.entry.as_ref().map(|entry| entry.user.start);
        let other = decision.trace.iter().rev().find_map(|(step, _)| place_of(step));
        let found = first.or(other).and_then(|at| self.piece_at(at)).or_else(|| self.pieces.first());
        let Some(Piece { place: Place { file, .. }, .. }) = found else {
            decision.entry = None;
            return (decision, None);
        };
        let line = |at: u64| {
            let piece = self.piece_at(at)?;
            let into = usize::try_from(at - piece.here.start).ok()?;
            let text = self.text.expose().get(usize::try_from(piece.here.start).ok()?..)?;
            let above = if piece.written.is_plain { memchr::memchr_iter(b'\n', text.get(..into)?).count() } else { 0 };
            (piece.place.file == *file).then(|| u64::from(piece.place.line) + above as u64)
        };
        let span = |at: Span| self.span(at, file);
        decision.entry = decision.entry.and_then(|entry| {
            let at = entry.user.start;
            Some(Entry { line: line(at)?, user: span(entry.user)?, field: span(entry.field)?, ..entry })
        });
        decision.trace = decision.trace.filter_map(|step| {
            Some(match step {
                Step::Line { effect, at, .. } => Step::Line { number: line(at.start)?, effect, at: span(at)? },
                Step::EntryFound { user, field, .. } => {
                    Step::EntryFound { line: line(user.start)?, user: span(user)?, field: span(field)? }
                }
                Step::FieldCut { why, at } => Step::FieldCut { why, at: span(at)? },
                Step::Mismatch { why, at } => Step::Mismatch { why, at: at.and_then(span) },
                Step::FileRejected { why, at, .. } => Step::FileRejected { line: line(at.start)?, why, at: span(at)? },
                other => other,
            })
        });
        (decision, Some(file.to_path_buf()))
    }

    /// The piece that a byte is of, or that ends before it.
    fn piece_at(&self, at: u64) -> Option<&Piece> {
        let behind = self.pieces.partition_point(|piece| piece.here.start <= at);
        self.pieces.get(behind.checked_sub(1)?)
    }

    fn span(&self, at: Span, file: &PathBuf) -> Option<Span> {
        let first = self.piece_at(at.start)?;
        let last = self.piece_at(if at.is_empty() { at.start } else { at.end - 1 })?;
        let place = |piece: &Piece, at: u64, end: bool| match (piece.written, end) {
            (Written { at: own, is_plain: true }, _) => (own.start + (at - piece.here.start)).min(own.end),
            (Written { at: own, .. }, false) => own.start,
            (Written { at: own, .. }, true) => own.end,
        };
        let is_whole = !first.written.is_plain && at.is_empty();
        let (start, end) = (place(first, at.start, false), place(last, at.end, !is_whole));
        (**first.place.file == **file && **last.place.file == **file && start <= end).then(|| Span::new(start, end))
    }
}

/// Where a step of the search points.
fn place_of(step: &Step) -> Option<u64> {
    match step {
        Step::FileRejected { at, .. } | Step::Mismatch { at: Some(at), .. } => Some(at.start),
        _ => None,
    }
}

impl UserFile for Held {
    fn open(&self) -> Opened<'_> {
        Opened::Bytes(Box::new(self.text.expose()))
    }

    fn is_in_clear(&self, line: u64) -> bool {
        self.clear.contains(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Cite, Trace, Verdict, codes};

    fn place(line: u32) -> Place {
        Place { file: Rc::new(PathBuf::from("f")), line, column: 1 }
    }

    fn written(start: u64, length: usize, is_plain: bool) -> Written {
        Written { at: Span::at(start, length), is_plain }
    }

    #[test]
    fn spans_of_the_lines_become_those_of_the_configuration() {
        let mut held = Held::default();
        held.entry(&place(3), (b"ann", Some(written(100, 3, true))), (b"hash1", Some(written(110, 5, true))));
        held.entry(&place(4), (b"bob", Some(written(130, 3, true))), (b"hash2", Some(written(140, 9, false))));
        let ask = |user: Span, field: Span, at: Span| {
            let mut trace = Trace::default();
            trace.push(Step::Mismatch { why: "text", at: Some(at) }, Cite(""));
            let entry = Entry { line: 1, user, field, scheme: None };
            let decision = Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace).deciding(entry);
            let (decision, file) = held.placed(decision);
            assert_eq!(file, Some(PathBuf::from("f")));
            let at = decision.trace.iter().find_map(|(step, _)| match step {
                Step::Mismatch { at, .. } => *at,
                _ => None,
            });
            let entry = decision.entry.unwrap();
            (entry.line, entry.user, entry.field, at.unwrap())
        };
        assert_eq!(
            ask(Span::new(0, 3), Span::new(4, 9), Span::new(6, 8)),
            (3, Span::new(100, 103), Span::new(110, 115), Span::new(112, 114))
        );
        assert_eq!(
            ask(Span::new(10, 13), Span::new(14, 19), Span::new(16, 18)),
            (4, Span::new(130, 133), Span::new(140, 149), Span::new(140, 149))
        );
    }
}
