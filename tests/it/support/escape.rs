//! Bytes as text on one line without tabs, for tables and case headers.
//!
//! Printable ASCII stands for itself. `\n`, `\r`, `\t`, `\0` and `\\` are as in C, any other byte is `\xHH`, and a run of one
//! byte longer than [`RUN`] is `\{COUNT*BYTE}` with the byte written by the same rules.

use std::fmt::Write as _;

/// The longest run that is written out.
const RUN: usize = 24;

/// `bytes` as text.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(&byte) = rest.first() {
        let run = rest.iter().take_while(|&&b| b == byte).count();
        if run > RUN {
            let _ = write!(text, "\\{{{run}*{}}}", one(byte));
            rest = &rest[run..];
        } else {
            text.push_str(&one(byte));
            rest = &rest[1..];
        }
    }
    text
}

fn one(byte: u8) -> String {
    match byte {
        b'\n' => "\\n".into(),
        b'\r' => "\\r".into(),
        b'\t' => "\\t".into(),
        0 => "\\0".into(),
        b'\\' => "\\\\".into(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    }
}

/// The bytes that `text` stands for. Bytes of `text` outside ASCII stand for themselves.
pub(crate) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        if let Some(run) = rest.strip_prefix(b"\\{") {
            let star = run.iter().position(|&b| b == b'*').ok_or("a run without `*`")?;
            let count = std::str::from_utf8(&run[..star]).ok().and_then(|n| n.parse::<usize>().ok());
            let (byte, after) = take(&run[star + 1..])?;
            rest = after.strip_prefix(b"}").ok_or("a run without `}`")?;
            bytes.extend(std::iter::repeat_n(byte, count.ok_or("a run without a count")?));
        } else {
            let (byte, after) = take(rest)?;
            bytes.push(byte);
            rest = after;
        }
    }
    Ok(bytes)
}

/// One byte from the front of `text`, and what follows.
fn take(text: &[u8]) -> Result<(u8, &[u8]), String> {
    match text {
        [b'\\', b'n', rest @ ..] => Ok((b'\n', rest)),
        [b'\\', b'r', rest @ ..] => Ok((b'\r', rest)),
        [b'\\', b't', rest @ ..] => Ok((b'\t', rest)),
        [b'\\', b'0', rest @ ..] => Ok((0, rest)),
        [b'\\', b'\\', rest @ ..] => Ok((b'\\', rest)),
        [b'\\', b'x', high, low, rest @ ..] => {
            let digits = [*high, *low];
            let byte = std::str::from_utf8(&digits).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok());
            Ok((byte.ok_or("`\\x` without two hex digits")?, rest))
        }
        [b'\\', ..] => Err("`\\` before a byte that has no meaning after it".into()),
        [byte, rest @ ..] => Ok((*byte, rest)),
        [] => Err("the text ends where a byte is due".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{escape, unescape};

    #[test]
    fn every_byte_and_long_runs_come_back() {
        let mut bytes: Vec<u8> = (0..=255).collect();
        bytes.extend([b'a'; 8190]);
        bytes.extend([0; 30]);
        bytes.extend(b"\\{25*a}\\x41");
        let text = escape(&bytes);
        assert!(text.contains("\\{8190*a}") && text.contains("\\{30*\\0}"), "{text}");
        assert!(text.bytes().all(|b| (b' '..=b'~').contains(&b)));
        assert_eq!(unescape(&text), Ok(bytes));
    }

    #[test]
    fn a_broken_escape_is_an_error() {
        for text in ["\\", "\\q", "\\x4", "\\{3a}", "\\{3*a", "\\{x*a}"] {
            assert!(unescape(text).is_err(), "{text}");
        }
    }
}
