//! `bigcrypt`: Digital Unix's longer `descrypt`, one DES hash for each eight bytes of the password.
//!
//! Each block after the first is salted with the first two characters of the block before it, so the first thirteen
//! characters are the `descrypt` hash. When a C library takes this path at all is the caller's affair. Behaviour from
//! libxcrypt 4.4.33 `lib/crypt-des.c:crypt_bigcrypt_rn` and the recorded answers.

use crate::scheme::Scheme;
use crate::scheme::descrypt;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "bigcrypt",
    title: "DES crypt in blocks of eight bytes",
    prefixes: &[],
    password_bytes: Some(BLOCKS * descrypt::PASSWORD_BYTES),
    stops_at_nul: true,
    strength: 9,
    cost: None,
    identify: |field| {
        let blocks = |run: usize| (run - 2) / 11;
        hidden::bare_run(field).is_some_and(|run| run >= 24 && (run - 2) % 11 == 0 && blocks(run) <= BLOCKS)
    },
    hidden: |field| hidden::all_from(field, 0),
    make: None,
};

/// Number of blocks after which the password is no longer read.
pub const BLOCKS: usize = 16;

/// Eleven characters for each begun eight bytes of `password`, one block at least and sixteen at most.
#[must_use]
pub fn digest(password: &[u8], salt: u16) -> Vec<u8> {
    let mut out = descrypt::digest(password, salt).to_vec();
    let rest = password.chunks(descrypt::PASSWORD_BYTES).skip(1);
    for block in rest.take(BLOCKS - 1) {
        let before = out.len() - 11;
        let salt = descrypt::salt_wrapped([out[before], out[before + 1]]);
        out.extend(descrypt::digest(block, salt));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/bigcrypt.tsv")) {
            let salt = descrypt::salt(setting.as_bytes()[..2].try_into().unwrap()).unwrap();
            let digest = digest(&password, salt);
            assert_eq!(str::from_utf8(&digest), Ok(&result[2..]), "{password:x?} {setting}");
        }
    }

    #[test]
    fn a_password_of_eight_bytes_or_less_gives_its_descrypt_hash() {
        for password in [&b""[..], b"a", b"12345678"] {
            assert_eq!(digest(password, 725), descrypt::digest(password, 725));
        }
    }
}
