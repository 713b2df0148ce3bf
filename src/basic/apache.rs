//! The header as Apache httpd reads it: strict HTTP/1.x parsing, lines joined, a lenient base64 decoder, a C string.
//!
//! Behaviour of httpd 2.4.71: `server/protocol.c:ap_get_mime_headers_core`, `modules/http/http_filters.c:check_headers`,
//! `modules/aaa/mod_auth_basic.c:get_basic_auth`, apr-util 1.6.3 `encoding/apr_base64.c`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head::{self, Line};
use crate::bytes::{Span, c_string, split_once, trim_end, trim_start};
use crate::secret::Secret;
use crate::trace::{Cite, Level, LogLine, Step, Trace};

const HEADERS: Cite = Cite("httpd 2.4.71 server/protocol.c:ap_get_mime_headers_core");
const BASIC: Cite = Cite("httpd 2.4.71 modules/aaa/mod_auth_basic.c:get_basic_auth");

/// `LimitRequestFieldSize` is 8190 by default, and one byte more gets through.
const LONGEST_LINE: usize = 8191;
/// `LimitRequestFields`.
const MOST_LINES: usize = 100;

/// Reads the head as Apache does. Of what refuses a head only an over-long line is logged above the debug level.
pub fn read(head: &[u8], trace: &mut Trace, log: &mut Vec<LogLine>) -> Presented {
    let value = match authorization(head) {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEADERS);
            if why == "header-too-long" {
                log.push(too_long(head, at));
            }
            return Presented::Refused { why, at };
        }
    };
    let Some(Value { bytes, at }) = value else {
        trace.push(Step::NoHeader, BASIC);
        return Presented::Nothing;
    };
    trace.push(Step::HeaderValue { at }, HEADERS);
    // The scheme word ends at the first SP; a tab does not end it.
    let (word, rest) = split_once(&bytes, b' ').unwrap_or((&bytes, b""));
    if !word.eq_ignore_ascii_case(b"basic") {
        trace.push(Step::WrongScheme { word: word.to_vec() }, BASIC);
        return Presented::WrongScheme;
    }
    let token = trim_start(rest, b" \t");
    Presented::Credentials(decode(token, trace))
}

/// AH00561 names the header up to its colon.
fn too_long(head: &[u8], at: Span) -> LogLine {
    let line = usize::try_from(at.start).ok().and_then(|start| head.get(start..)).unwrap_or_default();
    let name = split_once(line, b':').map_or(&b""[..], |(name, _)| name);
    LogLine::new(Level::Info, "AH00561: Request header exceeds LimitRequestFieldSize: ").with(name, false)
}

/// The token's symbols up to the first foreign byte, as a C string cut at the first colon.
fn decode(token: &[u8], trace: &mut Trace) -> Credentials {
    let length = base64::symbols(token);
    let text = Secret::from(base64::unpack(&token[..length]));
    let whole = text.expose();
    let cut = c_string(whole);
    let (user, password) = split_once(cut, b':').unwrap_or((cut, b""));
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: (token.len() - length) as u64,
            cut_at_nul: cut.len() < whole.len(),
        },
        BASIC,
    );
    Credentials { user: user.to_vec(), password: Secret::from(password) }
}

struct Value {
    bytes: Vec<u8>,
    at: Span,
}

