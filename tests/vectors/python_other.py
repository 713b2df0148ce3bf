#!/usr/bin/env python3
"""Writes src/server/python_other.rs: the characters of Unicode's categories C, as Python 3.11 has them.

    python3.11 tests/vectors/python_other.py > src/server/python_other.rs
"""
import unicodedata

assert unicodedata.unidata_version == "14.0.0", unicodedata.unidata_version
ranges, start = [], None
for code in range(0x110001):
    other = code < 0x110000 and unicodedata.category(chr(code))[0] == "C"
    if other and start is None:
        start = code
    if not other and start is not None:
        ranges.append((start, code - 1))
        start = None

print("""//! The characters of Unicode's categories C (control, format, private use, not assigned) as Python 3.11 has them: Unicode
//! 14.
//!
//! Written by `tests/vectors/python_other.py`.

/// Whether a character is of a category C.
pub(crate) fn is_other(character: char) -> bool {
    let code = u32::from(character);
    let after = OTHER.partition_point(|(first, _)| *first <= code);
    after > 0 && code <= OTHER[after - 1].1
}

/// First and last of each run of characters of a category C, in order.
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "code points are written as Unicode writes them")]
static OTHER: &[(u32, u32)] = &[""")
line = "   "
for first, last in ranges:
    item = f" (0x{first:x}, 0x{last:x}),"
    if len(line + item) > 120:
        print(line)
        line = "   "
    line += item
print(line)
print("""];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_not_other_and_controls_are() {
        for character in ['a', ' ', 'ü', '漢', '😀'] {
            assert!(!is_other(character), "{character:?}");
        }
        for character in ['\\0', '\\u{7f}', '\\u{ad}', '\\u{200b}', '\\u{e000}', '\\u{378}', '\\u{10ffff}'] {
            assert!(is_other(character), "{character:?}");
        }
    }
}""")
