//! Base64 as Go's `encoding/base64` reads it with `StdEncoding`: exact padding, line ends ignored, stray bits accepted.
//!
//! Behaviour of Go 1.19 to 1.25: `src/encoding/base64/base64.go:decodeQuantum`.

use crate::basic::base64;

/// The bytes that `text` stands for, or the offset that Go names in `illegal base64 data at input byte N`.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, usize> {
    let mut symbols = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        let in_quantum = symbols.len() % 4;
        match byte {
            b'\r' | b'\n' => at += 1,
            b'=' if in_quantum < 2 => return Err(at),
            b'=' => {
                at = skip_line_ends(text, at + 1);
                if in_quantum == 2 {
                    match text.get(at) {
                        None => return Err(text.len()),
                        Some(b'=') => at = skip_line_ends(text, at + 1),
                        Some(_) => return Err(at - 1),
                    }
                }
                return if at < text.len() { Err(at) } else { Ok(base64::unpack(&symbols)) };
            }
            _ if base64::value(byte).is_some() => {
                symbols.push(byte);
                at += 1;
            }
            _ => return Err(at),
        }
    }
    match symbols.len() % 4 {
        0 => Ok(base64::unpack(&symbols)),
        left => Err(text.len() - left),
    }
}

fn skip_line_ends(text: &[u8], from: usize) -> usize {
    from + text[from..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_exact_and_stray_bits_pass() {
        assert_eq!(decode(b"dTpzZWNyZXQ=").as_deref(), Ok(&b"u:secret"[..]));
        assert_eq!(decode(b"dTpzZWNyZXR=").as_deref(), Ok(&b"u:secret"[..]));
        assert_eq!(decode(b"dTpz\r\nZWNyZXQ\n=\n").as_deref(), Ok(&b"u:secret"[..]));
        assert_eq!(decode(b"").as_deref(), Ok(&b""[..]));
    }

    /// Offsets from the logs of Caddy and the code of oauth2-proxy for these texts.
    #[test]
    fn the_offset_of_the_error_is_gos() {
        for (text, offset) in [
            (&b"secret"[..], 4),
            (b"{SHA}x", 0),
            (b"dTpzZWNyZQ", 8),
            (b"5en6G6MezRroT3XKqkdPOmY/BfQ=junk", 28),
            (b"5en6G6MezRroT3XKqkdPOmY/BfQ==", 28),
            (b"5en6G6MezRroT3XKqkdPOmY/Bf*=", 26),
            (b"dTo_Pz8=", 3),
            (b"dTpzZQ=x", 6),
        ] {
            assert_eq!(decode(text), Err(offset), "{}", String::from_utf8_lossy(text));
        }
    }
}
