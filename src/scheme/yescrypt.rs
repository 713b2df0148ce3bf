//! `yescrypt`: `$y$PARAMETERS$SALT$DIGEST`; also the numbers, the base64 and the core that `gost_yescrypt` and `scrypt`
//! share with it.
//!
//! Reads settings as libxcrypt does and refuses what it refuses, without allocating; what a setting would cost is an
//! estimate for the caller to act on. Behaviour from libxcrypt 4.4.38 `lib/alg-yescrypt-common.c:yescrypt_r`,
//! `lib/alg-yescrypt-opt.c:yescrypt_kdf_body`, and the recorded answers. The function itself is the `yescrypt` crate.

use crate::scheme::Cost;
use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "yescrypt",
    title: "yescrypt",
    prefixes: &["$y$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 90,
    cost: Some(COST),
    identify: |field| field.starts_with(b"$y$"),
    hidden: hidden_after_parameters,
    make: Some(Make {
        random_bytes: 16,
        make: |password, making| {
            let (parameters, salt, setting) = start("$y$", password, making)?;
            finish(setting, digest(password, &salt, &parameters))
        },
    }),
};

/// The cost as `crypt_gensalt(3)` has it: it doubles the memory, from 1 MiB.
pub(super) const COST: Cost = Cost {
    unit: "cost",
    default: 5,
    min: 1,
    max: 11,
    of: |field| {
        let parameters = memchr::memchr_iter(b'$', field).nth(1).and_then(|dollar| field.get(dollar + 1..))?;
        Parameters::read(parameters).map(|(parameters, _)| parameters.cost())
    },
    seconds: |cost| Parameters::of_cost(cost.clamp(1, 11)).map_or(f64::INFINITY, |parameters| parameters.seconds()),
};

/// Number of bytes of a digest.
pub const DIGEST_BYTES: usize = 32;

/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 43;

/// The most bytes of a salt.
pub const SALT_BYTES: usize = 64;

/// The longest setting: with a digest and a NUL it fills crypt(3)'s 384 bytes of output. A longer one fails with ERANGE.
pub const SETTING_BYTES: usize = 339;

/// Which of the three functions is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// Classic scrypt.
    Classic,
    /// Memory that is written once.
    WriteOnce,
    /// yescrypt proper, memory that is read and written, in the only variant that is built anywhere.
    ReadWrite,
}

impl Flavor {
    /// Bits of the one variant of [`Flavor::ReadWrite`], `j` in a setting.
    const READ_WRITE: u32 = 47;

    const fn number(self) -> u32 {
        match self {
            Self::Classic => 0,
            Self::WriteOnce => 1,
            Self::ReadWrite => Self::READ_WRITE,
        }
    }
}

/// The cost parameters. Made by reading or by `new`, so they are ones that can be computed, given memory and time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    flavor: Flavor,
    log2_n: u32,
    r: u32,
    p: u32,
    t: u32,
}

impl Parameters {
    /// The largest extra time that a setting can write.
    const MOST_TIME: u32 = 48 + (8 << 6) + (4 << 12) + (2 << 18) + (1 << 24) + (1 << 30);

    /// `N` as its binary logarithm, `r` in blocks of 128 bytes, parallelism, extra time. `None` where libxcrypt refuses
    /// them: N below 4 or beyond 32 bits, `r * p` of 2³⁰ or more, less than four N for each `p`, extra time for scrypt.
    #[must_use]
    pub fn new(flavor: Flavor, log2_n: u32, r: u32, p: u32, t: u32) -> Option<Self> {
        let n = 1_u64 << Some(log2_n).filter(|log2_n| (2..32).contains(log2_n))?;
        let product = u64::from(r) * u64::from(p);
        if !(1..1 << 30).contains(&product) || t > Self::MOST_TIME {
            return None;
        }
        let fits = match flavor {
            Flavor::Classic => t == 0,
            Flavor::WriteOnce => true,
            Flavor::ReadWrite => n / u64::from(p) > 3,
        };
        let addressable = (128 * u64::from(r)).checked_mul(n).is_some();
        (fits && addressable).then_some(Self { flavor, log2_n, r, p, t })
    }

