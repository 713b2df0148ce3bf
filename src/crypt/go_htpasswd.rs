//! How tg123/go-htpasswd checks a field: MD5 crypt, `{SHA}`, bcrypt, `{SSHA}`, `$5$`, `$6$`, and all the rest as plain text.
//!
//! A field is judged when the file is loaded; one that is of a known form and malformed drops its line. Source: go-htpasswd
//! 1.2.4 `htpasswd.go:DefaultSystems`, `md5.go`, `sha.go`, `bcrypt.go`, `ssha.go`, `cryptsha.go`, `plain.go`;
//! `GehirnInc/crypt` 8cc1b520 `common/salt.go:Decode`, `sha512_crypt/sha512_crypt.go:Generate`.

use crate::basic::go_base64;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Mismatch;
use crate::crypt::Mode;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::attempt::Attempt;
use crate::crypt::attempt::Made;
use crate::crypt::go_bcrypt;
use crate::crypt::go_number;
use crate::scheme;
use crate::scheme::sha2crypt;

/// The dialect.
pub struct GoHtpasswd(());

/// `DefaultSystems`.
pub static GO_HTPASSWD: GoHtpasswd = GoHtpasswd(());

/// Bytes of a SHA-1 digest.
const SHA1_BYTES: usize = 20;

/// Why a field drops its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bad {
    /// `malformed md5 password`
    Md5,
    /// `Malformed sha1(…)`, with the decoder's offset or a wrong length.
    Sha(Option<usize>),
    /// `Malformed ssha(…)`, likewise.
    Ssha(Option<usize>),
    /// `malformed crypt-SHA password`
    CryptSha,
}

/// A field as its parser took it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Parsed<'a> {
    Md5 { magic: &'static [u8], salt: &'a [u8] },
    Sha(Vec<u8>),
    Bcrypt,
    Ssha { digest: Vec<u8>, salt: Vec<u8> },
    CryptSha(CryptSha<'a>),
    Plain,
}

/// A `$5$` or `$6$` field as it is cut when the file is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct CryptSha<'a> {
    sha512: bool,
    rounds: &'a [u8],
    /// Cut to 16 bytes.
    salt: &'a [u8],
    digest_at: usize,
}

/// Whether a field makes an entry.
pub fn accepts(field: &[u8]) -> Result<(), Bad> {
    parse(field).map(|_| ())
}

fn parse(field: &[u8]) -> Result<Parsed<'_>, Bad> {
    for magic in [&b"$apr1$"[..], b"$1$"] {
        if let Some(rest) = field.strip_prefix(magic) {
            let dollar = memchr::memchr(b'$', rest).ok_or(Bad::Md5)?;
            return Ok(Parsed::Md5 { magic, salt: &rest[..dollar] });
        }
    }
    if let Some(stored) = field.strip_prefix(scheme::sha1::PREFIX) {
        let digest = go_base64::decode(stored).map_err(|at| Bad::Sha(Some(at)))?;
        return if digest.len() == SHA1_BYTES { Ok(Parsed::Sha(digest)) } else { Err(Bad::Sha(None)) };
    }
    if [&b"$2y$"[..], b"$2a$", b"$2b$", b"$2x$"].iter().any(|prefix| field.starts_with(prefix)) {
        return Ok(Parsed::Bcrypt);
    }
    if let Some(stored) = field.strip_prefix(scheme::ssha::PREFIX) {
        let mut digest = go_base64::decode(stored).map_err(|at| Bad::Ssha(Some(at)))?;
        if digest.len() < SHA1_BYTES {
            return Err(Bad::Ssha(None));
        }
        let salt = digest.split_off(SHA1_BYTES);
        return Ok(Parsed::Ssha { digest, salt });
    }
    let sha512 = match field {
        [b'$', b'5', b'$', ..] => false,
        [b'$', b'6', b'$', ..] => true,
        _ => return Ok(Parsed::Plain),
    };
    let mut parts = field[3..].splitn(3, |byte| *byte == b'$');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let (rounds, salt, before) = match (second, third) {
        (None, _) => return Err(Bad::CryptSha),
        (Some(_), None) => (&b""[..], first, 3 + first.len() + 1),
        (Some(second), Some(_)) => (first, second, 3 + first.len() + 1 + second.len() + 1),
    };
    let salt = &salt[..salt.len().min(sha2crypt::SALT_BYTES)];
    Ok(Parsed::CryptSha(CryptSha { sha512, rounds, salt, digest_at: before }))
}

