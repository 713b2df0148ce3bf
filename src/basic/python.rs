//! Python's standard library between a wire and a WSGI program: `http.server`, `wsgiref` and `base64`.
//!
//! What the programs on top make of the header is in [`crate::basic::radicale`] and [`crate::basic::bottle`]. A head is
//! hardly ever refused here: a line that is no header ends the headers, a lone carriage return ends a line, and
//! several headers of one name are joined.
//!
//! Behaviour of Python 3.11: `http/server.py:parse_request`, `http/client.py:parse_headers`,
//! `email/feedparser.py:_parsegen`, `wsgiref/simple_server.py:get_environ`, `Modules/binascii.c:a2b_base64`.

use crate::basic::base64;
use crate::basic::head;
use crate::bytes::Span;
use crate::bytes::split_once;
use crate::secret::Secret;

/// Longest line of a head in bytes, line end included (`http/client.py:_MAXLINE`).
const LONGEST_LINE: usize = 65_536;
/// Most header lines, the empty one included (`http/client.py:_MAXHEADERS`).
const MOST_LINES: usize = 100;

/// A header's value as WSGI hands it on.
#[derive(Debug)]
pub struct Value {
    /// Its text, one byte per character of ISO 8859-1.
    pub text: Vec<u8>,
    /// Its place in the head; where several headers were joined, from the first to the last.
    pub at: Span,
}

/// Why a head is refused: in kebab-case, with the offending bytes. [`status`] has what is answered.
pub type Refused = (&'static str, Span);

/// The status that a refused head is answered with; `None` where the connection is closed without one.
#[must_use]
pub fn status(why: &str) -> Option<u16> {
    match why {
        // Until a version is understood it is 0.9, which has no status line.
        "request-line-empty" | "request-line-short" | "http-version" | "http-version-unsupported" => None,
        "request-line-too-long" => Some(414),
        "header-line-too-long" | "too-many-headers" => Some(431),
        _ => Some(400),
    }
}

/// The value of the header `name` in the WSGI environment of this head.
pub fn header(head: &[u8], name: &[u8]) -> Result<Option<Value>, Refused> {
    let mut lines = head::lines(head);
    let Some(first) = lines.next() else { return Err(("request-line-empty", Span::new(0, 0))) };
    request_line(first)?;
    let mut count = 0;
    for line in lines {
        if line.bytes.len() + usize::from(line.ended) > LONGEST_LINE {
            return Err(("header-line-too-long", line.at));
        }
        count += 1;
        if count > MOST_LINES {
            return Err(("too-many-headers", line.at));
        }
        if line.bytes.is_empty() || line.bytes == b"\r" {
            break;
        }
    }
    let start = first.at.end + u64::from(first.ended);
    let place = usize::try_from(start).unwrap_or(head.len()).min(head.len());
    Ok(join(&head[place..], start, name))
}

fn request_line(line: head::Line<'_>) -> Result<(), Refused> {
    if line.bytes.len() + usize::from(line.ended) > LONGEST_LINE {
        return Err(("request-line-too-long", line.at));
    }
    let words: Vec<_> = line.bytes.split(|byte| is_space(*byte)).filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        return Err(("request-line-empty", line.at));
    }
    if words.len() >= 3 {
        let version = words[words.len() - 1].strip_prefix(b"HTTP/").and_then(|version| split_once(version, b'.'));
        let number =
            |digits: &[u8]| (digits.iter().all(u8::is_ascii_digit) && (1..=10).contains(&digits.len())).then_some(());
        let Some((major, minor)) = version else { return Err(("http-version", line.at)) };
        if number(major).is_none() || number(minor).is_none() {
            return Err(("http-version", line.at));
        }
        if crate::bytes::trim_start(major, b"0") > &b"1"[..] {
            return Err(("http-version-unsupported", line.at));
        }
    }
    match words.len() {
        3 => Ok(()),
        2 if words[0] == b"GET" => Ok(()),
        1 | 2 => Err(("request-line-short", line.at)),
        _ => Err(("request-line-malformed", line.at)),
    }
}

