//! Names by hash: the hash of a name in whatever letter case, a table of slots, and a set of names.

use std::hash::{BuildHasher, RandomState};

use super::part::Wanted;
use super::plain;

/// Makes hashes of names.
#[derive(Clone, Copy)]
pub(super) struct Hashes {
    key: u64,
}

impl Hashes {
    /// Chosen anew each time, so that nobody can write a file whose names fall together.
    pub(super) fn new() -> Self {
        Self { key: RandomState::new().hash_one(0_u8) }
    }

    /// The hash of a name, the same in whatever letter case.
    pub(super) fn of(self, name: &[u8]) -> u64 {
        // Of two bytes of a name that differ in this bit, none but letters are else alike.
        const LOWER: u64 = 0x2020_2020_2020_2020;
        let factor = (0x9e37_79b9_7f4a_7c15 ^ self.key) | 1;
        let mix = |hash: u64, word: u64| {
            let product = u128::from(hash ^ (word | LOWER)) * u128::from(factor);
            #[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
            let folded = (product >> 64) as u64 ^ product as u64;
            folded
        };
        let mut hash = self.key ^ name.len() as u64;
        match name.last_chunk::<8>() {
            Some(last) => {
                // The last word may have bytes of the one before it.
                let (words, rest) = name.as_chunks::<8>();
                let words = if rest.is_empty() { &words[..words.len() - 1] } else { words };
                hash = words.iter().fold(hash, |hash, word| mix(hash, u64::from_le_bytes(*word)));
                hash = mix(hash, u64::from_le_bytes(*last));
            }
            None => hash = mix(hash, name.iter().fold(0, |word, byte| word << 8 | u64::from(*byte))),
        }
        mix(hash, 0)
    }
}

/// Open addressing by the first bits of a hash. A slot has the hash's last 32 bits, so that other names are passed over
/// without looking at them, and a number and one; 0 where it is free.
pub(super) struct Slots(Vec<u64>);

impl Slots {
    /// For so many names; at most half of the slots are taken.
    pub(super) fn new(names: usize) -> Self {
        Self(vec![0; (names * 2).next_power_of_two().max(2)])
    }

    fn first(&self, hash: u64) -> usize {
        usize::try_from(hash >> (64 - self.0.len().ilog2())).unwrap_or(0)
    }

    /// The number in the slot where the search for a hash begins, whatever its name is.
    pub(super) fn guess(&self, hash: u64) -> Option<usize> {
        usize::try_from((self.0[self.first(hash)] & LOW).checked_sub(1)?).ok()
    }

    /// The number of a name with this hash of which `is_it` holds.
    pub(super) fn find(&self, hash: u64, mut is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        self.look(hash, &mut is_it).ok()
    }

    /// The number of the name, if it is there; if not, `number` is entered.
    pub(super) fn enter(&mut self, hash: u64, number: u32, mut is_it: impl FnMut(usize) -> bool) -> Option<usize> {
        match self.look(hash, &mut is_it) {
            Ok(other) => Some(other),
            Err(free) => {
                self.0[free] = hash << 32 | (u64::from(number) + 1);
                None
            }
        }
    }

    fn look(&self, hash: u64, is_it: &mut impl FnMut(usize) -> bool) -> Result<usize, usize> {
        let mut slot = self.first(hash);
        loop {
            let entry = self.0[slot];
            if entry == 0 {
                return Err(slot);
            }
            if entry >> 32 == hash & LOW {
                let number = usize::try_from((entry & LOW) - 1).unwrap_or(0);
                if is_it(number) {
                    return Ok(number);
                }
            }
            slot = (slot + 1) & (self.0.len() - 1);
        }
    }
}

const LOW: u64 = u32::MAX as u64;

/// Names that are asked for, in whatever letter case and without blanks around them; each has a number.
pub(super) struct Asked {
    hashes: Hashes,
    slots: Slots,
    /// A few bits for each name, so that most others are passed over without looking at the slots.
    marks: Vec<u64>,
    text: Vec<u8>,
    ends: Vec<u32>,
    is_ambiguous: bool,
}

impl Asked {
    /// The set of `names`, of which there are about `count`.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a [u8]>, count: usize) -> Self {
        let count = count.min(1 << 24);
        let mut asked = Self {
            hashes: Hashes::new(),
            slots: Slots::new(count),
            marks: vec![0; (count / 8).next_power_of_two().max(2)],
            text: Vec::with_capacity(count * 12),
            ends: Vec::with_capacity(count),
            is_ambiguous: false,
        };
        for name in names.take(count) {
            asked.insert(name);
        }
        asked
    }

    fn insert(&mut self, name: &[u8]) {
        let name = name.trim_ascii();
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        let Some(end) = u32::try_from(self.text.len() + name.len()).ok().filter(|_| can_be_plain(name)) else { return };
        let hash = self.hashes.of(name);
        let Self { slots, text, ends, marks, is_ambiguous, .. } = self;
        let mut others = 0;
        let known = slots.enter(hash, number, |other| {
            let is_it = text_of(text, ends, other).eq_ignore_ascii_case(name);
            others += u32::from(!is_it);
            is_it
        });
        *is_ambiguous |= others > 0;
        if known.is_none() {
            text.extend_from_slice(name);
            ends.push(end);
            let (word, bit) = mark(marks.len(), hash);
            marks[word] |= bit;
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether two names can't be told apart by their slots.
    pub(super) const fn is_ambiguous(&self) -> bool {
        self.is_ambiguous
    }

    /// The name of a number.
    pub(super) fn name(&self, number: usize) -> &[u8] {
        text_of(&self.text, &self.ends, number)
    }

    pub(super) const fn slots(&self) -> &Slots {
        &self.slots
    }

    pub(super) const fn hashes(&self) -> Hashes {
        self.hashes
    }
}

impl Wanted for Asked {
    type Note = u32;

    #[inline]
    fn hash(&self, name: &[u8]) -> Option<u64> {
        let hash = self.hashes.of(name);
        let (word, bit) = mark(self.marks.len(), hash);
        (self.marks[word] & bit != 0).then_some(hash)
    }

    #[inline]
    fn note(&self, hash: u64) -> Option<u32> {
        // Without a look at the name; who uses the number looks.
        self.slots.find(hash, |_| true).and_then(|number| u32::try_from(number).ok())
    }
}

/// Whether a plain line can have this name, as far as its length goes.
pub(super) fn can_be_plain(name: &[u8]) -> bool {
    (1..=plain::LONGEST_NAME).contains(&name.len())
}

fn text_of<'a>(text: &'a [u8], ends: &[u32], number: usize) -> &'a [u8] {
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &text[start as usize..ends[number] as usize]
}

/// Word and bit of a hash's mark; the number of words is a power of two.
fn mark(words: usize, hash: u64) -> (usize, u64) {
    // Other bits than those that choose the slot.
    let word = usize::try_from((hash >> 6) & (words as u64 - 1)).unwrap_or(0);
    (word, 1 << (hash & 63))
}
