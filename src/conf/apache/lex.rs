//! Apache's logical lines and words.
//!
//! Behaviour of httpd 2.4.71 `server/util.c`: `ap_cfg_getline_core` (continuation, trimming), `ap_getword_conf` (words).
//! Comments are lines too; whoever reads them skips them.

use crate::bytes::{c_string, trim};

/// Longest logical line of the server's configuration (`VARBUF_MAX_LEN`).
pub const LONGEST: usize = 16 << 20;
/// Longest logical line of a `.htaccess` file.
pub const LONGEST_HTACCESS: usize = 8191;

const BLANKS: &[u8] = b" \t\n\x0B\x0C\r";

/// A logical line, trimmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its text, continuations joined.
    pub text: Vec<u8>,
    /// 1-based number of its first physical line.
    pub number: u32,
    /// 1-based column of its first byte that is no blank.
    pub column: u32,
}

/// The logical lines of a file; `Err` with the number of the first physical line that is longer than `longest`.
pub fn lines(bytes: &[u8], longest: usize) -> Result<Vec<Line>, u32> {
    let mut all = Vec::new();
    let mut pending: Option<(Vec<u8>, u32)> = None;
    let mut number = 0_u32;
    let mut rest = bytes;
    while !rest.is_empty() {
        number = number.saturating_add(1);
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |lf| lf + 1);
        let (physical, after) = rest.split_at(end);
        rest = after;
        // What follows a NUL is lost with its line end.
        let physical = c_string(physical);
        let (mut text, first) = pending.take().unwrap_or((Vec::new(), number));
        let joined = physical
            .strip_suffix(b"\n")
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .and_then(|line| line.strip_suffix(b"\\"));
        text.extend_from_slice(joined.unwrap_or(physical));
        if text.strip_suffix(b"\n").unwrap_or(&text).len() > longest {
            return Err(number);
        }
        match joined {
            Some(_) => pending = Some((text, first)),
            None => all.push(line(&text, first)),
        }
    }
    if let Some((text, first)) = pending {
        all.push(line(&text, first));
    }
    Ok(all)
}

fn line(text: &[u8], number: u32) -> Line {
    let trimmed = trim(text, BLANKS);
    let before = text.iter().position(|byte| !BLANKS.contains(byte)).unwrap_or(0);
    Line { text: trimmed.to_vec(), number, column: u32::try_from(before + 1).unwrap_or(u32::MAX) }
}

/// Takes the next word off `text`; an empty word where there is none, or an empty pair of quotes.
pub fn word(text: &mut &[u8]) -> Vec<u8> {
    let mut at = 0;
    let all = *text;
    let blank = |at: usize| all.get(at).is_some_and(|byte| BLANKS.contains(byte));
    while blank(at) {
        at += 1;
    }
    let mut found = Vec::new();
    match all.get(at).copied() {
        None => {}
        Some(quote @ (b'"' | b'\'')) => {
            at += 1;
            while let Some(byte) = all.get(at).copied().filter(|byte| *byte != quote) {
                match all.get(at + 1).copied() {
                    Some(next) if byte == b'\\' && (next == quote || next == b'\\') => {
                        found.push(next);
                        at += 2;
                    }
                    _ => {
                        found.push(byte);
                        at += 1;
                    }
                }
            }
            at = (at + 1).min(all.len());
        }
        Some(_) => {
            while at < all.len() && !blank(at) {
                if all[at] == b'\\' && all.get(at + 1) == Some(&b'\\') {
                    at += 1;
                }
                found.push(all[at]);
                at += 1;
            }
        }
    }
    while blank(at) {
        at += 1;
    }
    *text = &all[at..];
    found
}

/// All words of `text`.
#[must_use]
pub fn words(mut text: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while !text.is_empty() {
        all.push(word(&mut text));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<String> {
        lines(bytes, LONGEST).unwrap().into_iter().map(|line| String::from_utf8(line.text).unwrap()).collect()
    }

    #[test]
    fn a_backslash_before_the_line_end_joins() {
        assert_eq!(texts(b"a\\\n b \r\n#c\\\r\nd\ne\\ \nf\\"), ["a b", "#cd", "e\\", "f\\"]);
    }

    #[test]
    fn lines_know_where_they_begin() {
        let all = lines(b"\n  a\\\nb\n\tc", LONGEST).unwrap();
        let places: Vec<_> = all.iter().map(|line| (line.number, line.column)).collect();
        assert_eq!(places, [(1, 1), (2, 3), (4, 2)]);
        assert_eq!(lines(b"ok\n12345\n", 4), Err(2));
    }

    #[test]
    fn words_are_quoted_at_their_start_only() {
        let all = |text: &str| -> Vec<String> {
            words(text.as_bytes()).into_iter().map(|word| String::from_utf8(word).unwrap()).collect()
        };
        assert_eq!(all("a \"b \\\" \\n c\"d 'e'\"f"), ["a", "b \" \\n c", "d", "e", "f"]);
        assert_eq!(all(r"x\\y \z 'a\'b\\'"), [r"x\y", r"\z", r"a'b\"]);
        assert_eq!(all("a \"\" b"), ["a", "", "b"]);
    }
}
