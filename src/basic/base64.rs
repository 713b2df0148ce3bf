//! Base64: the standard encoder, the alphabet, and the bit packing that lenient decoders share.
//!
//! Servers disagree about padding, foreign bytes and stray bits, so there is no `decode` here: each dialect says where
//! the symbols end and what that means, and hands the symbols to [`unpack`].

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(encoded_length(bytes.len()));
    encode_to(&mut text, bytes);
    text
}

/// Length of the standard base64 of so many bytes.
#[must_use]
pub const fn encoded_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

/// Appends standard base64 with padding.
pub fn encode_to(text: &mut Vec<u8>, bytes: &[u8]) {
    let symbols = |[a, b, c]: [u8; 3]| {
        let group = u32::from_be_bytes([0, a, b, c]);
        [18, 12, 6, 0].map(|shift| STANDARD[((group >> shift) & 63) as usize])
    };
    let (groups, rest) = bytes.as_chunks::<3>();
    for group in groups {
        text.extend_from_slice(&symbols(*group));
    }
    match *rest {
        [a] => {
            let [first, second, ..] = symbols([a, 0, 0]);
            text.extend_from_slice(&[first, second, b'=', b'=']);
        }
        [a, b] => {
            let [first, second, third, _] = symbols([a, b, 0]);
            text.extend_from_slice(&[first, second, third, b'=']);
        }
        _ => {}
    }
}

/// What [`VALUES`] has for bytes that are no symbols.
const FOREIGN: u8 = 0xFF;

/// The value of each symbol.
static VALUES: [u8; 256] = {
    let mut table = [FOREIGN; 256];
    let mut at = 0;
    while at < STANDARD.len() {
        #[expect(clippy::cast_possible_truncation, reason = "there are 64 symbols")]
        let value = at as u8;
        table[STANDARD[at] as usize] = value;
        at += 1;
    }
    table
};

/// The value of a symbol of the standard alphabet; `None` for every other byte, `=` included.
#[must_use]
pub const fn value(symbol: u8) -> Option<u8> {
    match symbol {
        b'A'..=b'Z' => Some(symbol - b'A'),
        b'a'..=b'z' => Some(symbol - b'a' + 26),
        b'0'..=b'9' => Some(symbol - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Number of bytes at the start of `text` that are symbols of the standard alphabet.
#[must_use]
pub fn symbols(text: &[u8]) -> usize {
    text.iter().position(|byte| VALUES[usize::from(*byte)] == FOREIGN).unwrap_or(text.len())
}

/// The whole bytes that `symbols` hold; bits left over are dropped, and so is a single last symbol.
///
/// Bytes outside the alphabet count as zero bits; callers pass symbols only.
#[must_use]
pub fn unpack(symbols: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(symbols.len() * 3 / 4);
    let value = |symbol: &u8| match VALUES[usize::from(*symbol)] {
        FOREIGN => 0,
        value => u32::from(value),
    };
    let (groups, rest) = symbols.as_chunks::<4>();
    for [a, b, c, d] in groups {
        let [_, all @ ..] = (value(a) << 18 | value(b) << 12 | value(c) << 6 | value(d)).to_be_bytes();
        bytes.extend_from_slice(&all);
    }
    let group = rest.iter().fold(0_u32, |group, symbol| group << 6 | value(symbol)) << (6 * (4 - rest.len()));
    let [_, all @ ..] = group.to_be_bytes();
    bytes.extend_from_slice(&all[..(rest.len() * 6) / 8]);
    bytes
}

/// Bytes of strict base64: standard alphabet, exact padding, stray bits as `strict_bits` says; `None` otherwise.
#[must_use]
pub fn decode_padded(text: &[u8], strict_bits: bool) -> Option<Vec<u8>> {
    let length = symbols(text);
    let padding = &text[length..];
    if !text.len().is_multiple_of(4) || padding.len() > 2 || padding.iter().any(|byte| *byte != b'=') {
        return None;
    }
    let bytes = unpack(&text[..length]);
    (!strict_bits || encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 section 10.
    const VECTORS: &[(&[u8], &[u8])] = &[
        (b"", b""),
        (b"f", b"Zg=="),
        (b"fo", b"Zm8="),
        (b"foo", b"Zm9v"),
        (b"foob", b"Zm9vYg=="),
        (b"fooba", b"Zm9vYmE="),
        (b"foobar", b"Zm9vYmFy"),
    ];

    #[test]
    fn the_vectors_of_rfc_4648_encode_and_decode() {
        for (bytes, text) in VECTORS {
            assert_eq!(encode(bytes), *text);
            assert_eq!(decode_padded(text, true).as_deref(), Some(*bytes));
            assert_eq!(unpack(&text[..symbols(text)]), *bytes);
        }
    }

    #[test]
    fn stray_bits_are_refused_only_where_asked() {
        assert_eq!(decode_padded(b"Zh==", false).as_deref(), Some(&b"f"[..]));
        assert_eq!(decode_padded(b"Zh==", true), None);
    }

    #[test]
    fn padding_must_be_exact() {
        for text in [&b"Zg"[..], b"Zg=", b"Zg===", b"=Zg=", b"Zg==Zg==", b"Z", b"Z===", b"Zg=x"] {
            assert_eq!(decode_padded(text, false), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
