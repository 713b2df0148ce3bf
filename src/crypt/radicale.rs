//! How Radicale checks a field in its default mode, `htpasswd_encryption = autodetect`: a few exact forms are verified, and
//! everything else is the password itself.
//!
//! Fields and passwords are text in UTF-8. A `ValueError` of a library is caught and refuses the login; any other error
//! is a 500.
//!
//! Source: Radicale 3.9.0 `auth/htpasswd.py:_autodetect`; bcrypt 5.0.0 `src/_bcrypt/src/lib.rs:checkpw`; libpass 1.9.4 as in
//! [`crate::crypt::passlib`] and [`crate::crypt::argon2_cffi`].

use crate::bytes::Span;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Errno;
use crate::crypt::Mismatch;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::argon2_cffi;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Sha2;
use crate::crypt::passlib;
use crate::scheme::apr1;
use crate::scheme::argon2::Variant;
use crate::scheme::bcrypt;
use crate::scheme::h64;

/// Radicale's check.
pub struct Radicale {
    /// Whether the file held a bcrypt entry of exactly 60 characters when the server started. Without one the module is
    /// not there, and a field that looks like bcrypt ends in an `AttributeError`.
    pub bcrypt: bool,
}

/// What a check comes to, with what Radicale says about it.
pub struct Told {
    /// The answer.
    pub checked: Checked,
    /// Radicale's word for the method.
    pub method: String,
    /// The text of the error.
    pub error: Option<String>,
    /// Where the text goes on with the field in brackets, what stands before it there.
    pub quotes_field: Option<String>,
}

impl Radicale {
    /// Does `password` match `field`, and what is logged about it?
    #[must_use]
    pub fn verify(&self, field: &[u8], password: &[u8], work: &mut Work) -> Told {
        if is_apr1(field) {
            caught("MD5-APR1", "apr1", password, || passlib::apr1(strip(field), password, work))
        } else if is_bcrypt(field) {
            self.bcrypt(field, password, work)
        } else if let Some((scheme, variant)) = argon2_variant(field) {
            argon2(scheme, variant, strip(field), password, work)
        } else if is_sha2(field, b"$5$", 42) {
            let verify = || passlib::sha2crypt(Sha2::Sha256, strip(field), password, work);
            caught("SHA-256", "sha256crypt", password, verify)
        } else if is_sha2(field, b"$6$", 85) {
            let verify = || passlib::sha2crypt(Sha2::Sha512, strip(field), password, work);
            caught("SHA-512", "sha512crypt", password, verify)
        } else {
            told("PLAIN", passlib::text(field, password, work))
        }
    }

    fn bcrypt(&self, field: &[u8], password: &[u8], work: &mut Work) -> Told {
        if !self.bcrypt {
            let checked = Checked { check: Check::Fails(Errno::EINVAL), scheme: Some("bcrypt") };
            let error = Some("'Auth' object has no attribute '_verify_bcrypt'".to_owned());
            return Told { checked, method: "BCRYPT".to_owned(), error, quotes_field: None };
        }
        let password = &password[..password.len().min(bcrypt::KEY_BYTES)];
        if field.len() != 60 {
            let method = format!("PLAIN/fallback as hash length not matching for BCRYPT: {}", field.len());
            return told(&method, passlib::text(field, password, work));
        }
        let refused = |why, at: Span, error: &str| {
            let check = Check::Mismatch(Mismatch { why, at: Some(at) });
            let checked = Checked { check, scheme: Some("bcrypt") };
            Told { error: Some(error.to_owned()), ..told("BCRYPT", checked) }
        };
        if field[2] == b'$' {
            return refused(Why::UnknownScheme, Span::at(1, 1), "Invalid salt");
        }
        let cost = (field[4] - b'0') * 10 + (field[5] - b'0');
        if !(4..=31).contains(&cost) {
            return refused(Why::CostOutOfRange, Span::at(4, 2), "Invalid salt");
        }
        let salt_text = &field[7..29];
        let salt = bcrypt::decode::<{ bcrypt::SALT_BYTES }>(salt_text).filter(|salt| bcrypt::encode(salt) == salt_text);
        let Some(salt) = salt else { return refused(Why::Spelling, Span::at(28, 1), "Invalid salt") };
        let key = bcrypt::Key::new(bcrypt::Variant::Plain, password);
        let asked = ask::Bcrypt { cost, salt: &salt, key: &key };
        let claim = Claim { field, at: 29, characters: bcrypt::DIGEST_CHARACTERS };
        told("BCRYPT", ask::bcrypt(&asked, field[..29].to_vec(), claim, work).judge(field))
    }
}

fn told(method: &str, checked: Checked) -> Told {
    Told { checked, method: method.to_owned(), error: None, quotes_field: None }
}

fn caught(method: &str, scheme: &'static str, password: &[u8], verify: impl FnOnce() -> passlib::Verified) -> Told {
    let long = crate::bytes::characters(password) > passlib::LONGEST_PASSWORD;
    let verified = if long { Err(passlib::too_long(Some(scheme))) } else { verify() };
    match verified {
        Ok(checked) => told(method, checked),
        Err(raised) => Told { checked: raised.as_mismatch(), error: Some(raised.text), ..told(method, nothing()) },
    }
}

fn nothing() -> Checked {
    Checked { check: Check::Mismatch(Mismatch { why: Why::Malformed, at: None }), scheme: None }
}

/// Without blanks at its ends, as `str.strip` makes it.
#[must_use]
pub fn strip(field: &[u8]) -> &[u8] {
    std::str::from_utf8(field).map_or(field, |text| text.trim_matches(crate::bytes::is_python_space).as_bytes())
}

