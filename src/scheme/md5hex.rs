//! `md5hex`: the MD5 of the password in hex, without a salt. Squid's `basic_ncsa_auth` takes it, in lower case only.

use crate::scheme::Scheme;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "md5hex",
    title: "MD5 in hex, unsalted",
    prefixes: &[],
    password_bytes: None,
    stops_at_nul: true,
    strength: 5,
    cost: None,
    identify: |field| hidden::bare_run(field) == Some(32) && field[..32].iter().all(u8::is_ascii_hexdigit),
    hidden: |field| hidden::digest_only(field, 0, DIGEST_CHARACTERS, |byte| byte.is_ascii_hexdigit()),
    make: None,
};

/// Number of bytes of a digest.
pub const DIGEST_BYTES: usize = 16;

/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 32;

/// Seconds of one check on a usual machine.
pub const SECONDS: f64 = 5e-7;

/// The digest of `password`.
#[must_use]
pub fn digest(password: &[u8]) -> [u8; DIGEST_BYTES] {
    md5::compute(password).0
}

/// A digest as 32 lower-case hex digits.
#[must_use]
pub fn encode(digest: &[u8]) -> Vec<u8> {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect()
}

/// The digest that 32 hex digits of either case write.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    if text.len() != DIGEST_CHARACTERS {
        return None;
    }
    let byte = |&[high, low]: &[u8; 2]| {
        let digit = |character| char::from(character).to_digit(16);
        u8::try_from(digit(high)? << 4 | digit(low)?).ok()
    };
    text.as_chunks().0.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_hashlib_are_reproduced() {
        for (password, _, result) in vectors::read(include_str!("../../tests/vectors/md5hex.tsv")) {
            let digest = digest(&password);
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(result), "{password:x?}");
            assert_eq!(decode(result.to_uppercase().as_bytes()).as_deref(), Some(&digest[..]));
        }
    }

    #[test]
    fn only_thirty_two_hex_digits_are_a_digest() {
        assert_eq!(decode(b"0123456789abcdef0123456789abcde"), None);
        assert_eq!(decode(b"0123456789abcdef0123456789abcdef0"), None);
        assert_eq!(decode(b"0123456789abcdef0123456789abcdeg"), None);
    }
}
