//! The index itself: which lines every decision has to see, and where the plain line of each name is.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::plain::{self, Kind};

/// A run of lines that stays together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset one past its last byte.
    pub(super) end: usize,
    /// 1-based number of its first line.
    pub(super) line: u64,
}

/// The index over a file's lines.
pub(super) struct Table {
    /// What stays in every cut, in the order of the file.
    pub(super) kept: Vec<Run>,
    /// Number of lines of `kept`.
    kept_lines: u64,
    /// Whether a carriage return stands where no line feed follows: for some servers it ends a line, so that their numbers of
    /// lines tell nothing, and offsets have to.
    pub(super) has_lone_cr: bool,
    /// Open addressing by the name: the plain line's place in `plain` and one, or 0 where the place is free.
    slots: Vec<u32>,
    plain: Vec<Place>,
    keys: RandomState,
}

/// A plain line.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    line: u32,
    /// The name's hash, to pass over other names without looking at them.
    tag: u16,
    name: u8,
    kept: bool,
}

/// Bytes of a file that is still indexed.
const LARGEST: usize = u32::MAX as usize;

impl Table {
    /// The index of `bytes`; `None` where they are too many, or where lone carriage returns and quotes come together: in
    /// quotes, some servers begin a line at another place than where they tell of it.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > LARGEST {
            return None;
        }
        let mut table = Self {
            kept: Vec::new(),
            kept_lines: 0,
            has_lone_cr: false,
            slots: Vec::new(),
            plain: Vec::new(),
            keys: RandomState::new(),
        };
        let mut odd = table.read(bytes);
        let has_quote = odd.iter().any(|run| memchr::memchr(b'"', &bytes[run.start..run.end]).is_some());
        table.has_lone_cr = odd.iter().any(|run| {
            let line = &bytes[run.start..run.end];
            memchr::memchr_iter(b'\r', line).any(|cr| line.get(cr + 1) != Some(&b'\n'))
        });
        if table.has_lone_cr && has_quote {
            return None;
        }
        let mut twice = table.enter(bytes);
        // What an odd line says may be an entry of a name that has a plain line, to some server.
        for run in &odd {
            for word in plain::words(&bytes[run.start..run.end]) {
                twice.extend(table.keep(bytes, word));
            }
        }
        odd.extend(twice);
        odd.sort_by_key(|run| run.start);
        odd.dedup_by_key(|run| run.start);
        table.kept_lines = odd.len() as u64;
        for run in odd {
            match table.kept.last_mut().filter(|last| last.end == run.start) {
                Some(last) => last.end = run.end,
                None => table.kept.push(run),
            }
        }
        Some(table)
    }

    /// Sorts the lines: plain ones into `plain`; the others are given back, each with the line that follows it, and with the
    /// first line of each kind, and the last of all.
    fn read(&mut self, bytes: &[u8]) -> Vec<Run> {
        // The last line and the one before, since some servers do not count a last line without end.
        let line_before = |at: usize| memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |lf| lf + 1);
        let last = line_before(line_before(bytes.len().saturating_sub(1)).saturating_sub(1));
        let mut odd = Vec::new();
        let mut kinds: Vec<Kind> = Vec::new();
        let (mut start, mut line, mut after_odd) = (0, 0_u32, true);
        for lf in memchr::memchr_iter(b'\n', bytes).chain(Some(bytes.len().wrapping_sub(1))) {
            let end = lf.wrapping_add(1);
            if end <= start {
                break;
            }
            line += 1;
            let is_last = start >= last;
            let run = Run { start, end, line: u64::from(line) };
            let found = plain::of(&bytes[start..end]);
            let is_new = found.is_some_and(|found| !kinds.contains(&found.kind));
            kinds.extend(found.filter(|_| is_new).map(|found| found.kind));
            let kept = found.is_none() || is_new || after_odd || is_last;
            if kept {
                odd.push(run);
            }
            if let Some(found) = found {
                let name = u8::try_from(found.name).unwrap_or(u8::MAX);
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                self.plain.push(Place { start, line, tag: 0, name, kept });
            }
            after_odd = found.is_none();
            start = end;
        }
        odd
    }

    /// Puts the names into the slots; the lines of names that stand there twice are given back: to some servers that is an
    /// error.
    fn enter(&mut self, bytes: &[u8]) -> Vec<Run> {
        let size = (self.plain.len() * 2).next_power_of_two();
        self.slots = vec![0; size];
        let mut twice = Vec::new();
        for at in 0..self.plain.len() {
            let place = self.plain[at];
            let name = name(bytes, place);
            let (mut slot, tag) = self.start(name);
            self.plain[at].tag = tag;
            loop {
                let Some(other) = self.slots[slot].checked_sub(1) else {
                    self.slots[slot] = u32::try_from(at + 1).unwrap_or(u32::MAX);
                    break;
                };
                let first = &mut self.plain[other as usize];
                if first.tag == tag && self::name(bytes, *first).eq_ignore_ascii_case(name) {
                    if !std::mem::replace(&mut first.kept, true) {
                        twice.push(run(bytes, *first));
                    }
                    if !std::mem::replace(&mut self.plain[at].kept, true) {
                        twice.push(run(bytes, place));
                    }
                    break;
                }
                slot = (slot + 1) & (size - 1);
            }
        }
        twice
    }

    /// Has the plain line of a name stay in every cut; the line, where it did not before.
    fn keep(&mut self, bytes: &[u8], name: &[u8]) -> Option<Run> {
        let at = self.place(bytes, name)?;
        let place = &mut self.plain[at];
        (!std::mem::replace(&mut place.kept, true)).then(|| run(bytes, *place))
    }

    /// The first slot of a name, and its tag.
    fn start(&self, name: &[u8]) -> (usize, u16) {
        let mut hasher = self.keys.build_hasher();
        let mut lower = [0; plain::LONGEST_NAME];
        let lower = &mut lower[..name.len().min(plain::LONGEST_NAME)];
        lower.copy_from_slice(&name[..lower.len()]);
        lower.make_ascii_lowercase();
        hasher.write(lower);
        let hash = hasher.finish();
        #[expect(clippy::cast_possible_truncation, reason = "a part of the hash is as good as the whole")]
        (hash as usize & (self.slots.len() - 1), (hash >> 48) as u16)
    }

    /// The plain line of `user` that a cut needs beside the kept ones: in whatever letter case, and without blanks around the
    /// name, so that no server's reading of names is left out.
    pub(super) fn find(&self, bytes: &[u8], user: &[u8]) -> Option<Run> {
        let place = self.plain[self.place(bytes, user.trim_ascii())?];
        (!place.kept).then(|| run(bytes, place))
    }

    /// Where in `plain` the first line of a name is.
    fn place(&self, bytes: &[u8], user: &[u8]) -> Option<usize> {
        if self.plain.is_empty() || user.is_empty() || user.len() > plain::LONGEST_NAME {
            return None;
        }
        let (mut slot, tag) = self.start(user);
        loop {
            let at = self.slots[slot].checked_sub(1)? as usize;
            let place = self.plain[at];
            if place.tag == tag && name(bytes, place).eq_ignore_ascii_case(user) {
                return Some(at);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    pub(super) const fn kept_lines(&self) -> u64 {
        self.kept_lines
    }
}

fn name(bytes: &[u8], place: Place) -> &[u8] {
    &bytes[place.start as usize..place.start as usize + usize::from(place.name)]
}

fn run(bytes: &[u8], place: Place) -> Run {
    let start = place.start as usize;
    let length = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len() - start, |lf| lf + 1);
    Run { start, end: start + length, line: u64::from(place.line) }
}
