//! Blanks as Go sees them: `unicode.IsSpace` over UTF-8, where a byte that is not UTF-8 is no blank.
//!
//! Behaviour of Go 1.19 to 1.25: `src/strings/strings.go:TrimSpace`, `src/unicode/graphic.go:IsSpace`.

/// The blanks beyond ASCII, in UTF-8.
const WIDE: &[&[u8]] = &[
    b"\xC2\x85",
    b"\xC2\xA0",
    b"\xE1\x9A\x80",
    b"\xE2\x80\x80",
    b"\xE2\x80\x81",
    b"\xE2\x80\x82",
    b"\xE2\x80\x83",
    b"\xE2\x80\x84",
    b"\xE2\x80\x85",
    b"\xE2\x80\x86",
    b"\xE2\x80\x87",
    b"\xE2\x80\x88",
    b"\xE2\x80\x89",
    b"\xE2\x80\x8A",
    b"\xE2\x80\xA8",
    b"\xE2\x80\xA9",
    b"\xE2\x80\xAF",
    b"\xE2\x81\x9F",
    b"\xE3\x80\x80",
];

const fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// Number of bytes of blanks at the start of `bytes`.
#[must_use]
pub fn leading(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if is_ascii_space(byte) {
            at += 1;
        } else if byte < 0x80 {
            break;
        } else {
            match WIDE.iter().find(|blank| bytes[at..].starts_with(blank)) {
                Some(blank) => at += blank.len(),
                None => break,
            }
        }
    }
    at
}

/// Length of `bytes` without the blanks at its end.
#[must_use]
pub fn trimmed_end(bytes: &[u8]) -> usize {
    let mut end = bytes.len();
    while let Some(&byte) = end.checked_sub(1).and_then(|last| bytes.get(last)) {
        if is_ascii_space(byte) {
            end -= 1;
        } else if byte < 0x80 {
            break;
        } else {
            match WIDE.iter().find(|blank| bytes[..end].ends_with(blank)) {
                Some(blank) => end -= blank.len(),
                None => break,
            }
        }
    }
    end
}

/// `bytes` without blanks at both ends, and how many bytes were cut off at its start.
#[must_use]
pub fn trim(bytes: &[u8]) -> (&[u8], usize) {
    let start = leading(bytes);
    let end = trimmed_end(bytes).max(start);
    (&bytes[start..end], start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_unicode_go_and_lone_bytes_stay() {
        assert_eq!(trim(b" \t\x0B\xC2\xA0u:x\xE3\x80\x80\r\n"), (&b"u:x"[..], 5));
        assert_eq!(trim(b"\xA0u\xA0"), (&b"\xA0u\xA0"[..], 0));
        assert_eq!(trim("\u{FEFF}u\u{200B}".as_bytes()), ("\u{FEFF}u\u{200B}".as_bytes(), 0));
        assert_eq!(trim(b" \n "), (&b""[..], 3));
    }

    #[test]
    fn every_blank_of_unicode_is_known() {
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let mut bytes = [0; 4];
            let text = c.encode_utf8(&mut bytes).as_bytes();
            assert_eq!(leading(text) == text.len(), c.is_whitespace(), "{c:?}");
        }
    }
}
