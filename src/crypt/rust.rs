//! How dufs, miniserve and static-web-server check a field.
//!
//! dufs verifies `$6$` and takes everything else for the password itself; miniserve knows two plain digests in hex and the
//! password itself; static-web-server knows bcrypt alone and does not come up with anything else.
//!
//! Source: dufs 0.47.0 `src/auth.rs:check_auth`, sha-crypt 0.6.0 `src/mcf.rs:verify_password`, mcf 0.6.0 `src/lib.rs:validate`;
//! miniserve 0.35.0 `src/auth.rs:compare_password`; static-web-server 2.44.1 `src/basic_auth.rs:check_request`, bcrypt
//! 0.19.3 `src/lib.rs:split_hash`.

use std::cmp::Ordering;

use sha2::Digest;
use sha2::Sha256;
use sha2::Sha512;

use crate::bytes::Span;
use crate::bytes::split_once;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Mismatch;
use crate::crypt::Task;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::attempt::Attempt;
use crate::crypt::passlib;
use crate::scheme::bcrypt;

/// dufs's check.
pub struct Dufs;
/// miniserve's check. A field is what follows the user's colon.
pub struct Miniserve;
/// static-web-server's check. A field that [`bcrypt_defect`] finds fault with never gets here.
pub struct StaticWebServer;

fn mismatch(why: Why, at: Option<Span>, scheme: Option<&'static str>) -> Checked {
    Checked { check: Check::Mismatch(Mismatch { why, at }), scheme }
}

impl Crypt for Dufs {
    fn name(&self) -> &'static str {
        "dufs"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let Some(rest) = field.strip_prefix(b"$6$") else { return passlib::text(field, password, work) };
        let malformed = |at: usize, length: usize| {
            mismatch(Why::Malformed, Some(Span::at(at as u64, length)), Some(Sha2::Sha512.name()))
        };
        let known = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/' | b'+' | b'=' | b',' | b'-');
        if let Some(at) = rest.iter().position(|byte| !known(byte) && *byte != b'$') {
            return malformed(3 + at, 1);
        }
        let parts: Vec<_> = rest.split(|byte| *byte == b'$').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return malformed(3, rest.len());
        }
        // A number of rounds that is out of range is taken for the salt, and the rest is one part too many.
        let (rounds, parts) = match rounds(parts[0]) {
            Some(rounds) => (rounds, &parts[1..]),
            None => (5000, &parts[..]),
        };
        let [salt, digest] = parts else { return malformed(3, rest.len()) };
        let digest_at = field.len() - digest.len();
        let claim = Claim { field, at: digest_at, characters: Sha2::Sha512.digest_characters() };
        let salt = &salt[..salt.len().min(16)];
        ask::sha2crypt(Sha2::Sha512, rounds, salt, password, field[..digest_at].to_vec(), claim, work).judge(field)
    }
}

/// `rounds=N` within bounds, as `str::parse` reads it.
fn rounds(part: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(part.strip_prefix(b"rounds=")?).ok()?;
    digits.parse().ok().filter(|rounds| (1000..=999_999_999).contains(rounds))
}

impl Crypt for Miniserve {
    fn name(&self) -> &'static str {
        "miniserve"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let (scheme, length) = match split_once(field, b':') {
            None => return passlib::text(field, password, work),
            Some((b"sha256", _)) => ("sha256", 32),
            Some(_) => ("sha512", 64),
        };
        let stored = unhex(&field[7..]);
        let at = Some(Span::new(7, field.len() as u64));
        match stored.len().cmp(&length) {
            Ordering::Less => return mismatch(Why::TooShort, at, None),
            Ordering::Greater => return mismatch(Why::TrailingBytes, at, None),
            Ordering::Equal => {}
        }
        let task = Task { scheme, parameters: b"", password, seconds: 1e-6, claimed: Some(stored.clone()) };
        let check = match work.digest(&task, || match length {
            32 => Sha256::digest(password).to_vec(),
            _ => Sha512::digest(password).to_vec(),
        }) {
            Ok(digest) if crate::scheme::same(&digest, &stored) => Check::Match,
            Ok(_) => Check::Mismatch(Mismatch { why: Why::Digest, at: None }),
            Err(reason) => Attempt::Not(reason).judge(field).check,
        };
        Checked { check, scheme: None }
    }
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default();
    let byte = |pair: &[u8]| pair.iter().fold(0, |value, byte| value << 4 | digit(*byte));
    text.chunks_exact(2).map(|pair| (byte(pair) & 0xFF) as u8).collect()
}

