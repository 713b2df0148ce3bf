//! bcrypt: `$2y$NN$` with 22 characters of salt and 31 of digest.
//!
//! The core takes a cost up to 31 and leaves it to the caller to bound the work. Where the variants differ is only in
//! how a password becomes the key; that follows Openwall's `crypt_blowfish.c:BF_set_key`, which all C libraries with
//! bcrypt but the BSDs' share.

use zeroize::Zeroizing;

use crate::scheme::Cost;
use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::blowfish;
use crate::scheme::blowfish::State;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "bcrypt",
    title: "bcrypt (Blowfish)",
    prefixes: &["$2y$", "$2b$", "$2a$", "$2x$"],
    password_bytes: Some(KEY_BYTES),
    stops_at_nul: true,
    strength: 80,
    cost: Some(COST),
    identify,
    hidden: |field| {
        let salt_at = memchr::memchr_iter(b'$', field).nth(2).map_or(field.len(), |dollar| dollar + 1);
        hidden::digest_only(field, salt_at, SALT_CHARACTERS + DIGEST_CHARACTERS, |byte| value(byte).is_some())
    },
    make: Some(Make { random_bytes: SALT_BYTES, make }),
};

const COST: Cost = Cost {
    unit: "cost",
    default: 12,
    min: 4,
    max: 31,
    of: |field| match field {
        [b'$', b'2', rest @ ..] => {
            let digits = rest.get(memchr::memchr(b'$', rest)? + 1..)?;
            match digits {
                [tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'$', ..] => {
                    Some(u64::from(tens - b'0') * 10 + u64::from(ones - b'0'))
                }
                _ => None,
            }
        }
        _ => None,
    },
    seconds,
};

/// Number of key bytes: of the password and the NUL after it, over and over, only these count.
pub const KEY_BYTES: usize = 72;
/// Number of bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// Number of characters of a salt.
pub const SALT_CHARACTERS: usize = 22;
/// Number of bytes of a digest: the last byte of the cipher's output is never stored.
pub const DIGEST_BYTES: usize = 23;
/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 31;

const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// How a password becomes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// `$2b$` and `$2y$`; also `$2a$` where it is not the next.
    Plain,
    /// `$2a$` with Openwall's safety: passwords that the sign extension bug could be made to collide with get another
    /// digest.
    Safe,
    /// `$2x$`: bytes from 0x80 are sign-extended and overwrite those before them, as a bug once did.
    SignExtended,
}

/// A password as the cipher is keyed by it.
pub struct Key {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    /// Whether the first key word is altered once, at the start.
    altered: bool,
}

impl Key {
    /// The key of a password. Bytes are taken as they are, NUL included: C's callers cut the password there.
    #[must_use]
    pub fn new(variant: Variant, password: &[u8]) -> Self {
        let mut plain = Zeroizing::new([0; KEY_BYTES]);
        for (byte, from) in plain.iter_mut().zip(password.iter().chain(&[0]).cycle()) {
            *byte = *from;
        }
        if variant == Variant::Plain || password.is_ascii() {
            return Self { bytes: plain, altered: false };
        }
        let mut extended = Zeroizing::new([0; KEY_BYTES]);
        let mut harmful = false;
        for (word, from) in extended.chunks_exact_mut(4).zip(plain.chunks_exact(4)) {
            let mut bits = 0_u32;
            for (place, &byte) in from.iter().enumerate() {
                bits = bits << 8 | i32::from(byte.cast_signed()).cast_unsigned();
                // At a word's first byte there is nothing yet to overwrite.
                harmful |= place > 0 && byte >= 0x80;
            }
            word.copy_from_slice(&bits.to_be_bytes());
        }
        if variant == Variant::SignExtended {
            Self { bytes: extended, altered: false }
        } else {
            let altered = harmful && plain == extended;
            Self { bytes: plain, altered }
        }
    }

    /// The key of exactly these bytes, over and over; for implementations that don't end it with a NUL.
    #[must_use]
    pub fn repeated(bytes: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        for (byte, from) in key.iter_mut().zip(bytes.iter().cycle()) {
            *byte = *from;
        }
        Self { bytes: key, altered: false }
    }