/// The header lines as Python's mail parser cuts them, those of `name` joined with commas.
fn join(headers: &[u8], start: u64, name: &[u8]) -> Option<Value> {
    let mut joined: Option<Value> = None;
    let mut value: Option<(Vec<u8>, Span)> = None;
    let mut after_header = false;
    let mut rest = headers;
    let mut at = start;
    while !rest.is_empty() {
        let (line, end) = next_line(rest);
        let full = &rest[..line + end];
        let here = Span::at(at, line);
        rest = &rest[full.len()..];
        at += full.len() as u64;
        if full[0] == b' ' || full[0] == b'\t' {
            // A continuation, with its line end and that of the line before; before any header it is dropped.
            if let Some((text, span)) = value.as_mut().filter(|_| after_header) {
                text.extend_from_slice(full);
                span.end = here.end;
            }
            continue;
        }
        if !is_header(full) {
            break;
        }
        close(&mut joined, value.take());
        after_header = false;
        if full.starts_with(b"From ") {
            continue;
        }
        let Some((found, text)) = split_once(full, b':') else { continue };
        if found.is_empty() {
            continue;
        }
        after_header = true;
        if found.eq_ignore_ascii_case(name) {
            let text = crate::bytes::trim_start(text, b" \t");
            value = Some((text.to_vec(), Span::new((at - text.len() as u64).min(here.end), here.end)));
        }
    }
    close(&mut joined, value);
    joined
}

fn close(joined: &mut Option<Value>, value: Option<(Vec<u8>, Span)>) {
    let Some((text, at)) = value else { return };
    let text = strip(&text);
    match joined {
        Some(all) => {
            all.text.push(b',');
            all.text.extend_from_slice(text);
            all.at.end = at.end;
        }
        None => *joined = Some(Value { text: text.to_vec(), at }),
    }
}

/// Length of the next line, and of its end: LF, CR LF, or CR alone.
fn next_line(text: &[u8]) -> (usize, usize) {
    match memchr::memchr2(b'\r', b'\n', text) {
        None => (text.len(), 0),
        Some(at) => (at, if text[at..].starts_with(b"\r\n") { 2 } else { 1 }),
    }
}

/// Whether the mail parser takes the line for a header: a name of printable ASCII up to a colon.
fn is_header(line: &[u8]) -> bool {
    let name = line.iter().take_while(|byte| matches!(byte, 0x21..=0x39 | 0x3B..=0x7E)).count();
    line.get(name) == Some(&b':') || line.starts_with(b"From ")
}

/// Whether `str.strip` and `str.split` take this character of ISO 8859-1 for a blank.
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, 0x09..=0x0D | 0x1C..=0x20 | 0x85 | 0xA0)
}

/// A text of ISO 8859-1 without blanks at its ends, as `str.strip` makes it.
#[must_use]
pub fn strip(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_space(*byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// Why `base64.b64decode` raises an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// One symbol more than a multiple of four; how many there are.
    OneTooMany(usize),
    /// Padding is missing.
    Padding,
}

impl DecodeError {
    /// Its text.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Padding => "Incorrect padding".to_owned(),
            Self::OneTooMany(symbols) => format!(
                "Invalid base64-encoded string: number of data characters ({symbols}) cannot be 1 more than a multiple of 4"
            ),
        }
    }
}

