//! `nt`: the `$3$` hash, MD4 of the password in UTF-16. No salt.
//!
//! Each byte of the password becomes a UTF-16 unit of its own, as if it were Latin-1, so a password in UTF-8 gives
//! another digest than it has in Windows. Behaviour from libxcrypt 4.4.33 `lib/crypt-nthash.c:crypt_nt_rn` and the
//! recorded answers.

use md4::Digest;
use md4::Md4;
use zeroize::Zeroize;

use crate::scheme::Scheme;
use crate::scheme::hidden;
use crate::scheme::md5hex;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "nt",
    title: "MD4 of UTF-16, as in Windows",
    prefixes: &["$3$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 6,
    cost: None,
    identify: |field| field.starts_with(b"$3$"),
    hidden: |field| {
        let digest_at = if field.starts_with(b"$3$$") { 4 } else { 3 };
        hidden::digest_only(field, digest_at, DIGEST_CHARACTERS, |byte| byte.is_ascii_hexdigit())
    },
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
    let mut md4 = Md4::new();
    let mut wide = [0; 64];
    for part in password.chunks(wide.len() / 2) {
        for (unit, &byte) in wide.as_chunks_mut::<2>().0.iter_mut().zip(part) {
            unit[0] = byte;
        }
        md4.update(&wide[..part.len() * 2]);
    }
    wide.zeroize();
    md4.finalize().into()
}

/// A digest as it stands in the field: 32 lower-case hex digits.
#[must_use]
pub fn encode(digest: &[u8]) -> Vec<u8> {
    md5hex::encode(digest)
}

/// The digest that 32 hex digits of either case write.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    md5hex::decode(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, _, result) in vectors::read(include_str!("../../tests/vectors/nt.tsv")) {
            let digest = digest(&password);
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(&result["$3$$".len()..]), "{password:x?}");
        }
    }
}