    /// The key of this [`Key::identity`].
    #[must_use]
    pub fn of_identity(identity: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        for (byte, from) in bytes.iter_mut().zip(identity) {
            *byte = *from;
        }
        Self { bytes, altered: identity.get(KEY_BYTES) == Some(&1) }
    }

    /// The key's bytes and, last, whether it is altered: equal for passwords and variants that give equal digests.
    #[must_use]
    pub fn identity(&self) -> Zeroizing<[u8; KEY_BYTES + 1]> {
        let mut identity = Zeroizing::new([0; KEY_BYTES + 1]);
        identity[..KEY_BYTES].copy_from_slice(&*self.bytes);
        identity[KEY_BYTES] = u8::from(self.altered);
        identity
    }
}

/// The digest. `cost` is the binary logarithm of the rounds, at most 31; the time doubles with each step.
#[must_use]
pub fn digest(cost: u8, salt: &[u8; SALT_BYTES], key: &Key) -> [u8; DIGEST_BYTES] {
    let (mut state, key, salt) = start(salt, key);
    for _ in 0..1_u32 << cost.min(31) {
        state.mix(&*key);
        state.expand();
        state.mix(&salt);
        state.expand();
    }
    finish(&state)
}

/// The digests of several salts and keys under one cost, in their order: each takes about a third of [`digest`]'s time
/// where there are eight, less than half where there are three or four.
#[must_use]
pub fn digests(cost: u8, asked: &[(&[u8; SALT_BYTES], &Key)]) -> Vec<[u8; DIGEST_BYTES]> {
    let mut digests = Vec::with_capacity(asked.len());
    let mut rest = asked;
    while !rest.is_empty() {
        match rest.len() {
            5.. => digests.extend(in_step::<8>(cost, rest)),
            3 | 4 => digests.extend(in_step::<4>(cost, rest)),
            2 => digests.extend(in_step::<2>(cost, rest)),
            _ => digests.extend(rest.iter().map(|(salt, key)| digest(cost, salt, key))),
        }
        rest = &asked[digests.len().min(asked.len())..];
    }
    digests
}

/// The first `LANES` of the digests asked for, or all where there are fewer.
fn in_step<const LANES: usize>(cost: u8, asked: &[(&[u8; SALT_BYTES], &Key)]) -> Vec<[u8; DIGEST_BYTES]> {
    let wanted = asked.len().min(LANES);
    // A lane too many does the work of the last one once more.
    let started: [_; LANES] = std::array::from_fn(|lane| {
        let (salt, key) = asked[lane.min(wanted - 1)];
        start(salt, key)
    });
    let mut words = Vec::with_capacity(LANES);
    let mut states = started.map(|(state, key, salt)| {
        words.push((key, salt));
        state
    });
    for _ in 0..1_u32 << cost.min(31) {
        for (state, (key, _)) in states.iter_mut().zip(&words) {
            state.mix(&**key);
        }
        blowfish::expand_all(&mut states);
        for (state, (_, salt)) in states.iter_mut().zip(&words) {
            state.mix(salt);
        }
        blowfish::expand_all(&mut states);
    }
    states[..wanted].iter().map(finish).collect()
}

/// The state before the first round, and what each round mixes into it.
fn start(salt: &[u8; SALT_BYTES], key: &Key) -> (State, Zeroizing<[u32; blowfish::KEY_WORDS]>, [u32; 4]) {
    let salt = words(salt);
    let mut key_words = Zeroizing::new(words(&*key.bytes));
    key_words[0] ^= u32::from(key.altered) << 16;
    let state = State::new(&key_words, &salt);
    key_words[0] ^= u32::from(key.altered) << 16;
    (state, key_words, salt)
}

/// The digest of a state after the last round.
fn finish(state: &State) -> [u8; DIGEST_BYTES] {
    let mut text = *b"OrpheanBeholderScryDoubt";
    for block in text.as_chunks_mut::<8>().0 {
        let [left, right] = words(block);
        let (left, right) = (0..64).fold((left, right), |halves, _| state.encrypt(halves));
        *block = (u64::from(left) << 32 | u64::from(right)).to_be_bytes();
    }
    let [digest @ .., _] = text;
    digest
}

