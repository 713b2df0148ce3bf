//! `{SSHA}`: the base64 of a salted SHA-1 and its salt, as LDAP stores it.
//!
//! A salt may have any length and any bytes.

use crate::scheme::Make;
use crate::scheme::Scheme;
use crate::scheme::hidden;
use crate::scheme::sha1;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "ssha",
    title: "salted SHA-1",
    prefixes: &["{SSHA}"],
    password_bytes: None,
    stops_at_nul: false,
    strength: 12,
    cost: None,
    identify: |field| crate::scheme::begins(field, "{SSHA}"),
    hidden: |field| {
        // The salt has no fixed length: what follows is what is not base64, or stands after its padding.
        let symbols = field[PREFIX.len()..].iter().take_while(|byte| sha1::is_symbol(**byte)).count();
        hidden::digest_only(field, PREFIX.len(), symbols, sha1::is_symbol)
    },
    make: Some(Make {
        random_bytes: SALT_BYTES,
        make: |password, making| {
            crate::scheme::refuse(password, b"\0")?;
            making.no_cost()?;
            let salt = making.random::<SALT_BYTES>()?;
            Ok(text(&sha1::digest(&salt, password), &salt))
        },
    }),
};

/// The prefix.
pub const PREFIX: &[u8] = b"{SSHA}";

/// Bytes of salt in new fields.
const SALT_BYTES: usize = 8;

/// The field that holds this digest and salt.
#[must_use]
pub fn text(digest: &[u8], salt: &[u8]) -> Vec<u8> {
    [PREFIX, &sha1::base64(&[digest, salt].concat())].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_passlib_are_reproduced() {
        for (password, salt, result) in vectors::read(include_str!("../../tests/vectors/ssha.tsv")) {
            let salt = vectors::unhex(salt);
            assert_eq!(text(&sha1::digest(&salt, &password), &salt), result.as_bytes(), "{password:x?}");
        }
    }
}
