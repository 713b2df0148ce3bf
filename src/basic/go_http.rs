//! The request head as Go's `net/http` server reads it, up to the first `Authorization` header's value.
//!
//! Behaviour of Go 1.19 to 1.26: `src/net/textproto/reader.go:ReadMIMEHeader`, `src/net/http/request.go:readRequest`,
//! `src/net/http/server.go:readRequest`. Control bytes, a malformed name, a missing or second Host are answered with 400
//! before any handler sees the request, a head that is too large with 431; folded lines are joined.

use std::borrow::Cow;

use crate::basic::head::{self, Line};
use crate::basic::line;
use crate::bytes::{Span, split_once};
use crate::trace::{Cite, Step, Trace};

const READ: Cite = Cite("Go 1.25 src/net/http/server.go:readRequest");

/// How a program's `net/http` reads heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Net {
    /// Bytes that are read at most: the program's `MaxHeaderBytes` and 4096 more.
    pub most: usize,
    /// What changed in Go since.
    pub recent: bool,
    /// Whether the program refuses an empty Host.
    pub refuses_empty_host: bool,
}

/// The default of `MaxHeaderBytes`, and what is read beyond it.
const MOST: usize = (1 << 20) + 4096;

impl Net {
    /// Go up to 1.20: a header without name is skipped, and the request line counts for the limit.
    pub const OLD: Self = Self { most: MOST, recent: false, refuses_empty_host: false };
    /// Go of 2025: a header without name is refused, and the request line does not count for the limit.
    pub const RECENT: Self = Self { most: MOST, recent: true, refuses_empty_host: false };

    /// The same with the limit of a program that sets `MaxHeaderBytes`.
    #[must_use]
    pub const fn with_header_bytes(self, bytes: usize) -> Self {
        Self { most: bytes + 4096, ..self }
    }
}

/// A refusal that is answered with 431.
pub const OVERSIZED: &str = "head-too-large";
/// A refusal that is answered with 505.
pub const VERSION: &str = "version-unsupported";

/// Why the server refuses a head, and the bytes to blame.
pub type Refused = (&'static str, Span);

/// A header's value with its place in the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value<'a> {
    /// Its bytes after trimming and joining.
    pub bytes: Cow<'a, [u8]>,
    /// Their place; it covers all pieces of a folded value.
    pub at: Span,
}

/// The first `Authorization` header; `None` where there is none. Pushes a step for a refused head, for further
/// `Authorization` lines, and for the value.
pub fn authorization<'a>(net: Net, head: &'a [u8], trace: &mut Trace) -> Result<Option<Value<'a>>, Refused> {
    let read = read(net, head, trace);
    match &read {
        Err((why, at)) => trace.push(Step::HeadRefused { why, at: *at }, READ),
        Ok(Some(value)) => trace.push(Step::HeaderValue { at: value.at }, READ),
        Ok(None) => trace.push(Step::NoHeader, READ),
    }
    read
}

fn read<'a>(net: Net, head: &'a [u8], trace: &mut Trace) -> Result<Option<Value<'a>>, Refused> {
    let mut lines = head::lines(head).peekable();
    let request = lines.next();
    let uncounted = request.filter(|_| net.recent).map_or(0, |line| without_line_end(&line).len());
    if head.len() - uncounted > net.most {
        return Err((OVERSIZED, Span::new(0, head.len() as u64)));
    }
    let needs_host = request.map_or(Ok(true), request_line)?;
    let (mut found, mut hosts) = (None, 0);
    let mut first = true;
    while let Some(line) = lines.next() {
        let bytes = without_line_end(&line);
        if bytes.is_empty() {
            break;
        }
        if std::mem::take(&mut first) && starts_blank(bytes) {
            return Err(("header-name-malformed", Span::at(line.at.start, 1)));
        }
        let mut field = Value { bytes: Cow::Borrowed(trim_blanks(bytes)), at: line.at };
        while let Some(next) = lines.next_if(|next| starts_blank(without_line_end(next))) {
            let joined = field.bytes.to_mut();
            joined.push(b' ');
            joined.extend_from_slice(trim_blanks(without_line_end(&next)));
            field.at.end = next.at.end;
        }
        if !net.recent && field.bytes.first() == Some(&b':') {
            trace.push(Step::HeaderIgnored { why: "header-name", at: line.at }, READ);
            continue;
        }
        let (name, value) = name_and_value(field)?;
        if name.eq_ignore_ascii_case(b"host") {
            hosts += 1;
            if hosts > 1 {
                return Err(("host-twice", value.at));
            }
            if net.refuses_empty_host && value.bytes.is_empty() || !value.bytes.iter().all(|byte| valid_in_host(*byte))
            {
                return Err(("host-malformed", value.at));
            }
        } else if name.eq_ignore_ascii_case(b"authorization") {
            if found.is_none() {
                found = Some(value);
            } else {
                trace.push(Step::HeaderIgnored { why: "second-header", at: line.at }, READ);
            }
        }
    }
    if needs_host && hosts == 0 {
        return Err(("host-missing", Span::new(0, head.len() as u64)));
    }
    Ok(found)
}

/// Whether a version that needs a Host is asked for.
fn request_line(line: Line<'_>) -> Result<bool, Refused> {
    let bytes = without_line_end(&line);
    let bad = ("request-line-malformed", line.at);
    let (method, rest) = split_once(bytes, b' ').ok_or(bad)?;
    let last = memchr::memrchr(b' ', rest).ok_or(bad)?;
    let version = &rest[last + 1..];
    let target = &rest[..last];
    let escaped = |rest: &[u8]| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit);
    let target_fits = (target.starts_with(b"/") || target == b"*" || is_absolute(target))
        && target.iter().all(|byte| *byte > b' ' && *byte != 0x7F)
        && memchr::memchr_iter(b'%', target).all(|at| escaped(&target[at + 1..]));
    if !is_token(method) || !target_fits {
        return Err(bad);
    }
    match version {
        b"HTTP/1.0" => Ok(false),
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9'] => Ok(true),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => Err((VERSION, line.at)),
        _ => Err(bad),
    }
}