    /// The parameters that libxcrypt's `crypt_gensalt(3)` makes of its cost 1 to 11, which doubles the memory from 1 MiB.
    #[must_use]
    pub fn of_cost(cost: u64) -> Option<Self> {
        let cost = u32::try_from(cost).ok().filter(|cost| (1..=11).contains(cost))?;
        let (log2_n, r) = if cost < 3 { (cost + 9, 8) } else { (cost + 7, 32) };
        Self::new(Flavor::ReadWrite, log2_n, r, 1, 0)
    }

    /// The cost that [`Parameters::of_cost`] would take for as much memory, rounded down; 0 for less than 1 MiB.
    #[must_use]
    pub fn cost(&self) -> u64 {
        u64::from(self.memory().ilog2().saturating_sub(19))
    }

    /// The parameters at the start of `text` and the number of bytes they take, up to but not including the `$` after
    /// them. `None` where libxcrypt refuses them or there is no `$`.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<(Self, usize)> {
        let mut numbers = Numbers(text);
        let flavor = match numbers.next(0)? {
            0 => Flavor::Classic,
            1 => Flavor::WriteOnce,
            Flavor::READ_WRITE => Flavor::ReadWrite,
            _ => return None,
        };
        let log2_n = numbers.next(1)?;
        let r = numbers.next(1)?;
        let (mut p, mut t) = (1, 0);
        if numbers.0.first() != Some(&b'$') {
            let present = numbers.next(1)?;
            if present & 1 != 0 {
                p = numbers.next(2)?;
            }
            if present & 2 != 0 {
                t = numbers.next(1)?;
            }
            // Upgrades and a ROM, which no build of libxcrypt computes.
            if present & (4 | 8) != 0 {
                return None;
            }
        }
        let length = text.len() - numbers.0.len();
        numbers.0.first().filter(|&&byte| byte == b'$')?;
        Some((Self::new(flavor, log2_n, r, p, t)?, length))
    }

    /// The parameters as a setting has them.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (number, least) in [(self.flavor.number(), 0), (self.log2_n, 1), (self.r, 1)] {
            push_number(&mut text, number - least);
        }
        let present = u32::from(self.p != 1) | u32::from(self.t != 0) << 1;
        if present != 0 {
            push_number(&mut text, present - 1);
        }
        if self.p != 1 {
            push_number(&mut text, self.p - 2);
        }
        if self.t != 0 {
            push_number(&mut text, self.t - 1);
        }
        text
    }

    /// Bytes of memory that a check needs.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let block = 128 * u64::from(self.r);
        (block << self.log2_n).saturating_add(block * (u64::from(self.p) + 2))
    }

    /// Seconds of one check on a usual machine.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn seconds(&self) -> f64 {
        let (p, t) = (f64::from(self.p), f64::from(self.t));
        // How often all memory is passed over: filled once, then read.
        let passes = match (self.flavor, self.t) {
            (Flavor::Classic, _) | (Flavor::WriteOnce, 0) => 2.0 * p,
            (Flavor::WriteOnce, 1) => 2.5 * p,
            (Flavor::WriteOnce, _) => (1.0 + t) * p,
            (Flavor::ReadWrite, 0) => 1.35,
            (Flavor::ReadWrite, 1) => 1.7,
            (Flavor::ReadWrite, _) => t,
        };
        1.3e-9 * passes * self.memory() as f64
    }
}

/// A setting that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The cost.
    pub parameters: Parameters,
    /// The salt as the function is given it.
    pub salt: Vec<u8>,
    /// Number of bytes of the text that was read: parameters, `$` and salt. crypt(3) re-emits them as they are, then
    /// `$` and the digest.
    pub length: usize,
}

