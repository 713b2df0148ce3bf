//! crypt(3) of FreeBSD from 12 on: what it returns for bcrypt and DES was recorded from its functions, compiled elsewhere.
//!
//! What has no magic is hashed with DES, and an empty field gives an empty text, so it lets anyone in. Source: FreeBSD 14
//! `lib/libcrypt/crypt.c:crypt_r`, `lib/libcrypt/crypt-*.c`, `secure/lib/libcrypt/crypt-des.c`,
//! `secure/lib/libcrypt/crypt-blowfish.c`.

use crate::bytes::Span;
use crate::crypt::Errno;
use crate::crypt::Libc;
use crate::crypt::Mismatch;
use crate::crypt::NotComputed;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::attempt::Attempt;
use crate::crypt::attempt::Made;
use crate::crypt::glibc;
use crate::crypt::libxcrypt;
use crate::crypt::setting;
use crate::scheme::bcrypt;
use crate::scheme::descrypt;
use crate::scheme::h64;
use crate::scheme::md5crypt;

/// FreeBSD.
pub struct FreeBsd(());

/// FreeBSD from 12 on.
pub static FREEBSD: FreeBsd = FreeBsd(());

/// How much of a password `$3$` reads.
const NT_PASSWORD_BYTES: usize = 128;

impl Libc for FreeBsd {
    fn attempt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Attempt {
        let attempt = match setting {
            [b'$', b'1', b'$', ..] => {
                let salt = setting::salt(setting, 3, md5crypt::SALT_BYTES);
                ask::md5crypt("md5crypt", b"$1$", salt, setting, password, work)
            }
            [b'$', b'2', ..] => blowfish(setting, password, work),
            [b'$', b'3', b'$', ..] => {
                libxcrypt::only::nt(setting, &password[..password.len().min(NT_PASSWORD_BYTES)], work)
            }
            [b'$', b'5', b'$', ..] => glibc::clamped_sha2(Sha2::Sha256, setting, password, work),
            [b'$', b'6', b'$', ..] => glibc::clamped_sha2(Sha2::Sha512, setting, password, work),
            [b'_', ..] => bsdi(setting, password, work),
            _ => des(setting, password, work),
        };
        attempt.returning(Some(Errno::EINVAL), None)
    }
}

fn blowfish(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let refused = |why, at| Attempt::refused(Some("bcrypt"), why, Some(at));
    let (minor, rest) = match field {
        [b'$', b'2', b'$', rest @ ..] => (None, rest),
        [b'$', b'2', minor @ (b'a' | b'b' | b'y'), _, rest @ ..] => (Some(*minor), rest),
        _ => return Attempt::refused(None, Why::UnknownScheme, Some(Span::at(0, field.len().min(4)))),
    };
    let cost_at = field.len() - rest.len();
    let (Some(digits), Some(b'$')) = (rest.get(..2), rest.get(2)) else {
        return refused(Why::Malformed, setting::part(field, cost_at));
    };
    let number = setting::strtoul(digits);
    let cost = match u8::try_from(number.value) {
        Ok(cost @ 4..=31) if number.length == 2 => cost,
        _ => {
            let errno = if number.length == 2 { Errno::ERANGE } else { Errno::EINVAL };
            return refused(Why::CostOutOfRange, Span::at(cost_at as u64, 2)).returning(Some(errno), None);
        }
    };
    let salt_text = &rest[3..];
    if salt_text.len() < bcrypt::SALT_CHARACTERS {
        return refused(Why::Malformed, Span::at(field.len() as u64, 0));
    }
    let Some(salt) = bcrypt::decode(salt_text) else {
        // The salt stays partly unset, and is written in the alphabet whatever it is.
        let at = setting::forbidden(field, cost_at + 3, bcrypt::SALT_CHARACTERS, |byte| bcrypt::value(byte).is_none());
        return Attempt::Never(Some("bcrypt"), Mismatch { why: Why::Malformed, at });
    };
    let key = match minor {
        Some(b'b' | b'y') => bcrypt::Key::new(bcrypt::Variant::Plain, password),
        // The length of the key is kept in one byte, and at 0 the first byte stands for all.
        other => {
            let length = (password.len() + usize::from(other.is_some())) % 256;
            let first = password.first().copied().unwrap_or(0);
            match length {
                0 => bcrypt::Key::repeated(&[first]),
                _ if length > password.len() => bcrypt::Key::new(bcrypt::Variant::Plain, password),
                _ => bcrypt::Key::repeated(&password[..length]),
            }
        }
    };
    let mut start = b"$2".to_vec();
    start.extend(minor);
    start.extend(format!("${cost:02}$").into_bytes());
    start.extend(bcrypt::encode(&salt));
    let claim = Claim { field, at: cost_at + 3 + bcrypt::SALT_CHARACTERS, characters: bcrypt::DIGEST_CHARACTERS };
    ask::bcrypt(&ask::Bcrypt { cost, salt: &salt, key: &key }, start, claim, work)
}

fn bsdi(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let value = |at: usize| field.get(at).and_then(|&byte| h64::value(byte)).unwrap_or(0);
    let number = |from: usize| (0..4).fold(0, |number, at| number | u32::from(value(from + at)) << (6 * at));
    let count = number(1);
    if count == 0 && field.len() < 5 {
        // What stands behind the end of the field is read as the rest of the count.
        return Attempt::Not(NotComputed::NotBuilt { scheme: "bsdicrypt" });
    }
    if count == 0 {
        return Attempt::refused(Some("bsdicrypt"), Why::CostOutOfRange, Some(Span::at(1, 4)));
    }
    let Some(start) = field.get(..9) else {
        let at = Some(Span::at(field.len() as u64, 0));
        return Attempt::Never(Some("bsdicrypt"), Mismatch { why: Why::Malformed, at });
    };
    ask::bsdicrypt(count, number(5), field, password, start.to_vec(), work)
}

fn des(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let Some(&first) = field.first() else {
        // The first byte of the text is the first byte of the salt, which is the NUL.
        return Attempt::Made(Made { text: Vec::new(), scheme: "descrypt", digest_at: 0 });
    };
    let second = field.get(1).copied();
    let salt = descrypt::salt_or_zero([first, second.unwrap_or(0)]);
    ask::descrypt([first, second.unwrap_or(first)], salt, field, password, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(field: &[u8]) -> Option<Mismatch> {
        match FREEBSD.attempt(b"secret", field, &mut Work::limited(1.0)) {
            Attempt::Never(_, mismatch) => Some(mismatch),
            _ => None,
        }
    }

    #[test]
    fn the_byte_that_leaves_a_salt_unset_is_named() {
        let at = |field: &[u8]| never(field).and_then(|mismatch| mismatch.at);
        assert_eq!(at(b"$2y$04$abcde!ghijklmnopqrstuu"), Some(Span::at(12, 1)));
        assert_eq!(at(b"$2$04$abcde!ghijklmnopqrstuu"), Some(Span::at(11, 1)));
    }

    /// The count is read from four bytes behind the `_`, wherever the field ends.
    #[test]
    fn a_count_of_zero_is_refused_once_all_of_it_is_known() {
        let attempt = |field: &[u8]| FREEBSD.attempt(b"secret", field, &mut Work::limited(1.0));
        assert!(matches!(attempt(b"_..."), Attempt::Not(NotComputed::NotBuilt { .. })));
        assert!(matches!(attempt(b"_...."), Attempt::Refused(_)));
        assert!(matches!(attempt(b"_....salt"), Attempt::Refused(_)));
        assert!(never(b"_J9").is_some());
    }
}
