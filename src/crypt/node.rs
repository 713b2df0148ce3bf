//! How the programs on Node check a field: http-auth and Verdaccio, over bcryptjs, apache-md5 and a DES crypt in
//! JavaScript.
//!
//! Passwords and fields are text in UTF-8 here; what JavaScript counts is UTF-16. MD5 crypt takes the low byte of each
//! unit and DES its low seven bits, so only passwords in ASCII mean the same to them as to a C library.
//!
//! Source: http-auth 4.2.1 `src/auth/basic.js:validate`; Verdaccio 6.8.0 `verdaccio-htpasswd/build/utils.js:verifyPassword`;
//! bcryptjs 2.4.3 and 3.0.3 `_hash`, `compareSync`; apache-md5 1.1.8 `src/index.js`; unix-crypt-td-js 1.1.4.

use std::cmp::Ordering;

use crate::bytes::Span;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Errno;
use crate::crypt::Mismatch;
use crate::crypt::Mode;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::passlib;
use crate::scheme::apr1;
use crate::scheme::bcrypt;
use crate::scheme::plain;
use crate::scheme::sha1;
use crate::secret::Secret;

/// http-auth's check. What no scheme fits is compared as text, and so is every field that DES crypt does not give back.
pub struct HttpAuth;

/// Verdaccio's check.
pub struct Verdaccio;

impl Crypt for HttpAuth {
    fn name(&self) -> &'static str {
        "http-auth"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        if field.starts_with(sha1::PREFIX) {
            return ask::sha1_text(field, password, work).judge(field);
        }
        if field.starts_with(apr1::MAGIC) || field.starts_with(b"$1$") {
            return md5(field, password, work);
        }
        if field.starts_with(b"$2y$") || field.starts_with(b"$2a$") {
            return bcryptjs(field, password, Check::Crashes, work);
        }
        let as_des = des(field, password, work);
        if matches!(as_des.check, Check::Match | Check::Undecided(_)) {
            return as_des;
        }
        if units(field) == units(password) && field.len() != password.len() && work.mode() == Mode::Compute {
            // `timingSafeEqual` throws where two texts of one length have different numbers of bytes.
            return Checked { check: Check::Crashes, scheme: None };
        }
        let as_text = passlib::text(field, password, work);
        if as_text.check == Check::Match { as_text } else { Checked { scheme: as_des.scheme, ..as_text } }
    }
}

impl Crypt for Verdaccio {
    fn name(&self) -> &'static str {
        "verdaccio"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        if matches!(field, [b'$', b'2', b'a' | b'b' | b'y', b'$', ..]) {
            return bcryptjs(field, password, Check::Fails(Errno::EINVAL), work);
        }
        if let Some(stored) = field.strip_prefix(plain::PREFIX) {
            return Checked { scheme: Some("plain"), ..passlib::text(stored, password, work) };
        }
        if field.starts_with(sha1::PREFIX) {
            return ask::sha1_text(field, password, work).judge(field);
        }
        let as_md5 = md5(field, password, work);
        if as_md5.scheme.is_some() { as_md5 } else { des(field, password, work) }
    }
}

/// Why bcryptjs throws an error at a field that it is given; `None` where it does not.
#[must_use]
pub fn bcryptjs_error(field: &[u8]) -> Option<String> {
    match read(field) {
        Read::Throws(text) => Some(text),
        _ => None,
    }
}

/// What bcryptjs makes of a field.
enum Read<'a> {
    /// It is less than 60 units long.
    TooShort,
    /// It is more than 60 units long, so more than 60 bytes.
    TooLong,
    /// An error.
    Throws(String),
    /// Its own text can't be the field's, for these bytes.
    Never(Why, Span),
    /// Cost and salt.
    Setting(u8, &'a [u8]),
}