/// Whether `net/url/url.go:ParseRequestURI` takes this for a scheme, a host and a port of digits.
fn is_absolute(target: &[u8]) -> bool {
    let target = target.split(|byte| *byte == b'?').next().unwrap_or_default();
    let Some((scheme, rest)) = split_once(target, b':') else { return false };
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let Some(rest) = rest.strip_prefix(b"//").filter(|_| is_scheme) else { return false };
    let authority = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
    let host = line::without_user(authority);
    let port = if host.starts_with(b"[") {
        let Some(end) = memchr::memrchr(b']', host) else { return false };
        &host[end + 1..]
    } else {
        &host[memchr::memrchr(b':', host).unwrap_or(host.len())..]
    };
    port.is_empty() || port.strip_prefix(b":").is_some_and(|port| port.iter().all(u8::is_ascii_digit))
}

/// Cuts a joined line at its colon.
fn name_and_value(field: Value<'_>) -> Result<(Vec<u8>, Value<'_>), Refused> {
    let (name, rest) = split_once(&field.bytes, b':').ok_or(("no-colon", field.at))?;
    if !is_token(name) {
        return Err(("header-name-malformed", Span::at(field.at.start, name.len().max(1))));
    }
    if rest.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        return Err(("control-byte", field.at));
    }
    let name = name.to_vec();
    let lead = name.len() + 1 + rest.iter().take_while(|byte| is_blank(**byte)).count();
    let (at, length) = (field.at, field.bytes.len());
    let bytes = match field.bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[lead..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..lead);
            Cow::Owned(bytes)
        }
    };
    let start = at.start + lead as u64;
    let end = if matches!(bytes, Cow::Borrowed(_)) { at.start + length as u64 } else { at.end };
    Ok((name, Value { bytes, at: Span::new(start, end.max(start)) }))
}

fn without_line_end<'a>(line: &Line<'a>) -> &'a [u8] {
    line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn starts_blank(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|byte| is_blank(*byte))
}

fn trim_blanks(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !is_blank(*byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_blank(*byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().copied().all(head::is_token)
}

/// `golang.org/x/net/http/httpguts:ValidHostHeader`.
fn valid_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=[]_~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(head: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
        let read = authorization(Net::RECENT, head, &mut Trace::default());
        read.map(|value| value.map(|value| value.bytes.into_owned())).map_err(|(why, _)| why)
    }

    #[test]
    fn the_first_of_two_headers_counts() {
        let head = head::with_authorization(&[b" \tBasic eA== \t", b"Basic eQ=="]);
        assert_eq!(value(&head), Ok(Some(b"Basic eA==".to_vec())));
    }

    #[test]
    fn a_value_may_go_on_in_the_next_line() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\nauthorization: Basic\r\n\t eA==\r\n\r\n";
        assert_eq!(value(head), Ok(Some(b"Basic eA==".to_vec())));
    }

    /// Limits as found by bisection with rclone 1.75 and 1.60.
    #[test]
    fn the_request_line_counts_for_the_limit_in_old_programs_only() {
        let head = |total: usize| {
            let (start, end) = ("GET / HTTP/1.1\r\nHost: localhost\r\nX: ", "\r\n\r\n");
            format!("{start}{}{end}", "x".repeat(total - start.len() - end.len()))
        };
        for (net, most) in [(Net::OLD, 8192), (Net::RECENT, 8206)] {
            let net = net.with_header_bytes(4096);
            assert!(authorization(net, head(most).as_bytes(), &mut Trace::default()).is_ok());
            let larger = head(most + 1);
            let refused = authorization(net, larger.as_bytes(), &mut Trace::default());
            assert_eq!(refused.map_err(|(why, _)| why), Err(OVERSIZED));
        }
    }

    #[test]
    fn a_header_without_name_is_skipped_by_old_programs() {
        let head = b"GET / HTTP/1.1\r\nHost: x\r\n: y\r\nAuthorization: z\r\n\r\n";
        assert!(authorization(Net::OLD, head, &mut Trace::default()).is_ok_and(|value| value.is_some()));
        assert!(authorization(Net::RECENT, head, &mut Trace::default()).is_err());
    }

    #[test]
    fn malformed_heads_are_refused() {
        for (lines, why) in [
            (&b"Host: x\r\nAuthorization: Basic\x01\r\n"[..], "control-byte"),
            (b"Host: x\r\nAuthorization : x\r\n", "header-name-malformed"),
            (b" Host: x\r\n", "header-name-malformed"),
            (b"Host: x\r\nnothing\r\n", "no-colon"),
            (b"Host: x\r\nHost: y\r\n", "host-twice"),
            (b"Host: a b\r\n", "host-malformed"),
            (b"", "host-missing"),
        ] {
            let head = [b"GET / HTTP/1.1\r\n", lines, b"\r\n"].concat();
            assert_eq!(value(&head), Err(why), "{}", String::from_utf8_lossy(lines));
        }
        assert_eq!(value(b"GET /\r\n\r\n"), Err("request-line-malformed"));
        assert_eq!(value(b"GET / HTTP/2.0\r\n\r\n"), Err(VERSION));
        assert_eq!(value(b"GET / HTTP/1.0\r\n\r\n"), Ok(None));
    }
}