impl Crypt for StaticWebServer {
    fn name(&self) -> &'static str {
        "static-web-server"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let scheme = Some("bcrypt");
        if let Some((why, at)) = bcrypt_defect(field) {
            return mismatch(why, Some(at), scheme);
        }
        if password.len() >= bcrypt::KEY_BYTES {
            return mismatch(Why::PasswordTooLong, None, scheme);
        }
        let (Some(cost), Some(salt)) = (cost(field), bcrypt::decode(&field[7..29])) else {
            return mismatch(Why::Malformed, None, scheme);
        };
        let key = bcrypt::Key::new(bcrypt::Variant::Plain, password);
        let asked = ask::Bcrypt { cost, salt: &salt, key: &key };
        let claim = Claim { field, at: 29, characters: bcrypt::DIGEST_CHARACTERS };
        ask::bcrypt(&asked, field[..29].to_vec(), claim, work).judge(field)
    }
}

/// What keeps static-web-server from starting with a field: it is not exactly 60 bytes of well-formed bcrypt.
#[must_use]
pub fn bcrypt_defect(field: &[u8]) -> Option<(Why, Span)> {
    if !field.is_ascii() || field.len() != 60 {
        let why = match field.len() {
            0..60 => Why::TooShort,
            60 => Why::ForbiddenByte,
            _ => Why::TrailingBytes,
        };
        return Some((why, Span::new(0, field.len() as u64)));
    }
    if !matches!(field, [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', _, _, b'$', ..]) {
        return Some((Why::UnknownScheme, Span::at(0, 7)));
    }
    if cost(field).is_none() {
        return Some((Why::CostOutOfRange, Span::at(4, 2)));
    }
    // Stray bits are refused as well.
    let exact = |text: &[u8], again: Option<Vec<u8>>| again.is_some_and(|again| again == text);
    let (salt, digest) = field[7..].split_at(bcrypt::SALT_CHARACTERS);
    if !exact(salt, bcrypt::decode::<{ bcrypt::SALT_BYTES }>(salt).map(|bytes| bcrypt::encode(&bytes))) {
        return Some((Why::Malformed, Span::at(7, salt.len())));
    }
    if !exact(digest, bcrypt::decode::<{ bcrypt::DIGEST_BYTES }>(digest).map(|bytes| bcrypt::encode(&bytes))) {
        return Some((Why::Malformed, Span::at(29, digest.len())));
    }
    None
}

/// The cost, as `str::parse` reads two characters.
fn cost(field: &[u8]) -> Option<u8> {
    std::str::from_utf8(field.get(4..6)?).ok()?.parse().ok().filter(|cost| (4..=31).contains(cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(crypt: &dyn Crypt, field: &str, password: &str) -> Check {
        crypt.check(field.as_bytes(), password.as_bytes(), &mut Work::limited(10.0)).check
    }

    #[test]
    fn dufs_takes_all_but_sha512_crypt_for_the_password_itself() {
        for field in ["secret", "$2y$05$x", "$5$x$y", "{SHA}x"] {
            assert_eq!(check(&Dufs, field, field), Check::Match, "{field}");
        }
        for field in ["$6$", "$6$x", "$6$x$y$z", "$6$x$", "$6$x$\u{e9}", "$6$rounds=999$x$y"] {
            assert!(matches!(check(&Dufs, field, field), Check::Mismatch(_)), "{field}");
        }
        let foreign = Mismatch { why: Why::Malformed, at: Some(Span::at(5, 1)) };
        assert_eq!(check(&Dufs, "$6$ab*$x", "x"), Check::Mismatch(foreign));
    }

    #[test]
    fn miniserve_knows_two_digests() {
        let sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015AD";
        assert_eq!(check(&Miniserve, sha256, "abc"), Check::Match);
        for (field, why, end) in [
            ("sha512:ba78".to_owned(), Why::TooShort, 11),
            (sha256[..69].to_owned(), Why::TooShort, 69),
            (format!("{sha256}00"), Why::TrailingBytes, 73),
        ] {
            let mismatch = Mismatch { why, at: Some(Span::new(7, end)) };
            assert_eq!(check(&Miniserve, &field, "abc"), Check::Mismatch(mismatch), "{field}");
        }
        assert_eq!(check(&Miniserve, "abc", "abc"), Check::Match);
    }

    #[test]
    fn static_web_server_does_not_start_with_less_than_exact_bcrypt() {
        let good = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
        assert_eq!(bcrypt_defect(good.as_bytes()), None);
        for (from, to) in [
            ("$2y", "$2z"),
            ("$05", "$03"),
            ("$05", "$32"),
            ("tuuO", "tuvO"),
            ("l0a", "l0b"),
            ("l0a", "l0"),
            ("l0a", "l0aa"),
        ] {
            assert!(bcrypt_defect(good.replace(from, to).as_bytes()).is_some(), "{from} → {to}");
        }
        for (field, why) in [
            (good[..59].to_owned(), Why::TooShort),
            (format!("{}\u{e9}", &good[..58]), Why::ForbiddenByte),
            (format!("{good}a"), Why::TrailingBytes),
        ] {
            let at = Span::new(0, field.len() as u64);
            assert_eq!(bcrypt_defect(field.as_bytes()), Some((why, at)), "{field}");
        }
        assert_eq!(check(&StaticWebServer, good, "secret"), Check::Match);
    }
}