impl Crypt for GoHtpasswd {
    fn name(&self) -> &'static str {
        "go-htpasswd"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let Ok(parsed) = parse(field) else {
            let name = scheme::identify(field).map(|scheme| scheme.name);
            return Attempt::refused(name, Why::Malformed, None).judge(field);
        };
        match parsed {
            Parsed::Md5 { magic, salt } => {
                let name = if magic == scheme::apr1::MAGIC { "apr1" } else { "md5crypt" };
                ask::md5crypt(name, magic, salt, field, password, work).judge(field)
            }
            Parsed::Sha(digest) => sha1("sha1", &digest, b"", password, work),
            Parsed::Ssha { digest, salt } => sha1("ssha", &digest, &salt, password, work),
            Parsed::Bcrypt => go_bcrypt::compare(field, password, work).checked,
            Parsed::CryptSha(parts) => crypt_sha(&parts, field, password, work),
            Parsed::Plain => plain(field, password, work),
        }
    }
}

/// Digests are compared as bytes, so their spelling does not count.
fn sha1(scheme: &'static str, stored: &[u8], salt: &[u8], password: &[u8], work: &mut Work) -> Checked {
    let check = match ask::sha1(scheme, salt, password, Some(stored.to_vec()), work) {
        Ok(digest) if scheme::same(&digest, stored) => Check::Match,
        Ok(_) => Check::Mismatch(Mismatch { why: Why::Digest, at: None }),
        Err(reason) => Check::Undecided(reason),
    };
    Checked { check, scheme: Some(scheme) }
}

/// The library writes a text of its own from the setting, and the digest is taken from where the setting's text would
/// end: off by as many bytes as the two differ in length, and a panic where that is beyond its end.
fn crypt_sha(parts: &CryptSha<'_>, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
    let which = if parts.sha512 { Sha2::Sha512 } else { Sha2::Sha256 };
    let crashes = Checked { check: Check::Crashes, scheme: Some(which.name()) };
    let mut setting = field[..3].to_vec();
    if !parts.rounds.is_empty() {
        setting.extend([parts.rounds, b"$"].concat());
    }
    setting.extend(parts.salt);
    let skipped = setting.len() + 1;

    // What `Decode` makes of that text.
    let mut tokens = setting[3..].splitn(2, |byte| *byte == b'$');
    let (first, second) = (tokens.next().unwrap_or_default(), tokens.next());
    let (rounds, salt) = match first.strip_prefix(sha2crypt::ROUNDS) {
        None => (None, first),
        Some(number) => match (second, go_number::atoi(number)) {
            (Some(salt), Some(rounds)) => (Some(rounds), salt),
            _ => return crashes,
        },
    };
    let salt = &salt[..salt.len().min(sha2crypt::SALT_BYTES)];
    let bounded = rounds.map(|rounds| rounds.clamp(sha2crypt::MIN_ROUNDS.into(), sha2crypt::MAX_ROUNDS.into()));
    let mut start = field[..3].to_vec();
    if let Some(rounds) = bounded {
        start.extend(format!("rounds={rounds}$").bytes());
    }
    start.extend([salt, b"$"].concat());
    if skipped > start.len() + which.digest_characters() {
        return crashes;
    }
    let rounds = bounded.map_or(sha2crypt::DEFAULT_ROUNDS, |rounds| u32::try_from(rounds).unwrap_or(u32::MAX));
    let claim = Claim { field, at: parts.digest_at, characters: which.digest_characters() };
    let attempt = match ask::sha2crypt(which, rounds, salt, password, start, claim, work) {
        Attempt::Made(made) => {
            let text = [&field[..parts.digest_at], &made.text[skipped..]].concat();
            Attempt::Made(Made { text, scheme: made.scheme, digest_at: parts.digest_at })
        }
        other => other,
    };
    attempt.judge(field)
}

