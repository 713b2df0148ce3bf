//! The rounds of `sha512crypt`.
//!
//! A round hashes password, salt and the last digest in an order that depends on its number alone, in eight ways. The
//! eight messages are laid out once, and each round only puts the digest into its place.

use zeroize::Zeroizing;

use crate::scheme::sha512;
use crate::scheme::sha512::Block;
use crate::scheme::sha512::State;

const DIGEST_BYTES: usize = 64;

/// A round's message, laid out but for the digest.
struct Layout {
    blocks: Zeroizing<Vec<Block>>,
    /// Number of the word that the digest begins in, and bits of that word before it.
    word: usize,
    shift: u32,
    /// What the first word and the one after the last hold beside it.
    before: u64,
    after: u64,
}

impl Layout {
    fn new(round: u32, password: &[u8], salt: &[u8]) -> Self {
        let empty = [0; DIGEST_BYTES];
        let digest_first = round.is_multiple_of(2);
        let (first, last) = if digest_first { (&empty[..], password) } else { (password, &empty[..]) };
        let salt = if round.is_multiple_of(3) { &[] } else { salt };
        let again = if round.is_multiple_of(7) { &[] } else { password };
        let mut message = Zeroizing::new(Vec::with_capacity(3 * password.len() + salt.len() + 4 * DIGEST_BYTES));
        for part in [first, salt, again, last] {
            message.extend_from_slice(part);
        }
        let at = if digest_first { 0 } else { message.len() - DIGEST_BYTES };
        pad(&mut message);

        let mut blocks = Zeroizing::new(vec![[0; 16]; message.len() / 128]);
        for (word, bytes) in blocks.as_flattened_mut().iter_mut().zip(message.as_chunks().0) {
            *word = u64::from_be_bytes(*bytes);
        }
        let (word, shift) = (at / 8, u32::try_from(at % 8 * 8).unwrap_or_default());
        let (before, after) = (blocks.as_flattened()[word], blocks.as_flattened()[word + 8]);
        Self { blocks, word, shift, before, after }
    }

    /// Replaces a digest by that of the message it is put into.
    #[inline]
    fn digest(&mut self, digest: &mut State) {
        if let [block] = self.blocks[..] {
            let mut block = block;
            self.place(digest, &mut block);
            *digest = sha512::START;
            sha512::compress(digest, &block);
        } else {
            let mut blocks = std::mem::take(&mut *self.blocks);
            self.place(digest, blocks.as_flattened_mut());
            *digest = sha512::START;
            for block in &blocks {
                sha512::compress(digest, block);
            }
            *self.blocks = blocks;
        }
    }

    #[inline]
    fn place(&self, digest: &State, message: &mut [u64]) {
        let Some(place) = message.get_mut(self.word..).and_then(|rest| rest.first_chunk_mut::<9>()) else { return };
        let mut before = self.before;
        for (place, word) in place.iter_mut().zip(digest) {
            *place = before | word >> self.shift;
            // Nothing where the shift is 0.
            before = word << 1 << (63 - self.shift);
        }
        place[8] = before | self.after;
    }
}

/// SHA-512's padding: a one bit, zeros, and the length in bits.
fn pad(message: &mut Vec<u8>) {
    let bits = 8 * message.len() as u128;
    message.push(0x80);
    while message.len() % 128 != 112 {
        message.push(0);
    }
    message.extend(bits.to_be_bytes());
}

/// The digest after the last of `rounds`, given what stands for password and salt, and the digest before the first.
pub(super) fn digest(rounds: u32, password: &[u8], salt: &[u8], start: &[u8; DIGEST_BYTES]) -> [u8; DIGEST_BYTES] {
    // The ways come round every 42 rounds; these are the least numbers of each.
    let mut layouts = [0, 1, 2, 3, 6, 7, 14, 21].map(|round| (way(round), Layout::new(round, password, salt)));
    layouts.sort_by_key(|(way, _)| *way);
    let mut layouts = layouts.map(|(_, layout)| layout);
    let ways: [_; 42] = std::array::from_fn(|round| way(u32::try_from(round).unwrap_or_default()));
    let mut state = [0; 8];
    for (word, bytes) in state.iter_mut().zip(start.as_chunks().0) {
        *word = u64::from_be_bytes(*bytes);
    }
    for (_, way) in (0..rounds).zip(ways.into_iter().cycle()) {
        layouts[way & 7].digest(&mut state);
    }
    let mut digest = [0; DIGEST_BYTES];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

/// Which of the eight ways a round goes.
fn way(round: u32) -> usize {
    let takes = |every: u32| usize::from(!round.is_multiple_of(every));
    takes(2) | takes(3) << 1 | takes(7) << 2
}
