//! Salted DES as crypt(3) iterates it: the core of `descrypt`, `bsdicrypt` and `bigcrypt`.
//!
//! No settings and no salt characters here, only numbers. The cipher is FIPS 46-3; salting swaps output bits of the
//! expansion E (crypt(3) of Unix Version 7, and `_`-hashes of BSD/OS with 24 salt bits).
//!
//! Both halves of the block are held expanded and salted through all rounds: eight groups of six bits, one a byte.
//! E, P and the swap are linear, so they are folded into the S-box tables once for a salt, and a round is one
//! XOR with the key, eight look-ups and seven XORs.

use crate::scheme::h64;

/// Seconds of one encryption on a usual machine.
pub const SECONDS: f64 = 0.000_000_2;

/// The bit numbers of FIPS 46-3: 1 is the most significant bit.
type Bits<const N: usize> = [u8; N];

/// Selects bits of `input`, which is `width` bits wide, in the order of `table`.
const fn select<const N: usize>(input: u64, width: u32, table: &Bits<N>) -> u64 {
    let mut out = 0;
    let mut at = 0;
    while at < N {
        out = out << 1 | (input >> (width - table[at] as u32)) & 1;
        at += 1;
    }
    out
}

#[rustfmt::skip]
const PC1: Bits<56> = [
    57, 49, 41, 33, 25, 17,  9,  1, 58, 50, 42, 34, 26, 18, 10,  2, 59, 51, 43, 35, 27, 19, 11,  3, 60, 52, 44, 36,
    63, 55, 47, 39, 31, 23, 15,  7, 62, 54, 46, 38, 30, 22, 14,  6, 61, 53, 45, 37, 29, 21, 13,  5, 28, 20, 12,  4,
];

#[rustfmt::skip]
const PC2: Bits<48> = [
    14, 17, 11, 24,  1,  5,  3, 28, 15,  6, 21, 10, 23, 19, 12,  4, 26,  8, 16,  7, 27, 20, 13,  2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
];

const ROTATIONS: [u8; 16] = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];

#[rustfmt::skip]
const P: Bits<32> = [
    16,  7, 20, 21, 29, 12, 28, 17,  1, 15, 23, 26,  5, 18, 31, 10,
     2,  8, 24, 14, 32, 27,  3,  9, 19, 13, 30,  6, 22, 11,  4, 25,
];

