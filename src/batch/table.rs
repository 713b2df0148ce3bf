//! The index itself: which lines every decision has to see, and where the plain line of each name is.

use std::hash::{BuildHasher, RandomState};

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
    /// Open addressing by the first bits of the name's hash: its last 32 bits, so that other names are passed over without
    /// looking at them, and the plain line's place in `plain` and one; 0 where the slot is free.
    slots: Vec<u64>,
    plain: Vec<Place>,
    key: u64,
}

/// A plain line.
#[derive(Clone, Copy)]
struct Place {
    start: u32,
    line: u32,
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
            // Chosen anew each time, so that nobody can write a file whose names fall together.
            key: RandomState::new().hash_one(0_u8),
        };
        let (mut odd, hashes) = table.read(bytes);
        let has_quote = odd.iter().any(|run| memchr::memchr(b'"', &bytes[run.start..run.end]).is_some());
        table.has_lone_cr = odd.iter().any(|run| {
            let line = &bytes[run.start..run.end];
            memchr::memchr_iter(b'\r', line).any(|cr| line.get(cr + 1) != Some(&b'\n'))
        });
        if table.has_lone_cr && has_quote {
            return None;
        }
        let mut twice = table.enter(bytes, &hashes);
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
    /// first line of each kind, and the last of all. With them, the hash of each plain line's name.
    fn read(&mut self, bytes: &[u8]) -> (Vec<Run>, Vec<u64>) {
        // The last line and the one before, since some servers do not count a last line without end.
        let line_before = |at: usize| memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |lf| lf + 1);
        let last = line_before(line_before(bytes.len().saturating_sub(1)).saturating_sub(1));
        let (mut odd, mut hashes) = (Vec::new(), Vec::new());
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
                hashes.push(self.hash(&bytes[start..start + found.name]));
                let name = u8::try_from(found.name).unwrap_or(u8::MAX);
                let start = u32::try_from(start).unwrap_or(u32::MAX);
                self.plain.push(Place { start, line, name, kept });
            }
            after_odd = found.is_none();
            start = end;
        }
        (odd, hashes)
    }

    /// Puts the names into the slots; the lines of names that stand there twice are given back: to some servers that is an
    /// error.
    ///
    /// They are put in by the first byte of their hashes, since then the slots in use lie together: names in the order of the
    /// file would each wait for main memory.
    fn enter(&mut self, bytes: &[u8], hashes: &[u64]) -> Vec<Run> {
        self.slots = vec![0; (self.plain.len() * 2).next_power_of_two().max(2)];
        let mut twice = Vec::new();
        for (hash, at) in by_first_byte(hashes) {
            let mut slot = self.first_slot(hash);
            while self.slots[slot] != 0 {
                let named = |at: usize| name(bytes, self.plain[at]);
                let other = self.entered(slot, hash);
                let other = other.filter(|other| named(*other).eq_ignore_ascii_case(named(at as usize)));
                if let Some(other) = other {
                    for at in [other, at as usize] {
                        let place = &mut self.plain[at];
                        if !std::mem::replace(&mut place.kept, true) {
                            twice.push(run(bytes, *place));
                        }
                    }
                    break;
                }
                slot = (slot + 1) & (self.slots.len() - 1);
            }
            if self.slots[slot] == 0 {
                self.slots[slot] = hash << 32 | u64::from(at + 1);
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

    /// The hash of a name, the same in whatever letter case.
    fn hash(&self, name: &[u8]) -> u64 {
        // Of two bytes of a name that differ in this bit, none but letters are else alike.
        const LOWER: u64 = 0x2020_2020_2020_2020;
        let mut hash = self.key ^ name.len() as u64;
        let mut mix = |word: u64| {
            let product = u128::from(hash ^ (word | LOWER)) * u128::from((0x9e37_79b9_7f4a_7c15 ^ self.key) | 1);
            #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
            let folded = (product >> 64) as u64 ^ product as u64;
            hash = folded;
        };
        let (words, rest) = name.as_chunks::<8>();
        for word in words {
            mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        mix(u64::from_le_bytes(last));
        mix(0);
        hash
    }

    /// The slot where the search for a hash begins.
    fn first_slot(&self, hash: u64) -> usize {
        usize::try_from(hash >> (64 - self.slots.len().ilog2())).unwrap_or(0)
    }

    /// The place in `plain` that stands in a slot, where its hash may be this one.
    fn entered(&self, slot: usize, hash: u64) -> Option<usize> {
        let entry = self.slots[slot];
        let low = u64::from(u32::MAX);
        (entry >> 32 == hash & low).then(|| usize::try_from((entry & low) - 1).unwrap_or(0))
    }

    /// The plain line of `user` that a cut needs beside the kept ones: in whatever letter case, and without blanks around the
    /// name, so that no server's reading of names is left out.
    pub(super) fn find(&self, bytes: &[u8], user: &[u8]) -> Option<Run> {
        let place = self.plain[self.place(bytes, user.trim_ascii())?];
        (!place.kept).then(|| run(bytes, place))
    }

    /// Reads once what finding these names will read. The reads of many names wait for main memory together; those of one
    /// name, each for the one before.
    pub(super) fn touch<'a>(&self, bytes: &[u8], users: impl Iterator<Item = &'a [u8]>) {
        if self.plain.is_empty() {
            return;
        }
        let users = users.filter(|user| user.len() <= plain::LONGEST_NAME);
        let slots: Vec<_> = users.map(|user| self.first_slot(self.hash(user.trim_ascii()))).collect();
        let entries: Vec<u64> = slots.iter().map(|slot| self.slots[*slot] & u64::from(u32::MAX)).collect();
        let places = entries.iter().filter_map(|entry| usize::try_from(entry.checked_sub(1)?).ok());
        let starts: Vec<_> = places.map(|at| self.plain[at].start as usize).collect();
        let sum = starts.iter().fold(0, |sum, start| sum ^ bytes[*start]);
        std::hint::black_box(sum);
    }

    /// Where in `plain` the first line of a name is.
    fn place(&self, bytes: &[u8], user: &[u8]) -> Option<usize> {
        if self.plain.is_empty() || user.is_empty() || user.len() > plain::LONGEST_NAME {
            return None;
        }
        let hash = self.hash(user);
        let mut slot = self.first_slot(hash);
        while self.slots[slot] != 0 {
            let at = self.entered(slot, hash);
            if let Some(at) = at.filter(|at| name(bytes, self.plain[*at]).eq_ignore_ascii_case(user)) {
                return Some(at);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        None
    }

    pub(super) const fn kept_lines(&self) -> u64 {
        self.kept_lines
    }
}

/// The hashes with their places, by their first bytes; those of one first byte stay in order.
fn by_first_byte(hashes: &[u64]) -> Vec<(u64, u32)> {
    let first = |hash: u64| usize::from(hash.to_be_bytes()[0]);
    let mut next = [0; 257];
    for hash in hashes {
        next[first(*hash) + 1] += 1;
    }
    for byte in 1..next.len() {
        next[byte] += next[byte - 1];
    }
    let mut sorted = vec![(0, 0); hashes.len()];
    for (hash, at) in hashes.iter().zip(0_u32..) {
        let place = &mut next[first(*hash)];
        sorted[*place] = (*hash, at);
        *place += 1;
    }
    sorted
}

fn name(bytes: &[u8], place: Place) -> &[u8] {
    &bytes[place.start as usize..place.start as usize + usize::from(place.name)]
}

fn run(bytes: &[u8], place: Place) -> Run {
    let start = place.start as usize;
    let length = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len() - start, |lf| lf + 1);
    Run { start, end: start + length, line: u64::from(place.line) }
}
