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
