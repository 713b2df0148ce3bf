//! Edits found by one pass over the file, in memory that depends on the users asked for and not on the file.
//!
//! An edit of a user's entry must have effect on every server, and touch no other entry's reading. So [`Editor::set`]
//! changes the first line that Apache would use and the first that nginx and lighttpd would use (one line, nearly
//! always), and mends what hides that line from one of them. Where a line is a part of another entry for Apache and an
//! entry of its own for the others, no edit is right for both, and none is made: [`Ambiguous`].

use std::collections::HashMap;
use std::collections::HashSet;
use std::io::Read;

use super::line::{After, Kind, Line, hides_the_next};
use super::locked;
use super::reader::{Lines, ReadError};
use super::splice::{Splice, Splices};
use crate::bytes::Span;

/// The lines of some users, and how the file ends.
pub struct Survey {
    lines: Vec<Line<'static>>,
    /// Indices into `lines`, by name.
    by_name: HashMap<Vec<u8>, Vec<usize>>,
    /// Indices into `lines` of those that are locked: comments.
    locked: Vec<usize>,
    /// Numbers of the lines that keep nginx from passing over the next, after text without colon.
    shields: HashSet<u64>,
    bytes: u64,
    count: u64,
    pub(super) newline: &'static [u8],
    last: Vec<u8>,
}

/// A line that is part of another entry for Apache and an entry of its own for other servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ambiguous {
    /// Number of the line, from 1.
    pub line: u64,
}

/// What was done beside changing the field, so that every server sees the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Note {
    /// The last line had no line end and got one.
    NewlineAdded,
    /// An empty line was put before this line, because the line before ends in a backslash and Apache would read on.
    SeparatedFromContinuation {
        /// Number of the line, from 1.
        line: u64,
    },
    /// An empty line was put before this line, because the line before is text without colon with which the user's
    /// name begins, and nginx would pass over this line.
    SeparatedFromBareText {
        /// Number of the line, from 1.
        line: u64,
    },
    /// Blanks before the name, which only Apache passes over, were removed.
    IndentRemoved {
        /// Number of the line, from 1.
        line: u64,
    },
    /// The line was the bare name, which only Apache takes for an entry, and got its colon.
    ColonAdded {
        /// Number of the line, from 1.
        line: u64,
    },
    /// The name was followed by several colons, of which only Apache passes over all, and kept one.
    ColonsRemoved {
        /// Number of the line, from 1.
        line: u64,
    },
}

impl Note {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NewlineAdded => "newline-added",
            Self::SeparatedFromContinuation { .. } => "separated-from-continuation",
            Self::SeparatedFromBareText { .. } => "separated-from-bare-text",
            Self::IndentRemoved { .. } => "indent-removed",
            Self::ColonAdded { .. } => "colon-added",
            Self::ColonsRemoved { .. } => "colons-removed",
        }
    }
}

/// What [`Editor::set`] does. Line numbers are those of the file before the edit; an added line's is the one it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The lines whose field is set: one, or two where Apache and the others use different lines.
    pub lines: Vec<u64>,
    /// Whether the entry is new.
    pub added: bool,
    /// Further lines of the user, which no server consults; they stay.
    pub duplicates: Vec<u64>,
    /// What else was done.
    pub notes: Vec<Note>,
}

/// The lines of `user` in the file that `reader` is at the start of, locked ones too.
pub fn find<R: Read>(reader: R, user: &[u8]) -> Result<Survey, ReadError> {
    collect(Lines::new(reader), |line| locked::is_of(line, user), |reader| reader.pass_over(user))
}