/// Bytes as `N` words, most significant byte first.
fn words<const N: usize>(bytes: &[u8]) -> [u32; N] {
    let mut words = [0; N];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = u32::from_be_bytes(*bytes);
    }
    words
}

/// Seconds of one check on a usual machine.
#[must_use]
pub fn seconds(cost: u64) -> f64 {
    0.000_05 * 2_f64.powi(i32::try_from(cost.min(64)).unwrap_or(64))
}

/// Whether a byte is of bcrypt's alphabet, and its value.
#[must_use]
pub const fn value(character: u8) -> Option<u8> {
    match character {
        b'.' => Some(0),
        b'/' => Some(1),
        b'A'..=b'Z' => Some(character - b'A' + 2),
        b'a'..=b'z' => Some(character - b'a' + 28),
        b'0'..=b'9' => Some(character - b'0' + 54),
        _ => None,
    }
}

/// Bytes in bcrypt's base64, without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity((bytes.len() * 4).div_ceil(3));
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        text.extend((0..=chunk.len()).map(|at| ALPHABET[(group >> (18 - 6 * at)) as usize & 0x3f]));
    }
    text
}

/// The `N` bytes that `text` begins with; bits after them are dropped. `None` where it is shorter or has a foreign byte.
#[must_use]
pub fn decode<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (mut bits, mut held, mut filled) = (0_u32, 0, 0);
    for &character in text.get(..(N * 8).div_ceil(6))? {
        bits = bits << 6 | u32::from(value(character)?);
        held += 6;
        if held >= 8 && filled < N {
            held -= 8;
            bytes[filled] = (bits >> held & 0xff) as u8;
            filled += 1;
        }
    }
    Some(bytes)
}

fn identify(field: &[u8]) -> bool {
    matches!(field, [b'$', b'2', b'$', ..])
        || matches!(field, [b'$', b'2', minor, b'$', ..] if minor.is_ascii_alphabetic())
}