/// A field with `$2`, a letter and `$`.
fn read(field: &[u8]) -> Read<'_> {
    match units(field).cmp(&60) {
        Ordering::Less => return Read::TooShort,
        Ordering::Greater => return Read::TooLong,
        Ordering::Equal => {}
    }
    // Beyond ASCII the units are not bytes; such a field is at best a mismatch, and where it is one is told below.
    let text: Vec<char> = String::from_utf8_lossy(field).chars().collect();
    let at = |from: usize| -> u64 { text[..from].iter().map(|character| character.len_utf8() as u64).sum() };
    if text[6] > '$' {
        return Read::Throws("Missing salt rounds".to_owned());
    }
    let digits = (text[4].to_digit(10), text[5].to_digit(10));
    let (Some(tens), Some(ones)) = digits else { return Read::Never(Why::Malformed, Span::new(at(4), at(6))) };
    let cost = tens * 10 + ones;
    if !(4..=31).contains(&cost) {
        return Read::Throws(format!("Illegal number of rounds (4-31): {cost}"));
    }
    let symbol = |character: char| u8::try_from(character).ok().and_then(bcrypt::value);
    let salt = &text[7..29];
    // Of each four symbols the decoder looks at three; the fourth may be anything, and is written back as a symbol.
    let bad = salt.iter().enumerate().find(|(place, character)| place % 4 != 3 && symbol(**character).is_none());
    if let Some((place, _)) = bad {
        let bytes = place / 4 * 3 + (place % 4).saturating_sub(1);
        return Read::Throws(format!("Illegal salt length: {bytes} != 16"));
    }
    if let Some(place) = salt.iter().position(|character| symbol(*character).is_none()) {
        return Read::Never(Why::Malformed, Span::new(at(7 + place), at(8 + place)));
    }
    if text[6] != '$' {
        return Read::Never(Why::Malformed, Span::new(at(6), at(7)));
    }
    Read::Setting(u8::try_from(cost).unwrap_or(u8::MAX), &field[7..29])
}

/// bcryptjs: the whole text of 60 units is compared. `thrown` is what an error comes to.
fn bcryptjs(field: &[u8], password: &[u8], thrown: Check, work: &mut Work) -> Checked {
    let scheme = Some("bcrypt");
    let mismatch = |why, at| Checked { check: Check::Mismatch(Mismatch { why, at }), scheme };
    match read(field) {
        Read::TooShort => mismatch(Why::TooShort, Some(Span::at(field.len() as u64, 0))),
        Read::TooLong => mismatch(Why::TrailingBytes, Some(Span::new(60, field.len() as u64))),
        Read::Throws(_) => Checked { check: thrown, scheme },
        Read::Never(why, at) => mismatch(why, Some(at)),
        Read::Setting(cost, salt_text) => {
            let Some(salt) = bcrypt::decode::<{ bcrypt::SALT_BYTES }>(salt_text) else {
                return mismatch(Why::Malformed, None);
            };
            let key = bcrypt::Key::new(bcrypt::Variant::Plain, password);
            let asked = ask::Bcrypt { cost, salt: &salt, key: &key };
            let start = [&field[..7], &bcrypt::encode(&salt)[..]].concat();
            let claim = Claim { field, at: 29, characters: bcrypt::DIGEST_CHARACTERS };
            ask::bcrypt(&asked, start, claim, work).judge(field)
        }
    }
}

/// apache-md5: `$1$` where the field's second part is `1`, else `$apr1$`; the third part is the salt, however long.
fn md5(field: &[u8], password: &[u8], work: &mut Work) -> Checked {
    let unknown = Checked { check: Check::Mismatch(Mismatch { why: Why::UnknownScheme, at: None }), scheme: None };
    let (scheme, magic) = match field {
        _ if field.starts_with(apr1::MAGIC) => ("apr1", apr1::MAGIC),
        _ if field.starts_with(b"$1$") => ("md5crypt", &b"$1$"[..]),
        _ => return unknown,
    };
    let salt = field[magic.len()..].split(|byte| *byte == b'$').next().unwrap_or_default();
    let (password, salt_bytes) = (low_bytes(password), low_bytes(salt));
    if salt_bytes.expose() == salt {
        return ask::md5crypt(scheme, magic, salt, field, password.expose(), work).judge(field);
    }
    // A salt beyond ASCII: hashed by its low bytes, written back as it is.
    let text = [magic, salt_bytes.expose(), b"$"].concat();
    let digest_at = magic.len() + salt.len() + 1;
    let narrow = [&text[..], field.get(digest_at..).unwrap_or_default()].concat();
    if digest_at > field.len() {
        return Checked { scheme: Some(scheme), ..unknown };
    }
    ask::md5crypt(scheme, magic, salt_bytes.expose(), &narrow, password.expose(), work).judge(&narrow)
}

