//! The common line, told at a glance: a plain name, one colon, a whole hash, nothing else. Nothing is wrong with it, and most
//! lines are such.

use crate::scheme::{self, Scheme, bcrypt, h64};

/// The parts of an ordinary line.
pub(super) struct Ordinary<'a> {
    pub(super) name: &'a [u8],
    pub(super) field: &'a [u8],
    pub(super) scheme: &'static Scheme,
    /// Where the salt stands in the field; empty where there is none.
    pub(super) salt: std::ops::Range<usize>,
}

/// The longest line that no program takes offence at.
const LONGEST: usize = 253;

/// `text`, a line without its line end, as an ordinary line; `None` where it has to be looked at more closely.
pub(super) fn of(text: &[u8]) -> Option<Ordinary<'_>> {
    let colon = memchr::memchr(b':', text)?;
    let (name, field) = (&text[..colon], &text[colon + 1..]);
    if text.len() > LONGEST || name.is_empty() || !name.iter().all(|byte| NAME[usize::from(*byte)]) {
        return None;
    }
    let (scheme, salt) = whole(field)?;
    Some(Ordinary { name, field, scheme, salt })
}

/// The scheme of a whole and canonical hash, and where its salt is.
fn whole(field: &[u8]) -> Option<(&'static Scheme, std::ops::Range<usize>)> {
    match field {
        [b'$', b'a', b'p', b'r', b'1', b'$', ..] => md5(field, 6).map(|salt| (&crate::scheme::apr1::SCHEME, salt)),
        [b'$', b'1', b'$', ..] => md5(field, 3).map(|salt| (&crate::scheme::md5crypt::SCHEME, salt)),
        [b'$', b'2', b'a' | b'b' | b'y', b'$', tens @ b'0'..=b'1', ones @ b'0'..=b'9', b'$', rest @ ..] => {
            let cost = (tens - b'0') * 10 + (ones - b'0');
            let is_whole = rest.len() == 53
                && (4..=17).contains(&cost)
                && rest.iter().all(|byte| H64[usize::from(*byte)])
                && bcrypt::value(rest[21])?.trailing_zeros() >= 4
                && bcrypt::value(rest[52])?.trailing_zeros() >= 2;
            is_whole.then_some((&bcrypt::SCHEME, 7..29))
        }
        [b'{', b'S', b'H', b'A', b'}', rest @ ..] => {
            let is_whole = rest.len() == 28
                && rest[27] == b'='
                && rest[..27].iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
                && crate::basic::base64::value(rest[26])?.trailing_zeros() >= 2;
            is_whole.then_some((&crate::scheme::sha1::SCHEME, 0..0))
        }
        [b'$', b'5' | b'6', b'$', rest @ ..] => {
            let form = crate::fault::form::of(field);
            let scheme = scheme::find(form.scheme?)?;
            let is_whole = form.is_whole() && form.length == field.len();
            let salt_at = 3 + if rest.starts_with(b"rounds=") { memchr::memchr(b'$', rest)? + 1 } else { 0 };
            let salt = memchr::memchr(b'$', &field[salt_at..])?;
            is_whole.then_some((scheme, salt_at..salt_at + salt))
        }
        _ => None,
    }
}

/// MD5 crypt with a salt of one to eight characters from `salt_at` on.
fn md5(field: &[u8], salt_at: usize) -> Option<std::ops::Range<usize>> {
    let rest = &field[salt_at..];
    let salt = rest.len().checked_sub(23).filter(|salt| (1..=8).contains(salt))?;
    let digest = &rest[salt + 1..];
    let is_whole = rest[salt] == b'$'
        && rest[..salt].iter().all(|byte| H64[usize::from(*byte)])
        && digest.iter().all(|byte| H64[usize::from(*byte)])
        // Of the last six bits two count.
        && h64::value(digest[21])? & 0b11_1100 == 0;
    is_whole.then_some(salt_at..salt_at + salt)
}

/// What an ordinary name is made of.
static NAME: [bool; 256] = letters_digits_and(b"._-@+");
/// crypt(3)'s alphabet.
static H64: [bool; 256] = letters_digits_and(b"./");

const fn letters_digits_and(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault;
    use crate::htpasswd;

    /// `htpasswd` of Apache and crypt(3), password `secret`; one of each kind that is told at a glance.
    const HASHES: &[&str] = &[
        "$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/",
        "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
        "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
        "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.",
    ];

    #[test]
    fn what_is_ordinary_has_no_fault_and_what_is_changed_is_not_ordinary_or_has_none() {
        for hash in HASHES {
            let plain = format!("alice:{hash}");
            for at in 0..=plain.len() {
                for byte in 0..=255_u8 {
                    let mut text = plain.clone().into_bytes();
                    match text.get_mut(at) {
                        Some(place) => *place = byte,
                        None => text.push(byte),
                    }
                    if byte == b'\n' || of(&text).is_none() {
                        continue;
                    }
                    let raw = [&text[..], b"\n"].concat();
                    let line = htpasswd::lines(&raw).next().unwrap();
                    let faults: Vec<_> = fault::of_line(&line).iter().map(|fault| fault.code.name).collect();
                    assert_eq!(faults, Vec::<&str>::new(), "{}", text.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn the_usual_hashes_are_ordinary() {
        for hash in HASHES {
            let line = format!("al.ice@example.com:{hash}");
            let ordinary = of(line.as_bytes()).unwrap_or_else(|| panic!("{hash}"));
            assert_eq!(ordinary.field, hash.as_bytes());
        }
    }
}
