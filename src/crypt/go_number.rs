//! Numbers as Go's `strconv.Atoi` reads them.
//!
//! Behaviour of Go 1.19 to 1.25: `src/strconv/atoi.go:Atoi` on 64-bit machines.

/// The number: digits with an optional sign; `None` for anything else and where it does not fit 64 bits.
#[must_use]
pub fn atoi(text: &[u8]) -> Option<i64> {
    // Rust's integers are read by the same rules.
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_and_leading_zeros_pass_and_nothing_else() {
        assert_eq!(atoi(b"+05000"), Some(5000));
        assert_eq!(atoi(b"-1"), Some(-1));
        for text in [&b""[..], b"+", b"+-1", b" 1", b"1 ", b"1_0", b"0x1", b"9223372036854775808"] {
            assert_eq!(atoi(text), None, "{}", String::from_utf8_lossy(text));
        }
    }
}