impl Setting {
    /// Reads what follows `$y$` or `$gy$`: the salt ends at the last `$`, or at the end. `None` where libxcrypt refuses
    /// the setting.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let (parameters, dollar) = Parameters::read(text)?;
        let salt_and_digest = &text[dollar + 1..];
        let salt = &salt_and_digest[..memchr::memrchr(b'$', salt_and_digest).unwrap_or(salt_and_digest.len())];
        let length = dollar + 1 + salt.len();
        let salt = decode(salt).filter(|salt| salt.len() <= SALT_BYTES)?;
        Some(Self { parameters, salt, length })
    }

    /// Writes what follows `$y$` or `$gy$`, up to the end of the salt.
    #[must_use]
    pub fn write(parameters: &Parameters, salt: &[u8]) -> Vec<u8> {
        [&parameters.write()[..], b"$", &encode(salt)].concat()
    }
}

/// The digest of `password`; `None` only where memory is too large to be addressed.
#[must_use]
pub fn digest(password: &[u8], salt: &[u8], parameters: &Parameters) -> Option<[u8; DIGEST_BYTES]> {
    let mode = match parameters.flavor {
        Flavor::Classic => yescrypt::Mode::Classic,
        Flavor::WriteOnce => yescrypt::Mode::Worm,
        Flavor::ReadWrite => yescrypt::Mode::Rw,
    };
    let Parameters { log2_n, r, p, t, .. } = *parameters;
    let core = yescrypt::Params::new_with_all_params(mode, 1 << log2_n, r, p, t, 0).ok()?;
    let mut digest = [0; DIGEST_BYTES];
    yescrypt::yescrypt(password, salt, &core, &mut digest).ok()?;
    Some(digest)
}

/// The parameters, the salt and the start of a new field, up to the end of its salt.
pub(super) fn start(
    prefix: &str,
    password: &[u8],
    making: &Making<'_>,
) -> Result<(Parameters, [u8; 16], Vec<u8>), MakeError> {
    crate::scheme::refuse(password, b"\0")?;
    let cost = making.cost(&COST)?;
    let salt = making.random()?;
    let refused = MakeError::CostOutOfRange { min: COST.min, max: COST.max };
    let parameters = Parameters::of_cost(cost).ok_or(refused)?;
    Ok((parameters, salt, [prefix.as_bytes(), &Setting::write(&parameters, &salt)].concat()))
}

/// A new field, given its start and its digest.
pub(super) fn finish(mut setting: Vec<u8>, digest: Option<[u8; DIGEST_BYTES]>) -> Result<Vec<u8>, MakeError> {
    let digest = digest.ok_or(MakeError::CostOutOfRange { min: COST.min, max: COST.max })?;
    setting.push(b'$');
    setting.extend(encode(&digest));
    Ok(setting)
}

/// What must not be shown of a field with parameters between its second and third `$`.
pub(super) fn hidden_after_parameters(field: &[u8]) -> Vec<std::ops::Range<usize>> {
    let salt_at = memchr::memchr_iter(b'$', field).nth(2).map_or(field.len(), |dollar| dollar + 1);
    hidden::salt_and_digest(field, salt_at, DIGEST_CHARACTERS, |byte| h64::value(byte).is_some())
}

/// Bytes in base64 of [`h64::ALPHABET`], three bytes as four characters, low bits first, a rest of one or two bytes as
/// two or three.
#[must_use]
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity((bytes.len() * 4).div_ceil(3));
    for group in bytes.chunks(3) {
        let number = group.iter().rev().fold(0, |number, &byte| number << 8 | u32::from(byte));
        h64::push(&mut text, number, group.len() + 1);
    }
    text
}

