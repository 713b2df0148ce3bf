//! `descrypt`: traditional crypt(3) of Unix Version 7, 25 rounds of salted DES over eight password bytes.
//!
//! Two salt characters, eleven of digest. Which salt bytes are taken, and how those outside the alphabet count,
//! differs between C libraries: the caller picks one of the mappings here and re-emits the salt itself.

use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::des;
use crate::scheme::h64;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "descrypt",
    title: "traditional DES crypt",
    prefixes: &[],
    password_bytes: Some(PASSWORD_BYTES),
    stops_at_nul: true,
    strength: 8,
    cost: None,
    identify: |field| hidden::bare_run(field) == Some(13),
    hidden: |field| hidden::digest_only(field, 0, 13, |byte| h64::value(byte).is_some()),
    make: Some(Make { random_bytes: 2, make }),
};

/// Number of password bytes that count.
pub const PASSWORD_BYTES: usize = 8;

/// Times that DES is applied.
const TIMES: u32 = 25;

/// The eleven characters for the first eight bytes of `password` and a salt of twelve bits.
#[must_use]
pub fn digest(password: &[u8], salt: u16) -> [u8; 11] {
    des::text(des::Salted::new(u32::from(salt)).encrypt(des::key(password), 0, TIMES))
}

/// The salt of two characters of the alphabet; `None` for any other byte. libxcrypt `lib/crypt-des.c`, glibc 2.17.
#[must_use]
pub fn salt(text: [u8; 2]) -> Option<u16> {
    Some(combine(h64::value(text[0])?, h64::value(text[1])?))
}

/// The salt of any two bytes, those outside the alphabet wrapped modulo 64. musl 1.2.3
/// `src/crypt/crypt_des.c:ascii_to_bin`, glibc 2.16 `crypt/crypt_util.c`.
#[must_use]
pub fn salt_wrapped(text: [u8; 2]) -> u16 {
    combine(wrapped(text[0]), wrapped(text[1]))
}

/// The salt of any two bytes, those outside the alphabet counting as 0. FreeBSD `secure/lib/libcrypt/crypt-des.c`,
/// Apple Libc-1725 `gen/crypt.c`.
#[must_use]
pub fn salt_or_zero(text: [u8; 2]) -> u16 {
    let [first, second] = text.map(|byte| h64::value(byte).unwrap_or_default());
    combine(first, second)
}

fn combine(first: u8, second: u8) -> u16 {
    u16::from(first) | u16::from(second) << 6
}

fn wrapped(byte: u8) -> u8 {
    let base = match byte {
        b'a'..=0x7f => b'a' - 38,
        b'A'..b'a' => b'A' - 12,
        _ => b'.',
    };
    byte.wrapping_sub(base) & 63
}

fn make(password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError> {
    crate::scheme::refuse(password, b"\0")?;
    making.no_cost()?;
    let text = making.random::<2>()?.map(h64::symbol);
    let salt = salt_wrapped(text);
    Ok([&text[..], &digest(&password[..password.len().min(PASSWORD_BYTES)], salt)].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/descrypt.tsv")) {
            let salt = salt(setting.as_bytes().try_into().unwrap()).unwrap();
            let digest = digest(&password, salt);
            assert_eq!(str::from_utf8(&digest), Ok(&result[2..]), "{password:x?} {setting}");
        }
    }

    #[test]
    fn salts_outside_the_alphabet_count_as_in_musl_or_as_in_apples_libc() {
        let text = include_str!("../../tests/vectors/descrypt-salts.tsv");
        let mut apple = 0;
        let mut musl = 0;
        for (password, setting, result) in vectors::read(text) {
            let bytes = vectors::unhex(setting).try_into().unwrap();
            let is = |salt| digest(&password, salt) == result.as_bytes();
            assert!(is(salt_wrapped(bytes)) || is(salt_or_zero(bytes)), "{setting} {result}");
            musl += usize::from(!is(salt_or_zero(bytes)));
            apple += usize::from(!is(salt_wrapped(bytes)));
        }
        assert!(musl > 15 && apple > 15, "{musl} {apple}");
    }

    #[test]
    fn the_first_byte_of_a_salt_is_its_low_half() {
        assert_eq!(salt(*b"/."), Some(1));
        assert_eq!(salt(*b"./"), Some(64));
        assert_eq!(salt(*b"z~"), None);
    }
}
