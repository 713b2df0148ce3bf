//! SHA-512's compression on words: the core of the rounds of `sha512crypt`, which hash next to the same bytes each time and
//! so have no use for a buffer. The function is FIPS 180-4's.

/// A state.
pub(super) type State = [u64; 8];

/// A block as words, most significant byte first.
pub(super) type Block = [u64; 16];

/// The state that a message begins with.
pub(super) const START: State = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

#[rustfmt::skip]
static KEYS: [u64; 80] = [
    0x428a_2f98_d728_ae22, 0x7137_4491_23ef_65cd, 0xb5c0_fbcf_ec4d_3b2f, 0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538, 0x59f1_11f1_b605_d019, 0x923f_82a4_af19_4f9b, 0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242, 0x1283_5b01_4570_6fbe, 0x2431_85be_4ee4_b28c, 0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f, 0x80de_b1fe_3b16_96b1, 0x9bdc_06a7_25c7_1235, 0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2, 0xefbe_4786_384f_25e3, 0x0fc1_9dc6_8b8c_d5b5, 0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275, 0x4a74_84aa_6ea6_e483, 0x5cb0_a9dc_bd41_fbd4, 0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab, 0xa831_c66d_2db4_3210, 0xb003_27c8_98fb_213f, 0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2, 0xd5a7_9147_930a_a725, 0x06ca_6351_e003_826f, 0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc, 0x2e1b_2138_5c26_c926, 0x4d2c_6dfc_5ac4_2aed, 0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de, 0x766a_0abb_3c77_b2a8, 0x81c2_c92e_47ed_aee6, 0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364, 0xa81a_664b_bc42_3001, 0xc24b_8b70_d0f8_9791, 0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218, 0xd699_0624_5565_a910, 0xf40e_3585_5771_202a, 0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8, 0x1e37_6c08_5141_ab53, 0x2748_774c_df8e_eb99, 0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63, 0x4ed8_aa4a_e341_8acb, 0x5b9c_ca4f_7763_e373, 0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc, 0x78a5_636f_4317_2f60, 0x84c8_7814_a1f0_ab72, 0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28, 0xa450_6ceb_de82_bde9, 0xbef9_a3f7_b2c6_7915, 0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c, 0xd186_b8c7_21c0_c207, 0xeada_7dd6_cde0_eb1e, 0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba, 0x0a63_7dc5_a2c8_98a6, 0x113f_9804_bef9_0dae, 0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84, 0x32ca_ab7b_40c7_2493, 0x3c9e_be0a_15c9_bebc, 0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6, 0x597f_299c_fc65_7e2a, 0x5fcb_6fab_3ad6_faec, 0x6c44_198c_4a47_5817,
];

/// One step. `last` is the XOR of the second and third word of the state, which is that of the first and second next
/// time.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the body of the innermost loop")]
#[expect(clippy::many_single_char_names, reason = "the standard's names")]
fn step(state: &mut State, last: &mut u64, word: u64) {
    let [a, b, c, d, e, f, g, h] = *state;
    let mix = |word: u64| word.rotate_right(14) ^ word.rotate_right(18) ^ word.rotate_right(41);
    let sum = h.wrapping_add(word).wrapping_add(g ^ (e & (f ^ g))).wrapping_add(mix(e));
    let differing = a ^ b;
    let majority = (differing & *last) ^ b;
    *last = differing;
    let later = d.wrapping_add(sum);
    // Rotations by 28, 34 and 39.
    let mix = |word: u64| ((word.rotate_right(5) ^ word).rotate_right(6) ^ word).rotate_right(28);
    *state = [sum.wrapping_add(majority).wrapping_add(mix(a)), a, b, c, later, e, f, g];
}

/// The word that takes the place of `word` sixteen steps later, given those one, nine and fourteen steps after it.
#[inline(always)]
#[expect(clippy::inline_always, reason = "the body of the innermost loop")]
fn next_word(word: u64, first: u64, ninth: u64, fourteenth: u64) -> u64 {
    // Rotations by 1 and 8, and by 19 and 61.
    let low = |word: u64| (word.rotate_right(7) ^ word).rotate_right(1) ^ word >> 7;
    let high = |word: u64| (word.rotate_right(42) ^ word).rotate_right(19) ^ word >> 6;
    word.wrapping_add(low(first)).wrapping_add(ninth).wrapping_add(high(fourteenth))
}

/// Takes a block into a state.
#[inline(never)]
pub(super) fn compress(state: &mut State, block: &Block) {
    // Kept from being written into the code, where constants of this size take the room of two instructions.
    let keys = std::hint::black_box(&KEYS);
    let mut words = *block;
    let mut new = *state;
    let mut last = new[1] ^ new[2];
    // Written out, since the compiler does not unroll loops of this size.
    macro_rules! steps {
        ($from:literal: $($at:literal)*) => {$(
            step(&mut new, &mut last, words[$at].wrapping_add(keys[$from + $at]));
            if $from < 64 {
                words[$at] = next_word(words[$at], words[($at + 1) % 16], words[($at + 9) % 16], words[($at + 14) % 16]);
            }
        )*};
    }
    steps!(0: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    steps!(16: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    steps!(32: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    steps!(48: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    steps!(64: 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15);
    for (word, new) in state.iter_mut().zip(new) {
        *word = word.wrapping_add(new);
    }
}
