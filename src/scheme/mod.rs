//! The password schemes: one file per scheme with its hash core and its row of [`SCHEMES`].
//!
//! A scheme here is the computation and the well-formed text around it. What a server or C library accepts, refuses,
//! truncates or re-emits is not here but in the `crypt` module; [`Scheme::identify`] and [`Scheme::hidden`] are for people
//! (lists, messages) and decide nothing.

use std::ops::Range;

pub mod apr1;
pub mod argon2;
pub mod bcrypt;
pub mod bigcrypt;
mod blowfish;
pub mod bsdicrypt;
pub mod des;
pub mod descrypt;
pub mod gost_yescrypt;
pub mod h64;
pub mod hidden;
mod md5_lanes;
pub mod md5crypt;
mod md5crypt_lanes;
pub mod md5hex;
pub mod nt;
mod pi;
pub mod plain;
pub mod scrypt;
pub mod sha1;
pub mod sha1crypt;
pub mod sha256crypt;
pub mod sha2crypt;
mod sha512;
pub mod sha512crypt;
mod sha512crypt_rounds;
pub mod ssha;
pub mod sunmd5;
pub mod yescrypt;

#[cfg(test)]
mod vectors;

/// A row of [`SCHEMES`].
pub struct Scheme {
    /// The name, crypt(5)'s where it has one. Hash cores are asked under this name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The texts its fields begin with; empty where there is none.
    pub prefixes: &'static [&'static str],
    /// How many bytes of the password count; `None` where all do.
    pub password_bytes: Option<usize>,
    /// Whether the password ends at the first NUL, so that one with a NUL inside can't be stored.
    pub stops_at_nul: bool,
    /// Rank among all schemes, higher is stronger, each rank once: which to take where several are accepted.
    pub strength: u8,
    /// The cost that can be chosen; `None` where the scheme has one fixed cost.
    pub cost: Option<Cost>,
    /// Whether a field is meant to be of this scheme: its prefix, or where there is none its whole form. Generous: a field
    /// that is cut short, or goes on after the hash, is still meant to be what it begins as.
    pub identify: fn(field: &[u8]) -> bool,
    /// The bytes of a field that must not be shown: salt and digest, but not prefix, cost, separators and what follows a
    /// complete hash. In order, disjoint, within the field. Asked only for fields that [`Scheme::identify`] knows.
    pub hidden: fn(field: &[u8]) -> Vec<Range<usize>>,
    /// How a new field is made; `None` where this program does not make new ones.
    pub make: Option<Make>,
}

/// The cost of a scheme that has a choice.
pub struct Cost {
    /// Its word: `cost` where it counts doublings, `rounds` where it counts rounds.
    pub unit: &'static str,
    /// What new fields get where nothing is asked.
    pub default: u64,
    /// The least that new fields may have.
    pub min: u64,
    /// The most that new fields may have.
    pub max: u64,
    /// The cost in a field; `None` where it has none that can be read.
    pub of: fn(field: &[u8]) -> Option<u64>,
    /// Seconds of one check on a usual machine, at this cost.
    pub seconds: fn(cost: u64) -> f64,
}

/// How to make a new field of a scheme.
pub struct Make {
    /// Number of random bytes it takes for the salt.
    pub random_bytes: usize,
    /// Makes the field. `password` is cut to [`Scheme::password_bytes`]; whether that is wanted is for the caller to ask.
    pub make: fn(password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError>,
}

/// What a new field is made from, apart from the password.
pub struct Making<'a> {
    /// The cost; `None` for the default.
    pub cost: Option<u64>,
    /// Random bytes for the salt, at least [`Make::random_bytes`].
    pub random: &'a [u8],
}

/// Why a new field can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MakeError {
    /// The cost is not within these bounds.
    CostOutOfRange {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A cost was asked of a scheme that has none.
    NoCost,
    /// The password holds a byte that a field of this scheme can't keep or a check would stop at, at this offset.
    ForbiddenByte(usize),
    /// Fewer random bytes than [`Make::random_bytes`].
    TooLittleRandom,
}

