//! `bsdicrypt`: the `_CCCCSSSS` hash of BSD/OS, salted DES with a count and a salt of 24 bits, for passwords of any
//! length.
//!
//! Whether a count of 0 is refused or taken for 1 differs between C libraries; the caller decides. Behaviour from
//! libxcrypt 4.4.33 `lib/crypt-des.c:crypt_bsdicrypt_rn` and the recorded answers.

use crate::scheme::Cost;
use crate::scheme::Scheme;
use crate::scheme::des;
use crate::scheme::h64;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "bsdicrypt",
    title: "BSDi extended DES crypt",
    prefixes: &["_"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 20,
    cost: Some(Cost {
        unit: "rounds",
        default: 725,
        min: 1,
        max: 0xff_ffff,
        of: |field| field.get(1..5).and_then(h64::number).map(u64::from),
        seconds,
    }),
    identify: |field| field.len() >= 9 && field[0] == b'_' && h64::all(&field[1..9]),
    hidden: |field| hidden::digest_only(field, 5, 15, |byte| h64::value(byte).is_some()),
    make: None,
};

/// Seconds of one check on a usual machine.
#[must_use]
pub fn seconds(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let count = count as f64;
    des::SECONDS * count
}

/// The eleven characters for `password`, with DES applied `count` times under a salt of 24 bits.
#[must_use]
pub fn digest(password: &[u8], count: u32, salt: u32) -> [u8; 11] {
    des::text(des::Salted::new(salt).encrypt(fold(password), 0, count))
}

/// A password of any length as one key: eight bytes at a time, what came before encrypted under itself.
fn fold(password: &[u8]) -> u64 {
    let mut blocks = password.chunks(8).map(des::key);
    let first = blocks.next().unwrap_or_default();
    let plain = des::Salted::new(0);
    blocks.fold(first, |key, block| plain.encrypt(key, key, 1) ^ block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::h64;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/bsdicrypt.tsv")) {
            let setting = setting.as_bytes();
            let (count, salt) = (h64::number(&setting[1..5]).unwrap(), h64::number(&setting[5..]).unwrap());
            let digest = digest(&password, count, salt);
            assert_eq!(str::from_utf8(&digest), Ok(&result[9..]), "{password:x?} {setting:?}");
        }
    }
}