#[rustfmt::skip]
const S: [[u8; 64]; 8] = [
    [14,  4, 13,  1,  2, 15, 11,  8,  3, 10,  6, 12,  5,  9,  0,  7,  0, 15,  7,  4, 14,  2, 13,  1, 10,  6, 12, 11,  9,  5,  3,  8,
      4,  1, 14,  8, 13,  6,  2, 11, 15, 12,  9,  7,  3, 10,  5,  0, 15, 12,  8,  2,  4,  9,  1,  7,  5, 11,  3, 14, 10,  0,  6, 13],
    [15,  1,  8, 14,  6, 11,  3,  4,  9,  7,  2, 13, 12,  0,  5, 10,  3, 13,  4,  7, 15,  2,  8, 14, 12,  0,  1, 10,  6,  9, 11,  5,
      0, 14,  7, 11, 10,  4, 13,  1,  5,  8, 12,  6,  9,  3,  2, 15, 13,  8, 10,  1,  3, 15,  4,  2, 11,  6,  7, 12,  0,  5, 14,  9],
    [10,  0,  9, 14,  6,  3, 15,  5,  1, 13, 12,  7, 11,  4,  2,  8, 13,  7,  0,  9,  3,  4,  6, 10,  2,  8,  5, 14, 12, 11, 15,  1,
     13,  6,  4,  9,  8, 15,  3,  0, 11,  1,  2, 12,  5, 10, 14,  7,  1, 10, 13,  0,  6,  9,  8,  7,  4, 15, 14,  3, 11,  5,  2, 12],
    [ 7, 13, 14,  3,  0,  6,  9, 10,  1,  2,  8,  5, 11, 12,  4, 15, 13,  8, 11,  5,  6, 15,  0,  3,  4,  7,  2, 12,  1, 10, 14,  9,
     10,  6,  9,  0, 12, 11,  7, 13, 15,  1,  3, 14,  5,  2,  8,  4,  3, 15,  0,  6, 10,  1, 13,  8,  9,  4,  5, 11, 12,  7,  2, 14],
    [ 2, 12,  4,  1,  7, 10, 11,  6,  8,  5,  3, 15, 13,  0, 14,  9, 14, 11,  2, 12,  4,  7, 13,  1,  5,  0, 15, 10,  3,  9,  8,  6,
      4,  2,  1, 11, 10, 13,  7,  8, 15,  9, 12,  5,  6,  3,  0, 14, 11,  8, 12,  7,  1, 14,  2, 13,  6, 15,  0,  9, 10,  4,  5,  3],
    [12,  1, 10, 15,  9,  2,  6,  8,  0, 13,  3,  4, 14,  7,  5, 11, 10, 15,  4,  2,  7, 12,  9,  5,  6,  1, 13, 14,  0, 11,  3,  8,
      9, 14, 15,  5,  2,  8, 12,  3,  7,  0,  4, 10,  1, 13, 11,  6,  4,  3,  2, 12,  9,  5, 15, 10, 11, 14,  1,  7,  6,  0,  8, 13],
    [ 4, 11,  2, 14, 15,  0,  8, 13,  3, 12,  9,  7,  5, 10,  6,  1, 13,  0, 11,  7,  4,  9,  1, 10, 14,  3,  5, 12,  2, 15,  8,  6,
      1,  4, 11, 13, 12,  3,  7, 14, 10, 15,  6,  8,  0,  5,  9,  2,  6, 11, 13,  8,  1,  4, 10,  7,  9,  5,  0, 15, 14,  2,  3, 12],
    [13,  2,  8,  4,  6, 15, 11,  1, 10,  9,  3, 14,  5,  0, 12,  7,  1, 15, 13,  8, 10,  3,  7,  4, 12,  5,  6, 11,  0, 14,  9,  2,
      7, 11,  4,  1,  9, 12, 14,  2,  0,  6, 10, 13, 15,  3,  5,  8,  2,  1, 14,  7,  4, 10,  8, 13, 15, 12,  9,  0,  3,  5,  6, 11],
];

/// The expansion E: group `g`, bits `4g` to `4g + 5` of the half (bit 0 being bit 32), in byte `g`.
const fn expand(half: u32) -> u64 {
    let mut out = 0;
    let mut group = 0;
    while group < 8 {
        out |= ((half.rotate_left(4 * group + 5) & 63) as u64) << (8 * group);
        group += 1;
    }
    out
}

/// The half whose expansion is `expanded`.
const fn contract(expanded: u64) -> u32 {
    let mut out = 0;
    let mut group = 0;
    while group < 8 {
        let four = (expanded >> (8 * group + 1) & 15) as u32;
        out = out << 4 | four;
        group += 1;
    }
    out
}

/// Forty-eight bits as eight groups of six, the first group in the lowest byte: the form that [`expand`] gives.
const fn spread(bits: u64) -> u64 {
    let mut out = 0;
    let mut group = 0;
    while group < 8 {
        out |= (bits >> (42 - 6 * group) & 63) << (8 * group);
        group += 1;
    }
    out
}

/// Each S-box followed by P and E, before salting. The input's outer bits choose the row.
static BOXES: [[u64; 64]; 8] = {
    let mut boxes = [[0; 64]; 8];
    let mut group = 0;
    while group < 8 {
        let mut input = 0;
        while input < 64 {
            let row = (input >> 4 & 2) | (input & 1);
            let column = input >> 1 & 15;
            let four = (S[group][row * 16 + column] as u64) << (28 - 4 * group);
            #[expect(clippy::cast_possible_truncation, reason = "P gives 32 bits")]
            let half = select(four, 32, &P) as u32;
            boxes[group][input] = expand(half);
            input += 1;
        }
        group += 1;
    }
    boxes
};