fn make(password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError> {
    let ready = Ready::of(password, making)?;
    let digest = digest(ready.cost, &ready.salt, &ready.key);
    Ok(ready.field(digest))
}

/// Fields of one cost, made together, which takes less time than one by one. A cost other than the first one's is an error.
#[must_use]
pub fn make_together(asked: &[(&[u8], Making<'_>)]) -> Vec<Result<Vec<u8>, MakeError>> {
    let ready: Vec<_> = asked.iter().map(|(password, making)| Ready::of(password, making)).collect();
    let good: Vec<&Ready> = ready.iter().filter_map(|ready| ready.as_ref().ok()).collect();
    let cost = good.first().map_or(0, |ready| ready.cost);
    let same: Vec<_> = good.iter().filter(|ready| ready.cost == cost).map(|ready| (&ready.salt, &ready.key)).collect();
    let mut digests = digests(cost, &same).into_iter();
    let mut field = |ready: Ready| match (ready.cost == cost).then(|| digests.next()).flatten() {
        Some(digest) => Ok(ready.field(digest)),
        None => Err(MakeError::CostOutOfRange { min: cost.into(), max: cost.into() }),
    };
    ready.into_iter().map(|ready| ready.and_then(&mut field)).collect()
}

/// All that a field is made of but the digest.
struct Ready {
    cost: u8,
    salt: [u8; SALT_BYTES],
    key: Key,
}

impl Ready {
    fn of(password: &[u8], making: &Making<'_>) -> Result<Self, MakeError> {
        crate::scheme::refuse(password, b"\0")?;
        let cost = u8::try_from(making.cost(&COST)?).unwrap_or(31);
        Ok(Self { cost, salt: making.random::<SALT_BYTES>()?, key: Key::new(Variant::Plain, password) })
    }

    fn field(&self, digest: [u8; DIGEST_BYTES]) -> Vec<u8> {
        let mut field = format!("$2y${:02}$", self.cost).into_bytes();
        field.extend(encode(&self.salt));
        field.extend(encode(&digest));
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn fields_made_together_are_those_made_alone() {
        let salts: Vec<[u8; SALT_BYTES]> = (0..11).map(|at| [at; SALT_BYTES]).collect();
        let passwords: Vec<Vec<u8>> = (0..11).map(|at| vec![b'a' + at; usize::from(at) * 8]).collect();
        let making = |at: usize| Making { cost: Some(4), random: &salts[at] };
        let asked: Vec<(&[u8], Making<'_>)> = (0..11).map(|at| (&passwords[at][..], making(at))).collect();
        let alone: Vec<_> = asked.iter().map(|(password, making)| make(password, making)).collect();
        assert_eq!(make_together(&asked), alone);
        assert!(make_together(&[(b"a\0b", making(0)), (b"x", making(1))])[0].is_err());
        assert_eq!(make_together(&[(b"a\0b", making(0)), (b"x", making(1))])[1], make(b"x", &making(1)));
    }

    fn variant(setting: &str) -> Variant {
        match setting.as_bytes()[2] {
            b'a' => Variant::Safe,
            b'x' => Variant::SignExtended,
            _ => Variant::Plain,
        }
    }

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/bcrypt.tsv")) {
            let cost = setting[4..6].parse().unwrap();
            let salt = decode(&setting.as_bytes()[7..]).unwrap();
            let digest = digest(cost, &salt, &Key::new(variant(setting), &password));
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(&result[29..]), "{password:x?} {setting}");
            assert_eq!(decode(&result.as_bytes()[29..]), Some(digest));
        }
    }

    #[test]
    fn random_passwords_have_the_digests_of_the_bcrypt_crate_alone_and_in_step() {
        let mut random = vectors::Random(4);
        for count in 1..=11 {
            let salts: Vec<[u8; SALT_BYTES]> = (0..count).map(|_| random.bytes(16).try_into().unwrap()).collect();
            let passwords: Vec<_> = (0..count).map(|lane| random.bytes(lane * 9)).collect();
            let keys: Vec<_> = passwords.iter().map(|password| Key::new(Variant::Plain, password)).collect();
            let cost = 4 + u8::from(count == 1);
            let digests = digests(cost, &salts.iter().zip(&keys).collect::<Vec<_>>());
            assert_eq!(digests.len(), count);
            for lane in 0..count {
                let password = [&passwords[lane][..], b"\0"].concat();
                let theirs = ::bcrypt::bcrypt(cost.into(), salts[lane], &password[..password.len().min(KEY_BYTES)]);
                assert_eq!(digests[lane], theirs[..DIGEST_BYTES], "{count} {lane}");
                assert_eq!(digest(cost, &salts[lane], &keys[lane]), digests[lane]);
            }
        }
        assert_eq!(digests(4, &[]), [[0; DIGEST_BYTES]; 0]);
    }

    #[test]
    fn a_new_field_is_the_known_answer_for_its_salt() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/bcrypt.tsv")) {
            if let Some(salt) = setting.strip_prefix("$2y$04$").filter(|_| !password.contains(&0)) {
                let random: [u8; SALT_BYTES] = decode(salt.as_bytes()).unwrap();
                assert_eq!(make(&password, &Making { cost: Some(4), random: &random }).unwrap(), result.as_bytes());
            }
        }
    }

    #[test]
    fn variants_that_agree_on_a_password_have_one_key() {
        let same = |a, b, password: &[u8]| Key::new(a, password).identity() == Key::new(b, password).identity();
        assert!(same(Variant::Plain, Variant::SignExtended, b"ascii"));
        assert!(same(Variant::Plain, Variant::Safe, "pässwörd".as_bytes()));
        assert!(!same(Variant::Plain, Variant::SignExtended, "pässwörd".as_bytes()));
        assert!(!same(Variant::Plain, Variant::Safe, b"\xff\xa334\xff\xff\xff\xa3345"));
    }

    #[test]
    fn cost_and_prefix_stay_to_be_seen() {
        let field = b"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a # old";
        let masked = String::from_utf8(crate::scheme::mask(field)).unwrap();
        assert_eq!(masked, format!("$2y$05${} # old", "•".repeat(53)));
        assert_eq!((COST.of)(field), Some(5));
        assert_eq!((COST.of)(b"$2$31$x"), Some(31));
        assert_eq!((COST.of)(b"$2y$5$x"), None);
    }
}
