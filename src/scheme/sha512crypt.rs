//! SHA-512 crypt: `$6$`, with `rounds=N$` where there are not 5000, a salt of up to 16 bytes and 86 characters of
//! digest.
//!
//! The rounds' bounds and spelling differ by C library and are not judged here.

use crate::scheme::Cost;
use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;
use crate::scheme::sha2crypt;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "sha512crypt",
    title: "SHA-512 crypt",
    prefixes: &["$6$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 60,
    cost: Some(COST),
    identify: |field| field.starts_with(PREFIX.as_bytes()),
    hidden: |field| {
        let salt_at = sha2crypt::salt_at(field);
        hidden::salt_and_digest(field, salt_at, DIGEST_CHARACTERS, |byte| h64::value(byte).is_some())
    },
    make: Some(Make { random_bytes: sha2crypt::SALT_BYTES, make }),
};

const PREFIX: &str = "$6$";
const COST: Cost = sha2crypt::cost(|rounds| seconds(rounds, 8));

/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 86;

/// The digest's bytes in the order in which they are written.
#[rustfmt::skip]
const ORDER: [u8; 64] = [
    0, 21, 42, 22, 43, 1, 44, 2, 23, 3, 24, 45, 25, 46, 4, 47, 5, 26, 6, 27, 48,
    28, 49, 7, 50, 8, 29, 9, 30, 51, 31, 52, 10, 53, 11, 32, 12, 33, 54, 34, 55, 13,
    56, 14, 35, 15, 36, 57, 37, 58, 16, 59, 17, 38, 18, 39, 60, 40, 61, 19, 62, 20, 41,
    63,
];

/// The digest of a password. `salt` has at most 16 bytes, `rounds` is from 1000 to 999999999.
#[must_use]
pub fn digest(rounds: u32, salt: &[u8], password: &[u8]) -> [u8; 64] {
    sha_crypt::sha512_crypt(password, salt, sha2crypt::params(rounds))
}

/// Seconds of one check on a usual machine of a password of this length.
#[must_use]
pub fn seconds(rounds: u64, password_length: usize) -> f64 {
    sha2crypt::seconds(0.000_000_26, rounds, password_length)
}

/// A digest as it is written.
#[must_use]
pub fn encode(digest: &[u8; 64]) -> Vec<u8> {
    h64::encode_permuted(digest, &ORDER)
}

/// The digest that is written as `text`, stray bits in the last character dropped; `None` where it can't be one.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    h64::decode_permuted(text, &ORDER)
}

fn make(password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError> {
    crate::scheme::refuse(password, b"\0")?;
    let (mut field, rounds, salt) = sha2crypt::start(PREFIX, &COST, making)?;
    field.extend(encode(&digest(rounds, &salt, password)));
    Ok(field)
}
