//! `sha1crypt`: NetBSD's `$sha1$N$salt$`, HMAC-SHA1 under the password, applied to its own result again and again.
//!
//! How the count and the salt are read is the caller's. Behaviour from libxcrypt 4.4.33
//! `lib/crypt-pbkdf1-sha1.c:crypt_sha1crypt_rn` and the recorded answers.

use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use sha1::Sha1;

use crate::scheme::Cost;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "sha1crypt",
    title: "NetBSD's HMAC-SHA1 crypt",
    prefixes: &["$sha1$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 40,
    cost: Some(Cost {
        unit: "rounds",
        default: 262_144,
        min: 1,
        max: u32::MAX as u64,
        of: |field| str::from_utf8(field.get(6..)?.split(|&byte| byte == b'$').next()?).ok()?.parse().ok(),
        seconds,
    }),
    identify: |field| field.starts_with(b"$sha1$"),
    hidden: |field| {
        let salt_at = memchr::memchr_iter(b'$', field).nth(2).map_or(field.len(), |dollar| dollar + 1);
        hidden::salt_and_digest(field, salt_at, DIGEST_CHARACTERS, |byte| h64::value(byte).is_some())
    },
    make: None,
};

/// Number of bytes of a digest.
pub const DIGEST_BYTES: usize = 20;

/// Number of characters of a digest; the last is the first byte again, as padding.
pub const DIGEST_CHARACTERS: usize = 28;

/// The digest of `password`. A count of 0 does the work of 1 but is another hash, since the count is hashed too.
#[must_use]
pub fn digest(password: &[u8], salt: &[u8], iterations: u64) -> [u8; DIGEST_BYTES] {
    // Any length is a key for HMAC.
    let Ok(keyed) = Hmac::<Sha1>::new_from_slice(password) else { return [0; DIGEST_BYTES] };
    let first = [salt, b"$sha1$", iterations.to_string().as_bytes()].concat();
    let mut digest = keyed.clone().chain_update(first).finalize().into_bytes();
    for _ in 1..iterations {
        digest = keyed.clone().chain_update(digest).finalize().into_bytes();
    }
    digest.into()
}

/// A digest as its 28 characters.
#[must_use]
pub fn encode(digest: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(DIGEST_CHARACTERS);
    for at in (0..digest.len()).step_by(3) {
        let byte = |by: usize| u32::from(digest[(at + by) % digest.len()]);
        h64::push(&mut text, byte(0) << 16 | byte(1) << 8 | byte(2), 4);
    }
    text
}

/// The digest that 28 characters write; whether the padding byte repeats the first is not looked at.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() != DIGEST_CHARACTERS {
        return None;
    }
    let mut bytes = Vec::with_capacity(DIGEST_BYTES + 1);
    for group in text.chunks(4) {
        bytes.extend_from_slice(&h64::number(group)?.to_be_bytes()[1..]);
    }
    bytes.truncate(DIGEST_BYTES);
    Some(bytes)
}

/// Seconds of one check on a usual machine.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn seconds(iterations: u64) -> f64 {
    iterations as f64 * 0.35e-6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn salt_and_digest_are_hidden_and_nothing_else() {
        let field = format!("$sha1$40000$salt${}x", "d".repeat(28));
        let masked = format!("$sha1$40000$••••${}x", "•".repeat(28));
        assert_eq!(crate::scheme::mask(field.as_bytes()), masked.as_bytes());
        assert_eq!((SCHEME.cost.as_ref().unwrap().of)(field.as_bytes()), Some(40_000));
    }

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/sha1crypt.tsv")) {
            let parts: Vec<_> = setting.split('$').collect();
            let digest = digest(&password, parts[3].as_bytes(), parts[2].parse().unwrap());
            let text = result.rsplit_once('$').unwrap().1;
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(text), "{password:x?} {setting}");
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&digest[..]));
        }
    }
}
