//! Apache's MD5: `$apr1$` with up to 8 bytes of salt and 22 characters of digest.
//!
//! The computation is [`crate::scheme::md5crypt`]'s with another magic text.

use crate::scheme::Make;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;
use crate::scheme::md5crypt;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "apr1",
    title: "Apache MD5, 1000 rounds",
    prefixes: &["$apr1$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 31,
    cost: None,
    identify: |field| crate::scheme::begins(field, "$apr1$"),
    hidden: |field| {
        hidden::salt_and_digest(field, MAGIC.len(), md5crypt::DIGEST_CHARACTERS, |byte| h64::value(byte).is_some())
    },
    make: Some(Make {
        random_bytes: md5crypt::SALT_BYTES,
        make: |password, making| md5crypt::make(MAGIC, password, making),
    }),
};

/// The magic text.
pub const MAGIC: &[u8] = b"$apr1$";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_independent_programs_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/apr1.tsv")) {
            let salt = setting[6..].trim_end_matches('$').as_bytes();
            let digest = md5crypt::digest(MAGIC, salt, &password);
            let text = &result[result.len() - md5crypt::DIGEST_CHARACTERS..];
            assert_eq!(str::from_utf8(&md5crypt::encode(&digest)), Ok(text), "{password:x?} {setting}");
            assert_eq!(md5crypt::decode(text.as_bytes()).as_deref(), Some(&digest[..]));
        }
    }

    #[test]
    fn a_new_field_is_the_known_answer_for_its_salt() {
        let mut made = 0;
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/apr1.tsv")) {
            let salt = setting[6..].trim_end_matches('$').as_bytes();
            if salt.len() == md5crypt::SALT_BYTES && h64::all(salt) {
                let random: Vec<u8> = salt.iter().map(|&byte| h64::value(byte).unwrap()).collect();
                let making = crate::scheme::Making { cost: None, random: &random };
                assert_eq!(md5crypt::make(MAGIC, &password, &making).unwrap(), result.as_bytes());
                made += 1;
            }
        }
        assert!(made > 2, "{made}");
    }

    #[test]
    fn salt_and_digest_are_hidden_and_nothing_else() {
        let field = b"$apr1$salt$0123456789012345678901 x";
        let masked = String::from_utf8(crate::scheme::mask(field)).unwrap();
        assert_eq!(masked, format!("$apr1$••••${} x", "•".repeat(22)));
    }
}