/// What `base64.b64decode` makes of a text, and how many of its bytes it leaves unread.
///
/// Bytes outside the standard alphabet are dropped wherever they stand; the first complete padding ends the text.
pub fn decode(text: &[u8]) -> Result<(Secret, usize), DecodeError> {
    let mut symbols = Secret::with_capacity(text.len());
    let mut pads = 0;
    let mut read = text.len();
    for (at, byte) in text.iter().enumerate() {
        let held = symbols.expose().len() % 4;
        if *byte == b'=' {
            if held >= 2 {
                pads += 1;
                if held + pads >= 4 {
                    read = at + 1;
                    break;
                }
            }
        } else if base64::value(*byte).is_some() {
            pads = 0;
            symbols.extend(&[*byte]);
        }
    }
    let length = symbols.expose().len();
    match length % 4 {
        1 => Err(DecodeError::OneTooMany(length)),
        held @ 2.. if held + pads < 4 => Err(DecodeError::Padding),
        _ => Ok((Secret::from(base64::unpack(symbols.expose())), text.len() - read)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(lines: &[u8]) -> Option<Vec<u8>> {
        let head = [b"GET / HTTP/1.1\r\n", lines, b"\r\n"].concat();
        header(&head, b"authorization").expect("the head is taken").map(|value| value.text)
    }

    #[test]
    fn headers_of_one_name_are_joined_and_lines_are_unfolded() {
        assert_eq!(value(b"Authorization: a\r\nX: y\r\nauthorization: b\r\n").as_deref(), Some(&b"a,b"[..]));
        assert_eq!(value(b"Authorization:\ta \r\n b\r\n").as_deref(), Some(&b"a \r\n b"[..]));
    }

    #[test]
    fn a_line_that_is_no_header_ends_the_headers() {
        assert_eq!(value(b"no colon\r\nAuthorization: a\r\n"), None);
        assert_eq!(value(b"Authorization : a\r\n"), None);
        assert_eq!(value(b": a\r\nAuthorization: a\r\n").as_deref(), Some(&b"a"[..]));
    }

    #[test]
    fn a_lone_carriage_return_ends_a_line() {
        assert_eq!(value(b"X: y\rAuthorization: a\rZ\r\n").as_deref(), Some(&b"a"[..]));
    }

    /// What `http.server` and `http.client` refuse: a line of more than 65,536 bytes with its end.
    #[test]
    fn a_line_may_have_65_536_bytes() {
        let status_of = |head: &[u8]| header(head, b"a").err().map(|(why, _)| status(why));
        let request = |more: usize| format!("GET /?{} HTTP/1.1\r\nA: b\r\n\r\n", "a".repeat(65_536 - 17 + more));
        let field = |more: usize| format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "a".repeat(65_536 - 5 + more));
        assert_eq!([0, 1].map(|more| status_of(request(more).as_bytes())), [None, Some(Some(414))]);
        assert_eq!([0, 1].map(|more| status_of(field(more).as_bytes())), [None, Some(Some(431))]);
    }

    #[test]
    fn what_follows_the_empty_line_is_not_read() {
        for end in ["\r\n", "\n"] {
            let head = format!("GET / HTTP/1.1\r\nB: c\r\n{end}A: {}\r\n", "a".repeat(70_000));
            assert_eq!(header(head.as_bytes(), b"a").map(|value| value.is_none()), Ok(true));
        }
    }

    /// `http.server:BaseHTTPRequestHandler.parse_request`.
    #[test]
    fn a_request_line_has_a_method_a_target_and_a_version_of_digits_or_is_an_old_get() {
        for (line, expected) in [
            ("GET / HTTP/1.1", None),
            ("GET / HTTP/1.0", None),
            ("GET / HTTP/0.9", None),
            ("GET / HTTP/01.1", None),
            ("GET /", None),
            ("POST /", Some(None)),
            ("GET", Some(None)),
            ("GET / x HTTP/1.1", Some(Some(400))),
            ("GET / HTTP/1.x", Some(None)),
            ("GET / HTTP/x.1", Some(None)),
            ("GET / HTTP/1.", Some(None)),
            ("GET / HTTP/.1", Some(None)),
            ("GET / HTTP/1.12345678901", Some(None)),
            ("GET / HTTP/2.0", Some(None)),
            ("GET / HTTP/10.0", Some(None)),
            (" ", Some(None)),
        ] {
            let head = format!("{line}\r\nA: b\r\n\r\n");
            assert_eq!(header(head.as_bytes(), b"a").err().map(|(why, _)| status(why)), expected, "{line}");
        }
    }

    #[test]
    fn a_hundred_lines_are_too_many() {
        let head = |count| [b"GET / HTTP/1.1\r\n".to_vec(), b"A: b\r\n".repeat(count), b"\r\n".to_vec()].concat();
        assert!(header(&head(99), b"a").is_ok());
        assert_eq!(header(&head(100), b"a").err().map(|(why, _)| status(why)), Some(Some(431)));
    }

    #[test]
    fn base64_drops_foreign_bytes_and_ends_at_the_padding() {
        let decoded = |text: &[u8]| decode(text).map(|(bytes, unread)| (bytes.expose().to_vec(), unread));
        assert_eq!(decoded(b"d T-p\xFFwdw==junk"), Ok((b"u:pw".to_vec(), 4)));
        assert_eq!(decoded(b"dTpw"), Ok((b"u:p".to_vec(), 0)));
        assert_eq!(decoded(b"dTpwdw="), Err(DecodeError::Padding));
        assert_eq!(decoded(b"dTpwd"), Err(DecodeError::OneTooMany(5)));
        assert_eq!(decoded(b"dTpwd=w=="), Ok((b"u:pw".to_vec(), 0)));
    }
}
