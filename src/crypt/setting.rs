//! Reading the parts of a field that C libraries read alike: salts, rounds, and bcrypt as Openwall reads it.
//!
//! What differs between libraries is an argument here; nothing here names one.

use crate::bytes::Span;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::ask::Claim;
use crate::crypt::attempt::Attempt;
use crate::scheme::bcrypt;

/// The salt from `at` to the next `$` or the end, cut to `most` bytes.
#[must_use]
pub fn salt(field: &[u8], at: usize, most: usize) -> &[u8] {
    let rest = &field[at.min(field.len())..];
    let end = memchr::memchr(b'$', rest).unwrap_or(rest.len());
    &rest[..end.min(most)]
}

/// Where one of these bytes first stands in a salt of `length` bytes at `at`, as a span of the field.
#[must_use]
pub fn forbidden(field: &[u8], at: usize, length: usize, forbidden: fn(u8) -> bool) -> Option<Span> {
    let bad = field[at..at + length].iter().position(|&byte| forbidden(byte))?;
    Some(Span::at((at + bad) as u64, 1))
}

/// The span from `at` to the next `$`, of one byte at least where there is one: a part of a setting to point at.
#[must_use]
pub fn part(field: &[u8], at: usize) -> Span {
    let rest = &field[at.min(field.len())..];
    let length = memchr::memchr(b'$', rest).unwrap_or(rest.len()).max(rest.len().min(1));
    Span::at(at.min(field.len()) as u64, length)
}

/// A number as C's strtoul(3) reads it in base ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    /// The value; the largest where it overflows, and counted down from there where it has a minus sign.
    pub value: u64,
    /// Whether it overflowed.
    pub overflow: bool,
    /// Number of bytes read; 0 where there is no number.
    pub length: usize,
}

/// Reads a number as strtoul(3) does: blanks, a sign, digits.
#[must_use]
pub fn strtoul(text: &[u8]) -> Number {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t'..=b'\r');
    let blanks = text.iter().take_while(|byte| blank(byte)).count();
    let (negative, sign) = match text.get(blanks) {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let digits = &text[blanks + sign..];
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 {
        return Number { value: 0, overflow: false, length: 0 };
    }
    let value = digits[..count].iter().try_fold(0_u64, |value, digit| {
        value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0')))
    });
    let length = blanks + sign + count;
    match value {
        None => Number { value: u64::MAX, overflow: true, length },
        Some(value) if negative => Number { value: value.wrapping_neg(), overflow: false, length },
        Some(value) => Number { value, overflow: false, length },
    }
}

/// bcrypt as Openwall's `crypt_blowfish.c:BF_crypt` reads and writes it, with the minor letters in `minors` and a cost up
/// to `most`.
pub fn openwall_bcrypt(field: &[u8], password: &[u8], minors: &[u8], most: u8, work: &mut Work) -> Attempt {
    let refused = |why, at| Attempt::refused(Some("bcrypt"), why, Some(at));
    let variant = match field {
        [b'$', b'2', minor, b'$', ..] if minors.contains(minor) => match minor {
            b'a' => bcrypt::Variant::Safe,
            b'x' => bcrypt::Variant::SignExtended,
            _ => bcrypt::Variant::Plain,
        },
        _ => return Attempt::refused(None, Why::UnknownScheme, Some(Span::at(0, field.len().min(4)))),
    };
    let cost = match field[4..] {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', b'$', ..] => (tens - b'0') * 10 + (ones - b'0'),
        _ => return refused(Why::Malformed, part(field, 4)),
    };
    if !(4..=most).contains(&cost) {
        return refused(Why::CostOutOfRange, Span::at(4, 2));
    }
    let salt_text = &field[7..];
    let Some(salt) = bcrypt::decode(salt_text) else {
        let good = salt_text.iter().take_while(|&&byte| bcrypt::value(byte).is_some()).count();
        return refused(Why::Malformed, Span::at(7 + good as u64, (salt_text.len() - good).min(1)));
    };
    let key = bcrypt::Key::new(variant, password);
    // Of the last character only two bits are read, and it is written anew.
    let start = [&field[..7], &bcrypt::encode(&salt)].concat();
    let claim = Claim { field, at: start.len(), characters: bcrypt::DIGEST_CHARACTERS };
    ask::bcrypt(&ask::Bcrypt { cost, salt: &salt, key: &key }, start, claim, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_of_bcrypt_is_malformed_at_its_first_foreign_byte_or_at_its_end() {
        for (field, start, length) in [("$2y$05$abc", 10, 0), ("$2y$05$ab-", 9, 1), ("$2y$05$a-c$", 8, 1)] {
            let attempt = openwall_bcrypt(field.as_bytes(), b"secret", b"y", 31, &mut Work::limited(1.0));
            let at = Some(Span::at(start, length));
            assert_eq!(attempt, Attempt::refused(Some("bcrypt"), Why::Malformed, at), "{field}");
        }
    }

    #[test]
    fn numbers_are_read_as_strtoul_reads_them() {
        let read = |text: &[u8]| {
            let number = strtoul(text);
            (number.value, number.length, number.overflow)
        };
        assert_eq!(read(b"5000$x"), (5000, 4, false));
        assert_eq!(read(b" \t+010"), (10, 6, false));
        assert_eq!(read(b"-1$"), (u64::MAX, 2, false));
        assert_eq!(read(b"18446744073709551615"), (u64::MAX, 20, false));
        assert_eq!(read(b"18446744073709551616"), (u64::MAX, 20, true));
        assert_eq!(read(b"$"), (0, 0, false));
        assert_eq!(read(b"+"), (0, 0, false));
        assert_eq!(read(b""), (0, 0, false));
    }
}
