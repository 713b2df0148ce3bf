//! One pass over the file: the lines that may have to do with a user, and the names that are like the user's.

use std::io::Read as _;

use memchr::memmem::Finder;

use crate::fault::{self, Fault};
use crate::hint::likeness::{Likeness, Sought};
use crate::htpasswd::{Kind, Line, Lines};
use crate::server::{Opened, UserFile};

/// Lines and names that are kept.
const MOST: usize = 32;

/// A name in the file that is like the one that was sent.
#[derive(Clone, Debug)]
pub struct Similar {
    /// The name.
    pub name: Vec<u8>,
    /// 1-based number of its line.
    pub line: u64,
    /// How it is alike.
    pub likeness: Likeness,
}

/// What a pass over the file found.
pub struct Survey {
    /// Lines that hold the user's name, their neighbours where these matter, and lines that servers said something about.
    pub near: Vec<Line<'static>>,
    /// What is wrong with these lines.
    pub faults: Vec<Fault>,
    /// Names like the user's, the likest first.
    pub similar: Vec<Similar>,
    /// Number of entries.
    pub entries: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// The last line.
    pub last: Option<Line<'static>>,
}

/// Whether the line before and this one hold the name together, as Apache joins them.
fn is_joined(line: &Line<'_>, finder: &Finder<'_>) -> bool {
    let before = line.previous().strip_suffix(b"\n").unwrap_or_default();
    let before = before.strip_suffix(b"\r").unwrap_or(before);
    before.strip_suffix(b"\\").is_some_and(|before| finder.find(&[before, line.text()].concat()).is_some())
}

impl Survey {
    /// Reads `file` for `user`; `flagged` are the numbers of lines that are kept in any case. `None` where there is no file to
    /// read.
    #[must_use]
    pub fn of(file: &dyn UserFile, user: &[u8], flagged: &[u64]) -> Option<Self> {
        let Opened::Bytes(reader) = file.open() else { return None };
        let mut lines = Lines::new(reader.take(u64::MAX));
        let finder = Finder::new(user);
        let sought = Sought::new(user);
        let mut survey =
            Self { near: Vec::new(), faults: Vec::new(), similar: Vec::new(), entries: 0, bytes: 0, last: None };
        let mut before: Option<Line<'static>> = None;
        let mut keep_next = false;
        while let Ok(Some(line)) = lines.next_line() {
            survey.bytes += line.raw.len() as u64;
            let kind = line.kind();
            survey.entries += u64::from(kind == Kind::Entry);
            let named = !user.is_empty() && (finder.find(&line.raw).is_some() || is_joined(&line, &finder));
            let near = named || line.number == 1 || flagged.binary_search(&line.number).is_ok();
            if (near || keep_next) && survey.near.len() < MOST {
                survey.near.extend(before.take());
                survey.near.push(line.clone().into_owned());
                keep_next = near && line.number > 1 || named;
                before = None;
            } else {
                keep_next = false;
                // It may swallow the next line, which may be the user's.
                let matters = line.runs_on() || kind == Kind::NoColon || line.raw.len() > 1000;
                before = matters.then(|| line.clone().into_owned());
            }
            if let Some(entry) = line.entry().filter(|_| kind == Kind::Entry)
                && let Some(likeness) = sought.likeness(entry.name)
            {
                let name = entry.name.to_vec();
                survey.similar.push(Similar { name, line: line.number, likeness });
                if survey.similar.len() > 4 * MOST {
                    survey.sort_similar();
                }
            }
            if line.raw.last() != Some(&b'\n') {
                survey.last = Some(line.into_owned());
            }
        }
        survey.sort_similar();
        survey.faults = survey.near.iter().flat_map(fault::of_line).collect();
        Some(survey)
    }

    fn sort_similar(&mut self) {
        self.similar.sort_by_key(|similar| (similar.likeness, similar.line));
        self.similar.dedup_by(|a, b| a.name == b.name);
        self.similar.truncate(MOST);
    }

    /// The lines whose name is `user`.
    pub fn lines_of(&self, user: &[u8]) -> impl Iterator<Item = &Line<'static>> {
        self.near.iter().filter(move |line| line.is_for(user))
    }

    /// The line of this number, where it was kept.
    #[must_use]
    pub fn line(&self, number: u64) -> Option<&Line<'static>> {
        self.near.iter().find(|line| line.number == number)
    }
}
