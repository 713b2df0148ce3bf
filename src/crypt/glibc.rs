//! crypt(3) of glibc before distributions took libxcrypt: RHEL 6 and 7, Debian up to 10, Ubuntu up to 18.04.
//!
//! It knows DES, `$1$`, `$5$` and `$6$`. From 2.17 on, other fields give NULL; before, everything is hashed with DES, and
//! an empty field gives an empty text, so it lets anyone in. Source: glibc 2.16 and 2.36 `crypt/crypt-entry.c`,
//! `crypt/crypt_util.c`, `crypt/md5-crypt.c`, `crypt/sha512-crypt.c`. In FIPS mode, which is not modelled, `$1$` and DES fail
//! with EPERM.

use crate::crypt::Errno;
use crate::crypt::Libc;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::attempt::Attempt;
use crate::crypt::attempt::Made;
use crate::crypt::setting;
use crate::scheme::descrypt;
use crate::scheme::h64;
use crate::scheme::md5crypt;
use crate::scheme::sha2crypt;

/// A generation of glibc.
pub struct Glibc {
    /// Whether both bytes of a DES salt must be of the alphabet.
    checks_salt: bool,
}

/// glibc from 2.17 to 2.38, which was the last with a crypt(3).
pub static FROM_2_17: Glibc = Glibc { checks_salt: true };
/// glibc up to 2.16.
pub static UP_TO_2_16: Glibc = Glibc { checks_salt: false };

impl Libc for Glibc {
    fn attempt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Attempt {
        let attempt = match setting {
            [b'$', b'1', b'$', ..] => {
                let salt = setting::salt(setting, 3, md5crypt::SALT_BYTES);
                ask::md5crypt("md5crypt", b"$1$", salt, setting, password, work)
            }
            [b'$', b'5', b'$', ..] => clamped_sha2(Sha2::Sha256, setting, password, work),
            [b'$', b'6', b'$', ..] => clamped_sha2(Sha2::Sha512, setting, password, work),
            _ if self.checks_salt => checked_des(setting, password, work),
            _ => any_des(setting, password, work),
        };
        attempt.returning(Some(Errno::EINVAL), None)
    }
}

/// `$5$` and `$6$` as Drepper's reference reads them: rounds are brought into their range and written anew; where no `$`
/// ends them they are the salt.
pub(crate) fn clamped_sha2(which: Sha2, field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let mut start = field[..3].to_vec();
    let mut salt_at = 3;
    let mut rounds = sha2crypt::DEFAULT_ROUNDS;
    if let Some(text) = field[3..].strip_prefix(sha2crypt::ROUNDS) {
        let number = setting::strtoul(text);
        if text.get(number.length) == Some(&b'$') {
            let asked = u32::try_from(number.value).unwrap_or(u32::MAX);
            rounds = asked.clamp(sha2crypt::MIN_ROUNDS, sha2crypt::MAX_ROUNDS);
            start.extend(format!("rounds={rounds}$").into_bytes());
            salt_at = 3 + sha2crypt::ROUNDS.len() + number.length + 1;
        }
    }
    let salt = setting::salt(field, salt_at, sha2crypt::SALT_BYTES);
    start.extend_from_slice(salt);
    start.push(b'$');
    let claim = Claim::after_salt(field, salt_at, which.digest_characters());
    ask::sha2crypt(which, rounds, salt, password, start, claim, work)
}

fn checked_des(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let salt = field.first_chunk().and_then(|&text| Some((text, descrypt::salt(text)?)));
    match salt {
        Some((text, salt)) => ask::descrypt(text, salt, field, password, work),
        None if field.is_empty() => Attempt::refused(None, Why::Empty, None),
        None => {
            let at = setting::forbidden(field, 0, field.len().min(2), |byte| h64::value(byte).is_none());
            Attempt::refused(None, Why::UnknownScheme, at)
        }
    }
}

fn any_des(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let Some(&first) = field.first() else {
        // The first byte of the text is the first byte of the salt, which is the NUL.
        return Attempt::Made(Made { text: Vec::new(), scheme: "descrypt", digest_at: 0 });
    };
    let second = field.get(1).copied();
    let salt = descrypt::salt_wrapped([first, second.unwrap_or(0)]);
    ask::descrypt([first, second.unwrap_or(first)], salt, field, password, work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;

    #[test]
    fn a_salt_that_is_refused_is_told_from_none() {
        for (field, why, at) in [
            ("", Why::Empty, None),
            ("a", Why::UnknownScheme, None),
            ("a*bcdefghijkl", Why::UnknownScheme, Some(Span::at(1, 1))),
        ] {
            let refused = Attempt::refused(None, why, at).returning(Some(Errno::EINVAL), None);
            assert_eq!(FROM_2_17.attempt(b"", field.as_bytes(), &mut Work::limited(1.0)), refused, "{field}");
        }
    }
}
