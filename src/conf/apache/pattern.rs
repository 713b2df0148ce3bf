//! Wildcards and regular expressions of sections.
//!
//! Behaviour of apr 1.7.2 `strings/apr_fnmatch.c`, and of PCRE with httpd 2.4.71's defaults (`DOTALL`, `DOLLAR_ENDONLY`). A
//! regular expression that PCRE would read otherwise than this program is refused, never approximated.

use regex::bytes::{Regex, RegexBuilder};

/// Whether a text holds wildcards (`apr_fnmatch_test`).
#[must_use]
pub fn is_wild(text: &[u8]) -> bool {
    let mut open = false;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'*' | b'?' => return true,
            b'\\' => drop(bytes.next()),
            b'[' => open = true,
            b']' if open => return true,
            _ => {}
        }
    }
    false
}

/// Whether a path matches, segment by segment (`APR_FNM_PATHNAME`).
#[must_use]
pub fn matches_path(pattern: &[u8], path: &[u8]) -> bool {
    let slash = |byte: &u8| *byte == b'/';
    let (mut patterns, mut segments) = (pattern.split(slash), path.split(slash));
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return true,
            (Some(pattern), Some(segment)) if matches(pattern, segment) => {}
            _ => return false,
        }
    }
}

/// Whether a file's name matches; a leading dot only where the pattern has one (`APR_FNM_PERIOD`).
#[must_use]
pub fn matches_name(pattern: &[u8], name: &[u8]) -> bool {
    (!name.starts_with(b".") || pattern.starts_with(b".")) && matches(pattern, name)
}

/// Whether a text matches; wildcards cross slashes.
#[must_use]
pub fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    // Where the last star stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    loop {
        if pattern.get(at) == Some(&b'*') {
            star = Some((at, read));
            at += 1;
            continue;
        }
        let step = match (pattern.get(at), text.get(read)) {
            (None, None) => return true,
            (Some(_), Some(byte)) => one(&pattern[at..], *byte),
            _ => None,
        };
        match (step, &mut star) {
            (Some(length), _) => {
                at += length;
                read += 1;
            }
            (None, Some((star, reach))) if *reach < text.len() => {
                *reach += 1;
                (at, read) = (*star + 1, *reach);
            }
            _ => return false,
        }
    }
}

/// The length of the pattern's first element if `byte` matches it.
fn one(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'\\', wanted, ..] => (*wanted == byte).then_some(2),
        [b'[', rest @ ..] => match class(rest, byte) {
            Some((is, length)) => is.then_some(length + 1),
            None => (byte == b'[').then_some(1),
        },
        [wanted, ..] => (*wanted == byte).then_some(1),
        [] => None,
    }
}

/// Whether `byte` is in the class that begins after `[`, and the class's length with its `]`.
fn class(pattern: &[u8], byte: u8) -> Option<(bool, usize)> {
    let negated = matches!(pattern.first(), Some(b'!' | b'^'));
    let mut at = usize::from(negated);
    let first = at;
    let mut is = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == b']' && at > first {
            return Some((is != negated, at + 1));
        }
        if low == b'\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        let mut high = low;
        if pattern.get(at) == Some(&b'-') && pattern.get(at + 1).is_some_and(|next| *next != b']') {
            at += 1;
            high = *pattern.get(at)?;
            if high == b'\\' {
                at += 1;
                high = *pattern.get(at)?;
            }
            at += 1;
        }
        is |= (low..=high).contains(&byte);
    }
}

/// A regular expression; `None` where its syntax is PCRE's alone, or might mean something else there.
#[must_use]
pub fn regex(pattern: &[u8], caseless: bool) -> Option<Regex> {
    let text = std::str::from_utf8(pattern).ok()?;
    if !same_classes(pattern) {
        return None;
    }
    RegexBuilder::new(text).unicode(false).dot_matches_new_line(true).case_insensitive(caseless).build().ok()
}

/// Whether no class holds what only one of the two dialects takes for an operator.
fn same_classes(pattern: &[u8]) -> bool {
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'\\' => at += 1,
            b'[' => {
                at += 1;
                if pattern.get(at) == Some(&b'^') {
                    at += 1;
                }
                if pattern.get(at) == Some(&b']') {
                    at += 1;
                }
                loop {
                    match pattern.get(at..).unwrap_or(b"") {
                        [b']', ..] => break,
                        [b'\\', ..] => at += 2,
                        [b'[', b':', rest @ ..] => {
                            let Some(end) = memchr::memmem::find(rest, b":]") else { return false };
                            at += 2 + end + 2;
                        }
                        [] | [b'[', ..] | [b'&', b'&', ..] | [b'-', b'-', ..] | [b'~', b'~', ..] => return false,
                        _ => at += 1,
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stop_at_slashes_in_paths() {
        assert!(matches_path(b"/srv/*/b/", b"/srv/a/b/") && !matches_path(b"/srv/*/", b"/srv/a/b/"));
        assert!(matches(b"http://*", b"http://a/b") && matches(b"*a*a*b", b"aaaaab") && !matches(b"*a*a*b", b"aaaaa"));
        assert!(matches(b"[!a-c]x", b"dx") && !matches(b"[!a-c]x", b"bx") && matches(b"a[", b"a["));
        assert!(matches(b"\\*", b"*") && !matches(b"\\*", b"a") && matches(b"", b""));
        assert!(!matches_name(b"*", b".a") && matches_name(b".*", b".a"));
    }

    #[test]
    fn wildcards_are_seen() {
        assert!(is_wild(b"/a*") && is_wild(b"[a]") && !is_wild(b"a[b") && !is_wild(b"a\\*b"));
    }

    #[test]
    fn expressions_that_differ_between_dialects_are_refused() {
        assert!(regex(b"^/a[[:alpha:]]+$", false).is_some() && regex(b"[]/a]", false).is_some());
        assert!(regex(b"[a[]]", false).is_none() && regex(b"(?!x)", false).is_none());
        assert!(regex(b"[a&&b]", false).is_none() && regex(b"[a", false).is_none());
    }
}
