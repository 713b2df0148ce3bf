//! How passlib checks a field: its handlers one by one, and the context that its `HtpasswdFile` puts them in.
//!
//! A field that has the prefix of a known scheme and not its form raises `ValueError`, which is [`Raised`] here: what comes
//! of it is the program's affair. In the context whatever no handler knows is the password itself.
//!
//! Source: passlib 1.7.4 `apache.py:_init_htpasswd_context`, `utils/handlers.py`, `handlers/md5_crypt.py`,
//! `handlers/sha2_crypt.py`, `handlers/bcrypt.py`, `handlers/des_crypt.py`, `handlers/ldap_digests.py`,
//! `handlers/misc.py`; libpass 1.9.4, its successor, has the same rules.

use std::cmp::Ordering;

use crate::bytes::Span;
use crate::bytes::characters;
use crate::bytes::split_once;
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
use crate::crypt::ask::Sha2;
use crate::scheme;
use crate::scheme::apr1;
use crate::scheme::bcrypt;
use crate::scheme::descrypt;
use crate::scheme::h64;
use crate::scheme::md5crypt;
use crate::scheme::sha1;
use crate::scheme::sha2crypt;

/// Longest password in characters; a longer one raises an error.
pub const LONGEST_PASSWORD: usize = 4096;

/// A `ValueError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Name of the scheme the field was taken for.
    pub scheme: Option<&'static str>,
    /// The reason.
    pub why: Why,
    /// The deciding bytes of the field.
    pub at: Option<Span>,
    /// passlib's own text.
    pub text: String,
}

impl Raised {
    /// The error as the answer of a check that has no errors of its own: a mismatch.
    #[must_use]
    pub fn as_mismatch(&self) -> Checked {
        let check = Check::Mismatch(Mismatch { why: self.why, at: self.at });
        Checked { check, scheme: self.scheme }
    }
}

/// The answer, or the error that is raised instead.
pub type Verified = Result<Checked, Raised>;

/// The context of passlib's `HtpasswdFile`.
pub struct HtpasswdContext;

impl Crypt for HtpasswdContext {
    fn name(&self) -> &'static str {
        "passlib"
    }

    /// Both are bytes; the password is text in UTF-8. A `ValueError` is [`Check::Fails`].
    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        HtpasswdContext::verify(field, password, work)
            .unwrap_or_else(|raised| Checked { check: Check::Fails(Errno::EINVAL), scheme: raised.scheme })
    }
}

/// How one of the schemes verifies.
type Handler = fn(&[u8], &[u8], &mut Work) -> Verified;

impl HtpasswdContext {
    /// Does `password`, text in UTF-8, match `field`?
    pub fn verify(field: &[u8], password: &[u8], work: &mut Work) -> Verified {
        let (scheme, handler): (_, Handler) = match field {
            [b'$', b'2', b'$', ..] | [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', ..] => (Some("bcrypt"), bcrypt),
            [b'$', b'5', b'$', ..] => (Some("sha256crypt"), |f, p, work| sha2crypt(Sha2::Sha256, f, p, work)),
            [b'$', b'6', b'$', ..] => (Some("sha512crypt"), |f, p, work| sha2crypt(Sha2::Sha512, f, p, work)),
            _ if field.starts_with(apr1::MAGIC) => (Some("apr1"), apr1),
            _ if is_descrypt(field) => (Some("descrypt"), descrypt),
            _ if field.starts_with(sha1::PREFIX) => (Some("sha1"), sha1),
            _ => (None, plain),
        };
        if characters(password) > LONGEST_PASSWORD {
            return Err(too_long(scheme));
        }
        if let Some(scheme) = scheme {
            ascii(scheme, field)?;
        }
        handler(field, password, work)
    }
}

/// The error for a password that is longer than [`LONGEST_PASSWORD`].
#[must_use]
pub fn too_long(scheme: Option<&'static str>) -> Raised {
    let text = "password exceeds maximum allowed size".to_owned();
    Raised { scheme, why: Why::PasswordTooLong, at: None, text }
}

/// passlib's word for a scheme.
fn name(scheme: &str) -> &'static str {
    match scheme {
        "apr1" => "apr_md5_crypt",
        "sha256crypt" => "sha256_crypt",
        "sha512crypt" => "sha512_crypt",
        "descrypt" => "des_crypt",
        "sha1" => "ldap_sha1",
        _ => "bcrypt",
    }
}

fn raised(scheme: &'static str, why: Why, at: Span, text: impl Into<String>) -> Raised {
    Raised { scheme: Some(scheme), why, at: Some(at), text: text.into() }
}

