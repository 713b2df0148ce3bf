//! `gost-yescrypt`: `$gy$PARAMETERS$SALT$DIGEST`, a yescrypt digest passed through two HMACs of the GOST hash Streebog.
//!
//! Settings are yescrypt's. Behaviour from libxcrypt 4.4.38 `lib/crypt-gost-yescrypt.c:crypt_gost_yescrypt_rn` and the
//! recorded answers.

use hmac::KeyInit;
use hmac::Mac;
use hmac::SimpleHmac;
use streebog::Digest;
use streebog::Streebog256;

use crate::scheme::Make;
use crate::scheme::Scheme;
use crate::scheme::yescrypt;
use crate::scheme::yescrypt::DIGEST_BYTES;
use crate::scheme::yescrypt::Parameters;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "gost-yescrypt",
    title: "yescrypt under GOST R 34.11-2012",
    prefixes: &["$gy$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 86,
    cost: Some(yescrypt::COST),
    identify: |field| field.starts_with(b"$gy$"),
    hidden: yescrypt::hidden_after_parameters,
    make: Some(Make {
        random_bytes: 16,
        make: |password, making| {
            let (parameters, salt, setting) = yescrypt::start("$gy$", password, making)?;
            let digest = digest(password, &setting, &salt, &parameters);
            yescrypt::finish(setting, digest)
        },
    }),
};

/// The digest of `password`. `setting` is hashed as it stands, from `$gy$` to the end of the salt, without a `$` after it.
/// `None` as for [`yescrypt::digest`].
#[must_use]
pub fn digest(password: &[u8], setting: &[u8], salt: &[u8], parameters: &Parameters) -> Option<[u8; DIGEST_BYTES]> {
    let inner = yescrypt::digest(password, salt, parameters)?;
    let key = hmac(&Streebog256::digest(password), setting)?;
    hmac(&key, &inner)
}

fn hmac(key: &[u8], message: &[u8]) -> Option<[u8; DIGEST_BYTES]> {
    let keyed = SimpleHmac::<Streebog256>::new_from_slice(key).ok()?;
    Some(keyed.chain_update(message).finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;
    use crate::scheme::yescrypt::Setting;

    #[test]
    fn known_answers_of_libxcrypt_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/gost-yescrypt.tsv")) {
            let read = Setting::read(&setting.as_bytes()[4..]).unwrap();
            let hashed = &setting.as_bytes()[..4 + read.length];
            let digest = digest(&password, hashed, &read.salt, &read.parameters).unwrap();
            let text = yescrypt::encode(&digest);
            assert_eq!(str::from_utf8(&text), Ok(result.rsplit_once('$').unwrap().1), "{password:x?} {setting}");
        }
    }
}
