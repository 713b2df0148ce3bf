//! bcrypt as Go's `golang.org/x/crypto/bcrypt` checks it: it rebuilds the first 60 bytes and compares no more.
//!
//! So any bytes may follow, the letter after `$2` is not looked at, the separators are skipped unseen, and stray bits of
//! the salt do not count. Source: `golang.org/x/crypto` 0.17 to 0.45 `bcrypt/bcrypt.go:CompareHashAndPassword`.

use std::fmt;

use crate::bytes::Span;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Mismatch;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::attempt::Attempt;
use crate::scheme::bcrypt;

/// Fewest bytes of a field.
const SHORTEST: usize = 59;
/// Costs that are taken.
const COSTS: std::ops::RangeInclusive<i8> = 4..=31;

/// The dialect: `CompareHashAndPassword` for whatever field.
pub struct GoBcrypt(());

/// Distribution, Caddy, exporter-toolkit; and the bcrypt part of others.
pub static GO_BCRYPT: GoBcrypt = GoBcrypt(());

/// Why Go refuses a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// Fewer than 59 bytes.
    TooShort,
    /// It begins with another byte than `$`.
    Prefix(u8),
    /// The version byte is above `2`.
    Version(u8),
    /// The two bytes of the cost are not a number.
    CostNotNumber([u8; 2]),
    /// The cost is not from 4 to 31.
    Cost(i8),
    /// The salt has a foreign byte at this offset of it.
    Salt(usize),
}

/// How the message of [`Error::Cost`] is worded, which changed in 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wording {
    /// `cost 32 is outside allowed range (4,31)`.
    Range,
    /// `cost 32 is outside allowed inclusive range 4..31`.
    InclusiveRange,
}

impl Error {
    /// Go's text.
    #[must_use]
    pub fn text(self, wording: Wording) -> String {
        match self {
            Self::TooShort => "crypto/bcrypt: hashedSecret too short to be a bcrypted password".into(),
            Self::Prefix(byte) => {
                let byte = Rune(byte);
                format!("crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with '{byte}'")
            }
            Self::Version(byte) => {
                let byte = Rune(byte);
                format!("crypto/bcrypt: bcrypt algorithm version '{byte}' requested is newer than current version '2'")
            }
            Self::CostNotNumber(bytes) => {
                format!("strconv.Atoi: parsing \"{}\": invalid syntax", bytes.escape_ascii())
            }
            Self::Cost(cost) if wording == Wording::Range => {
                format!("crypto/bcrypt: cost {cost} is outside allowed range (4,31)")
            }
            Self::Cost(cost) => format!("crypto/bcrypt: cost {cost} is outside allowed inclusive range 4..31"),
            Self::Salt(at) => format!("illegal base64 data at input byte {at}"),
        }
    }

    /// The same as a reason, with the bytes of the field.
    fn mismatch(self, field: &[u8]) -> Mismatch {
        let cost_at = if field.get(2) == Some(&b'$') { 3 } else { 4 };
        let (why, at) = match self {
            Self::TooShort if !field.starts_with(b"$2") => (Why::UnknownScheme, Span::at(0, field.len())),
            Self::TooShort => (Why::TooShort, Span::at(field.len() as u64, 0)),
            Self::Prefix(_) => (Why::UnknownScheme, Span::at(0, 1)),
            Self::Version(_) => (Why::UnknownScheme, Span::at(1, 1)),
            Self::CostNotNumber(_) => (Why::Malformed, Span::at(cost_at, 2)),
            Self::Cost(_) => (Why::CostOutOfRange, Span::at(cost_at, 2)),
            Self::Salt(at) => (Why::Malformed, Span::at(cost_at + 3 + at as u64, 1)),
        };
        Mismatch { why, at: Some(at) }
    }
}

/// A byte as `fmt`'s `%c` shows it: the character of this number.
struct Rune(u8);

impl fmt::Display for Rune {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(self.0))
    }
}

/// The parts of a field that Go takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Parts<'a> {
    cost: u8,
    /// Its 22 characters.
    salt: &'a [u8],
    digest_at: usize,
}

/// `newFromHash`.
fn parts(field: &[u8]) -> Result<Parts<'_>, Error> {
    if field.len() < SHORTEST {
        return Err(Error::TooShort);
    }
    if field[0] != b'$' {
        return Err(Error::Prefix(field[0]));
    }
    if field[1] > b'2' {
        return Err(Error::Version(field[1]));
    }
    // The byte after a minor letter is skipped, whatever it is.
    let cost_at = if field[2] == b'$' { 3 } else { 4 };
    let digits = [field[cost_at], field[cost_at + 1]];
    let cost = atoi(digits).ok_or(Error::CostNotNumber(digits))?;
    if !COSTS.contains(&cost) {
        return Err(Error::Cost(cost));
    }
    let salt_at = cost_at + 3;
    let digest_at = salt_at + bcrypt::SALT_CHARACTERS;
    Ok(Parts { cost: cost.unsigned_abs(), salt: &field[salt_at..digest_at], digest_at })
}

