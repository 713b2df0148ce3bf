//! Many MD5-crypt hashes at once: the thousand rounds of [`crate::scheme::md5crypt`] for several passwords in step.
//!
//! A round hashes password, salt and the last digest in an order that depends on its number alone, in eight ways. The
//! eight messages are laid out once, and each round only puts the digest into its place.

use zeroize::Zeroizing;

use crate::scheme::md5_lanes;
use crate::scheme::md5_lanes::Block;
use crate::scheme::md5_lanes::LANES;
use crate::scheme::md5_lanes::State;
use crate::scheme::md5_lanes::Words;

const ROUNDS: usize = 1000;
const DIGEST_BYTES: usize = 16;

/// What a lane is made of: salt, password, and the digest before the first round.
pub(super) struct Lane<'a> {
    pub(super) salt: &'a [u8],
    pub(super) password: &'a [u8],
    pub(super) start: [u8; DIGEST_BYTES],
}

/// A round's messages, laid out but for the digest.
struct Layout {
    blocks: Zeroizing<Vec<Block>>,
    /// The place of the digest, one for each lane; `None` where it begins every message.
    places: Option<[Place; LANES]>,
    /// Number of blocks of each lane.
    lengths: [usize; LANES],
}

/// Where a lane's digest stands.
#[derive(Clone, Copy, Default)]
struct Place {
    /// Number of the word it begins in.
    word: usize,
    /// Bits of that word before it.
    shift: u32,
    /// What the first and the last word hold beside it.
    before: u32,
    after: u32,
}

impl Layout {
    fn new(round: usize, lanes: &[Lane<'_>; LANES]) -> Self {
        let digest_first = round.is_multiple_of(2);
        let mut at = [0; LANES];
        let messages: [_; LANES] = std::array::from_fn(|lane| {
            let Lane { salt, password, .. } = lanes[lane];
            let (first, last) =
                if digest_first { (&[0; DIGEST_BYTES][..], password) } else { (password, &[0; 16][..]) };
            let salt = if round.is_multiple_of(3) { &[] } else { salt };
            let again = if round.is_multiple_of(7) { &[] } else { password };
            let mut message = Zeroizing::new(Vec::with_capacity(3 * password.len() + salt.len() + 128));
            for part in [first, salt, again, last] {
                message.extend_from_slice(part);
            }
            at[lane] = if digest_first { 0 } else { message.len() - DIGEST_BYTES };
            pad(&mut message);
            message
        });

        let lengths = std::array::from_fn(|lane| messages[lane].len() / 64);
        let most = lengths.iter().max().copied().unwrap_or_default();
        let mut blocks = Zeroizing::new(vec![[[0; LANES]; 16]; most]);
        for (lane, message) in messages.iter().enumerate() {
            for (word, bytes) in message.as_chunks().0.iter().enumerate() {
                blocks[word / 16][word % 16][lane] = u32::from_le_bytes(*bytes);
            }
        }
        let place = |lane: usize| {
            let (word, shift) = (at[lane] / 4, at[lane] % 4 * 8);
            let here = |word: usize| blocks[word / 16][word % 16][lane];
            Place { word, shift: u32::try_from(shift).unwrap_or_default(), before: here(word), after: here(word + 4) }
        };
        let places = (!digest_first).then(|| std::array::from_fn(place));
        Self { blocks, places, lengths }
    }

    /// The digests of all messages, given those to put into them.
    fn digest(&mut self, digests: &State) -> State {
        match &self.places {
            None => self.blocks[0][..4].copy_from_slice(digests),
            Some(places) => {
                for (lane, place) in places.iter().enumerate() {
                    place.put(&mut self.blocks, lane, digests);
                }
            }
        }
        let mut state = md5_lanes::START;
        for (number, block) in self.blocks.iter().enumerate() {
            let before = state;
            md5_lanes::compress(&mut state, block);
            if number > 0 {
                let ended: Words = std::array::from_fn(|lane| if number < self.lengths[lane] { 0 } else { u32::MAX });
                for (words, before) in state.iter_mut().zip(before) {
                    for lane in 0..LANES {
                        words[lane] ^= (words[lane] ^ before[lane]) & ended[lane];
                    }
                }
            }
        }
        state
    }
}

impl Place {
    #[inline]
    fn put(&self, blocks: &mut [Block], lane: usize, digests: &State) {
        let mut held = u64::from(self.before);
        for (at, words) in digests.iter().enumerate() {
            held |= u64::from(words[lane]) << self.shift;
            let word = self.word + at;
            blocks[word / 16][word % 16][lane] = (held & 0xffff_ffff) as u32;
            held >>= 32;
        }
        let word = self.word + 4;
        blocks[word / 16][word % 16][lane] = (held & 0xffff_ffff) as u32 | self.after;
    }
}

/// MD5's padding: a one bit, zeros, and the length in bits.
fn pad(message: &mut Vec<u8>) {
    let bits = 8 * message.len() as u64;
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend(bits.to_le_bytes());
}

/// The digests after the last round.
pub(super) fn digests(lanes: &[Lane<'_>; LANES]) -> [[u8; DIGEST_BYTES]; LANES] {
    // In 42 rounds each of the ways comes up at its least number.
    let mut layouts: Vec<_> = [0, 1, 2, 3, 6, 7, 14, 21].map(|round| (way(round), Layout::new(round, lanes))).into();
    layouts.sort_by_key(|(way, _)| *way);
    let mut digests: State = std::array::from_fn(|word| {
        std::array::from_fn(|lane| {
            let bytes: [u8; 4] = std::array::from_fn(|byte| lanes[lane].start[4 * word + byte]);
            u32::from_le_bytes(bytes)
        })
    });
    for round in 0..ROUNDS {
        digests = layouts[way(round)].1.digest(&digests);
    }
    std::array::from_fn(|lane| {
        let mut bytes = [0; DIGEST_BYTES];
        for (bytes, words) in bytes.as_chunks_mut().0.iter_mut().zip(digests) {
            *bytes = words[lane].to_le_bytes();
        }
        bytes
    })
}

/// Which of the eight ways a round goes.
fn way(round: usize) -> usize {
    let takes = |every: usize| usize::from(!round.is_multiple_of(every));
    takes(2) | takes(3) << 1 | takes(7) << 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_is_laid_out_once() {
        let mut ways = [0, 1, 2, 3, 6, 7, 14, 21].map(way);
        ways.sort_unstable();
        assert_eq!(ways, [0, 1, 2, 3, 4, 5, 6, 7]);
    }
}
