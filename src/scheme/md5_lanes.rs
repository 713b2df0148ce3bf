//! MD5's compression of several messages in step: the core of many MD5-crypt hashes at once.
//!
//! Word `n` of all messages stands side by side, so that the compiler can hold a word of several messages in one wide
//! register. The function is RFC 1321's.

/// Messages in a wide register of the machine that is compiled for.
const WIDTH: usize = if cfg!(target_feature = "avx2") { 8 } else { 4 };

/// Number of messages in step. Two registers' worth, since the steps of one wait for each other.
pub(super) const LANES: usize = 2 * WIDTH;

/// A word of each message.
pub(super) type Words = [u32; LANES];

/// A state of each message.
pub(super) type State = [Words; 4];

/// A block of each message.
pub(super) type Block = [Words; 16];

/// The state that every message begins with.
pub(super) const START: State =
    [[0x6745_2301; LANES], [0xefcd_ab89; LANES], [0x98ba_dcfe; LANES], [0x1032_5476; LANES]];

#[rustfmt::skip]
const SINES: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The word of the block that a step takes.
const fn word_of(step: usize) -> usize {
    match step / 16 {
        0 => step,
        1 => (5 * step + 1) % 16,
        2 => (3 * step + 5) % 16,
        _ => (7 * step) % 16,
    }
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "the body of the innermost loop")]
fn step<const STEP: usize>([first, x, y, z]: [u32; 4], word: u32) -> [u32; 4] {
    let mixed = match STEP / 16 {
        0 => z ^ (x & (y ^ z)),
        1 => y ^ (z & (x ^ y)),
        2 => x ^ y ^ z,
        _ => y ^ (x | !z),
    };
    let sum = first.wrapping_add(mixed).wrapping_add(word.wrapping_add(SINES[STEP]));
    let turned = sum.rotate_left(ROTATIONS[STEP / 16][STEP % 4]);
    [z, turned.wrapping_add(x), x, y]
}

/// Takes a block of each message into its state.
#[inline(never)]
pub(super) fn compress(state: &mut State, block: &Block) {
    // The compiler makes one pass of this loop, its lanes being those of a register; hence no loop within it.
    for lane in 0..WIDTH {
        let mut one = [state[0][lane], state[1][lane], state[2][lane], state[3][lane]];
        let other_lane = WIDTH + lane;
        let mut other = [state[0][other_lane], state[1][other_lane], state[2][other_lane], state[3][other_lane]];
        macro_rules! steps {
            ($($step:literal)*) => {$(
                one = step::<$step>(one, block[const { word_of($step) }][lane]);
                other = step::<$step>(other, block[const { word_of($step) }][other_lane]);
            )*};
        }
        steps!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
        steps!(16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
        steps!(32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47);
        steps!(48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63);
        for at in 0..4 {
            state[at][lane] = state[at][lane].wrapping_add(one[at]);
            state[at][other_lane] = state[at][other_lane].wrapping_add(other[at]);
        }
    }
}