/// `strconv.Atoi` of two bytes: digits, or a sign and a digit.
fn atoi(text: [u8; 2]) -> Option<i8> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| (byte - b'0').cast_signed());
    match text {
        [b'+', ones] => digit(ones),
        [b'-', ones] => Some(-digit(ones)?),
        [tens, ones] => Some(digit(tens)? * 10 + digit(ones)?),
    }
}

/// `bcrypt.Cost`: the cost of a field, or why it could never be checked. The salt is not looked at.
pub fn cost(field: &[u8]) -> Result<u8, Error> {
    parts(field).map(|parts| parts.cost)
}

/// What `CompareHashAndPassword` gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The answer; an error is a mismatch here.
    pub checked: Checked,
    /// The error, where it is one other than that the password does not match.
    pub error: Option<Error>,
}

/// `CompareHashAndPassword`.
pub fn compare(field: &[u8], password: &[u8], work: &mut Work) -> Compared {
    match attempt(field, password, work) {
        Ok((attempt, end)) => Compared { checked: attempt.judge(&field[..end]), error: None },
        Err(error) => {
            let scheme = (bcrypt::SCHEME.identify)(field).then_some("bcrypt");
            let checked = Checked { check: Check::Mismatch(error.mismatch(field)), scheme };
            Compared { checked, error: Some(error) }
        }
    }
}

/// The attempt, and how much of the field is compared.
fn attempt(field: &[u8], password: &[u8], work: &mut Work) -> Result<(Attempt, usize), Error> {
    let Parts { cost, salt: characters, digest_at } = parts(field)?;
    let foreign = characters.iter().position(|byte| bcrypt::value(*byte).is_none());
    let (None, Some(salt)) = (foreign, bcrypt::decode(characters)) else {
        return Err(Error::Salt(foreign.unwrap_or(0)));
    };
    // NUL is an ordinary byte, and all minor letters are one algorithm.
    let key = bcrypt::Key::new(bcrypt::Variant::Plain, password);
    let claim = Claim { field, at: digest_at, characters: bcrypt::DIGEST_CHARACTERS };
    let asked = ask::Bcrypt { cost, salt: &salt, key: &key };
    let end = field.len().min(digest_at + bcrypt::DIGEST_CHARACTERS);
    Ok((ask::bcrypt(&asked, field[..digest_at].to_vec(), claim, work), end))
}

impl Crypt for GoBcrypt {
    fn name(&self) -> &'static str {
        "go-bcrypt"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        compare(field, password, work).checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `secret` with cost 5, from `tests/observed`; the rest of a field of version 2 after its minor letter.
    const REST: &str = "$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

    fn check(field: &str, password: &[u8]) -> Check {
        GO_BCRYPT.check(field.as_bytes(), password, &mut Work::limited(1.0)).check
    }

    #[test]
    fn letters_separators_and_what_follows_do_not_count() {
        for start in ["$2y", "$2a", "$2z", "$2Y", "$1y", "$0\0"] {
            for end in ["", "x", ":comment", " # note"] {
                assert_eq!(check(&format!("{start}{REST}{end}"), b"secret"), Check::Match, "{start:?} {end:?}");
            }
        }
        assert_eq!(check(&format!("$2y{REST}").replace("$05$", "_+5_"), b"secret"), Check::Match);
        assert!(matches!(check(&format!("$2y{REST}"), b"wrong"), Check::Mismatch(Mismatch { why: Why::Digest, .. })));
    }

    #[test]
    fn errors_have_gos_words() {
        for (field, text) in [
            ("$2y$05$short".into(), "crypto/bcrypt: hashedSecret too short to be a bcrypted password"),
            (
                format!("x2y{REST}"),
                "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with 'x'",
            ),
            (
                format!("$6${REST}"),
                "crypto/bcrypt: bcrypt algorithm version '6' requested is newer than current version '2'",
            ),
            (format!("$2y{REST}").replace("05", "32"), "crypto/bcrypt: cost 32 is outside allowed range (4,31)"),
            (format!("$2y{REST}").replace("05", "-5"), "crypto/bcrypt: cost -5 is outside allowed range (4,31)"),
            (format!("$2y{REST}").replace("05", "5$"), "strconv.Atoi: parsing \"5$\": invalid syntax"),
            (format!("$2y{REST}").replace("abc", "ab*"), "illegal base64 data at input byte 2"),
        ] {
            let compared = compare(field.as_bytes(), b"secret", &mut Work::limited(1.0));
            assert_eq!(compared.error.map(|error| error.text(Wording::Range)).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_too_short_is_bcrypt_cut_short_only_where_it_begins_so() {
        let mismatch = |why, at| Check::Mismatch(Mismatch { why, at: Some(at) });
        assert_eq!(check("$2y$05$short", b"secret"), mismatch(Why::TooShort, Span::at(12, 0)));
        assert_eq!(check("$1$salt$short", b"secret"), mismatch(Why::UnknownScheme, Span::at(0, 13)));
    }

    #[test]
    fn a_field_one_byte_short_never_matches() {
        let field = format!("$2y{REST}");
        let short = &field[..59];
        assert!(matches!(check(short, b"secret"), Check::Mismatch(Mismatch { why: Why::TooShort, .. })));
        assert_eq!(cost(short.as_bytes()), Ok(5));
    }
}
