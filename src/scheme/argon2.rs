//! `argon2id` and `argon2i`: `$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$DIGEST`.
//!
//! The two readers of such fields are those of the servers that take them: Caddy's, in Go, and libargon2's, which
//! Radicale reaches through argon2-cffi. Caddy 2.11 `modules/caddyhttp/caddyauth/argon2id.go:DecodeHash`; libargon2
//! `src/encoding.c:decode_string`, `src/core.c:validate_inputs`. The function itself is the `argon2` crate.

use std::ops::Range;

use crate::scheme::Cost;
use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::hidden;

/// The row of `argon2id`.
pub static ARGON2ID: Scheme = Scheme {
    name: "argon2id",
    title: "Argon2id",
    prefixes: &["$argon2id$"],
    password_bytes: None,
    stops_at_nul: false,
    strength: 92,
    cost: Some(COST),
    identify: |field| field.starts_with(b"$argon2id$"),
    hidden: salt_and_digest,
    make: Some(Make { random_bytes: 16, make }),
};

/// The row of `argon2i`.
pub static ARGON2I: Scheme = Scheme {
    name: "argon2i",
    title: "Argon2i",
    prefixes: &["$argon2i$"],
    password_bytes: None,
    stops_at_nul: false,
    strength: 84,
    cost: Some(COST),
    identify: |field| field.starts_with(b"$argon2i$"),
    hidden: salt_and_digest,
    make: None,
};

/// The cost is memory in KiB times passes; new fields make one pass, and take Caddy's 46 MiB by default.
const COST: Cost = Cost {
    unit: "KiB",
    default: 46 * 1024,
    min: 8,
    max: 1 << 20,
    of: |field| {
        let number = |name: &[u8]| {
            let at = memchr::memmem::find(field, name)? + name.len();
            let digits = field[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            str::from_utf8(&field[at..at + digits]).ok()?.parse::<u64>().ok()
        };
        number(b"$m=")?.checked_mul(number(b",t=")?)
    },
    seconds,
};

/// Which of the three functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// `argon2d`.
    D,
    /// `argon2i`.
    I,
    /// `argon2id`.
    Id,
}

impl Variant {
    /// The name in a field.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::D => "argon2d",
            Self::I => "argon2i",
            Self::Id => "argon2id",
        }
    }
}

/// The version 1.3, `v=19`, which nearly all fields have.
pub const VERSION: u32 = 0x13;

/// The version 1.0, which libargon2 takes for a field without `v=`.
pub const VERSION_1_0: u32 = 0x10;

/// What the digest depends on apart from the password and the salt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// The function.
    pub variant: Variant,
    /// The version, as `v=` has it.
    pub version: u32,
    /// Memory in KiB, `m=`.
    pub memory: u32,
    /// Passes over the memory, `t=`.
    pub passes: u32,
    /// Lanes, `p=`.
    pub lanes: u32,
}

impl Parameters {
    /// Bytes of memory that a check needs.
    #[must_use]
    pub fn memory(&self) -> u64 {
        1024 * u64::from(self.memory)
    }

    /// Seconds of one check on a usual machine.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        seconds(u64::from(self.memory) * u64::from(self.passes))
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn seconds(cost: u64) -> f64 {
    1.1e-6 * cost as f64
}

/// A field that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The parameters.
    pub parameters: Parameters,
    /// The salt, decoded.
    pub salt: Vec<u8>,
    /// The digest, decoded. Its length is part of what the digest depends on.
    pub digest: Vec<u8>,
}

/// What Caddy does not take in a field, in the order in which it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaddyError {
    /// Not six parts between `$`.
    Format,
    /// Not argon2id.
    Variant,
    /// The version is no number.
    Version,
    /// The version is not 19.
    Incompatible,
    /// Not three parameters between commas.
    Parameters,
    /// The memory is no number.
    Memory,
    /// The passes are no number.
    Passes,
    /// The lanes are no number below 256.
    Lanes,
    /// The salt is no base64.
    Salt,
    /// The digest is no base64.
    Digest,
}

