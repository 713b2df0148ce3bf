//! Which bytes of a well-formed or damaged field are salt and digest: what [`crate::scheme::mask`] blots out.
//!
//! Where a field is damaged too much is hidden rather than too little; only blanks and control characters at its very
//! end always stay to be seen, since they are what people look for.

use std::ops::Range;

use crate::scheme::h64;

/// Salt from `salt_at` to the next `$`, then a digest of `digest` bytes that all are `symbol`s.
#[must_use]
pub fn salt_and_digest(field: &[u8], salt_at: usize, digest: usize, symbol: fn(u8) -> bool) -> Vec<Range<usize>> {
    let salt_at = salt_at.min(field.len());
    let Some(salt) = memchr::memchr(b'$', &field[salt_at..]) else {
        return digest_only(field, salt_at, usize::MAX, symbol);
    };
    let mut ranges = Vec::from_iter((salt > 0).then_some(salt_at..salt_at + salt));
    ranges.extend(digest_only(field, salt_at + salt + 1, digest, symbol));
    ranges
}

/// A digest of `digest` bytes at `at` that all are `symbol`s; where it is shorter, all but blanks at the end.
#[must_use]
pub fn digest_only(field: &[u8], at: usize, digest: usize, symbol: fn(u8) -> bool) -> Vec<Range<usize>> {
    let at = at.min(field.len());
    let run = field[at..].iter().take(digest).take_while(|&&byte| symbol(byte)).count();
    let end = if run == digest { at + digest } else { at.max(end_of_text(field)) };
    Vec::from_iter((at < end).then_some(at..end))
}

/// Everything from `at` but blanks at the end.
#[must_use]
pub fn all_from(field: &[u8], at: usize) -> Vec<Range<usize>> {
    digest_only(field, at, usize::MAX, |_| true)
}

/// Number of bytes at the start that are of crypt(3)'s alphabet, where only blanks follow: the form of what has no prefix.
#[must_use]
pub fn bare_run(field: &[u8]) -> Option<usize> {
    let end = end_of_text(field);
    h64::all(&field[..end]).then_some(end)
}

/// Length of the field without the blanks and control characters at its end.
fn end_of_text(field: &[u8]) -> usize {
    field.iter().rposition(|&byte| byte > b' ' && byte != 0x7f).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(byte: u8) -> bool {
        byte.is_ascii_digit()
    }

    fn ends(ranges: &[Range<usize>]) -> Vec<(usize, usize)> {
        ranges.iter().map(|range| (range.start, range.end)).collect()
    }

    #[test]
    fn what_follows_a_complete_digest_is_shown() {
        assert_eq!(ends(&salt_and_digest(b"$t$ab$1234 x", 3, 4, digit)), [(3, 5), (6, 10)]);
        assert_eq!(ends(&salt_and_digest(b"$t$$1234", 3, 4, digit)), [(4, 8)]);
    }

    #[test]
    fn a_damaged_digest_is_hidden_to_its_end_but_not_the_blanks_there() {
        assert_eq!(ends(&salt_and_digest(b"$t$ab$12x4 \r", 3, 4, digit)), [(3, 5), (6, 10)]);
        assert_eq!(ends(&salt_and_digest(b"$t$ab", 3, 4, digit)), [(3, 5)]);
        assert_eq!(ends(&salt_and_digest(b"$t$", 3, 4, digit)), []);
        assert_eq!(ends(&salt_and_digest(b"$t", 3, 4, digit)), []);
        assert_eq!(ends(&all_from(b"ab cd ", 2)), [(2, 5)]);
    }
}