/// The lines that are `wanted`, of the file that `reader` is at the start of. Blank lines and comments that are no locked
/// entries are left out.
pub fn survey<R: Read>(reader: R, wanted: impl FnMut(&Line<'_>) -> bool) -> Result<Survey, ReadError> {
    collect(Lines::new(reader), wanted, |_| {})
}

/// The lines that are `wanted`; `pass_over` may pass over lines that are not.
fn collect<R: Read>(
    mut reader: Lines<R>,
    mut wanted: impl FnMut(&Line<'_>) -> bool,
    pass_over: impl Fn(&mut Lines<R>),
) -> Result<Survey, ReadError> {
    let mut lines = Vec::new();
    let mut by_name: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    let mut locked = Vec::new();
    let mut shields = HashSet::new();
    // The bare text before the last line kept, if the line that comes now is directly after that line.
    let mut bare: Option<Vec<u8>> = None;
    while let Some(line) = reader.next_line()? {
        let wanted = wanted(&line);
        if let Some(bare) = bare.take()
            && (wanted || line.raw.starts_with(&bare))
        {
            shields.insert(line.number - 1);
        }
        if let Some(entry) = line.entry().filter(|_| wanted) {
            bare = line.bare_text_before().map(<[u8]>::to_vec);
            by_name.entry(entry.name.to_vec()).or_default().push(lines.len());
            lines.push(line.into_owned());
        } else if wanted && locked::is_locked(&line) {
            locked.push(lines.len());
            lines.push(line.into_owned());
        }
        if bare.is_none() {
            pass_over(&mut reader);
        }
    }
    let progress = reader.progress;
    Ok(Survey {
        lines,
        by_name,
        locked,
        shields,
        bytes: progress.bytes,
        count: progress.lines,
        newline: if progress.crlf > 0 { b"\r\n" } else { b"\n" },
        last: reader.last_raw().to_vec(),
    })
}

impl Survey {
    /// The lines kept, in the order of the file.
    pub fn lines(&self) -> impl Iterator<Item = &Line<'static>> {
        self.lines.iter()
    }

    /// All lines of `user`, in the order of the file.
    pub fn lines_of(&self, user: &[u8]) -> impl Iterator<Item = &Line<'static>> {
        let indent = user.iter().take_while(|&&byte| super::line::is_blank(byte)).count();
        let indices = self.by_name.get(&user[indent..]).map_or(&[][..], Vec::as_slice);
        indices.iter().map(|&index| &self.lines[index]).filter(move |line| line.is_for(user))
    }

    /// The locked lines of `user`, in the order of the file.
    pub fn locked_lines_of(&self, user: &[u8]) -> impl Iterator<Item = &Line<'static>> {
        self.locked.iter().map(|&index| &self.lines[index]).filter(move |line| locked::is_locked_for(line, user))
    }

    /// The lines of `user` that servers use: the first for Apache, and the first for nginx and lighttpd where that is
    /// another. None where the user has no entry that any of them sees.
    pub fn used(&self, user: &[u8]) -> Result<Vec<&Line<'static>>, Ambiguous> {
        let (apache, others) = self.first(user)?;
        let mut lines: Vec<_> = apache.into_iter().chain(others).collect();
        lines.sort_by_key(|line| line.number);
        lines.dedup_by_key(|line| line.number);
        Ok(lines)
    }

    /// Whether every server sees the entry of `user` as it stands.
    #[must_use]
    pub fn is_seen_by_all(&self, user: &[u8]) -> bool {
        let mut editor = self.edit();
        let unchanged = b"";
        editor.set(user, unchanged).is_ok_and(|set| set.notes.is_empty() && !set.added)
    }

    /// Begins an edit.
    #[must_use]
    pub fn edit(&self) -> Editor<'_> {
        Editor { survey: self, splices: Vec::new(), appended: Vec::new(), added: 0 }
    }

    /// The first line of `user` for Apache, and for those that know neither continuation nor indent.
    fn first(&self, user: &[u8]) -> Result<(Option<&Line<'static>>, Option<&Line<'static>>), Ambiguous> {
        let apache = self.lines_of(user).find(|line| line.after == After::Nothing);
        let others = self.lines_of(user).find(|line| line.kind() == Kind::Entry && line.raw.starts_with(user));
        match others {
            Some(line) if line.after == After::Text => Err(Ambiguous { line: line.number }),
            _ => Ok((apache, others)),
        }
    }
}

/// Collects the edits of one file. A user may be edited once.
pub struct Editor<'a> {
    pub(super) survey: &'a Survey,
    pub(super) splices: Vec<Splice>,
    appended: Vec<u8>,
    added: u64,
}