/// libargon2's words for a field that is not well formed.
pub const DECODING_FAILED: &str = "Decoding failed";

impl Stored {
    /// Reads a field as libargon2 does for one variant: no leading zeros, no bits beyond the last byte, and nothing that
    /// the function could not be computed for. Where it refuses, its words for it.
    pub fn read(variant: Variant, field: &[u8]) -> Result<Self, &'static str> {
        let stored = Self::decode(variant, field).ok_or(DECODING_FAILED)?;
        stored.objection().map_or(Ok(stored), Err)
    }

    fn decode(variant: Variant, field: &[u8]) -> Option<Self> {
        let mut rest = field.strip_prefix(b"$")?.strip_prefix(variant.name().as_bytes())?;
        let mut version = VERSION_1_0;
        if let Some(after) = rest.strip_prefix(b"$v=") {
            (version, rest) = plain_decimal(after)?;
        }
        let (memory, rest) = plain_decimal(rest.strip_prefix(b"$m=")?)?;
        let (passes, rest) = plain_decimal(rest.strip_prefix(b",t=")?)?;
        let (lanes, rest) = plain_decimal(rest.strip_prefix(b",p=")?)?;
        let mut parts = rest.strip_prefix(b"$")?.split(|&byte| byte == b'$');
        let (salt, digest) = (base64(parts.next()?)?, base64(parts.next()?)?);
        if parts.next().is_some() {
            return None;
        }
        let parameters = Parameters { variant, version, memory, passes, lanes };
        Some(Self { parameters, salt, digest })
    }

    /// What libargon2 says of a field that is well formed and that it computes nothing for; the first counts.
    fn objection(&self) -> Option<&'static str> {
        let Parameters { memory, passes, lanes, .. } = self.parameters;
        [
            (self.digest.len() < 4, "Output is too short"),
            (self.salt.len() < 8, "Salt is too short"),
            (memory < 8 || memory / 8 < lanes, "Memory cost is too small"),
            (passes < 1, "Time cost is too small"),
            (lanes < 1, "Too few lanes"),
            (lanes >= 1 << 24, "Too many lanes"),
        ]
        .into_iter()
        .find_map(|(is_so, text)| is_so.then_some(text))
    }

    /// Reads a field as Caddy does. Passes or lanes of 0, or an empty digest, are let through and make it panic when it
    /// computes.
    pub fn read_caddy(field: &[u8]) -> Result<Self, CaddyError> {
        let parts: Vec<_> = field.split(|&byte| byte == b'$').collect();
        let [_, variant, version, parameters, salt, digest] = parts[..] else { return Err(CaddyError::Format) };
        if variant != Variant::Id.name().as_bytes() {
            return Err(CaddyError::Variant);
        }
        let version = after(version, b"v=");
        let negative = version.starts_with(b"-");
        let version = version.strip_prefix(b"-").unwrap_or_else(|| after(version, b"+"));
        let version = go_decimal(version, u64::MAX >> 1).ok_or(CaddyError::Version)?;
        if version != u64::from(VERSION) || negative {
            return Err(CaddyError::Incompatible);
        }
        let parameters: Vec<_> = parameters.split(|&byte| byte == b',').collect();
        let [memory, passes, lanes] = parameters[..] else { return Err(CaddyError::Parameters) };
        let number = |text, prefix, most| u32::try_from(go_decimal(after(text, prefix), most)?).ok();
        Ok(Self {
            parameters: Parameters {
                variant: Variant::Id,
                version: VERSION,
                memory: number(memory, b"m=", u64::from(u32::MAX)).ok_or(CaddyError::Memory)?,
                passes: number(passes, b"t=", u64::from(u32::MAX)).ok_or(CaddyError::Passes)?,
                lanes: number(lanes, b"p=", 255).ok_or(CaddyError::Lanes)?,
            },
            salt: go_base64(salt).ok_or(CaddyError::Salt)?,
            digest: go_base64(digest).ok_or(CaddyError::Digest)?,
        })
    }

    /// Writes the field.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let Parameters { variant, version, memory, passes, lanes } = self.parameters;
        let mut field = format!("${}$v={version}$m={memory},t={passes},p={lanes}$", variant.name()).into_bytes();
        field.extend(encode(&self.salt));
        field.push(b'$');
        field.extend(encode(&self.digest));
        field
    }
}

