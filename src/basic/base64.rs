//! Base64: the standard encoder, the alphabet, and the bit packing that lenient decoders share.
//!
//! Servers disagree about padding, foreign bytes and stray bits, so there is no `decode` here: each dialect says where
//! the symbols end and what that means, and hands the symbols to [`unpack`].

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for symbol in 0..4 {
            let value = (group >> (18 - 6 * symbol)) & 63;
            text.push(if symbol <= chunk.len() { STANDARD[value as usize] } else { b'=' });
        }
    }
    text
}

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
    text.iter().position(|byte| value(*byte).is_none()).unwrap_or(text.len())
}

/// The whole bytes that `symbols` hold; bits left over are dropped, and so is a single last symbol.
///
/// Bytes outside the alphabet count as zero bits; callers pass symbols only.
#[must_use]
pub fn unpack(symbols: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(symbols.len() * 3 / 4);
    for chunk in symbols.chunks(4) {
        let group = chunk.iter().fold(0_u32, |group, symbol| group << 6 | u32::from(value(*symbol).unwrap_or(0)));
        let group = group << (6 * (4 - chunk.len()));
        let [_, all @ ..] = group.to_be_bytes();
        bytes.extend_from_slice(&all[..(chunk.len() * 6) / 8]);
    }
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
        for text in [&b"Zg"[..], b"Zg=", b"Zg===", b"=Zg=", b"Zg==Zg==", b"Z"] {
            assert_eq!(decode_padded(text, false), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