impl Making<'_> {
    /// The cost to use, checked against the scheme's bounds.
    pub fn cost(&self, cost: &Cost) -> Result<u64, MakeError> {
        match self.cost {
            None => Ok(cost.default),
            Some(asked) if (cost.min..=cost.max).contains(&asked) => Ok(asked),
            Some(_) => Err(MakeError::CostOutOfRange { min: cost.min, max: cost.max }),
        }
    }

    /// Refuses a cost: for schemes that have none.
    pub fn no_cost(&self) -> Result<(), MakeError> {
        self.cost.map_or(Ok(()), |_| Err(MakeError::NoCost))
    }

    /// The first `N` random bytes.
    pub fn random<const N: usize>(&self) -> Result<[u8; N], MakeError> {
        self.random.first_chunk().copied().ok_or(MakeError::TooLittleRandom)
    }
}

/// The schemes, in the order of the documentation. A row is added here and nowhere else; it is `SCHEME` in the scheme's
/// own file, and has vectors in `tests/vectors/NAME.tsv`.
///
/// Legend: rows that share a prefix stand longest prefix first; those without a prefix stand last, and there the more
/// exact form first, since [`identify`] takes the first row that knows a field.
pub static SCHEMES: &[&Scheme] = &[
    &argon2::ARGON2ID,
    &argon2::ARGON2I,
    &yescrypt::SCHEME,
    &gost_yescrypt::SCHEME,
    &scrypt::SCHEME,
    &bcrypt::SCHEME,
    &apr1::SCHEME,
    &md5crypt::SCHEME,
    &sha256crypt::SCHEME,
    &sha512crypt::SCHEME,
    &sha1::SCHEME,
    &ssha::SCHEME,
    &plain::SCHEME,
    &sha1crypt::SCHEME,
    &sunmd5::SCHEME,
    &nt::SCHEME,
    &bsdicrypt::SCHEME,
    &md5hex::SCHEME,
    &bigcrypt::SCHEME,
    &descrypt::SCHEME,
];

/// The scheme of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Scheme> {
    SCHEMES.iter().copied().find(|scheme| scheme.name == name)
}

/// The scheme that a field is meant to be of.
#[must_use]
pub fn identify(field: &[u8]) -> Option<&'static Scheme> {
    SCHEMES.iter().copied().find(|scheme| (scheme.identify)(field))
}

/// The bytes of a field that must not be shown; all of them where the scheme is not known.
#[must_use]
pub fn hidden(field: &[u8]) -> Vec<Range<usize>> {
    match identify(field) {
        Some(scheme) => (scheme.hidden)(field),
        None if field.is_empty() => Vec::new(),
        None => vec![Range { start: 0, end: field.len() }],
    }
}

/// The field for printing: each hidden byte is one `•`, the others stay as they are.
#[must_use]
pub fn mask(field: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(field.len() * 3);
    let mut shown = 0;
    for range in hidden(field) {
        masked.extend_from_slice(&field[shown..range.start]);
        masked.extend(range.clone().flat_map(|_| *b"\xe2\x80\xa2"));
        shown = range.end;
    }
    masked.extend_from_slice(&field[shown..]);
    masked
}