/// The field itself is the password; or what follows `{PLAIN}`.
fn plain(field: &[u8], password: &[u8], work: &Work) -> Checked {
    let tagged = field.strip_prefix(scheme::plain::PREFIX);
    let meant = scheme::identify(field).filter(|_| tagged.is_none());
    let same = |stored: &[u8]| scheme::same(stored, password);
    let check = if work.mode() == Mode::Compute && (same(field) || tagged.is_some_and(same)) {
        Check::Match
    } else if meant.is_some() {
        // The right password of a scheme that is not known here is never the text itself.
        Check::Mismatch(Mismatch { why: Why::UnknownScheme, at: None })
    } else if work.mode() == Mode::Assume {
        Check::Match
    } else {
        Check::Mismatch(Mismatch { why: Why::Text, at: None })
    };
    Checked { check, scheme: Some(meant.map_or("plain", |meant| meant.name)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &str, password: &str) -> Check {
        GO_HTPASSWD.check(field.as_bytes(), password.as_bytes(), &mut Work::limited(1.0)).check
    }

    fn sha256(rounds: u32, salt: &str, password: &str) -> String {
        let digest = scheme::sha256crypt::digest(rounds, salt.as_bytes(), password.as_bytes());
        String::from_utf8(scheme::sha256crypt::encode(&digest)).unwrap()
    }

    /// Fields and answers from `tests/observed/go-htpasswd@1.2.4.tsv`.
    #[test]
    fn a_field_of_no_known_form_is_its_own_password() {
        assert_eq!(check("secret", "secret"), Check::Match);
        assert_eq!(check("{PLAIN}secret", "secret"), Check::Match);
        assert_eq!(check("{PLAIN}secret", "{PLAIN}secret"), Check::Match);
        assert_eq!(check("", ""), Check::Match);
        assert!(matches!(check("$2z$05$x", "x"), Check::Mismatch(Mismatch { why: Why::UnknownScheme, .. })));
    }

    #[test]
    fn malformed_fields_of_a_known_form_drop_their_lines() {
        assert_eq!(accepts(b"$1$salt"), Err(Bad::Md5));
        assert_eq!(accepts(b"{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4"), Err(Bad::Sha(None)));
        assert_eq!(accepts(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ"), Err(Bad::Sha(Some(24))));
        assert_eq!(accepts(b"{SSHA}xxxx"), Err(Bad::Ssha(None)));
        assert_eq!(accepts(b"$5$salt"), Err(Bad::CryptSha));
        assert_eq!(accepts(b"$2y$"), Ok(()));
    }

    #[test]
    fn the_digest_is_taken_from_where_the_setting_would_end() {
        assert_eq!(check(&format!("$5$salt${}", sha256(5000, "salt", "x")), "x"), Check::Match);
        assert_eq!(check(&format!("$5$rounds=1000$salt${}", sha256(1000, "salt", "x")), "x"), Check::Match);
        assert_ne!(check(&format!("$5$rounds=999$salt${}", sha256(1000, "salt", "x")), "x"), Check::Match);
        // Two zeros too many in the setting: the first two characters of the digest are skipped.
        assert_eq!(check(&format!("$5$rounds=001000$salt${}", &sha256(1000, "salt", "x")[2..]), "x"), Check::Match);
        // As many zeros as the digest has characters skip all of it, and one more is beyond the end of the text.
        let zeros = |count: usize| check(&format!("$5$rounds={}1000$salt$", "0".repeat(count)), "x");
        assert_eq!(zeros(43), Check::Match);
        assert_eq!(zeros(44), Check::Crashes);
        assert_eq!(check("$5$rounds=x$salt$digest", "x"), Check::Crashes);
        assert_eq!(check("$5$rounds=5000$digest", "x"), Check::Crashes);
    }
}