/// unix-crypt-td-js: any two units are a salt.
fn des(field: &[u8], password: &[u8], work: &mut Work) -> Checked {
    let unknown = Checked { check: Check::Mismatch(Mismatch { why: Why::UnknownScheme, at: None }), scheme: None };
    let Some((salt_text, digest)) = field.len().checked_sub(11).map(|at| field.split_at(at)) else { return unknown };
    let text = String::from_utf8_lossy(salt_text);
    let units: Vec<u16> = text.encode_utf16().collect();
    // The second unit is written as the first where it is zero.
    let (&[first, second], true) = (&units[..], digest.is_ascii()) else { return unknown };
    if second == 0 && first != 0 {
        return unknown;
    }
    let mut key = Secret::with_capacity(8);
    for unit in String::from_utf8_lossy(password).encode_utf16().take_while(|unit| *unit != 0).take(8) {
        // A unit whose low bits are zero is a key byte like any other, and does not end the password.
        key.extend(&[(unit & 0x7F) as u8]);
    }
    let salt = value(first) | value(second) << 6;
    // The salt is written back as it is, so that any two characters do for the comparison.
    let narrow = if salt_text.is_ascii() { field.to_vec() } else { [b"..", digest].concat() };
    ask::descrypt([narrow[0], narrow[1]], salt, &narrow, key.expose(), work).judge(&narrow)
}

/// The six bits of a unit of the salt.
fn value(unit: u16) -> u16 {
    let below = |last: u8, step: u16, value: u16| if value > u16::from(last) { value - step } else { value };
    below(b'9', 7, below(b'Z', 6, unit)).wrapping_sub(u16::from(b'.')) & 63
}

/// Number of UTF-16 units of a text.
fn units(text: &[u8]) -> usize {
    String::from_utf8_lossy(text).encode_utf16().count()
}