fn ascii(scheme: &'static str, field: &[u8]) -> Result<(), Raised> {
    let Some(at) = field.iter().position(|byte| !byte.is_ascii()) else { return Ok(()) };
    let text =
        format!("'ascii' codec can't decode byte 0x{:02x} in position {at}: ordinal not in range(128)", field[at]);
    Err(raised(scheme, Why::ForbiddenByte, Span::at(at as u64, 1), text))
}

/// The first byte of a part that is not of an alphabet, as a span of the field.
fn foreign(field: &[u8], part: std::ops::Range<usize>, known: fn(u8) -> bool) -> Option<Span> {
    let at = part.start + field[part].iter().position(|byte| !known(*byte))?;
    Some(Span::at(at as u64, 1))
}

fn is_bcrypt64(byte: u8) -> bool {
    bcrypt::value(byte).is_some()
}

/// A salt: its alphabet, then its length; only the least that it must have where `most` is `None`.
fn salt(
    scheme: &'static str,
    field: &[u8],
    part: std::ops::Range<usize>,
    known: fn(u8) -> bool,
    least: usize,
    most: Option<usize>,
) -> Result<(), Raised> {
    let (name, length) = (name(scheme), characters(&field[part.clone()]));
    let at = Span::at(part.start as u64, part.len());
    if let Some(at) = foreign(field, part, known) {
        return Err(raised(scheme, Why::Malformed, at, format!("invalid characters in {name} salt")));
    }
    if length < least {
        let text = format!("salt too small ({name} requires exactly {least} chars)");
        return Err(raised(scheme, Why::Malformed, at, text));
    }
    if let Some(most) = most.filter(|most| length > *most) {
        let text = format!("salt too large ({name} requires <= {most} chars)");
        return Err(raised(scheme, Why::Malformed, at, text));
    }
    Ok(())
}

/// A checksum, where there is one: its length, then its alphabet.
fn checksum(
    scheme: &'static str,
    field: &[u8],
    part: std::ops::Range<usize>,
    known: fn(u8) -> bool,
    length: usize,
) -> Result<(), Raised> {
    let (name, at) = (name(scheme), Span::at(part.start as u64, part.len()));
    let stored = characters(&field[part.clone()]);
    let why = match stored.cmp(&length) {
        Ordering::Less if stored > 0 => Some(Why::TooShort),
        Ordering::Greater => Some(Why::TrailingBytes),
        _ => None,
    };
    if let Some(why) = why {
        let text = format!("malformed {name} hash (checksum must be exactly {length} chars)");
        return Err(raised(scheme, why, at, text));
    }
    match foreign(field, part, known) {
        Some(at) => Err(raised(scheme, Why::Malformed, at, format!("invalid characters in {name} checksum"))),
        None => Ok(()),
    }
}

/// That there is a checksum at all.
fn present(scheme: &'static str, field: &[u8], digest_at: usize) -> Result<(), Raised> {
    if digest_at < field.len() {
        return Ok(());
    }
    let text = format!("expected {0} hash, got {0} config string instead", name(scheme));
    Err(raised(scheme, Why::TooShort, Span::at(field.len() as u64, 0), text))
}

fn no_nul(scheme: &'static str, password: &[u8]) -> Result<(), Raised> {
    if !password.contains(&0) {
        return Ok(());
    }
    // The core of apr1 is md5_crypt's and says so.
    let name = if scheme == "apr1" { "md5_crypt" } else { name(scheme) };
    let text = format!("{name} does not allow NULL bytes in password");
    Err(Raised { scheme: Some(scheme), why: Why::ForbiddenByte, at: None, text })
}

/// `$apr1$` with up to 8 characters of salt.
pub fn apr1(field: &[u8], password: &[u8], work: &mut Work) -> Verified {
    let start = apr1::MAGIC.len();
    let (salt_length, digest_at) = match split_once(&field[start..], b'$') {
        Some((salt, rest)) if rest.contains(&b'$') => {
            let at = Span::new((start + salt.len()) as u64, field.len() as u64);
            return Err(raised("apr1", Why::Malformed, at, "malformed apr_md5_crypt hash"));
        }
        Some((salt, _)) => (salt.len(), start + salt.len() + 1),
        None => (field.len() - start, field.len()),
    };
    let salt_part = start..start + salt_length;
    checksum("apr1", field, digest_at..field.len(), ask::is_h64, md5crypt::DIGEST_CHARACTERS)?;
    salt("apr1", field, salt_part.clone(), ask::is_h64, 0, Some(md5crypt::SALT_BYTES))?;
    present("apr1", field, digest_at)?;
    no_nul("apr1", password)?;
    Ok(ask::md5crypt("apr1", apr1::MAGIC, &field[salt_part], field, password, work).judge(field))
}