/// `^\$apr1\$[A-Za-z0-9/.]{8}\$[A-Za-z0-9/.]{22}`
fn is_apr1(field: &[u8]) -> bool {
    field.strip_prefix(apr1::MAGIC).is_some_and(|rest| salted(rest, 8, 22))
}

/// `^\$2(a|b|x|y)?\$[0-9]{2}\$[A-Za-z0-9/.]{53}`
fn is_bcrypt(field: &[u8]) -> bool {
    let ([b'$', b'2', b'$', rest @ ..] | [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', rest @ ..]) = field else {
        return false;
    };
    match rest {
        [b'0'..=b'9', b'0'..=b'9', b'$', rest @ ..] => rest.get(..53).is_some_and(h64::all),
        _ => false,
    }
}

/// `^\$N\$(rounds=[0-9]+\$)?[A-Za-z0-9/.]{16}\$[A-Za-z0-9/.]{digest}`
fn is_sha2(field: &[u8], prefix: &[u8], digest: usize) -> bool {
    let Some(rest) = field.strip_prefix(prefix) else { return false };
    let rest = rest.strip_prefix(b"rounds=").map_or(Some(rest), |after| {
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        after[digits..].strip_prefix(b"$").filter(|_| digits > 0)
    });
    rest.is_some_and(|rest| salted(rest, 16, digest))
}

/// A salt of exactly so many characters, `$`, and at least so many of digest.
fn salted(text: &[u8], salt: usize, digest: usize) -> bool {
    text.get(..salt).is_some_and(h64::all)
        && text.get(salt) == Some(&b'$')
        && text.get(salt + 1..salt + 1 + digest).is_some_and(h64::all)
}

/// `^\$argon2(i|d|id)\$`
fn argon2_variant(field: &[u8]) -> Option<(&'static str, Variant)> {
    let rest = field.strip_prefix(b"$argon2")?;
    [(&b"id$"[..], Variant::Id), (b"i$", Variant::I), (b"d$", Variant::D)]
        .into_iter()
        .find_map(|(letters, variant)| rest.starts_with(letters).then_some((variant.name(), variant)))
}

fn argon2(scheme: &'static str, variant: Variant, field: &[u8], password: &[u8], work: &mut Work) -> Told {
    const METHOD: &str = "ARGON2";
    if crate::bytes::characters(password) > passlib::LONGEST_PASSWORD {
        return caught(METHOD, scheme, password, || Ok(nothing()));
    }
    match argon2_cffi::verify(variant, field, password, work) {
        Ok(check) => told(METHOD, Checked { check, scheme: Some(scheme) }),
        Err(raised) => {
            let check = if raised.value_error {
                Check::Mismatch(Mismatch { why: Why::Malformed, at: Some(raised.at) })
            } else {
                Check::Fails(Errno::EINVAL)
            };
            let checked = Checked { check, scheme: Some(scheme) };
            let quotes_field = raised.quotes_field;
            Told { checked, method: METHOD.to_owned(), error: Some(raised.text), quotes_field }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &str, password: &str) -> Check {
        verify(field, password).checked.check
    }

    fn verify(field: &str, password: &str) -> Told {
        Radicale { bcrypt: true }.verify(field.as_bytes(), password.as_bytes(), &mut Work::limited(10.0))
    }

    #[test]
    fn what_has_no_exact_form_is_the_password_itself() {
        for field in [
            "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
            "$apr1$abcd$h9FWgUz3n9YxylKLlR5SQ/",
            "$6$abcdefgh$x",
            "$2y$05$short",
            "secret",
        ] {
            assert_eq!(check(field, field), Check::Match, "{field}");
        }
    }

    #[test]
    fn a_bcrypt_field_without_the_module_fails() {
        let field = format!("$2$05${}", "a".repeat(53));
        let told = Radicale { bcrypt: false }.verify(field.as_bytes(), b"x", &mut Work::limited(10.0));
        assert_eq!(told.checked.check, Check::Fails(Errno::EINVAL));
    }

    #[test]
    fn a_bcrypt_field_of_another_length_is_the_password_cut_at_72_bytes() {
        let field = format!("$2y$05${}", "a".repeat(54));
        assert_eq!(check(&field, &field), Check::Match);
    }

    #[test]
    fn the_form_of_sha512_wants_sixteen_characters_of_salt() {
        let of = |salt: usize| format!("$6$rounds=1000${}${}", "a".repeat(salt), "b".repeat(86));
        assert!(is_sha2(of(16).as_bytes(), b"$6$", 85));
        assert!(!is_sha2(of(15).as_bytes(), b"$6$", 85));
    }

    #[test]
    fn the_form_of_sha2_wants_a_digit_of_rounds() {
        let of = |rounds: &str| format!("$5$rounds={rounds}${}${}", "a".repeat(16), "b".repeat(43));
        assert!(is_sha2(of("0").as_bytes(), b"$5$", 42));
        assert!(!is_sha2(of("").as_bytes(), b"$5$", 42));
    }

    #[test]
    fn libpass_takes_passwords_of_4096_characters_and_no_more() {
        let error = Some("password exceeds maximum allowed size");
        for field in ["$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAA"] {
            let longest = verify(field, &"\u{e9}".repeat(4096));
            assert_eq!(longest.error, None, "{field}");
            let digest = Mismatch { why: Why::Digest, at: None };
            assert_eq!(longest.checked.check, Check::Mismatch(digest), "{field}");
            let longer = verify(field, &"\u{e9}".repeat(4097));
            assert_eq!(longer.error.as_deref(), error, "{field}");
            let too_long = Mismatch { why: Why::PasswordTooLong, at: None };
            assert_eq!(longer.checked.check, Check::Mismatch(too_long), "{field}");
        }
    }
}
