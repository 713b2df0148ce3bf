//! How Zot checks a field: bcrypt behind three prefixes, and `$5$` and `$6$` through a lenient library.
//!
//! That library cuts salts at 16 bytes, brings rounds into range, takes options it does not know, and ignores what follows
//! a complete digest. An empty salt is replaced by a random one, so it never matches; nor does an empty password.
//!
//! Source: zot 2.1.20 `pkg/api/htpasswd.go:Authenticate`; nathanaelle/password 2.0.1 `sha512.go:Set`, `helpers.go`.

use crate::bytes::Span;
use crate::bytes::split_once;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::attempt::Attempt;
use crate::crypt::go_bcrypt::{self, Error};
use crate::crypt::go_number;
use crate::scheme;
use crate::scheme::sha2crypt;

/// The dialect.
pub struct Zot(());

/// `Authenticate`.
pub static ZOT: Zot = Zot(());

/// What Zot says of a check that did not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// `htpasswd bcrypt compare failed`, with the error where it is one.
    BcryptFailed(Option<Error>),
    /// `htpasswd entry has unsupported hash type`
    Unsupported,
    /// `htpasswd entry parsing failed`
    ParsingFailed,
    /// `htpasswd sha compare failed`
    ShaFailed,
}

/// The parts of a `$5$` or `$6$` field that the library takes; a salt of no bytes stands for a random one.
struct Parts<'a> {
    rounds: u32,
    salt: &'a [u8],
    /// Where the digest begins; `None` where there is none.
    digest_at: Option<usize>,
}

/// `Authenticate`, with what is logged where it fails.
pub fn authenticate(field: &[u8], password: &[u8], work: &mut Work) -> (Checked, Said) {
    if [&b"$2a$"[..], b"$2b$", b"$2y$"].iter().any(|prefix| field.starts_with(prefix)) {
        let compared = go_bcrypt::compare(field, password, work);
        return (compared.checked, Said::BcryptFailed(compared.error));
    }
    let which = match field {
        [b'$', b'5', b'$', ..] => Sha2::Sha256,
        [b'$', b'6', b'$', ..] => Sha2::Sha512,
        _ => {
            let name = scheme::identify(field).map(|scheme| scheme.name);
            let why = if field.is_empty() { Why::Empty } else { Why::UnknownScheme };
            return (Attempt::refused(name, why, None).judge(field), Said::Unsupported);
        }
    };
    let refused = |why, at| Attempt::refused(Some(which.name()), why, Some(at)).judge(field);
    let Some(Parts { rounds, salt, digest_at }) = parts(field) else {
        return (refused(Why::Malformed, Span::new(3, field.len() as u64)), Said::ParsingFailed);
    };
    let end = field.len() as u64;
    let checked = match digest_at {
        None => refused(Why::TooShort, Span::at(end, 0)),
        Some(at) if salt.is_empty() => refused(Why::Malformed, Span::at(at as u64 - 1, 0)),
        Some(at) => {
            let characters = which.digest_characters();
            let claim = Claim { field, at, characters };
            let attempt = ask::sha2crypt(which, rounds, salt, password, field[..at].to_vec(), claim, work);
            let checked = attempt.judge(&field[..field.len().min(at + characters)]);
            // The library never takes an empty password, whatever is stored.
            if password.is_empty() && checked.check == crate::crypt::Check::Match {
                refused(Why::Empty, Span::at(0, 0))
            } else {
                checked
            }
        }
    };
    (checked, Said::ShaFailed)
}

/// `Set`: up to three parts after the prefix, a last empty one left out, the first of them options where it holds a `=`.
fn parts(field: &[u8]) -> Option<Parts<'_>> {
    let rest = &field[3..];
    let mut list: Vec<&[u8]> = rest.splitn(3, |byte| *byte == b'$').collect();
    if !rest.is_empty() && list.last() == Some(&&b""[..]) {
        list.pop();
    }
    let cut = |salt: &'_ [u8]| salt.len().min(sha2crypt::SALT_BYTES);
    let rounds = list.first().copied().and_then(options);
    match (rounds, &list[..]) {
        (None, [salt]) => Some(Parts { rounds: sha2crypt::DEFAULT_ROUNDS, salt: &salt[..cut(salt)], digest_at: None }),
        (None, [salt, _]) => {
            let digest_at = Some(3 + salt.len() + 1);
            Some(Parts { rounds: sha2crypt::DEFAULT_ROUNDS, salt: &salt[..cut(salt)], digest_at })
        }
        (Some(Some(rounds)), [_]) => Some(Parts { rounds, salt: b"", digest_at: None }),
        (Some(Some(rounds)), [_, salt]) => Some(Parts { rounds, salt: &salt[..cut(salt)], digest_at: None }),
        (Some(Some(rounds)), [options, salt, _]) => {
            let digest_at = Some(3 + options.len() + 1 + salt.len() + 1);
            Some(Parts { rounds, salt: &salt[..cut(salt)], digest_at })
        }
        _ => None,
    }
}

