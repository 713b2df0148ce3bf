//! `{SHA}`: the base64 of an unsalted SHA-1.
//!
//! A digest that is not stored in exactly the 28 characters of canonical base64 is for the dialects to judge.

use sha1::Digest;
use sha1::Sha1;

use crate::scheme::Make;
use crate::scheme::Scheme;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "sha1",
    title: "unsalted SHA-1",
    prefixes: &["{SHA}"],
    password_bytes: None,
    stops_at_nul: false,
    strength: 10,
    cost: None,
    identify: |field| crate::scheme::begins(field, "{SHA}"),
    hidden: |field| hidden::digest_only(field, PREFIX.len(), DIGEST_CHARACTERS, is_symbol),
    make: Some(Make {
        random_bytes: 0,
        make: |password, making| {
            crate::scheme::refuse(password, b"\0")?;
            making.no_cost()?;
            Ok(text(&digest(b"", password)))
        },
    }),
};

/// The prefix.
pub const PREFIX: &[u8] = b"{SHA}";
/// Number of characters of a digest, padding included.
pub const DIGEST_CHARACTERS: usize = 28;
/// Seconds of one check on a usual machine.
pub const SECONDS: f64 = 0.000_000_5;

/// SHA-1 of a password and the salt after it.
#[must_use]
pub fn digest(salt: &[u8], password: &[u8]) -> [u8; 20] {
    Sha1::new().chain_update(password).chain_update(salt).finalize().into()
}

/// The field that holds this digest.
#[must_use]
pub fn text(digest: &[u8]) -> Vec<u8> {
    [PREFIX, &base64(digest)].concat()
}

pub(super) const fn is_symbol(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Standard base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> Vec<u8> {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        text.extend((0..=chunk.len()).map(|at| SYMBOLS[(group >> (18 - 6 * at)) as usize & 0x3f]));
        text.resize(text.len().next_multiple_of(4), b'=');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_htpasswd_and_passlib_are_reproduced() {
        for (password, _, result) in vectors::read(include_str!("../../tests/vectors/sha1.tsv")) {
            assert_eq!(text(&digest(b"", &password)), result.as_bytes(), "{password:x?}");
        }
    }

    #[test]
    fn what_follows_the_digest_is_shown() {
        let masked = String::from_utf8(crate::scheme::mask(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=junk")).unwrap();
        assert_eq!(masked, format!("{{SHA}}{}junk", "•".repeat(28)));
    }
}