/// `$5$` or `$6$` with up to 16 characters of salt, and 1000 to 999999999 rounds.
pub fn sha2crypt(which: Sha2, field: &[u8], password: &[u8], work: &mut Work) -> Verified {
    let scheme = which.name();
    let (mut start, mut rounds, mut in_range) = (3, 5000, Ok(()));
    if let Some(rest) = field[3..].strip_prefix(b"rounds=") {
        let digits = rest.split(|byte| *byte == b'$').next().unwrap_or_default();
        let at = Span::at(10, digits.len());
        if digits.len() > 1 && digits[0] == b'0' {
            let text = format!("malformed {} hash (zero-padded rounds)", name(scheme));
            return Err(raised(scheme, Why::Malformed, at, text));
        }
        let Some(number) = int(digits) else {
            let text = format!("invalid literal for int() with base 10: '{}'", digits.escape_ascii());
            return Err(raised(scheme, Why::Malformed, at, text));
        };
        in_range = bounds(scheme, number, (1000, 999_999_999), at);
        rounds = u32::try_from(number).unwrap_or(u32::MAX);
        start = 10 + digits.len() + 1;
    }
    if start > field.len() {
        let at = Span::at(field.len() as u64, 0);
        return Err(raised(scheme, Why::TooShort, at, format!("malformed {} hash", name(scheme))));
    }
    let (salt_length, digest_at) = match split_once(&field[start..], b'$') {
        Some((salt, rest)) if rest.contains(&b'$') => {
            let at = Span::new((start + salt.len()) as u64, field.len() as u64);
            return Err(raised(scheme, Why::Malformed, at, format!("malformed {} hash", name(scheme))));
        }
        Some((salt, _)) => (salt.len(), start + salt.len() + 1),
        None => (field.len() - start, field.len()),
    };
    let salt_part = start..start + salt_length;
    checksum(scheme, field, digest_at..field.len(), ask::is_h64, which.digest_characters())?;
    // Without a checksum a long salt is cut and the rounds are brought into their range, which ends in the error below.
    let has_checksum = digest_at < field.len();
    salt(scheme, field, salt_part.clone(), ask::is_h64, 0, has_checksum.then_some(sha2crypt::SALT_BYTES))?;
    present(scheme, field, digest_at)?;
    in_range?;
    no_nul(scheme, password)?;
    let claim = Claim { field, at: digest_at, characters: which.digest_characters() };
    let made = ask::sha2crypt(which, rounds, &field[salt_part], password, field[..digest_at].to_vec(), claim, work);
    Ok(made.judge(field))
}

/// bcrypt with the letters `a`, `b`, `y` or none; 60 characters, of which stray bits don't count.
pub fn bcrypt(field: &[u8], password: &[u8], work: &mut Work) -> Verified {
    const SCHEME: &str = "bcrypt";
    let cost_at = if field.starts_with(b"$2$") { 3 } else { 4 };
    if field[2] == b'x' {
        let text = "crypt_blowfish's buggy '2x' hashes are not currently supported";
        return Err(raised(SCHEME, Why::UnknownScheme, Span::at(2, 1), text));
    }
    let rest = Span::new(cost_at as u64, field.len() as u64);
    let Some((digits, data)) = split_once(&field[cost_at..], b'$') else {
        return Err(raised(SCHEME, Why::Malformed, rest, "not enough values to unpack (expected 2, got 1)"));
    };
    if data.contains(&b'$') {
        return Err(raised(SCHEME, Why::Malformed, rest, "too many values to unpack (expected 2)"));
    }
    let at = Span::at(cost_at as u64, digits.len());
    let Some(cost) = int(digits) else {
        let text = format!("invalid literal for int() with base 10: '{}'", digits.escape_ascii());
        return Err(raised(SCHEME, Why::Malformed, at, text));
    };
    if format!("{cost:02}").as_bytes() != digits {
        return Err(raised(SCHEME, Why::Malformed, at, "malformed bcrypt hash (malformed cost field)"));
    }
    let salt_at = cost_at + digits.len() + 1;
    let digest_at = field.len().min(salt_at + bcrypt::SALT_CHARACTERS);
    checksum(SCHEME, field, digest_at..field.len(), is_bcrypt64, bcrypt::DIGEST_CHARACTERS)?;
    salt(SCHEME, field, salt_at..digest_at, is_bcrypt64, bcrypt::SALT_CHARACTERS, None)?;
    bounds(SCHEME, cost, (4, 31), at)?;
    present(SCHEME, field, digest_at)?;
    no_nul(SCHEME, password)?;
    let Some(salt) = bcrypt::decode(&field[salt_at..digest_at]) else {
        return Err(raised(SCHEME, Why::Malformed, at, "invalid characters in bcrypt salt"));
    };
    // `$2$` is made of `$2a$` by repeating the password, which leaves no room for the NUL at its end. An empty one stays
    // that NUL, and all zeros either way.
    let key = match field[2] {
        b'$' => bcrypt::Key::repeated(password),
        _ => bcrypt::Key::new(bcrypt::Variant::Plain, password),
    };
    let asked = ask::Bcrypt { cost: u8::try_from(cost).unwrap_or(u8::MAX), salt: &salt, key: &key };
    let claim = Claim { field, at: digest_at, characters: bcrypt::DIGEST_CHARACTERS };
    let checked = ask::bcrypt(&asked, field[..digest_at].to_vec(), claim, work).judge(field);
    // Stray bits of the digest are cleared before it is compared.
    let stray = matches!(&checked.check, Check::Mismatch(Mismatch { why: Why::Spelling, .. }));
    Ok(if stray { Checked { check: Check::Match, ..checked } } else { checked })
}

