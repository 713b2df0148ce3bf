//! Edits that keep an entry's field: locking and unlocking its lines, and giving them another name.
//!
//! Such an edit takes every line of the user, and each has to mean the same to all servers before and after. Lines that
//! do not, nothing is done to: [`Barred`].

use super::edit::{Editor, Note};
use super::line::{After, Line};
use super::lock;
use super::splice::Splice;
use crate::bytes::Span;

/// The longest line that is written: every server that reads line by line reads it whole.
const LONGEST: usize = 1000;

/// Why a line is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bar {
    /// The line before ends in a backslash: for Apache it is a part of that, for others a line of its own.
    Continues,
    /// It ends in a backslash: for Apache the next line is a part of it.
    RunsOn,
    /// It has no colon, and is an entry for Apache only.
    NoColon,
    /// There is a carriage return or a NUL in it: for some servers it ends there, or another line begins.
    ControlByte,
    /// It would be longer than some servers read.
    TooLong,
}

/// A line that can't be edited so that all servers read the edit alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Barred {
    /// Number of the line, from 1.
    pub line: u64,
    /// Why.
    pub bar: Bar,
}

impl Editor<'_> {
    /// Makes every line of `user` a comment that [`Self::unlock`] turns back; their numbers.
    pub fn lock(&mut self, user: &[u8]) -> Result<Vec<u64>, Barred> {
        let mut locked = Vec::new();
        for line in self.survey.lines_of(user) {
            let comment = lock::locked(line.text());
            check(line, comment.len())?;
            self.splices.push(Splice { span: Span::at(line.start, line.text().len()), bytes: comment });
            locked.push(line.number);
        }
        Ok(locked)
    }

    /// Makes every locked line of `user` what it was, byte for byte; their numbers.
    pub fn unlock(&mut self, user: &[u8]) -> Result<Vec<u64>, Barred> {
        let mut unlocked = Vec::new();
        for line in self.survey.locked_lines_of(user) {
            let Some(entry) = lock::unlocked(line.text()) else { continue };
            if line.after != After::Nothing {
                return Err(Barred { line: line.number, bar: Bar::Continues });
            }
            self.splices.push(Splice { span: Span::at(line.start, line.text().len()), bytes: entry });
            unlocked.push(line.number);
        }
        Ok(unlocked)
    }

    /// Gives every line of `old` the name `new`; their numbers, and what else was done.
    pub fn rename(&mut self, old: &[u8], new: &[u8]) -> Result<(Vec<u64>, Vec<Note>), Barred> {
        let (mut renamed, mut notes) = (Vec::new(), Vec::new());
        for line in self.survey.lines_of(old) {
            check(line, line.text().len() - old.len() + new.len())?;
            // The name is found after the indent, if not with it.
            let indent = line.entry().map_or(0, |entry| entry.indent.len());
            let at = if line.raw.starts_with(old) { 0 } else { indent };
            let mut bytes = new.to_vec();
            let mut span = Span::at(line.start + at as u64, old.len());
            if line.hidden_from_nginx(new) {
                notes.push(Note::SeparatedFromBareText { line: line.number });
                span = Span::at(line.start, at + old.len());
                bytes = [self.survey.newline, &line.raw[..at], new].concat();
            }
            self.splices.push(Splice { span, bytes });
            renamed.push(line.number);
        }
        Ok((renamed, notes))
    }
}

/// Refuses a line that some server reads otherwise than others, or would if it had `length` bytes.
fn check(line: &Line<'_>, length: usize) -> Result<(), Barred> {
    let bar = if line.after != After::Nothing {
        Bar::Continues
    } else if line.runs_on() {
        Bar::RunsOn
    } else if line.entry().is_none_or(|entry| entry.colons.is_empty()) {
        Bar::NoColon
    } else if line.text().iter().any(|byte| matches!(byte, b'\r' | 0)) {
        Bar::ControlByte
    } else if length > LONGEST {
        Bar::TooLong
    } else {
        return Ok(());
    };
    Err(Barred { line: line.number, bar })
}