/// The bytes that [`encode`] writes as `text`; `None` for a foreign byte, a single last character, or bits set beyond
/// the last byte.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.chunks(4) {
        let number = h64::number(group)?;
        let length = group.len() - 1;
        if length == 0 || u64::from(number) >> (8 * length) != 0 {
            return None;
        }
        bytes.extend_from_slice(&number.to_le_bytes()[..length]);
    }
    Some(bytes)
}

/// The digest that 43 characters write; bits beyond its last byte are dropped.
#[must_use]
pub fn decode_digest(text: &[u8]) -> Option<Vec<u8>> {
    let (last, most) = text.split_last().filter(|_| text.len() == DIGEST_CHARACTERS)?;
    decode(&[most, &[h64::symbol(h64::value(*last)? & 0b1111)]].concat())
}

/// Reads yescrypt's numbers: a first character below 48 is the number itself; each eighth, sixteenth… of the rest of the
/// alphabet begins a number of one more character.
struct Numbers<'a>(&'a [u8]);

impl Numbers<'_> {
    /// The next number, counted from `least`.
    fn next(&mut self, least: u32) -> Option<u32> {
        let first = u32::from(h64::value(*self.0.first()?)?);
        let (mut start, mut end, mut bits) = (0, 47, 0_u32);
        let mut number = least;
        while first > end {
            number += (end + 1 - start) << bits;
            (start, end) = (end + 1, end + 1 + (62 - end) / 2);
            bits += 6;
        }
        number += (first - start) << bits;
        self.0 = &self.0[1..];
        while bits > 0 {
            bits -= 6;
            number += u32::from(h64::value(*self.0.first()?)?) << bits;
            self.0 = &self.0[1..];
        }
        Some(number)
    }
}

/// Writes a number, counted from its least, as [`Numbers::next`] reads it.
fn push_number(text: &mut Vec<u8>, mut number: u32) {
    let (mut start, mut end, mut bits) = (0, 47, 0_u32);
    while number >= (end + 1 - start) << bits {
        number -= (end + 1 - start) << bits;
        (start, end) = (end + 1, end + 1 + (62 - end) / 2);
        bits += 6;
    }
    text.push(h64::ALPHABET[(start + (number >> bits)) as usize & 63]);
    while bits > 0 {
        bits -= 6;
        text.push(h64::ALPHABET[(number >> bits) as usize & 63]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/yescrypt.tsv")) {
            let read = Setting::read(&setting.as_bytes()[3..]).unwrap();
            let digest = digest(&password, &read.salt, &read.parameters).unwrap();
            let text = encode(&digest);
            assert_eq!(str::from_utf8(&text), Ok(result.rsplit_once('$').unwrap().1), "{password:x?} {setting}");
            assert_eq!(decode_digest(&text).as_deref(), Some(&digest[..]));
            assert_eq!(Setting::write(&read.parameters, &read.salt), &setting.as_bytes()[3..3 + read.length]);
        }
    }

    #[test]
    fn settings_that_libxcrypt_refuses_are_refused_and_no_others() {
        for (_, setting, result) in vectors::read(include_str!("../../tests/vectors/yescrypt-settings.tsv")) {
            let read = match setting.as_bytes() {
                [b'$', b'y', b'$', rest @ ..] => Setting::read(rest),
                [b'$', b'7', b'$', rest @ ..] => crate::scheme::scrypt::read(rest),
                _ => panic!("{setting}"),
            };
            match read {
                Some(read) => assert_eq!(&setting[..3 + read.length], result, "{setting}"),
                None => assert_eq!(result, "refused", "{setting}"),
            }
        }
    }

    #[test]
    fn an_estimate_is_made_of_what_could_never_be_computed() {
        let parameters = Parameters::new(Flavor::ReadWrite, 31, 1 << 20, 1, Parameters::MOST_TIME).unwrap();
        assert!(parameters.seconds() > 1e3);
        assert!(parameters.memory() > 1 << 40);
        assert_eq!(Parameters::read(&[&parameters.write()[..], b"$"].concat()).map(|(read, _)| read), Some(parameters));
    }
}
