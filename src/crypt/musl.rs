//! crypt(3) of musl: Alpine, so `nginx:alpine` and many ingress controllers.
//!
//! It never returns NULL: what fails gives `*` or `x`, and what has no known prefix is hashed with DES. Source: musl 1.2.3
//! `src/crypt/crypt_r.c` and one `src/crypt/crypt_*.c` per scheme; unchanged up to 1.2.5.

use crate::bytes::Span;
use crate::crypt::Libc;
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

/// musl.
pub struct Musl(());

/// musl from 1.2.2.
pub static MUSL: Musl = Musl(());

/// Longest password that `$1$` takes.
const MD5_PASSWORD_BYTES: usize = 30_000;
/// Longest password that `$5$` and `$6$` take.
const SHA2_PASSWORD_BYTES: usize = 256;
/// Most rounds that `$5$` and `$6$` take.
const SHA2_MAX_ROUNDS: u64 = 9_999_999;
/// The tens digit of bcrypt's cost is 0 or 1.
const BCRYPT_MAX_COST: u8 = 19;

impl Libc for Musl {
    fn attempt(&self, password: &[u8], setting: &[u8], work: &mut Work) -> Attempt {
        let token: &[u8] = if setting.starts_with(b"*") { b"x" } else { b"*" };
        hash(password, setting, work).returning(None, Some(token))
    }
}

fn hash(password: &[u8], field: &[u8], work: &mut Work) -> Attempt {
    match field {
        [b'$', b'1', b'$', ..] if password.len() > MD5_PASSWORD_BYTES => {
            Attempt::refused(Some("md5crypt"), Why::PasswordTooLong, None)
        }
        [b'$', b'1', b'$', ..] => {
            let salt = setting::salt(field, 3, md5crypt::SALT_BYTES);
            ask::md5crypt("md5crypt", b"$1$", salt, field, password, work)
        }
        [b'$', b'2', _, b'$', ..] => setting::openwall_bcrypt(field, password, b"abxy", BCRYPT_MAX_COST, work),
        [b'$', b'5', b'$', ..] => sha2(Sha2::Sha256, field, password, work),
        [b'$', b'6', b'$', ..] => sha2(Sha2::Sha512, field, password, work),
        [b'_', ..] => bsdi(field, password, work),
        _ => des(field, password, work),
    }
}

fn sha2(which: Sha2, field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    if password.len() > SHA2_PASSWORD_BYTES {
        return Attempt::refused(Some(which.name()), Why::PasswordTooLong, None);
    }
    let mut start = field[..3].to_vec();
    let mut salt_at = 3;
    let mut rounds = sha2crypt::DEFAULT_ROUNDS;
    if let Some(text) = field[3..].strip_prefix(sha2crypt::ROUNDS) {
        let at = 3 + sha2crypt::ROUNDS.len();
        let number = setting::strtoul(text);
        if !text.first().is_some_and(u8::is_ascii_digit) || text.get(number.length) != Some(&b'$') {
            return Attempt::refused(Some(which.name()), Why::Malformed, Some(setting::part(field, at)));
        }
        if number.value > SHA2_MAX_ROUNDS {
            let at = Span::at(at as u64, number.length);
            return Attempt::refused(Some(which.name()), Why::CostOutOfRange, Some(at));
        }
        // Too few become the least; they are written anew, without leading zeros.
        rounds = u32::try_from(number.value).unwrap_or(u32::MAX).max(sha2crypt::MIN_ROUNDS);
        start.extend(format!("rounds={rounds}$").into_bytes());
        salt_at = at + number.length + 1;
    }
    let salt = setting::salt(field, salt_at, sha2crypt::SALT_BYTES);
    if let Some(at) = setting::forbidden(field, salt_at, salt.len(), |byte| matches!(byte, b'\n' | b':')) {
        return Attempt::refused(Some(which.name()), Why::ForbiddenByte, Some(at));
    }
    start.extend_from_slice(salt);
    start.push(b'$');
    let claim = Claim::after_salt(field, salt_at, which.digest_characters());
    ask::sha2crypt(which, rounds, salt, password, start, claim, work)
}

fn bsdi(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let malformed = |at| Attempt::refused(Some("bsdicrypt"), Why::Malformed, Some(at));
    let Some(start) = field.get(..9) else {
        return malformed(Span::at(field.len() as u64, 0));
    };
    match (h64::number(&start[1..5]), h64::number(&start[5..])) {
        (Some(0), _) => Attempt::refused(Some("bsdicrypt"), Why::CostOutOfRange, Some(Span::at(1, 4))),
        (Some(count), Some(salt)) => ask::bsdicrypt(count, salt, field, password, start.to_vec(), work),
        _ => {
            let at = setting::forbidden(field, 1, 8, |byte| h64::value(byte).is_none());
            malformed(at.unwrap_or(Span::at(1, 8)))
        }
    }
}

fn des(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let Some(&text) = field.first_chunk() else {
        let why = if field.is_empty() { Why::Empty } else { Why::UnknownScheme };
        return Attempt::refused(None, why, None);
    };
    if let Some(at) = setting::forbidden(field, 0, 2, |byte| matches!(byte, b'\n' | b':')) {
        return Attempt::refused(None, Why::ForbiddenByte, Some(at));
    }
    ask::descrypt(text, descrypt::salt_wrapped(text), field, password, work)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::NotComputed;

    /// `ROUNDS_MAX` in `crypt_sha512.c`.
    #[test]
    fn the_most_rounds_of_sha2_are_9999999() {
        let attempt = |rounds: &str| {
            let field = format!("$6$rounds={rounds}$salt$");
            MUSL.attempt(b"secret", field.as_bytes(), &mut Work::limited(0.0))
        };
        let most = attempt("9999999");
        assert!(matches!(most, Attempt::Not(NotComputed::WorkLimit { scheme: "sha512crypt", .. })), "{most:?}");
        let more = Attempt::refused(Some("sha512crypt"), Why::CostOutOfRange, Some(Span::at(10, 8)));
        assert_eq!(attempt("10000000"), more.returning(None, Some(b"*")));
    }
}
