//! Layers around a hash: quotes, doubled dollars, base64, another system's tag. What is left when they are taken off says the
//! same for every password, or they are left on.
//!
//! A layer is taken off only where what is inside is, perhaps under further layers, a hash of a known scheme: a field that is
//! nothing but text stays as it is.

use std::fmt;

use crate::basic::base64;
use crate::scheme;
use crate::scheme::sha1;

/// Something around a hash.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Blanks at the ends.
    Blanks,
    /// Quotes of this kind around all of it.
    Quotes(char),
    /// Every `$` doubled, as docker compose wants it.
    Dollars,
    /// Every `$` behind a backslash, as a shell wants it.
    Backslashes,
    /// Base64.
    Base64,
    /// A tag in braces of another system: LDAP, Dovecot.
    Tag(&'static str),
    /// The digest in hex where base64 belongs.
    Hex,
    /// Another spelling of the same digest: upper and lower case, padding, stray bits.
    Spelling,
    /// A key before the value, such as an environment variable's name.
    Key(String),
    /// The label or annotation that held it.
    Label(String),
    /// A sequence of percent escapes.
    Percent,
}

impl Layer {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Blanks => "blanks",
            Self::Quotes(_) => "quotes",
            Self::Dollars => "doubled-dollars",
            Self::Backslashes => "backslashes",
            Self::Base64 => "base64",
            Self::Tag(_) => "tag",
            Self::Hex => "hex",
            Self::Spelling => "spelling",
            Self::Key(_) => "key",
            Self::Label(_) => "label",
            Self::Percent => "percent-escapes",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blanks => f.write_str("blanks at its ends"),
            Self::Quotes(quote) => write!(f, "quotes ({quote})"),
            Self::Dollars => f.write_str("doubled dollars ($$)"),
            Self::Backslashes => f.write_str("backslashes before dollars"),
            Self::Base64 => f.write_str("base64"),
            Self::Tag(tag) => write!(f, "the tag {{{tag}}}"),
            Self::Hex => f.write_str("hex in place of base64"),
            Self::Spelling => f.write_str("another spelling"),
            Self::Key(key) => write!(f, "the key {key}"),
            Self::Label(label) => write!(f, "the label {label}"),
            Self::Percent => f.write_str("percent escapes"),
        }
    }
}

/// Tags whose inside is a whole crypt(3) field.
const CRYPT_TAGS: &[&str] = &[
    "CRYPT",
    "BLF-CRYPT",
    "SHA512-CRYPT",
    "SHA256-CRYPT",
    "MD5-CRYPT",
    "DES-CRYPT",
    "ARGON2",
    "ARGON2ID",
    "ARGON2I",
    "YESCRYPT",
    "BCRYPT",
];

/// Tags of an unsalted SHA-1 beside htpasswd's own.
const SHA1_TAGS: &[&str] = &["SHA", "SHA1", "SHA.HEX", "SHA1.HEX", "SHA.B64", "SHA1.B64"];

/// Tags of a password in clear.
const PLAIN_TAGS: &[&str] = &["PLAIN", "CLEARTEXT", "CLEAR"];

/// How deep layers are taken off.
const DEPTH: usize = 6;

/// A hash without its layers, and what they were from the outside in; `None` where it has none, or is no hash inside.
#[must_use]
pub fn taken_off(field: &[u8]) -> Option<(Vec<u8>, Vec<Layer>)> {
    let (inner, layers) = peel(field, DEPTH)?;
    (!layers.is_empty()).then_some((inner, layers))
}

/// The password of a field that holds it in clear under a tag.
#[must_use]
pub fn plain(field: &[u8]) -> Option<&[u8]> {
    in_clear(field).map(|(inner, _)| inner)
}

/// The same with the tag.
pub(super) fn in_clear(field: &[u8]) -> Option<(&[u8], Layer)> {
    let (tag, inner) = tagged(field)?;
    Some((inner, Layer::Tag(is_one_of(tag, PLAIN_TAGS)?)))
}

/// Goes inwards until a hash in its own spelling is reached.
fn peel(field: &[u8], depth: usize) -> Option<(Vec<u8>, Vec<Layer>)> {
    if is_hash(field) {
        return Some((field.to_vec(), Vec::new()));
    }
    let depth = depth.checked_sub(1)?;
    outer(field).into_iter().find_map(|(inner, layer)| {
        let (hash, mut layers) = peel(&inner, depth)?;
        layers.insert(0, layer);
        Some((hash, layers))
    })
}