/// The digest of `password`, `length` bytes long. `None` for what the crate can't compute: a salt below 8 bytes, a digest
/// below 4, less memory than 8 KiB for each lane (all of which Caddy would compute), or another version.
#[must_use]
pub fn digest(password: &[u8], salt: &[u8], parameters: &Parameters, length: usize) -> Option<Vec<u8>> {
    let variant = match parameters.variant {
        Variant::D => argon2::Algorithm::Argon2d,
        Variant::I => argon2::Algorithm::Argon2i,
        Variant::Id => argon2::Algorithm::Argon2id,
    };
    let version = argon2::Version::try_from(parameters.version).ok()?;
    let core = argon2::Params::new(parameters.memory, parameters.passes, parameters.lanes, Some(length)).ok()?;
    let mut digest = vec![0; length];
    argon2::Argon2::new(variant, version, core).hash_password_into(password, salt, &mut digest).ok()?;
    Some(digest)
}

fn make(password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError> {
    crate::scheme::refuse(password, b"\0")?;
    let refused = MakeError::CostOutOfRange { min: COST.min, max: COST.max };
    let memory = u32::try_from(making.cost(&COST)?).map_err(|_| refused)?;
    let salt = making.random::<16>()?.to_vec();
    let parameters = Parameters { variant: Variant::Id, version: VERSION, memory, passes: 1, lanes: 1 };
    let digest = digest(password, &salt, &parameters, 32).ok_or(refused)?;
    Ok(Stored { parameters, salt, digest }.write())
}

/// Salt and digest, after name, version and parameters; where these are not as they should be, all but the name.
fn salt_and_digest(field: &[u8]) -> Vec<Range<usize>> {
    let mut dollars = memchr::memchr_iter(b'$', field).skip(1).map(|dollar| dollar + 1);
    let Some(name) = dollars.next() else { return Vec::new() };
    let mut salt_at = name;
    for part in [b"v=", b"m="] {
        if field[salt_at..].starts_with(part) {
            salt_at = dollars.next().unwrap_or(field.len());
        }
    }
    hidden::salt_and_digest(field, salt_at, usize::MAX, |byte| ALPHABET.contains(&byte))
}

/// A number without sign and leading zeros, and what follows it.
fn plain_decimal(text: &[u8]) -> Option<(u32, &[u8])> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at(length);
    if length == 0 || digits[0] == b'0' && length > 1 {
        return None;
    }
    Some((str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// Go's `strconv.ParseUint(text, 10, …)`: digits only, leading zeros are fine.
fn go_decimal(text: &[u8], most: u64) -> Option<u64> {
    if !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(text).ok()?.parse().ok().filter(|&number| number <= most)
}

/// Go's `strings.TrimPrefix`.
fn after<'a>(text: &'a [u8], prefix: &[u8]) -> &'a [u8] {
    text.strip_prefix(prefix).unwrap_or(text)
}

/// Go's `base64.RawStdEncoding.Strict()`, which skips line ends.
fn go_base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<_> = text.iter().copied().filter(|byte| !b"\r\n".contains(byte)).collect();
    base64(&text)
}