/// Whether a field begins with a prefix, in upper or lower case: what it is meant to be, not what a server takes.
fn begins(field: &[u8], prefix: &str) -> bool {
    field.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// Refuses passwords with one of these bytes, for [`Make::make`].
fn refuse(password: &[u8], forbidden: &[u8]) -> Result<(), MakeError> {
    match password.iter().position(|byte| forbidden.contains(byte)) {
        Some(at) => Err(MakeError::ForbiddenByte(at)),
        None => Ok(()),
    }
}

/// How many times longer a round takes for a password of this length than for a short one.
fn blocks(password_length: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let length = password_length as f64;
    1.0 + length / 64.0
}

/// Whether two byte strings are equal, in a time that does not depend on where they differ.
#[must_use]
pub fn same(a: &[u8], b: &[u8]) -> bool {
    use subtle::ConstantTimeEq;

    let ((a, last_of_a), (b, last_of_b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let words = a.iter().zip(b).fold(0, |all, (a, b)| all | (u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b)));
    // One look at the sum of all differences.
    a.len() == b.len() && bool::from(words.ct_eq(&0_u64) & last_of_a.ct_eq(last_of_b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ranks_are_unique_and_each_row_knows_what_it_makes() {
        for (at, scheme) in SCHEMES.iter().enumerate() {
            for other in &SCHEMES[..at] {
                assert!(other.name != scheme.name && other.strength != scheme.strength, "{}", scheme.name);
            }
            let Some(Make { random_bytes, make }) = scheme.make else { continue };
            let making = Making { cost: scheme.cost.as_ref().map(|cost| cost.min), random: &vec![7; random_bytes] };
            let field = make(b"secret", &making).unwrap();
            assert_eq!(identify(&field).map(|scheme| scheme.name), Some(scheme.name));
            assert!(
                scheme.prefixes.iter().any(|prefix| field.starts_with(prefix.as_bytes())) || scheme.prefixes.is_empty()
            );
            assert_eq!(scheme.cost.as_ref().and_then(|cost| (cost.of)(&field)), making.cost, "{}", scheme.name);
        }
    }

    #[test]
    fn new_fields_refuse_what_they_can_not_keep() {
        for scheme in SCHEMES {
            let Some(Make { random_bytes, make }) = scheme.make else { continue };
            let random = vec![7; random_bytes];
            let made = |password: &[u8], cost| make(password, &Making { cost, random: &random });
            assert_eq!(made(b"a\0b", None), Err(MakeError::ForbiddenByte(1)), "{}", scheme.name);
            let out_of_range = match &scheme.cost {
                Some(Cost { min, max, .. }) => MakeError::CostOutOfRange { min: *min, max: *max },
                None => MakeError::NoCost,
            };
            assert_eq!(made(b"ab", Some(u64::MAX)), Err(out_of_range), "{}", scheme.name);
            if random_bytes > 0 {
                assert_eq!(make(b"ab", &Making { cost: None, random: &[] }), Err(MakeError::TooLittleRandom));
            }
        }
    }

    #[test]
    fn a_masked_field_has_one_character_for_each_byte_and_no_secret() {
        for scheme in SCHEMES {
            let Some(Make { random_bytes, make }) = scheme.make else { continue };
            let making = Making { cost: scheme.cost.as_ref().map(|cost| cost.min), random: &vec![7; random_bytes] };
            let field = make(b"secret", &making).unwrap();
            for tail in ["", " ", "\r", "\t \r"] {
                for length in 0..=field.len() {
                    let field = [&field[..length], tail.as_bytes()].concat();
                    let masked = String::from_utf8(mask(&field)).unwrap();
                    assert_eq!(masked.chars().count(), field.len());
                    let ranges = hidden(&field);
                    assert!(
                        ranges.is_sorted_by(|a, b| a.end <= b.start) && ranges.iter().all(|range| !range.is_empty())
                    );
                    let shown = masked.replace('•', "");
                    let setting = scheme.prefixes.first().map_or(0, |prefix| prefix.len()) + "v=19$m=8,t=1,p=1$".len();
                    assert!(shown.len() <= setting + 2 + tail.len(), "{} shows {shown:?}", scheme.name);
                }
            }
        }
    }

    #[test]
    fn unknown_fields_are_hidden_whole() {
        for field in ["secret", "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", "pässword ", " "] {
            assert_eq!(mask(field.as_bytes()), "•".repeat(field.len()).into_bytes(), "{field}");
        }
    }
}