/// Whether a field is a hash with nothing around it, in the spelling that new ones have.
fn is_hash(field: &[u8]) -> bool {
    let Some(scheme) = scheme::identify(field) else { return false };
    let blank = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
    if blank(field.first()) || blank(field.last()) {
        return false;
    }
    match scheme.name {
        // Of the passwords in clear, those with another tag are for `plain`.
        "plain" => field.starts_with(b"{PLAIN}"),
        "sha1" => sha1_spelling(&field[sha1::PREFIX.len()..]).is_some_and(|right| right == field),
        "ssha" => field.starts_with(b"{SSHA}"),
        _ => true,
    }
}

/// What is inside the outermost layer, for each layer that it may be.
fn outer(field: &[u8]) -> Vec<(Vec<u8>, Layer)> {
    let mut inside = Vec::new();
    let trimmed = field.trim_ascii();
    if trimmed.len() < field.len() {
        return vec![(trimmed.to_vec(), Layer::Blanks)];
    }
    if let [quote @ (b'"' | b'\'' | b'`'), inner @ .., last] = field
        && quote == last
    {
        inside.push((inner.to_vec(), Layer::Quotes(char::from(*quote))));
    }
    if let Some(inner) = undoubled(field) {
        inside.push((inner, Layer::Dollars));
    }
    if let Some(inner) = without_backslashes(field) {
        inside.push((inner, Layer::Backslashes));
    }
    if let Some((tag, inner)) = tagged(field) {
        inside.extend(untagged(tag, inner));
    }
    // What is not long is not a hash in base64, but perhaps a word.
    if field.len() >= 24
        && let Some(inner) =
            base64::decode_padded(field, false).or_else(|| base64::decode_padded(&padded(field), false))
        && matches!(inner.first(), Some(b'$' | b'{'))
    {
        inside.push((inner, Layer::Base64));
    }
    inside
}

/// A field with half of its dollars, where all of them are doubled.
#[must_use]
pub fn undoubled(field: &[u8]) -> Option<Vec<u8>> {
    let mut inner = Vec::with_capacity(field.len());
    let mut rest = field;
    let mut count = 0;
    while let [byte, after @ ..] = rest {
        inner.push(*byte);
        rest = match (byte, after) {
            (b'$', [b'$', after @ ..]) => {
                count += 1;
                after
            }
            (b'$', _) => return None,
            _ => after,
        };
    }
    (count > 0).then_some(inner)
}

fn without_backslashes(field: &[u8]) -> Option<Vec<u8>> {
    let mut inner = Vec::with_capacity(field.len());
    let mut rest = field;
    let mut count = 0;
    while let [byte, after @ ..] = rest {
        rest = match (byte, after) {
            (b'\\', [b'$', after @ ..]) => {
                inner.push(b'$');
                count += 1;
                after
            }
            (b'$' | b'\\', _) => return None,
            _ => {
                inner.push(*byte);
                after
            }
        };
    }
    (count > 0).then_some(inner)
}

/// The tag in braces at the start, and what follows.
fn tagged(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = field.strip_prefix(b"{")?;
    let end = memchr::memchr(b'}', rest)?;
    Some((&rest[..end], &rest[end + 1..]))
}

fn is_one_of(tag: &[u8], tags: &'static [&'static str]) -> Option<&'static str> {
    tags.iter().copied().find(|known| tag.eq_ignore_ascii_case(known.as_bytes()))
}

/// What a tag stands for in the tags of password files.
fn untagged(tag: &[u8], inner: &[u8]) -> Vec<(Vec<u8>, Layer)> {
    if let Some(known) = is_one_of(tag, CRYPT_TAGS) {
        return vec![(inner.to_vec(), Layer::Tag(known))];
    }
    if let Some(known) = is_one_of(tag, PLAIN_TAGS) {
        let layer = if known == "PLAIN" { Layer::Spelling } else { Layer::Tag(known) };
        return vec![([b"{PLAIN}", inner].concat(), layer)];
    }
    if tag.eq_ignore_ascii_case(b"SSHA") {
        return vec![([b"{SSHA}", inner].concat(), Layer::Spelling)];
    }
    let Some(known) = is_one_of(tag, SHA1_TAGS) else { return Vec::new() };
    if let Some(digest) = unhex(inner).filter(|digest| digest.len() == 20) {
        return vec![([sha1::PREFIX, &base64::encode(&digest)].concat(), Layer::Hex)];
    }
    match sha1_spelling(inner) {
        Some(right) => vec![(right, if known == "SHA" { Layer::Spelling } else { Layer::Tag(known) })],
        None => Vec::new(),
    }
}

