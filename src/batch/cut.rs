//! A short file that stands for the whole one in one decision, and the way back from its lines and offsets.

use super::part::Run;
use super::table::Kept;
use crate::bytes::Span;
use crate::server::{Decision, Entry};
use crate::trace::Step;

/// The kept lines and those of one user.
#[derive(Default)]
pub(super) struct Cut {
    bytes: Vec<u8>,
    line: Option<Run>,
    /// Where the runs are, here and in the whole file.
    places: Vec<Place>,
    /// Number of lines here.
    lines: u64,
    /// Length of the whole file.
    length: u64,
    /// As [`Kept::has_lone_cr`].
    by_offset: bool,
}

/// A run's first byte and line, here and in the whole file.
#[derive(Clone, Copy)]
struct Place {
    at: u64,
    number: u64,
    whole_at: u64,
    whole_number: u64,
}

impl Place {
    /// Number of lines before it that are not here.
    const fn left_out(self) -> u64 {
        self.whole_number - self.number
    }
}

impl Cut {
    /// Becomes the cut of a file for the user whose line this is.
    pub(super) fn make(&mut self, file: &[u8], kept: &Kept, line: Option<Run>) {
        self.bytes.clear();
        self.places.clear();
        self.line = line;
        self.length = file.len() as u64;
        self.by_offset = kept.has_lone_cr;
        self.lines = 0;
        let before = line.map_or(kept.runs.len(), |line| kept.runs.partition_point(|run| run.start < line.start));
        let (before, after) = kept.runs.split_at(before);
        for run in before.iter().chain(&line).chain(after) {
            let bytes = &file[run.start..run.end];
            self.places.push(Place {
                at: self.bytes.len() as u64,
                number: self.lines + 1,
                whole_at: run.start as u64,
                whole_number: run.line,
            });
            self.bytes.extend_from_slice(bytes);
            // Only the last line of the file can lack its end.
            self.lines += run.lines;
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Puts another name of the same length into the line that was put in; whether no other line here has it.
    pub(super) fn rename(&mut self, name: &[u8]) -> bool {
        let Some(at) = self.line.and_then(|line| self.places.iter().find(|place| place.whole_at == line.start as u64))
        else {
            return false;
        };
        let is_of = |line: &[u8]| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(b":"));
        if self.bytes.split(|byte| *byte == b'\n').any(is_of) {
            return false;
        }
        let at = usize::try_from(at.at).unwrap_or(0);
        self.bytes[at..at + name.len()].copy_from_slice(name);
        true
    }

    /// The line that was put in.
    pub(super) const fn line(&self) -> Option<Run> {
        self.line
    }

    /// The decision with lines and offsets of the whole file.
    pub(super) fn restored(&self, decision: Decision) -> Decision {
        let Decision { verdict, status, reason, log, entry, trace } = decision;
        let entry = entry.map(|entry| Entry {
            line: self.number_at(entry.line, entry.user),
            user: self.span(entry.user),
            field: self.span(entry.field),
            scheme: entry.scheme,
        });
        let trace = trace.map(|step| self.step(step));
        Decision { verdict, status, reason, log, entry, trace }
    }

    fn step(&self, step: Step) -> Step {
        match step {
            Step::Line { number, effect, at } => {
                Step::Line { number: self.number_at(number, at), effect, at: self.span(at) }
            }
            Step::UserNotFound { lines } => Step::UserNotFound { lines: self.count(lines) },
            Step::EntryFound { line, user, field } => {
                Step::EntryFound { line: self.number_at(line, user), user: self.span(user), field: self.span(field) }
            }
            Step::FieldCut { why, at } => Step::FieldCut { why, at: self.span(at) },
            Step::Mismatch { why, at } => Step::Mismatch { why, at: at.map(|at| self.span(at)) },
            other => other,
        }
    }

    /// The number in the whole file of the line at `at`, which is `number` here by the server's own count.
    fn number_at(&self, number: u64, at: Span) -> u64 {
        let after = if self.by_offset {
            self.places.partition_point(|place| place.at <= at.start)
        } else {
            self.places.partition_point(|place| place.number <= number)
        };
        number + after.checked_sub(1).map_or(0, |index| self.places[index].left_out())
    }

    /// The number of lines read in the whole file, where it is `count` here.
    fn count(&self, count: u64) -> u64 {
        let after = match count {
            0 => 0,
            _ if count >= self.lines => self.places.len(),
            _ => self.places.partition_point(|place| place.number <= count),
        };
        count + after.checked_sub(1).map_or(0, |index| self.places[index].left_out())
    }

    fn offset(&self, at: u64) -> u64 {
        if at >= self.bytes.len() as u64 {
            return self.length + (at - self.bytes.len() as u64);
        }
        let after = self.places.partition_point(|place| place.at <= at);
        after.checked_sub(1).map_or(at, |index| {
            let place = self.places[index];
            place.whole_at + (at - place.at)
        })
    }

    fn span(&self, span: Span) -> Span {
        let start = self.offset(span.start);
        if span.is_empty() {
            return Span::new(start, start);
        }
        Span::new(start, self.offset(span.end - 1) + 1)
    }
}