/// What each byte of a key adds to the 56 bits that PC1 selects. The lowest bit of a byte is parity and unused.
static SELECTED: [[u64; 128]; 8] = {
    let mut table = [[0; 128]; 8];
    let mut byte = 0;
    while byte < 8 {
        let mut value = 0;
        while value < 128 {
            table[byte][value] = select((value as u64) << (57 - 8 * byte), 64, &PC1);
            value += 1;
        }
        byte += 1;
    }
    table
};

/// What each seven bits of the rotated key register add to the 48 bits of a round key.
static COMPRESSED: [[u64; 128]; 8] = {
    let mut table = [[0; 128]; 8];
    let mut seven = 0;
    while seven < 8 {
        let mut value = 0;
        while value < 128 {
            table[seven][value] = spread(select((value as u64) << (49 - 7 * seven), 56, &PC2));
            value += 1;
        }
        seven += 1;
    }
    table
};

/// The sixteen round keys.
struct Schedule([u64; 16]);

impl Schedule {
    fn new(key: u64) -> Self {
        let mut selected = 0;
        for (table, byte) in SELECTED.iter().zip(key.to_be_bytes()) {
            selected |= table[usize::from(byte >> 1)];
        }
        let mut keys = [0; 16];
        let mut turned = 0;
        for (round_key, rotation) in keys.iter_mut().zip(ROTATIONS) {
            turned += u32::from(rotation);
            let register = rotate_halves(selected, turned);
            for (seven, table) in (0..).zip(&COMPRESSED) {
                *round_key |= table[(register >> (49 - 7 * seven) & 127) as usize];
            }
        }
        Self(keys)
    }
}

/// Rotates both 28-bit halves of the key register left.
const fn rotate_halves(register: u64, by: u32) -> u64 {
    const HALF: u64 = (1 << 28) - 1;
    let (high, low) = (register >> 28, register & HALF);
    let high = (high << by | high >> (28 - by)) & HALF;
    let low = (low << by | low >> (28 - by)) & HALF;
    high << 28 | low
}

/// The swap that a salt makes: bit `i` of the salt exchanges bits `i` and `i + 24` of E's output. It is its own
/// inverse.
#[derive(Clone, Copy)]
struct Swap(u64);

impl Swap {
    fn new(salt: u32) -> Self {
        let mut mask = 0;
        for bit in 0..24 {
            let place = 8 * (bit / 6) + 5 - bit % 6;
            mask |= u64::from(salt >> bit & 1) << place;
        }
        Self(mask)
    }

    const fn apply(self, expanded: u64) -> u64 {
        let differing = (expanded ^ expanded >> 32) & self.0;
        expanded ^ differing ^ differing << 32
    }
}

/// DES with one salt: the tables, made once for many keys.
pub struct Salted {
    swap: Swap,
    boxes: [[u64; 64]; 8],
}

impl Salted {
    /// Tables for the low 24 bits of `salt`; 0 is plain DES.
    #[must_use]
    pub fn new(salt: u32) -> Self {
        let swap = Swap::new(salt);
        let mut boxes = BOXES;
        for entry in boxes.iter_mut().flatten() {
            *entry = swap.apply(*entry);
        }
        Self { swap, boxes }
    }