impl Editor<'_> {
    /// Makes `field` the field of `user`: in the lines that servers use, or in a new line at the end.
    ///
    /// Neither may have a line break, `user` no colon.
    pub fn set(&mut self, user: &[u8], field: &[u8]) -> Result<Set, Ambiguous> {
        let (apache, others) = self.survey.first(user)?;
        let targets = self.survey.used(user)?;
        if targets.is_empty() {
            return Ok(self.append(user, field));
        }
        let mut notes = Vec::new();
        let is_target = |number: u64| targets.iter().any(|line| line.number == number);
        for line in &targets {
            // Splitting the indent off and ending the line before are one splice: both are at the start of the line.
            let is_for_others = others.or(apache).is_some_and(|first| first.number == line.number);
            let indent = line.entry().map_or(0, |entry| entry.indent.len());
            let mut head = Splice { span: Span::at(line.start, 0), bytes: Vec::new() };
            if is_for_others && indent > 0 && others.is_none() {
                head.span = Span::at(line.start, indent);
                notes.push(Note::IndentRemoved { line: line.number });
            }
            if apache.is_none() {
                head.bytes = self.survey.newline.to_vec();
                notes.push(Note::SeparatedFromContinuation { line: line.number });
            } else if is_for_others && line.hidden_from_nginx(user) && !is_target(line.number - 1) {
                head.bytes = self.survey.newline.to_vec();
                notes.push(Note::SeparatedFromBareText { line: line.number });
            }
            if !head.span.is_empty() || !head.bytes.is_empty() {
                self.splices.push(head);
            }
            notes.extend(self.set_field(line, field));
        }
        let numbers = |lines: &mut dyn Iterator<Item = &Line<'static>>| lines.map(|line| line.number).collect();
        Ok(Set {
            lines: numbers(&mut targets.iter().copied()),
            added: false,
            duplicates: numbers(&mut self.survey.lines_of(user).filter(|line| !is_target(line.number))),
            notes,
        })
    }

    /// Replaces the field of `line`, which gets or keeps one colon.
    fn set_field(&mut self, line: &Line<'_>, field: &[u8]) -> Option<Note> {
        let entry = line.entry()?;
        let after_name = line.start + (entry.indent.len() + entry.name.len()) as u64;
        let number = line.number;
        let (span, bytes, note) = match entry.colons.len() {
            0 => {
                let bytes = [b":", field].concat();
                (Span::at(after_name, entry.rest.len()), bytes, Some(Note::ColonAdded { line: number }))
            }
            1 if entry.field == field => return None,
            1 => (Span::at(after_name + 1, entry.field.len()), field.to_vec(), None),
            several => {
                let span = Span::at(after_name + 1, several - 1 + entry.field.len());
                (span, field.to_vec(), Some(Note::ColonsRemoved { line: number }))
            }
        };
        self.splices.push(Splice { span, bytes });
        note
    }

    /// Puts a new line at the end, so that the last line there is neither glued to it nor swallows it.
    fn append(&mut self, user: &[u8], field: &[u8]) -> Set {
        let survey = self.survey;
        let mut notes = Vec::new();
        let mut number = survey.count + self.added + 1;
        if self.appended.is_empty() && survey.bytes > 0 {
            let mut last = survey.last.clone();
            if !last.ends_with(b"\n") {
                let missing: &[u8] = if last.ends_with(b"\r") { b"\n" } else { survey.newline };
                last.extend_from_slice(missing);
                self.appended.extend_from_slice(missing);
                notes.push(Note::NewlineAdded);
            }
            let runs_on = super::reader::lines(&last).next().is_some_and(|line| line.runs_on());
            let hidden = hides_the_next(&last, user);
            if runs_on || hidden {
                self.appended.extend_from_slice(survey.newline);
                self.added += 1;
                number += 1;
                notes.push(if runs_on {
                    Note::SeparatedFromContinuation { line: number }
                } else {
                    Note::SeparatedFromBareText { line: number }
                });
            }
        }
        for part in [user, b":", field, survey.newline] {
            self.appended.extend_from_slice(part);
        }
        self.added += 1;
        Set { lines: vec![number], added: true, duplicates: self.unseen(user), notes }
    }

    /// Lines of `user` that no server takes for an entry.
    fn unseen(&self, user: &[u8]) -> Vec<u64> {
        self.survey.lines_of(user).map(|line| line.number).collect()
    }

    /// Removes every line of `user`, locked ones too, with its line end; their numbers.
    ///
    /// An empty line is left where the line before would otherwise take the next line for its own.
    pub fn remove(&mut self, user: &[u8]) -> Result<Vec<u64>, Ambiguous> {
        if let Some(line) = self.survey.lines_of(user).find(|line| line.after == After::Text) {
            return Err(Ambiguous { line: line.number });
        }
        let mut removed = Vec::new();
        let mut lines: Vec<_> = self.survey.lines_of(user).chain(self.survey.locked_lines_of(user)).collect();
        lines.sort_by_key(|line| line.number);
        for line in lines {
            let would_join = line.after == After::Comment && !line.runs_on();
            let bytes =
                if would_join || self.survey.shields.contains(&line.number) { line.end().to_vec() } else { Vec::new() };
            self.splices.push(Splice { span: line.span(), bytes });
            removed.push(line.number);
        }
        Ok(removed)
    }

    /// The edits.
    #[must_use]
    pub fn finish(mut self) -> Splices {
        if !self.appended.is_empty() {
            let end = Span::at(self.survey.bytes, 0);
            self.splices.push(Splice { span: end, bytes: self.appended });
        }
        Splices::new(self.splices)
    }
}