/// DES crypt: two characters of salt and eleven of digest.
fn descrypt(field: &[u8], password: &[u8], work: &mut Work) -> Verified {
    present("descrypt", field, 2)?;
    no_nul("descrypt", password)?;
    let salt_text = [field[0], field[1]];
    let salt = descrypt::salt(salt_text).unwrap_or_default();
    Ok(ask::descrypt(salt_text, salt, field, password, work).judge(field))
}

/// Whether a field has the form of DES crypt, with or without a digest. Letters are told without regard to case, so four
/// letters beyond ASCII count as well, only to be refused later.
fn is_descrypt(field: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(field) else { return false };
    let letter = |character: char| match u8::try_from(character) {
        Ok(byte) => h64::value(byte).is_some(),
        Err(_) => matches!(character, '\u{130}' | '\u{131}' | '\u{17F}' | '\u{212A}'),
    };
    matches!(text.chars().count(), 2 | 13) && text.chars().all(letter)
}

/// `{SHA}`, compared as text.
fn sha1(field: &[u8], password: &[u8], work: &mut Work) -> Verified {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if let Some(at) = foreign(field, sha1::PREFIX.len()..field.len(), known) {
        return Err(raised("sha1", Why::Malformed, at, format!("invalid characters in {} checksum", name("sha1"))));
    }
    Ok(ask::sha1_text(field, password, work).judge(field))
}

/// The field as the password itself.
fn plain(field: &[u8], password: &[u8], work: &mut Work) -> Verified {
    if let Err(error) = std::str::from_utf8(field) {
        let at = Span::at(error.valid_up_to() as u64, error.error_len().unwrap_or(1));
        let text =
            format!("'utf-8' codec can't decode byte 0x{:02x} in position {}", field[error.valid_up_to()], at.start);
        return Err(Raised { scheme: None, why: Why::ForbiddenByte, at: Some(at), text });
    }
    Ok(text(field, password, work))
}

/// A field compared as text with the password. The right password of a scheme that is not known here is never the text itself.
#[must_use]
pub fn text(field: &[u8], password: &[u8], work: &Work) -> Checked {
    let meant = scheme::identify(field).filter(|meant| meant.name != "plain");
    let why = if meant.is_some() { Why::UnknownScheme } else { Why::Text };
    let equal = match work.mode() {
        Mode::Compute => scheme::same(field, password),
        Mode::Assume => meant.is_none(),
    };
    let check = if equal { Check::Match } else { Check::Mismatch(Mismatch { why, at: None }) };
    Checked { check, scheme: None }
}

fn bounds(scheme: &'static str, number: i64, (least, most): (i64, i64), at: Span) -> Result<(), Raised> {
    let name = name(scheme);
    let text = if number < least {
        format!("{name}: rounds ({number}) is too low, must be at least {least}")
    } else if number > most {
        format!("{name}: rounds ({number}) is too large, cannot be more than {most}")
    } else {
        return Ok(());
    };
    Err(raised(scheme, Why::CostOutOfRange, at, text))
}

/// A number as Python's `int` reads it from ASCII: blanks around it, a sign, single underscores between digits. What does
/// not fit counts as the largest.
fn int(text: &[u8]) -> Option<i64> {
    let blank = |byte: &u8| matches!(byte, b'\t'..=b'\r' | 0x1C..=b' ');
    let start = text.iter().position(|byte| !blank(byte))?;
    let end = text.iter().rposition(|byte| !blank(byte))? + 1;
    let (sign, digits) = match &text[start..end] {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] | digits => (1, digits),
    };
    let mut value = 0_i64;
    let mut after_digit = false;
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                value = value.saturating_mul(10).saturating_add(i64::from(byte - b'0'));
                after_digit = true;
            }
            b'_' if after_digit => after_digit = false,
            _ => return None,
        }
    }
    after_digit.then_some(sign * value)
}

#[cfg(test)]
mod tests;
