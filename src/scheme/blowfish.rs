//! Blowfish as bcrypt uses it: a cipher whose key setup is made slow on purpose. The core of `bcrypt`.
//!
//! Words only; how passwords and salts become words is the caller's. The cipher is Schneier's (1993), the setup Provos and
//! Mazières' (1999). Several states can be expanded together: one alone leaves the processor waiting for look-ups most
//! of the time, eight at once take two and a half times as long as one alone.

use crate::scheme::pi::PI;

/// Number of words of the round keys, and of a whole key.
pub(super) const KEY_WORDS: usize = 18;

/// The round keys, then the four S-boxes.
#[repr(align(64))]
pub(super) struct State([u32; KEY_WORDS + 4 * 256]);

impl State {
    /// The state that a key and a salt begin with.
    pub(super) fn new(key: &[u32; KEY_WORDS], salt: &[u32; 4]) -> Self {
        let mut state = Self(PI);
        state.mix(key);
        let mut block = (0, 0);
        for at in (0..state.0.len()).step_by(2) {
            let half = at % 4;
            block = state.encrypt((block.0 ^ salt[half], block.1 ^ salt[half + 1]));
            (state.0[at], state.0[at + 1]) = block;
        }
        state
    }

    /// XORs words into the round keys, over and over.
    pub(super) fn mix(&mut self, words: &[u32]) {
        for (round_key, word) in self.0[..KEY_WORDS].iter_mut().zip(words.iter().cycle()) {
            *round_key ^= word;
        }
    }

    /// Replaces the whole state, two words at a time, by what it encrypts zero to again and again.
    pub(super) fn expand(&mut self) {
        let mut block = (0, 0);
        for at in (0..self.0.len()).step_by(2) {
            block = self.encrypt(block);
            (self.0[at], self.0[at + 1]) = block;
        }
    }

    /// Encrypts a block.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body of the innermost loop")]
    pub(super) fn encrypt(&self, (left, right): (u32, u32)) -> (u32, u32) {
        let (mut left, mut right) = (left ^ self.0[0], right);
        // Written out, since the compiler does not unroll a loop of this size.
        macro_rules! rounds {
            ($($key:literal)*) => {$(
                right = self.round(left, right, self.0[$key]);
                left = self.round(right, left, self.0[$key + 1]);
            )*};
        }
        rounds!(1 3 5 7 9 11 13 15);
        (right ^ self.0[17], left)
    }

    /// One round of a block that is alone: how soon the result is there decides the speed. Left to itself the compiler
    /// would XOR the round key to what comes out of the boxes, one step later than need be.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body of the innermost loop")]
    fn round(&self, from: u32, into: u32, key: u32) -> u32 {
        std::hint::black_box(into ^ key) ^ self.boxes(from)
    }

    /// What the S-boxes make of half a block.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body of the innermost loop")]
    fn boxes(&self, half: u32) -> u32 {
        let look = |table: usize, byte: u32| self.0[KEY_WORDS + 256 * table + (byte & 0xff) as usize];
        // First the one that takes longest to address and is needed first.
        let second = look(1, half >> 16);
        let first = look(0, half >> 24);
        let fourth = look(3, half);
        let third = look(2, half >> 8);
        (first.wrapping_add(second) ^ third).wrapping_add(fourth)
    }
}

/// [`State::expand`] for several states in step.
pub(super) fn expand_all<const LANES: usize>(states: &mut [State; LANES]) {
    let (mut left, mut right) = ([0; LANES], [0; LANES]);
    for at in (0..states[0].0.len()).step_by(2) {
        for lane in 0..LANES {
            left[lane] ^= states[lane].0[0];
        }
        macro_rules! rounds {
            ($($key:literal)*) => {$(
                round_all(states, &left, &mut right, $key);
                round_all(states, &right, &mut left, $key + 1);
            )*};
        }
        rounds!(1 3 5 7 9 11 13 15);
        for (lane, state) in states.iter_mut().enumerate() {
            (left[lane], right[lane]) = (right[lane] ^ state.0[17], left[lane]);
            (state.0[at], state.0[at + 1]) = (left[lane], right[lane]);
        }
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the body of the innermost loop")]
fn round_all<const LANES: usize>(states: &[State; LANES], from: &[u32; LANES], into: &mut [u32; LANES], key: usize) {
    for lane in 0..LANES {
        into[lane] ^= states[lane].0[key] ^ states[lane].boxes(from[lane]);
    }
}
