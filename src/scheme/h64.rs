//! The base64 of crypt(3): the alphabet `./0-9A-Za-z`, and writing a number with its low six bits first.
//!
//! Nothing here pads, skips or forgives. The alphabet is that of the `ascii64` table common to all C libraries; bcrypt
//! has another order of the same characters, kept in its own file.

/// The 64 characters, by value.
pub const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The value of a character of [`ALPHABET`].
#[must_use]
pub const fn value(character: u8) -> Option<u8> {
    match character {
        b'.' => Some(0),
        b'/' => Some(1),
        b'0'..=b'9' => Some(character - b'0' + 2),
        b'A'..=b'Z' => Some(character - b'A' + 12),
        b'a'..=b'z' => Some(character - b'a' + 38),
        _ => None,
    }
}

/// The character for a byte's low six bits: makes salts out of random bytes.
#[must_use]
pub const fn symbol(byte: u8) -> u8 {
    ALPHABET[(byte & 0x3f) as usize]
}

/// Whether all bytes are of [`ALPHABET`].
#[must_use]
pub fn all(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| value(byte).is_some())
}

/// Appends the low `6 * characters` bits of `number`, low bits first.
pub fn push(text: &mut Vec<u8>, mut number: u32, characters: usize) {
    for _ in 0..characters {
        text.push(ALPHABET[(number & 0x3f) as usize]);
        number >>= 6;
    }
}

/// The number written by at most five characters, low bits first; `None` where a byte is not of the alphabet.
#[must_use]
pub fn number(characters: &[u8]) -> Option<u32> {
    characters.iter().rev().try_fold(0, |number, &byte| Some(number << 6 | u32::from(value(byte)?)))
}

/// `digest` in groups of three bytes that are picked by `order` (most significant first), each written low bits first.
/// A last group of one or two bytes takes two or three characters.
#[must_use]
pub fn encode_permuted(digest: &[u8], order: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(order.len().div_ceil(3) * 4);
    for group in order.chunks(3) {
        let number = group.iter().fold(0, |number, &at| number << 8 | u32::from(digest[usize::from(at)]));
        push(&mut text, number, group.len() + 1);
    }
    text
}

/// The digest that [`encode_permuted`] writes as `text`; bits of a last group beyond its bytes are dropped. `None` where
/// the length or a byte is not that of such a text.
#[must_use]
pub fn decode_permuted(text: &[u8], order: &[u8]) -> Option<Vec<u8>> {
    let groups = order.chunks(3);
    if text.len() != groups.clone().map(|group| group.len() + 1).sum::<usize>() {
        return None;
    }
    let mut digest = vec![0; order.len()];
    let mut rest = text;
    for group in groups {
        let (characters, after) = rest.split_at(group.len() + 1);
        rest = after;
        let mut bits = number(characters)?;
        for &at in group.iter().rev() {
            digest[usize::from(at)] = (bits & 0xff) as u8;
            bits >>= 8;
        }
    }
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_the_value_of_its_place() {
        for byte in 0..=255 {
            let place = ALPHABET.iter().position(|&c| c == byte).and_then(|at| u8::try_from(at).ok());
            assert_eq!(value(byte), place);
        }
    }

    #[test]
    fn a_permuted_digest_is_read_back() {
        let order = [2, 1, 0, 5, 4, 3, 6];
        let digest = [0x00, 0xff, 0x5a, 0x11, 0x80, 0x7f, 0xfe];
        let text = encode_permuted(&digest, &order);
        assert_eq!(text.len(), 10);
        assert_eq!(decode_permuted(&text, &order).as_deref(), Some(&digest[..]));
        assert_eq!(decode_permuted(&text[1..], &order), None);
        assert_eq!(decode_permuted(b"!234567890", &order), None);
    }
}
