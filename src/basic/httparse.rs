//! A request head as the `httparse` crate reads it for hyper and actix: strict names and values, no folding.
//!
//! What the servers on top make of the header is in [`crate::basic::rust`].
//!
//! Behaviour of httparse 1.10.1 `src/lib.rs:parse_headers_iter_uninit`; the limits are the servers' own.

use crate::basic::head;
use crate::basic::line;
use crate::bytes::Span;
use crate::bytes::split_once;
use crate::bytes::trim;

/// Why a head is refused: in kebab-case, with the offending bytes. [`status`] has what is answered.
pub type Refused = (&'static str, Span);

/// The status that a refused head is answered with.
#[must_use]
pub fn status(why: &str) -> u16 {
    if why == "too-many-headers" { 431 } else { 400 }
}

/// What differs between the users of `httparse`.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most header lines.
    pub headers: usize,
}

/// The first `Authorization` header's value with its place; `None` where there is none.
pub fn authorization(head: &[u8], limits: Limits) -> Result<Option<(&[u8], Span)>, Refused> {
    // Empty lines before the request are skipped.
    let mut lines = head::lines(head).skip_while(|line| matches!(line.bytes, b"" | b"\r"));
    let Some(first) = lines.next() else { return Err(("head-cut-off", Span::at(head.len() as u64, 0))) };
    request_line(first)?;
    let (mut found, mut count) = (None, 0);
    for line in lines {
        let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        if bytes.is_empty() {
            break;
        }
        let named = split_once(bytes, b':')
            .filter(|(name, _)| !name.is_empty() && name.iter().all(|byte| head::is_token(*byte)));
        let Some((name, value)) = named else {
            let bad = bytes.iter().position(|byte| !head::is_token(*byte)).unwrap_or(0);
            return Err(("header-name-malformed", Span::at(line.at.start + bad as u64, 1)));
        };
        if let Some(bad) = value.iter().position(|byte| !is_value(*byte)) {
            let at = line.at.start + (bytes.len() - value.len() + bad) as u64;
            return Err(("control-character", Span::at(at, 1)));
        }
        count += 1;
        if count > limits.headers {
            return Err(("too-many-headers", line.at));
        }
        if found.is_none() && name.eq_ignore_ascii_case(b"authorization") {
            let blanks = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            let trimmed = trim(value, b" \t");
            found = Some((trimmed, Span::at(line.at.start + (name.len() + 1 + blanks) as u64, trimmed.len())));
        }
    }
    Ok(found)
}

fn request_line(line: head::Line<'_>) -> Result<(), Refused> {
    let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
    let mut words = bytes.split(|byte| *byte == b' ');
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let (version, more) = (words.next().unwrap_or_default(), words.next());
    let whole = !method.is_empty()
        && method.iter().all(|byte| head::is_token(*byte))
        && !target.is_empty()
        && !target.iter().any(u8::is_ascii_control)
        && has_authority(target)
        && std::str::from_utf8(target).is_ok()
        && matches!(version, b"HTTP/1.1" | b"HTTP/1.0")
        && more.is_none();
    if whole { Ok(()) } else { Err(("request-line-malformed", line.at)) }
}

/// Whether a target that begins with a scheme names a host (`http` 1.4 `src/uri/authority.rs:parse`).
fn has_authority(target: &[u8]) -> bool {
    let named = line::absolute(target).filter(|(scheme, _)| !scheme.is_empty());
    let Some((_, authority)) = named else { return true };
    let is_of_authority = |byte: &u8| byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=@[]_~".contains(byte);
    !authority.is_empty() && authority.iter().all(is_of_authority)
}

const fn is_value(byte: u8) -> bool {
    byte == b'\t' || (byte >= b' ' && byte != 0x7F)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { headers: 3 };

    fn value(lines: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
        let head = [b"GET / HTTP/1.1\r\n", lines, b"\r\n"].concat();
        authorization(&head, LIMITS).map(|found| found.map(|(value, _)| value.to_vec())).map_err(|(why, _)| why)
    }

    #[test]
    fn what_begins_with_a_scheme_names_a_host() {
        for target in [&b"http://a"[..], b"http://a:b@[::1]:8x/\"", b"://\"", b":///", b"/?a://\"", b"x"] {
            assert!(has_authority(target), "{}", target.escape_ascii());
        }
        for target in [&b"http://"[..], b"http:///", b"http://?", b"h://a\"b/", b"h://a{b}#"] {
            assert!(!has_authority(target), "{}", target.escape_ascii());
        }
    }

    #[test]
    fn the_first_header_counts_without_blanks_around_it() {
        assert_eq!(value(b"Authorization: \t a b\t\r\nAUTHORIZATION: c\n"), Ok(Some(b"a b".to_vec())));
        assert_eq!(value(b"Authorization:\r\n"), Ok(Some(vec![])));
    }

    #[test]
    fn folds_blanks_in_names_and_control_characters_are_refused() {
        assert_eq!(value(b"Authorization: a\r\n b\r\n"), Err("header-name-malformed"));
        assert_eq!(value(b"Authorization : a\r\n"), Err("header-name-malformed"));
        assert_eq!(value(b"Authorization: a\x01\r\n"), Err("control-character"));
        assert_eq!(value(b"Authorization: a\rb\r\n"), Err("control-character"));
        assert_eq!(value(b"A: b\nA: b\nA: b\nA: b\n"), Err("too-many-headers"));
    }

    #[test]
    fn a_place_is_that_of_the_value() {
        let head = b"GET / HTTP/1.1\r\nAuthorization:  ab \r\n\r\n";
        let found = authorization(head, LIMITS).ok().flatten();
        assert_eq!(found.map(|(_, at)| (at.start, at.end)), Some((32, 34)));
    }
}
