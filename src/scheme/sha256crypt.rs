//! SHA-256 crypt: `$5$`, with `rounds=N$` where there are not 5000, a salt of up to 16 bytes and 43 characters of
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
    name: "sha256crypt",
    title: "SHA-256 crypt",
    prefixes: &["$5$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 50,
    cost: Some(COST),
    identify: |field| field.starts_with(PREFIX.as_bytes()),
    hidden: |field| {
        let salt_at = sha2crypt::salt_at(field);
        hidden::salt_and_digest(field, salt_at, DIGEST_CHARACTERS, |byte| h64::value(byte).is_some())
    },
    make: Some(Make { random_bytes: sha2crypt::SALT_BYTES, make }),
};

const PREFIX: &str = "$5$";
const COST: Cost = sha2crypt::cost(|rounds| seconds(rounds, 8));

/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 43;

/// The digest's bytes in the order in which they are written.
#[rustfmt::skip]
const ORDER: [u8; 32] = [
    0, 10, 20, 21, 1, 11, 12, 22, 2, 3, 13, 23, 24, 4, 14, 15, 25, 5, 6, 16, 26,
    27, 7, 17, 18, 28, 8, 9, 19, 29, 31, 30,
];

/// The digest of a password. `salt` has at most 16 bytes, `rounds` is from 1000 to 999999999.
#[must_use]
pub fn digest(rounds: u32, salt: &[u8], password: &[u8]) -> [u8; 32] {
    sha_crypt::sha256_crypt(password, salt, sha2crypt::params(rounds))
}

/// Seconds of one check on a usual machine of a password of this length.
#[must_use]
pub fn seconds(rounds: u64, password_length: usize) -> f64 {
    sha2crypt::seconds(0.000_000_4, rounds, password_length)
}

/// A digest as it is written.
#[must_use]
pub fn encode(digest: &[u8; 32]) -> Vec<u8> {
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