/// The rounds in a list of options; `None` where it is no such list, `Some(None)` where the rounds are no number.
#[expect(clippy::option_option, reason = "no list and a bad number are different answers")]
fn options(text: &[u8]) -> Option<Option<u32>> {
    if !text.contains(&b'=') {
        return None;
    }
    let mut rounds = Some(sha2crypt::DEFAULT_ROUNDS);
    for option in text.split(|byte| *byte == b',') {
        if let Some((b"rounds", value)) = split_once(option, b'=') {
            rounds = go_number::atoi(value).map(|value| {
                let bounded = value.clamp(sha2crypt::MIN_ROUNDS.into(), sha2crypt::MAX_ROUNDS.into());
                u32::try_from(bounded).unwrap_or(sha2crypt::MAX_ROUNDS)
            });
        }
    }
    Some(rounds)
}

impl Crypt for Zot {
    fn name(&self) -> &'static str {
        "zot"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        authenticate(field, password, work).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Check;
    use crate::crypt::Mismatch;

    /// A field of libxcrypt's for `secret`, see `tests/observed`.
    const DIGEST: &str = "4oZq7OWN5fKpRtHwYx1pXyZsOx4mWrWf3VgP2mEc6J1";

    #[test]
    fn options_and_salts_are_read_generously() {
        let read =
            |field: &str| parts(field.as_bytes()).map(|parts| (parts.rounds, parts.salt.to_vec(), parts.digest_at));
        assert_eq!(read(&format!("$5$salt${DIGEST}")), Some((5000, b"salt".to_vec(), Some(8))));
        assert_eq!(read(&format!("$5$rounds=999$salt${DIGEST}x")), Some((1000, b"salt".to_vec(), Some(19))));
        assert_eq!(read("$5$x=1,rounds=2000,rounds=3000$salt$x"), Some((3000, b"salt".to_vec(), Some(36))));
        assert_eq!(read("$5$aaaaaaaaaaaaaaaab$x"), Some((5000, vec![b'a'; 16], Some(21))));
        assert_eq!(read("$5$salt$x$"), Some((5000, b"salt".to_vec(), Some(8))));
        assert_eq!(read("$5$salt$x$y"), None);
        assert_eq!(read("$5$rounds=x$salt$x"), None);
        assert_eq!(read("$5$salt"), Some((5000, b"salt".to_vec(), None)));
        assert_eq!(read("$5$"), Some((5000, Vec::new(), None)));
        assert_eq!(read("$5$$"), Some((5000, Vec::new(), None)));
        assert_eq!(read("$5$rounds=2000"), Some((2000, Vec::new(), None)));
        assert_eq!(read("$5$rounds=2000$salt"), Some((2000, b"salt".to_vec(), None)));
    }

    #[test]
    fn an_empty_salt_or_password_never_matches() {
        let mut work = Work::limited(1.0);
        let field = [b"$5$$".as_slice(), &sha2(b"", b"x")].concat();
        assert_ne!(ZOT.check(&field, b"x", &mut work).check, Check::Match);
        let at = Some(Span::at(3, 0));
        assert_eq!(ZOT.check(&field, b"x", &mut work).check, Check::Mismatch(Mismatch { why: Why::Malformed, at }));
        let field = [b"$5$s$".as_slice(), &sha2(b"s", b"")].concat();
        assert_ne!(ZOT.check(&field, b"", &mut work).check, Check::Match);
        let field = [b"$5$s$".as_slice(), &sha2(b"s", b"x"), b" more"].concat();
        assert_eq!(ZOT.check(&field, b"x", &mut work).check, Check::Match);
    }

    fn sha2(salt: &[u8], password: &[u8]) -> Vec<u8> {
        scheme::sha256crypt::encode(&scheme::sha256crypt::digest(5000, salt, password))
    }
}