/// `{SHA}` with the twenty bytes that `text` is the base64 of, in the one spelling that all servers take.
fn sha1_spelling(text: &[u8]) -> Option<Vec<u8>> {
    let digest = base64::decode_padded(&padded(text), false).filter(|digest| digest.len() == 20)?;
    Some([sha1::PREFIX, &base64::encode(&digest)].concat())
}

/// Base64 with the padding that it lacks.
fn padded(text: &[u8]) -> Vec<u8> {
    let mut padded = text.to_vec();
    if !text.ends_with(b"=") {
        padded.resize(text.len().next_multiple_of(4), b'=');
    }
    padded
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
        _ => None,
    };
    text.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

    fn off(field: &str) -> Option<(String, Vec<Layer>)> {
        taken_off(field.as_bytes()).map(|(inner, layers)| (String::from_utf8(inner).unwrap(), layers))
    }

    #[test]
    fn layers_come_off_from_the_outside_in() {
        let doubled = BCRYPT.replace('$', "$$");
        assert_eq!(off(&doubled), Some((BCRYPT.into(), vec![Layer::Dollars])));
        assert_eq!(
            off(&format!("\"{doubled}\" ")),
            Some((BCRYPT.into(), vec![Layer::Blanks, Layer::Quotes('"'), Layer::Dollars]))
        );
        assert_eq!(off(&BCRYPT.replace('$', "\\$")), Some((BCRYPT.into(), vec![Layer::Backslashes])));
        assert_eq!(off(&format!("{{BLF-CRYPT}}{BCRYPT}")), Some((BCRYPT.into(), vec![Layer::Tag("BLF-CRYPT")])));
        assert_eq!(off(&format!("{{crypt}}{BCRYPT}")), Some((BCRYPT.into(), vec![Layer::Tag("CRYPT")])));
        let encoded = String::from_utf8(base64::encode(BCRYPT.as_bytes())).unwrap();
        assert_eq!(off(&encoded), Some((BCRYPT.into(), vec![Layer::Base64])));
    }

    /// The digest of `p`, in hex by sha1sum(1) and in base64 by htpasswd(1).
    #[test]
    fn sha1_in_other_spellings_is_put_into_the_one_that_all_take() {
        let right = "{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=";
        for (field, layer) in [
            ("{SHA}516b9783fca517eecbd1d064da2d165310b19759", Layer::Hex),
            ("{SHA1.hex}516B9783FCA517EECBD1D064DA2D165310B19759", Layer::Hex),
            ("{sha}UWuXg/ylF+7L0dBk2i0WUxCxl1k=", Layer::Spelling),
            ("{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k", Layer::Spelling),
            ("{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1l=", Layer::Spelling),
            ("{SHA1}UWuXg/ylF+7L0dBk2i0WUxCxl1k=", Layer::Tag("SHA1")),
        ] {
            assert_eq!(off(field), Some((right.into(), vec![layer])), "{field}");
        }
    }

    #[test]
    fn what_is_no_hash_inside_stays_as_it_is() {
        for field in [
            "secret",
            "\"secret\"",
            "$$secret",
            "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
            "{CRYPT}x",
            "{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==",
            "",
        ] {
            assert_eq!(off(field), None, "{field}");
        }
        for field in [BCRYPT, "{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=", "$apr1$$x"] {
            assert_eq!(off(field), None, "{field}");
        }
    }

    #[test]
    fn a_password_in_clear_is_told_by_its_tag_alone() {
        assert_eq!(plain(b"{PLAIN}se{c}ret"), Some(&b"se{c}ret"[..]));
        assert_eq!(plain(b"{cleartext}x"), Some(&b"x"[..]));
        assert_eq!(plain(b"secret"), None);
    }
}