/// The low bytes of a text's UTF-16 units.
fn low_bytes(text: &[u8]) -> Secret {
    if text.is_ascii() {
        return Secret::from(text);
    }
    Secret::from(String::from_utf8_lossy(text).encode_utf16().map(|unit| (unit & 0xFF) as u8).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http_auth(field: &str, password: &str) -> Check {
        HttpAuth.check(field.as_bytes(), password.as_bytes(), &mut Work::limited(10.0)).check
    }

    fn error(field: &str) -> Option<String> {
        bcryptjs_error(field.as_bytes())
    }

    #[test]
    fn bcryptjs_throws_at_costs_and_salts_that_it_does_not_take() {
        let field = |cost: &str, salt: &str| format!("$2y${cost}${salt}{}", "a".repeat(53 - salt.len()));
        assert_eq!(error(&field("05", "abcdefghijklmnopqrstuu")), None);
        assert_eq!(error(&field("32", "a")).as_deref(), Some("Illegal number of rounds (4-31): 32"));
        assert_eq!(error(&field("05", "ab!")).as_deref(), Some("Illegal salt length: 1 != 16"));
        assert_eq!(error(&field("05", "abc!")), None);
        assert_eq!(error("$2y$05$short"), None);
        assert_eq!(error(&format!("$2y$5$a{}", "a".repeat(53))).as_deref(), Some("Missing salt rounds"));
    }

    /// As bcryptjs 2.4.3 answers them.
    #[test]
    fn bcryptjs_counts_the_bytes_of_salt_up_to_a_foreign_character() {
        for (salt, bytes) in [
            ("abcd!", 3),
            ("abcde!", 3),
            ("abcdef!", 4),
            ("abcdefgh!", 6),
            ("abcdefghi!", 6),
            ("abcdefghijklmnopqrst!u", 15),
            ("abcdefghijklmnopqrstu!", 15),
        ] {
            let field = format!("$2y$05${salt}{}", "a".repeat(53 - salt.len()));
            assert_eq!(error(&field), Some(format!("Illegal salt length: {bytes} != 16")), "{salt}");
        }
    }

    #[test]
    fn what_keeps_a_bcrypt_field_from_matching_is_named() {
        let mismatch = |why, start, end| Check::Mismatch(Mismatch { why, at: Some(Span::new(start, end)) });
        for (rest, answer) in [
            ("a".repeat(52), mismatch(Why::TooShort, 59, 59)),
            ("a".repeat(54), mismatch(Why::TrailingBytes, 60, 61)),
            (format!("{}\u{e9}", "a".repeat(53)), mismatch(Why::TrailingBytes, 60, 62)),
            (format!("abc!{}", "a".repeat(49)), mismatch(Why::Malformed, 10, 11)),
            (format!("abc\u{e9}{}", "a".repeat(49)), mismatch(Why::Malformed, 10, 12)),
            (format!("abcdefg\u{20ac}{}", "a".repeat(45)), mismatch(Why::Malformed, 14, 17)),
        ] {
            assert_eq!(http_auth(&format!("$2y$05${rest}"), "secret"), answer, "{rest}");
        }
    }

    /// As apache-md5 1.1.8 answers them.
    #[test]
    fn a_salt_beyond_ascii_is_hashed_by_its_low_bytes() {
        for (password, field) in [
            ("secret", "$1$\u{e9}$bxDNe.xrXNZpa.wQ.YbKj/"),
            ("secret", "$apr1$\u{e9}$g8ZJ9hhxOU/uJwkqnINuY/"),
            ("p\u{e9}", "$apr1$abcdefgh$LCcHJU/djryaT3ZBIe.bb."),
            ("p\u{20ac}", "$apr1$\u{20ac}b$PQ.EORExgmMwWz5A3wI6H0"),
        ] {
            assert_eq!(http_auth(field, password), Check::Match, "{field}");
        }
        let why = |field: &str| match md5(field.as_bytes(), b"secret", &mut Work::limited(1.0)).check {
            Check::Mismatch(mismatch) => mismatch.why,
            other => panic!("{other:?}"),
        };
        assert_eq!(why("$1$\u{e9}$"), Why::Digest);
        assert_eq!(why("$1$\u{e9}"), Why::UnknownScheme);
    }

    /// As unix-crypt-td-js 1.1.4 answers them.
    #[test]
    fn any_two_units_are_a_salt_of_des() {
        for field in ["9Zek2TLfYZboc", "Z9QrkD/2Zwzhk", "azZmGREBLCo0w", "[:pAvU1qkUOsE", "\u{e9}a94jHHgR7mp2"] {
            assert_eq!(http_auth(field, "secret"), Check::Match, "{field}");
        }
        assert_eq!(http_auth("\0\0Zzd9DpuMxNk", "secret"), Check::Match);
        // Its text is `aaHgU7acIJ11I`.
        assert!(matches!(http_auth("a\0HgU7acIJ11I", "secret"), Check::Mismatch(_)));
    }

    #[test]
    fn what_is_no_hash_is_the_password_itself_for_http_auth() {
        assert_eq!(http_auth("$6$abc$def", "$6$abc$def"), Check::Match);
        assert_eq!(http_auth("", ""), Check::Match);
        assert!(matches!(http_auth("secret", "Secret"), Check::Mismatch(Mismatch { why: Why::Text, .. })));
    }

    #[test]
    fn texts_of_one_length_and_different_bytes_crash_http_auth() {
        assert_eq!(http_auth("\u{e9}", "e"), Check::Crashes);
        assert!(matches!(http_auth("\u{e9}", "ee"), Check::Mismatch(_)));
    }
}