type Refused = (&'static str, Span);

/// The value of all `Authorization` lines joined with `, `, or why the head is refused.
fn authorization(head: &[u8]) -> Result<Option<Value>, Refused> {
    let mut lines = head::lines(head);
    let mut one_zero = false;
    if let Some(request) = lines.next() {
        one_zero = request_line(request)?;
    }
    let mut fields: Vec<(Vec<u8>, Span)> = Vec::new();
    for line in lines {
        let bytes = strict_line(line)?;
        if bytes.is_empty() {
            break;
        }
        if bytes.len() > LONGEST_LINE {
            return Err(("header-too-long", line.at));
        }
        if matches!(bytes[0], b' ' | b'\t') {
            let Some((field, at)) = fields.last_mut() else { return Err(("fold-without-header", line.at)) };
            field.push(b' ');
            field.extend_from_slice(trim_start(bytes, b" \t"));
            at.end = line.at.start + bytes.len() as u64;
            if field.len() > LONGEST_LINE {
                return Err(("header-too-long", *at));
            }
        } else {
            fields.push((bytes.to_vec(), Span::at(line.at.start, bytes.len())));
            if fields.len() > MOST_LINES {
                return Err(("too-many-headers", line.at));
            }
        }
    }
    let mut joined: Option<Value> = None;
    let mut host = false;
    for (field, at) in fields {
        let Some((name, value)) = split_once(&field, b':') else { return Err(("header-without-colon", at)) };
        if name.is_empty() || !name.iter().copied().all(is_token) {
            return Err(("header-name-malformed", at));
        }
        let start = at.start + name.len() as u64 + 1;
        let value = trim_start(value, b" \t");
        let value_at = Span::new(at.end.saturating_sub(value.len() as u64).max(start), at.end);
        if let Some(bad) = value.iter().position(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7F) {
            return Err(("control-character", Span::at(value_at.start + bad as u64, 1)));
        }
        host |= name.eq_ignore_ascii_case(b"host");
        if !name.eq_ignore_ascii_case(b"authorization") {
            continue;
        }
        match &mut joined {
            Some(all) => {
                all.bytes.extend_from_slice(b", ");
                all.bytes.extend_from_slice(value);
                all.at.end = value_at.end;
            }
            None => joined = Some(Value { bytes: value.to_vec(), at: value_at }),
        }
    }
    if !host && !one_zero {
        return Err(("host-missing", Span::new(0, head.len() as u64)));
    }
    Ok(joined)
}

/// A line without its CRLF and trailing blanks; an empty line is kept as one.
fn strict_line(line: Line<'_>) -> Result<&[u8], Refused> {
    if let Some(nul) = memchr::memchr(0, line.bytes) {
        return Err(("nul", Span::at(line.at.start + nul as u64, 1)));
    }
    if !line.ended {
        return Err(("head-cut-off", line.at));
    }
    let Some(bytes) = line.bytes.strip_suffix(b"\r") else {
        return Err(("bare-line-feed", Span::at(line.at.end, 1)));
    };
    if let Some(cr) = memchr::memchr(b'\r', bytes) {
        return Err(("bare-carriage-return", Span::at(line.at.start + cr as u64, 1)));
    }
    let trimmed = trim_end(bytes, b" \t");
    // Of a line of blanks the first is kept, so that it still counts as a fold.
    Ok(if trimmed.is_empty() && !bytes.is_empty() { &bytes[..1] } else { trimmed })
}

/// Whether the request is of HTTP/1.0, which needs no Host.
fn request_line(line: Line<'_>) -> Result<bool, Refused> {
    let bytes = strict_line(line)?;
    let mut words = bytes.split(|byte| *byte == b' ');
    let (method, target, version, more) = (words.next(), words.next(), words.next(), words.next());
    let shape = method.is_some_and(|word| !word.is_empty() && word.iter().copied().all(is_token))
        && target.is_some_and(|word| word.starts_with(b"/") || word == b"*" || word.starts_with(b"http"))
        && more.is_none();
    match version {
        Some(b"HTTP/1.0") if shape => Ok(true),
        Some(b"HTTP/1.1") if shape => Ok(false),
        _ => Err(("request-line-malformed", line.at)),
    }
}

/// RFC 7230 token characters.
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_value(value: &[u8]) -> Presented {
        read(&head::with_authorization(&[value]), &mut Trace::default(), &mut Vec::new())
    }

    fn user_pass(value: &[u8]) -> (Vec<u8>, Vec<u8>) {
        match read_value(value) {
            Presented::Credentials(all) => (all.user.clone(), all.password.expose().to_vec()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_tab_does_not_end_the_scheme_word() {
        assert!(matches!(read_value(b"Basic\tdXNlcjpwYXNz"), Presented::WrongScheme));
        assert_eq!(user_pass(b"bAsIc  \t dXNlcjpwYXNz"), (b"user".to_vec(), b"pass".to_vec()));
    }

    #[test]
    fn the_token_ends_at_the_first_foreign_byte() {
        assert_eq!(user_pass(b"Basic dXNl=cjpwYXNz"), (b"use".to_vec(), b"".to_vec()));
        assert_eq!(user_pass(b"Basic dXNlcjpwYXNzA"), (b"user".to_vec(), b"pass".to_vec()));
    }

    #[test]
    fn the_text_is_a_c_string() {
        let token = [&b"Basic "[..], &base64::encode(b"user:pass\0junk")].concat();
        assert_eq!(user_pass(&token), (b"user".to_vec(), b"pass".to_vec()));
    }

    #[test]
    fn the_first_of_two_headers_decides() {
        let head = head::with_authorization(&[b"Basic dXNlcjpwYXNz", b"Basic eDp5"]);
        assert!(
            matches!(read(&head, &mut Trace::default(), &mut Vec::new()), Presented::Credentials(all) if all.user == b"user")
        );
    }

    #[test]
    fn a_line_may_have_8191_bytes() {
        let value = |length| [&b"Basic dXNlcjpwYXNz="[..], &vec![b'='; length - 34_usize]].concat();
        assert!(matches!(read_value(&value(8191)), Presented::Credentials(_)));
        assert!(matches!(read_value(&value(8192)), Presented::Refused { why: "header-too-long", .. }));
    }
}
