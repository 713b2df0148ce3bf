//! crypt(3) of libxcrypt: Debian, Ubuntu, Fedora, RHEL, Arch.
//!
//! It refuses rather than guesses: a field it does not take gives a failure token, or NULL where it was built with
//! `--disable-failure-tokens`. Source: libxcrypt 4.4.10, 4.4.18 and 4.4.33 `lib/crypt.c:do_crypt`, one `lib/crypt-*.c`
//! per scheme.

pub(crate) mod only;

use crate::bytes::Span;
use crate::crypt::Errno;
use crate::crypt::Libc;
use crate::crypt::Mode;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::attempt::Attempt;
use crate::crypt::setting;
use crate::scheme::descrypt;
use crate::scheme::h64;
use crate::scheme::md5crypt;
use crate::scheme::sha2crypt;

/// A build of libxcrypt.
pub struct Libxcrypt {
    generation: Generation,
    on_failure: OnFailure,
}

/// Which bytes are taken where in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// Up to 4.4.16: salts of `$1$`, `$5$` and `$6$` are of crypt's alphabet.
    AlphabetSalts,
    /// 4.4.17 to 4.4.24: such salts are of any bytes but `:` and LF.
    AnySalts,
    /// From 4.4.25: no field may hold a blank, a byte outside printable ASCII, or one of `! * : ; \`, wherever it stands.
    CheckedFields,
}

/// What crypt(3) returns where it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnFailure {
    Token,
    Null,
}

/// Debian 12 and 13, Ubuntu from 22.04.
pub static V4_4_33: Libxcrypt = Libxcrypt { generation: Generation::CheckedFields, on_failure: OnFailure::Token };
/// Fedora, RHEL 10: the same, returning NULL.
pub static V4_4_38_NULL: Libxcrypt = Libxcrypt { generation: Generation::CheckedFields, on_failure: OnFailure::Null };
/// Debian 11.
pub static V4_4_18: Libxcrypt = Libxcrypt { generation: Generation::AnySalts, on_failure: OnFailure::Token };
/// RHEL 9: 4.4.18 returning NULL.
pub static V4_4_18_NULL: Libxcrypt = Libxcrypt { generation: Generation::AnySalts, on_failure: OnFailure::Null };
/// Ubuntu 20.04.
pub static V4_4_10: Libxcrypt = Libxcrypt { generation: Generation::AlphabetSalts, on_failure: OnFailure::Token };

/// Longest password that is taken.
const PASSWORD_BYTES: usize = 511;

impl Libc for Libxcrypt {
    fn attempt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Attempt {
        let token = if setting.starts_with(b"*0") { b"*1" } else { b"*0" };
        self.hash(password, setting, work)
            .returning(Some(Errno::EINVAL), (self.on_failure == OnFailure::Token).then_some(token))
    }
}

impl Libxcrypt {
    fn hash(&self, password: &[u8], field: &[u8], work: &mut Work) -> Attempt {
        if password.len() > PASSWORD_BYTES {
            let mut refused = Attempt::refused(scheme_of(field), Why::PasswordTooLong, None);
            if let Attempt::Refused(refusal) = &mut refused {
                refusal.errno = Some(Errno::ERANGE);
            }
            return refused;
        }
        if self.generation == Generation::CheckedFields
            && let Some(at) = setting::forbidden(field, 0, field.len(), |byte| {
                !byte.is_ascii_graphic() || matches!(byte, b'!' | b'*' | b':' | b';' | b'\\')
            })
        {
            return Attempt::refused(scheme_of(field), Why::ForbiddenByte, Some(at));
        }
        // In the order of lib/hashes.conf. `$sha1` and `$md5` have no `$` at the end.
        match field {
            [b'$', b'y', b'$', ..] => only::yescrypt(field, password, work),
            [b'$', b'g', b'y', b'$', ..] => only::gost_yescrypt(field, password, work),
            [b'$', b'7', b'$', ..] => only::scrypt(field, password, work),
            [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', ..] => {
                setting::openwall_bcrypt(field, password, b"abxy", 31, work)
            }
            [b'$', b'6', b'$', ..] => self.sha2(Sha2::Sha512, field, password, work),
            [b'$', b'5', b'$', ..] => self.sha2(Sha2::Sha256, field, password, work),
            [b'$', b's', b'h', b'a', b'1', ..] => only::sha1crypt(field, password, work),
            [b'$', b'm', b'd', b'5', ..] => only::sunmd5(field, password, work),
            [b'$', b'1', b'$', ..] => self.md5(field, password, work),
            [b'$', b'3', b'$', ..] => only::nt(field, password, work),
            [b'_', ..] => bsdi(field, password, work),
            _ => des(field, password, work),
        }
    }

