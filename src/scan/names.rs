//! The names that were seen so far, for servers that refuse a file where one stands twice: one piece of memory for all of them.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A set of names.
#[derive(Debug, Default)]
pub struct Names {
    /// All names, one after the other.
    bytes: Vec<u8>,
    /// For each name, where it ends, and its hash.
    ends: Vec<(usize, u64)>,
    /// Numbers of names counted from 1, each at the first free place from its hash on; 0 is free. At most half is taken.
    places: Vec<u32>,
    /// Not the same for all files, so that nobody can choose names that fall on one place.
    hashes: RandomState,
}

impl Names {
    /// Adds `name`; whether it is new.
    pub fn insert(&mut self, name: &[u8]) -> bool {
        if self.places.len() < 2 * (self.ends.len() + 1) {
            self.grow();
        }
        let hash = self.hash(name);
        let place = self.place(name, hash);
        if self.places[place] != 0 {
            return false;
        }
        self.bytes.extend_from_slice(name);
        self.ends.push((self.bytes.len(), hash));
        self.places[place] = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        true
    }

    /// Whether `name` was added.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        !self.places.is_empty() && self.places[self.place(name, self.hash(name))] != 0
    }

    /// Where `name` stands, or would stand.
    fn place(&self, name: &[u8], hash: u64) -> usize {
        let mut place = self.first(hash);
        while let Some(number) = self.places[place].checked_sub(1) {
            let number = number as usize;
            if self.ends[number].1 == hash && self.name(number) == name {
                break;
            }
            place = (place + 1) % self.places.len();
        }
        place
    }

    fn hash(&self, name: &[u8]) -> u64 {
        let mut hasher = self.hashes.build_hasher();
        hasher.write(name);
        hasher.finish()
    }

    fn name(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before].0);
        &self.bytes[start..self.ends[number].0]
    }

    fn first(&self, hash: u64) -> usize {
        // The length is a power of two.
        (hash & (self.places.len() as u64 - 1)).try_into().unwrap_or(0)
    }

    fn grow(&mut self) {
        self.places = vec![0; (4 * (self.ends.len() + 1)).next_power_of_two()];
        for (number, &(_, hash)) in (1..).zip(&self.ends) {
            let mut place = self.first(hash);
            while self.places[place] != 0 {
                place = (place + 1) % self.places.len();
            }
            self.places[place] = number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once() {
        let mut names = Names::default();
        assert!(!names.contains(b""));
        for round in [true, false] {
            for number in 0..5000_u32 {
                let name = number.to_string();
                assert_eq!(names.contains(name.as_bytes()), !round);
                assert_eq!(names.insert(name.as_bytes()), round);
            }
        }
        assert!(names.insert(b"") && !names.insert(b"") && !names.contains(b"name"));
    }
}
