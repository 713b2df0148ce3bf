//! The index itself: which lines every decision has to see, and where the plain line of each name is.
//!
//! There are two. [`Some`](Few) names are known beforehand in most cases, and then nothing is noted of the others. Where a
//! server looks at all entries, or reads another name out of a request, [`All`] has every name.

use super::names::{Asked, Hashes, Slots, can_be_plain};
use super::part::{Place, Run, Wanted, Whole};
use super::plain;

/// The lines that stay in every cut.
pub(super) struct Kept {
    /// In the order of the file.
    pub(super) runs: Vec<Run>,
    /// How many lines they are.
    pub(super) lines: u64,
    /// Whether they are plain, each of another name: then all lines of the file are.
    pub(super) are_plain: bool,
    /// Whether a carriage return stands where no line feed follows: for some servers it ends a line, so that their numbers of
    /// lines tell nothing, and offsets have to.
    pub(super) has_lone_cr: bool,
}

/// Bytes of a file that is still indexed.
pub(super) const LARGEST: usize = u32::MAX as usize;

impl Kept {
    /// `None` where lone carriage returns and quotes come together: in quotes, some servers begin a line at another place
    /// than where they tell of it. `keep` has the plain line of a name stay, and tells which one, where it did not before.
    fn of(
        bytes: &[u8],
        mut odd: Vec<Run>,
        twice: Vec<Run>,
        mut keep: impl FnMut(&[u8]) -> Option<Run>,
    ) -> Option<Self> {
        let has_quote = odd.iter().any(|run| memchr::memchr(b'"', &bytes[run.start..run.end]).is_some());
        let has_lone_cr = odd.iter().any(|run| {
            let line = &bytes[run.start..run.end];
            memchr::memchr_iter(b'\r', line).any(|cr| line.get(cr + 1) != Some(&b'\n'))
        });
        if has_lone_cr && has_quote {
            return None;
        }
        // What an odd line says may be an entry of a name that has a plain line, to some server.
        let mut more = twice;
        let are_plain = more.is_empty() && odd.iter().all(|run| plain::of(&bytes[run.start..run.end]).is_some());
        for run in &odd {
            more.extend(plain::words(&bytes[run.start..run.end]).filter_map(&mut keep));
        }
        odd.extend(more);
        odd.sort_by_key(|run| run.start);
        odd.dedup_by_key(|run| run.start);
        let mut kept = Self { runs: Vec::new(), lines: odd.len() as u64, are_plain, has_lone_cr };
        for run in odd {
            match kept.runs.last_mut().filter(|last| last.end == run.start) {
                Some(last) => (last.end, last.lines) = (run.end, last.lines + run.lines),
                None => kept.runs.push(run),
            }
        }
        Some(kept)
    }
}

/// What an index knows of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It has this plain line, which a cut needs beside the kept ones.
    Line(Run),
    /// It has no plain line, or one that is kept.
    NoLine,
    /// Nothing.
    Nothing,
}

impl Known {
    /// The line that is put into a cut.
    pub(super) fn line(self) -> Option<Run> {
        match self {
            Self::Line(run) => Some(run),
            Self::NoLine | Self::Nothing => None,
        }
    }

    fn of(place: Option<Place>, bytes: &[u8]) -> Self {
        place.filter(|place| !place.kept).map_or(Self::NoLine, |place| Self::Line(place.run(bytes)))
    }
}

/// An index.
pub(super) trait Index {
    /// The lines that stay in every cut.
    fn kept(&self) -> &Kept;

    /// What is known of the plain line of `user`: in whatever letter case, and without blanks around the name, so that no
    /// server's reading of names is left out.
    fn find(&self, bytes: &[u8], user: &[u8]) -> Known;

    /// Reads once what finding these names will read. The reads of many names wait for main memory together; those of one
    /// name, each for the one before.
    fn touch(&self, bytes: &[u8], users: &mut dyn Iterator<Item = &[u8]>);
}

/// Numbers that names are likely to have.
fn guesses(slots: &Slots, hashes: Hashes, users: &mut dyn Iterator<Item = &[u8]>) -> Vec<usize> {
    let users = users.map(<[u8]>::trim_ascii).filter(|user| can_be_plain(user));
    let hashes: Vec<u64> = users.map(|user| hashes.of(user)).collect();
    hashes.iter().filter_map(|hash| slots.guess(*hash)).collect()
}

/// Marks a plain line as kept; the line, where it was not before.
fn keep(place: &mut Place, bytes: &[u8]) -> Option<Run> {
    (!std::mem::replace(&mut place.kept, true)).then(|| place.run(bytes))
}

/// An index of the names that are asked for.
pub(super) struct Few {
    kept: Kept,
    asked: Asked,
    /// The plain line of each.
    places: Vec<Option<Place>>,
}

impl Few {
    /// As [`Kept::of`]. The names have to be told apart by their slots.
    pub(super) fn of(bytes: &[u8], asked: Asked, whole: Whole<u32>) -> Option<Self> {
        let mut places: Vec<Option<Place>> = vec![None; asked.len()];
        let mut twice = Vec::new();
        for (number, mut place) in whole.found {
            match &mut places[number as usize] {
                Some(other) => twice.extend([keep(other, bytes), keep(&mut place, bytes)].into_iter().flatten()),
                free => *free = Some(place),
            }
        }
        let kept = Kept::of(bytes, whole.odd, twice, |name| {
            let number =
                Some(name).filter(|name| can_be_plain(name)).and_then(|name| number(&asked, &places, bytes, name))?;
            keep(places[number].as_mut()?, bytes)
        })?;
        Some(Self { kept, asked, places })
    }
}

