//! `md5hex`: the MD5 of the password in hex, without a salt. Squid's `basic_ncsa_auth` takes it, in lower case only.

/// Number of bytes of a digest.
pub const DIGEST_BYTES: usize = 16;

/// The digest of `password`.
#[must_use]
pub fn digest(password: &[u8]) -> [u8; DIGEST_BYTES] {
    md5::compute(password).0
}

/// A digest as 32 lower-case hex digits.
#[must_use]
pub fn encode(digest: &[u8; DIGEST_BYTES]) -> Vec<u8> {
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect()
}

/// The digest that 32 hex digits of either case write.
#[must_use]
pub fn decode(text: &[u8]) -> Option<[u8; DIGEST_BYTES]> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let mut digest = [0; DIGEST_BYTES];
    if pairs.len() != DIGEST_BYTES {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? << 4 | low?).ok()?;
    }
    Some(digest)
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
            assert_eq!(decode(result.to_uppercase().as_bytes()), Some(digest));
        }
    }

    #[test]
    fn only_thirty_two_hex_digits_are_a_digest() {
        assert_eq!(decode(b"0123456789abcdef0123456789abcde"), None);
        assert_eq!(decode(b"0123456789abcdef0123456789abcdef0"), None);
        assert_eq!(decode(b"0123456789abcdef0123456789abcdeg"), None);
    }
}
