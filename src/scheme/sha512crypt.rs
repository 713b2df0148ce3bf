//! SHA-512 crypt: `$6$`, with `rounds=N$` where there are not 5000, a salt of up to 16 bytes and 86 characters of
//! digest.
//!
//! The rounds' bounds and spelling differ by C library and are not judged here.

use sha2::Digest;
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::scheme::Cost;
use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;
use crate::scheme::sha2crypt;
use crate::scheme::sha512crypt_rounds;

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
    let rounds = rounds.clamp(sha2crypt::MIN_ROUNDS, sha2crypt::MAX_ROUNDS);
    let inner = sha512([password, salt, password]);
    let mut start = Sha512::new().chain_update(password).chain_update(salt);
    for block in password.chunks(inner.len()) {
        start.update(&inner[..block.len()]);
    }
    // One part per binary digit of the length: the inner digest for a one, the password for a zero.
    let mut length = password.len();
    while length > 0 {
        start.update(if length & 1 == 1 { &inner[..] } else { password });
        length >>= 1;
    }
    let start: [u8; 64] = start.finalize().into();

    // In the rounds, digests stand for password and salt, cut or repeated to their lengths.
    let password_digest = sha512(std::iter::repeat_n(password, password.len()));
    let salt_digest = sha512(std::iter::repeat_n(salt, 16 + usize::from(start[0])));
    let password: Zeroizing<Vec<u8>> =
        Zeroizing::new(password_digest.into_iter().cycle().take(password.len()).collect());
    sha512crypt_rounds::digest(rounds, &password, &salt_digest[..salt.len().min(64)], &start)
}

fn sha512<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> [u8; 64] {
    parts.into_iter().fold(Sha512::new(), Sha512::chain_update).finalize().into()
}

/// Seconds of one check on a usual machine of a password of this length.
#[must_use]
pub fn seconds(rounds: u64, password_length: usize) -> f64 {
    sha2crypt::seconds(0.000_000_26, rounds, password_length)
}

/// A digest of 64 bytes as it is written.
#[must_use]
pub fn encode(digest: &[u8]) -> Vec<u8> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    const VECTORS: &str = include_str!("../../tests/vectors/sha512crypt.tsv");

    #[test]
    fn random_passwords_have_the_digests_of_the_sha_crypt_crate() {
        let mut random = vectors::Random(6);
        let lengths = (0..40).chain([54, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 200]);
        for (at, length) in lengths.enumerate() {
            let (password, salt) = (random.bytes(length), random.bytes(at % 17));
            let theirs = sha_crypt::sha512_crypt(&password, &salt, sha2crypt::params(1000));
            assert_eq!(digest(1000, &salt, &password), theirs, "{length} {}", salt.len());
        }
    }

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(VECTORS) {
            let rounds = u32::try_from((COST.of)(setting.as_bytes()).unwrap()).unwrap();
            let salt = setting[sha2crypt::salt_at(setting.as_bytes())..].trim_end_matches('$').as_bytes();
            let digest = digest(rounds, salt, &password);
            let text = &result[result.len() - DIGEST_CHARACTERS..];
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(text), "{password:x?} {setting}");
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&digest[..]));
        }
    }

    #[test]
    fn a_new_field_is_the_known_answer_for_its_salt() {
        let mut made = 0;
        for (password, setting, result) in vectors::read(VECTORS) {
            let salt = setting[sha2crypt::salt_at(setting.as_bytes())..].trim_end_matches('$').as_bytes();
            if salt.len() == sha2crypt::SALT_BYTES {
                let random: Vec<u8> = salt.iter().map(|&byte| h64::value(byte).unwrap()).collect();
                let cost = setting.contains("rounds=").then(|| (COST.of)(setting.as_bytes()).unwrap());
                assert_eq!(make(&password, &Making { cost, random: &random }).unwrap(), result.as_bytes());
                made += 1;
            }
        }
        assert!(made > 2, "{made}");
    }

    #[test]
    fn rounds_stay_to_be_seen() {
        let field = [&b"$6$rounds=1000$salt$"[..], &[b'x'; DIGEST_CHARACTERS], b"\r"].concat();
        let masked = String::from_utf8(crate::scheme::mask(&field)).unwrap();
        assert_eq!(masked, format!("$6$rounds=1000$••••${}\r", "•".repeat(86)));
    }
}