    /// Encrypts `block` under `key` `times` times over. Both are read most significant byte first; the lowest bit of
    /// each byte of the key is ignored.
    #[must_use]
    pub fn encrypt(&self, key: u64, block: u64, times: u32) -> u64 {
        let Schedule(keys) = Schedule::new(key);
        let (left, right) = initial_permutation(block);
        let mut left = self.swap.apply(expand(left));
        let mut right = self.swap.apply(expand(right));
        for _ in 0..times {
            for pair in keys.as_chunks::<2>().0 {
                left ^= self.round(right ^ pair[0]);
                right ^= self.round(left ^ pair[1]);
            }
            (left, right) = (right, left);
        }
        final_permutation(contract(self.swap.apply(left)), contract(self.swap.apply(right)))
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the body of a loop of 400 rounds")]
    fn round(&self, input: u64) -> u64 {
        let group = |at: usize| self.boxes[at][(input >> (8 * at) & 63) as usize];
        (group(0) ^ group(1)) ^ (group(2) ^ group(3)) ^ ((group(4) ^ group(5)) ^ (group(6) ^ group(7)))
    }
}

/// Swaps the bits of `a` under `mask` with those of `b` that stand `by` lower.
const fn exchange(a: u32, b: u32, by: u32, mask: u32) -> (u32, u32) {
    let differing = (a >> by ^ b) & mask;
    (a ^ differing << by, b ^ differing)
}

/// The initial permutation, as the two halves.
const fn initial_permutation(block: u64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, reason = "the halves are wanted")]
    let (left, right) = ((block >> 32) as u32, block as u32);
    let (left, right) = exchange(left, right, 4, 0x0f0f_0f0f);
    let (left, right) = exchange(left, right, 16, 0x0000_ffff);
    let (right, left) = exchange(right, left, 2, 0x3333_3333);
    let (right, left) = exchange(right, left, 8, 0x00ff_00ff);
    exchange(left, right, 1, 0x5555_5555)
}

/// The inverse of the initial permutation.
const fn final_permutation(left: u32, right: u32) -> u64 {
    let (left, right) = exchange(left, right, 1, 0x5555_5555);
    let (right, left) = exchange(right, left, 8, 0x00ff_00ff);
    let (right, left) = exchange(right, left, 2, 0x3333_3333);
    let (left, right) = exchange(left, right, 16, 0x0000_ffff);
    let (left, right) = exchange(left, right, 4, 0x0f0f_0f0f);
    (left as u64) << 32 | right as u64
}

/// Up to eight bytes of a password as a key: each moved up by one bit, so that bit 7 is lost, and zero after the end.
#[must_use]
pub fn key(password: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    for (byte, &typed) in bytes.iter_mut().zip(password) {
        *byte = typed << 1;
    }
    u64::from_be_bytes(bytes)
}

/// A block as the eleven characters of a digest, the most significant first and two zero bits after the last.
#[must_use]
pub fn text(block: u64) -> [u8; 11] {
    let mut text = [0; 11];
    for (at, character) in (0..).zip(&mut text) {
        let six = if at == 10 { block << 2 } else { block >> (58 - 6 * at) };
        *character = h64::ALPHABET[(six & 63) as usize];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_permutation_is_that_of_the_standard() {
        // FIPS 46-3: 58, 50 … 2, 60 … 4, 62 … 6, 64 … 8, 57 … 1, 59 … 3, 61 … 5, 63 … 7.
        let mut table = [0; 64];
        for (row, first) in [58, 60, 62, 64, 57, 59, 61, 63].into_iter().enumerate() {
            for column in 0..8 {
                table[row * 8 + column] = first - 8 * u8::try_from(column).unwrap();
            }
        }
        for bit in 0..64 {
            let block = 1 << bit;
            let (left, right) = initial_permutation(block);
            assert_eq!(u64::from(left) << 32 | u64::from(right), select(block, 64, &table));
            assert_eq!(final_permutation(left, right), block);
        }
    }

    #[test]
    fn contracting_undoes_expanding() {
        for half in [0, 1, 0x8000_0000, 0xdead_beef, u32::MAX] {
            assert_eq!(contract(expand(half)), half);
        }
    }

    #[test]
    fn bit_seven_of_a_password_byte_and_what_follows_the_eighth_are_lost() {
        assert_eq!(key(b"p\xe1ssword and more"), key(b"password"));
        assert_eq!(key(b"ab"), 0xc2c4_0000_0000_0000);
    }
}