/// The number of a name that is asked for. Lines were noted by hash alone: one of another name makes this one unknown.
fn number(asked: &Asked, places: &[Option<Place>], bytes: &[u8], name: &[u8]) -> Option<usize> {
    let of = |number: usize| places[number].map_or_else(|| asked.name(number), |place| place.name(bytes));
    asked.slots().find(asked.hashes().of(name), |number| of(number).eq_ignore_ascii_case(name))
}

/// Reads a byte of each place: the reads of many wait for main memory together.
fn touch(bytes: &[u8], places: impl Iterator<Item = Place>) {
    let sum = places.fold(0, |sum, place| sum ^ bytes[place.start as usize]);
    std::hint::black_box(sum);
}

impl Index for Few {
    fn kept(&self) -> &Kept {
        &self.kept
    }

    fn find(&self, bytes: &[u8], user: &[u8]) -> Known {
        let user = user.trim_ascii();
        if !can_be_plain(user) {
            return Known::NoLine;
        }
        number(&self.asked, &self.places, bytes, user)
            .map_or(Known::Nothing, |number| Known::of(self.places[number], bytes))
    }

    fn touch(&self, bytes: &[u8], users: &mut dyn Iterator<Item = &[u8]>) {
        let numbers = guesses(self.asked.slots(), self.asked.hashes(), users);
        let places: Vec<Place> = numbers.iter().filter_map(|number| self.places[*number]).collect();
        touch(bytes, places.into_iter());
    }
}

/// An index of all names.
pub(super) struct All {
    kept: Kept,
    hashes: Hashes,
    slots: Slots,
    plain: Vec<Place>,
}

impl Wanted for Hashes {
    type Note = u64;

    #[inline]
    fn hash(&self, name: &[u8]) -> Option<u64> {
        Some(self.of(name))
    }

    fn note(&self, hash: u64) -> Option<u64> {
        Some(hash)
    }
}

impl All {
    /// As [`Kept::of`].
    pub(super) fn of(bytes: &[u8], hashes: Hashes, whole: Whole<u64>) -> Option<Self> {
        let mut slots = Slots::new(whole.found.len());
        let mut plain: Vec<Place> = whole.found.iter().map(|(_, place)| *place).collect();
        let mut twice = Vec::new();
        // They are put in by the first byte of their hashes, since then the slots in use lie together: names in the order of
        // the file would each wait for main memory. Of names that stand there twice, both lines stay: to some servers that
        // is an error.
        for (hash, at) in by_first_byte(&whole.found) {
            let name = plain[at as usize].name(bytes);
            let is_it = |other: usize| plain[other].name(bytes).eq_ignore_ascii_case(name);
            if let Some(other) = slots.enter(hash, at, is_it) {
                twice.extend([other, at as usize].into_iter().filter_map(|at| keep(&mut plain[at], bytes)));
            }
        }
        let find = |name: &[u8], plain: &[Place]| {
            slots.find(hashes.of(name), |at| plain[at].name(bytes).eq_ignore_ascii_case(name))
        };
        let kept = Kept::of(bytes, whole.odd, twice, |name| {
            let at = Some(name).filter(|name| can_be_plain(name)).and_then(|name| find(name, &plain))?;
            keep(&mut plain[at], bytes)
        })?;
        Some(Self { kept, hashes, slots, plain })
    }
}

impl Index for All {
    fn kept(&self) -> &Kept {
        &self.kept
    }

    fn find(&self, bytes: &[u8], user: &[u8]) -> Known {
        let user = user.trim_ascii();
        if !can_be_plain(user) {
            return Known::NoLine;
        }
        let is_it = |at: usize| self.plain[at].name(bytes).eq_ignore_ascii_case(user);
        let at = self.slots.find(self.hashes.of(user), is_it);
        Known::of(at.map(|at| self.plain[at]), bytes)
    }

    fn touch(&self, bytes: &[u8], users: &mut dyn Iterator<Item = &[u8]>) {
        let numbers = guesses(&self.slots, self.hashes, users);
        let places: Vec<Place> = numbers.iter().map(|number| self.plain[*number]).collect();
        touch(bytes, places.into_iter());
    }
}

/// The hashes with their places, by their first bytes; those of one first byte stay in order.
fn by_first_byte(found: &[(u64, Place)]) -> Vec<(u64, u32)> {
    let first = |hash: u64| usize::from(hash.to_be_bytes()[0]);
    let mut next = [0; 257];
    for (hash, _) in found {
        next[first(*hash) + 1] += 1;
    }
    for byte in 1..next.len() {
        next[byte] += next[byte - 1];
    }
    let mut sorted = vec![(0, 0); found.len()];
    for ((hash, _), at) in found.iter().zip(0_u32..) {
        let place = &mut next[first(*hash)];
        sorted[*place] = (*hash, at);
        *place += 1;
    }
    sorted
}