/// Bytes in RFC 4648's base64 without padding and with all bits beyond the last byte zero.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for &character in text {
        let value = ALPHABET.iter().position(|&of| of == character)?;
        held = held << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    (bits < 6 && held & ((1 << bits) - 1) == 0).then_some(bytes)
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity((bytes.len() * 4).div_ceil(3));
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0_u32, |number, &byte| number << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        text.extend((0..=group.len()).map(|at| ALPHABET[(number >> (18 - 6 * at) & 63) as usize]));
    }
    text
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libargon2_are_reproduced() {
        for name in [include_str!("../../tests/vectors/argon2id.tsv"), include_str!("../../tests/vectors/argon2i.tsv")]
        {
            for (password, _, result) in vectors::read(name) {
                let variant = if result.starts_with("$argon2id$") { Variant::Id } else { Variant::I };
                let stored = Stored::read(variant, result.as_bytes()).unwrap();
                let digest = digest(&password, &stored.salt, &stored.parameters, stored.digest.len());
                assert_eq!(digest.as_deref(), Some(&stored.digest[..]), "{password:x?} {result}");
                if stored.parameters.version == VERSION {
                    assert_eq!(str::from_utf8(&stored.write()), Ok(result));
                }
            }
        }
    }

    const WELL_FORMED: &str = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAA";

    /// The well-formed field with one part replaced.
    fn with(from: &str, to: &str) -> Vec<u8> {
        assert!(WELL_FORMED.contains(from));
        WELL_FORMED.replacen(from, to, 1).into_bytes()
    }

    #[test]
    fn libargon2_refuses_what_it_could_have_written_otherwise() {
        assert!(Stored::read(Variant::Id, WELL_FORMED.as_bytes()).is_ok());
        assert!(Stored::read(Variant::Id, &with("$v=19", "")).is_ok_and(|read| read.parameters.version == VERSION_1_0));
        for (from, to) in [
            ("m=64", "m=064"),
            ("m=64", "m=+64"),
            ("m=64", "m="),
            ("m=64", "m=7"),
            ("p=1", "p=9"),
            ("p=1", "p=0"),
            ("t=1", "t=0"),
            ("t=1,p=1", "p=1,t=1"),
            ("HQ$", "HQ=$"),
            ("HQ$", "HR$"),
            ("c2FsdHNhbHQ", "c2FsdA"),
            ("AAAAAAAAAAA", "AAAA"),
            ("AAAAAAAAAAA", "AAAAAAAAAAA$"),
            ("argon2id", "argon2i"),
            ("m=64", "m=4294967296"),
        ] {
            assert!(Stored::read(Variant::Id, &with(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn caddy_takes_numbers_as_go_reads_them_and_says_what_it_does_not_take() {
        let plain = Stored::read_caddy(WELL_FORMED.as_bytes());
        assert_eq!(plain, Stored::read(Variant::Id, WELL_FORMED.as_bytes()).map_err(|_| CaddyError::Format));
        for (from, to) in
            [("m=64", "m=064"), ("v=19", "19"), ("v=19", "v=+19"), ("HQ$", "H\nQ$"), ("$argon2id", "any$argon2id")]
        {
            assert_eq!(Stored::read_caddy(&with(from, to)), plain, "{to}");
        }
        for (from, to, error) in [
            ("$v=19", "", CaddyError::Format),
            ("argon2id", "argon2i", CaddyError::Variant),
            ("v=19", "v=", CaddyError::Version),
            ("v=19", "v=16", CaddyError::Incompatible),
            (",p=1", "", CaddyError::Parameters),
            ("m=64", "m=+64", CaddyError::Memory),
            ("t=1", "t=x", CaddyError::Passes),
            ("p=1", "p=256", CaddyError::Lanes),
            ("HQ$", "HR$", CaddyError::Salt),
            ("AAAAAAAAAAA", "AAAAAAAAAA=", CaddyError::Digest),
        ] {
            assert_eq!(Stored::read_caddy(&with(from, to)), Err(error), "{to}");
        }
    }
}