    /// The salt at `at`, cut to `most` bytes; `Err` where it holds a byte that this generation does not take.
    fn salt<'a>(&self, field: &'a [u8], at: usize, most: usize) -> Result<&'a [u8], Span> {
        let whole = setting::salt(field, at, usize::MAX);
        let forbidden = match self.generation {
            Generation::AlphabetSalts => |byte| h64::value(byte).is_none(),
            Generation::AnySalts | Generation::CheckedFields => |byte| matches!(byte, b':' | b'\n'),
        };
        match setting::forbidden(field, at, whole.len(), forbidden) {
            Some(span) => Err(span),
            None => Ok(&whole[..whole.len().min(most)]),
        }
    }

    fn md5(&self, field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
        match self.salt(field, 3, md5crypt::SALT_BYTES) {
            Ok(salt) => ask::md5crypt("md5crypt", b"$1$", salt, field, password, work),
            Err(at) => Attempt::refused(Some("md5crypt"), Why::ForbiddenByte, Some(at)),
        }
    }

    fn sha2(&self, which: Sha2, field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
        let mut salt_at = 3;
        let mut rounds = sha2crypt::DEFAULT_ROUNDS;
        if let Some(text) = field[3..].strip_prefix(sha2crypt::ROUNDS) {
            let at = 3 + sha2crypt::ROUNDS.len();
            let number = setting::strtoul(text);
            let readable = matches!(text.first(), Some(b'1'..=b'9')) && text.get(number.length) == Some(&b'$');
            if !readable {
                return Attempt::refused(Some(which.name()), Why::Malformed, Some(setting::part(field, at)));
            }
            if let Ok(asked @ sha2crypt::MIN_ROUNDS..=sha2crypt::MAX_ROUNDS) = u32::try_from(number.value) {
                rounds = asked;
            } else {
                let at = Span::at(at as u64, number.length);
                return Attempt::refused(Some(which.name()), Why::CostOutOfRange, Some(at));
            }
            salt_at = at + number.length + 1;
        }
        match self.salt(field, salt_at, sha2crypt::SALT_BYTES) {
            Ok(salt) => {
                // Rounds begin with a digit from 1 to 9 and end at the `$`, so they are written as they stand.
                let start = [&field[..salt_at], salt, b"$"].concat();
                let claim = Claim::after_salt(field, salt_at, which.digest_characters());
                ask::sha2crypt(which, rounds, salt, password, start, claim, work)
            }
            Err(at) => Attempt::refused(Some(which.name()), Why::ForbiddenByte, Some(at)),
        }
    }
}

/// The scheme a refused field was meant for, by prefix alone.
fn scheme_of(field: &[u8]) -> Option<&'static str> {
    crate::scheme::identify(field).map(|scheme| scheme.name)
}

fn bsdi(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let Some(start) = field.get(..9) else {
        let end = Span::at(field.len() as u64, 0);
        return Attempt::refused(Some("bsdicrypt"), Why::Malformed, Some(end));
    };
    let (Some(count), Some(salt)) = (h64::number(&start[1..5]), h64::number(&start[5..])) else {
        let at = setting::forbidden(field, 1, 8, |byte| h64::value(byte).is_none());
        return Attempt::refused(Some("bsdicrypt"), Why::Malformed, at);
    };
    // A count of 0 is taken for 1.
    ask::bsdicrypt(count.max(1), salt, field, password, start.to_vec(), work)
}

fn des(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let Some(&text) = field.first_chunk() else {
        let why = if field.is_empty() { Why::Empty } else { Why::UnknownScheme };
        return Attempt::refused(None, why, None);
    };
    let Some(salt) = descrypt::salt(text) else {
        return Attempt::refused(None, Why::UnknownScheme, None);
    };
    // The right password for a longer field is longer than one block.
    let long_password = work.mode() == Mode::Assume || password.len() > descrypt::PASSWORD_BYTES;
    if field.len() > 13 && long_password {
        ask::bigcrypt(text, salt, field, password, work)
    } else {
        ask::descrypt(text, salt, field, password, work)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Check;
    use crate::crypt::Mismatch;

    #[test]
    fn a_long_des_field_is_bigcrypt_for_passwords_over_eight_bytes_only() {
        // What follows 13 characters is never looked at for a shorter password.
        for (password, scheme) in [(&b"12345678"[..], "descrypt"), (b"123456789", "bigcrypt")] {
            let checked = |field: &[u8]| V4_4_33.attempt(password, field, &mut Work::limited(1.0)).judge(field);
            let setting = b"abxxxxxxxxxxxxxxxxxxxxxxxx";
            let Attempt::Made(made) = V4_4_33.attempt(password, setting, &mut Work::limited(1.0)) else { panic!() };
            assert_eq!(made.scheme, scheme);
            let trailing = Mismatch { why: Why::TrailingBytes, at: Some(Span::at(made.text.len() as u64, 1)) };
            let longer = checked(&[&made.text[..], b"x"].concat());
            assert_eq!((longer.check, longer.scheme), (Check::Mismatch(trailing), Some(scheme)));
        }
    }
}
