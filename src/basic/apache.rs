//! The header as Apache httpd reads it: strict HTTP/1.x parsing, lines joined, a lenient base64 decoder, a C string.
//!
//! Behaviour of httpd 2.4.71: `server/protocol.c:ap_parse_request_line`, `ap_get_mime_headers_core`, `modules/http/http_filters.c:check_headers`,
//! `modules/aaa/mod_auth_basic.c:get_basic_auth`, apr-util 1.6.3 `encoding/apr_base64.c`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head::{self, Line};
use crate::basic::line;
use crate::bytes::{Span, c_string, split_once, trim_end, trim_start};
use crate::secret::Secret;
use crate::trace::{Cite, Level, LogLine, Step, Trace};

const HEADERS: Cite = Cite("httpd 2.4.71 server/protocol.c:ap_get_mime_headers_core");
const TARGET: Cite = Cite("httpd 2.4.71 server/request.c:ap_process_request_internal");
const BASIC: Cite = Cite("httpd 2.4.71 modules/aaa/mod_auth_basic.c:get_basic_auth");

/// `LimitRequestFieldSize` is 8190 by default, and one byte more gets through.
const LONGEST_LINE: usize = 8191;
/// `LimitRequestFieldSize` itself, for what is joined of several lines.
const LONGEST_VALUE: usize = 8190;
/// A header of several lines is measured before the last blank is dropped, and must stay below `LimitRequestFieldSize`.
const LONGEST_FOLDED: usize = 8188;
/// `LOG_NAME_MAX_LEN`: how much of a name is logged, and of a line without one.
const LONGEST_NAME: usize = 80;
/// `LimitRequestFields`.
const MOST_LINES: usize = 100;
/// Empty lines before the request line that are skipped; as many as `LimitRequestFields`.
const MOST_EMPTY_LINES: usize = 100;

/// The reason of the one refusal whose status is 404: an escaped NUL or slash in the path.
pub const ESCAPE: &str = "escape-refused";
/// A request without a version has no header and is answered without a status.
pub const VERSION_0_9: &str = "version-0-9";

/// Reads the head as Apache does. Of what refuses a head only an over-long line is logged above the debug level.
pub fn read(head: &[u8], trace: &mut Trace, log: &mut Vec<LogLine>) -> Presented {
    let value = match authorization(head) {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEADERS);
            log.extend(too_long(head, why, at));
            return Presented::Refused { why, at };
        }
    };
    if let Some((why, at, line)) = target_refused(head) {
        trace.push(Step::HeadRefused { why, at }, TARGET);
        log.push(line);
        return Presented::Refused { why, at };
    }
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

/// Why the target's path is refused once the head is read, and what is logged.
fn target_refused(head: &[u8]) -> Option<(&'static str, Span, LogLine)> {
    let line = head::lines(head).find(|line| !matches!(line.bytes, b"" | b"\r"))?;
    let target = line.bytes.split(|byte| *byte == b' ').nth(1)?;
    let start = line.bytes.len() - line.bytes.splitn(2, |byte| *byte == b' ').nth(1)?.len();
    let at = Span::at(line.at.start + start as u64, target.len());
    let path = if target.starts_with(b"/") {
        target
    } else {
        let rest = memchr::memmem::find(target, b"://").map(|at| &target[at + 3..])?;
        &rest[memchr::memchr(b'/', rest)?..]
    };
    let path = path.split(|byte| *byte == b'?').next().unwrap_or_default();
    if !line::is_escaped(path) || line::is_above(path) {
        let text = LogLine::new(Level::Error, "AH10244: invalid URI path (");
        return Some(("path-malformed", at, text.with(&escaped(target), false).with(b")", false)));
    }
    let is_refused = |at: usize| matches!(line::escaped(path, at), Some(0 | b'/'));
    memchr::memchr_iter(b'%', path).any(is_refused).then(|| {
        let text = LogLine::new(Level::Info, "AH00026: found %2f (encoded '/') in URI path (");
        (ESCAPE, at, text.with(&escaped(target), false).with(b"), returning 404", false))
    })
}

/// What the log says of a header that is too long: a code for each way to get there, and the name.
fn too_long(head: &[u8], why: &str, at: Span) -> Option<LogLine> {
    let text = match why {
        "header-too-long" => "AH00561: Request header exceeds LimitRequestFieldSize: ",
        "header-too-long-folded" => "AH00562: Request header exceeds LimitRequestFieldSize after folding: ",
        "header-too-long-joined" => "AH00560: Request header exceeds LimitRequestFieldSize after merging: ",
        "too-many-headers" => {
            let text = "AH00563: Number of request headers exceeds LimitRequestFields";
            return Some(LogLine::new(Level::Info, text));
        }
        _ => return None,
    };
    let line = usize::try_from(at.start).ok().and_then(|start| head.get(start..)).unwrap_or_default();
    let length = memchr::memchr(b':', line).filter(|colon| *colon <= LONGEST_NAME).unwrap_or(LONGEST_NAME);
    let name = &line[..length.min(line.len())];
    Some(LogLine::new(Level::Info, text).with(&escaped(name), false))
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
            is_whole: !cut.contains(&b':'),
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
    let mut lines = head::lines(head).peekable();
    for _ in 0..MOST_EMPTY_LINES {
        lines.next_if(|line| line.bytes == b"\r" && line.ended);
    }
    let one_zero = lines.next().map(request_line).transpose()?.unwrap_or(false);
    let mut fields = Vec::new();
    let mut last: Option<(Vec<u8>, Span)> = None;
    for line in lines {
        // Counted before blanks at the end are dropped.
        if line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes).len() > LONGEST_LINE {
            return Err(("header-too-long", line.at));
        }
        let bytes = strict_line(line)?;
        if matches!(bytes.first(), Some(b' ' | b'\t')) {
            let Some((field, at)) = &mut last else { return Err(("fold-without-header", line.at)) };
            let more = trim_start(bytes, b" \t");
            if field.len() + 1 + more.len() > LONGEST_FOLDED {
                return Err(("header-too-long-folded", *at));
            }
            if more.is_empty() {
                return Err(("fold-empty", line.at));
            }
            field.push(b' ');
            field.extend_from_slice(more);
            at.end = line.at.start + bytes.len() as u64;
            continue;
        }
        // A header is looked at once the next line shows that it is complete.
        if let Some((field, at)) = last.take() {
            fields.push(Field::of(&field, at)?);
            if fields.len() > MOST_LINES {
                return Err(("too-many-headers", at));
            }
        }
        if bytes.is_empty() {
            break;
        }
        last = Some((bytes.to_vec(), Span::at(line.at.start, bytes.len())));
    }
    let value = joined(&fields, b"authorization");
    let first = fields.iter().find(|field| field.name.eq_ignore_ascii_case(b"authorization"));
    if let Some(first) = first.filter(|_| value.as_ref().is_some_and(|value| value.bytes.len() > LONGEST_VALUE)) {
        return Err(("header-too-long-joined", first.line));
    }
    match joined(&fields, b"host") {
        Some(host) if !is_host(&host.bytes) => Err(("host-malformed", host.at)),
        None if !one_zero => Err(("host-missing", Span::new(0, head.len() as u64))),
        _ => Ok(value),
    }
}

/// A complete header.
struct Field {
    name: Vec<u8>,
    value: Value,
    line: Span,
}

impl Field {
    fn of(field: &[u8], line: Span) -> Result<Self, Refused> {
        let Some((name, value)) = split_once(field, b':') else { return Err(("header-without-colon", line)) };
        if name.is_empty() || !name.iter().copied().all(head::is_token) {
            return Err(("header-name-malformed", line));
        }
        let value = trim_start(value, b" \t");
        // Of a folded line too, whose value is never longer than its bytes.
        let at = Span::new(line.end - value.len() as u64, line.end);
        if let Some(bad) = value.iter().position(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7F) {
            return Err(("control-character", Span::at(at.start + bad as u64, 1)));
        }
        Ok(Self { name: name.to_vec(), value: Value { bytes: value.to_vec(), at }, line })
    }
}

/// The values of all headers of this name, as one.
fn joined(fields: &[Field], name: &[u8]) -> Option<Value> {
    let mut values = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).map(|field| &field.value);
    let first = values.next()?;
    let mut all = Value { bytes: first.bytes.clone(), at: first.at };
    for value in values {
        all.bytes.extend_from_slice(b", ");
        all.bytes.extend_from_slice(&value.bytes);
        all.at.end = value.at.end;
    }
    Some(all)
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

/// Whether the request is of a version below 1.1, which needs no Host (`server/protocol.c:read_request_line`,
/// `ap_parse_request_line`, with `HttpProtocolOptions Strict`).
fn request_line(line: Line<'_>) -> Result<bool, Refused> {
    let malformed = ("request-line-malformed", line.at);
    let bytes = strict_line(line)?;
    if line.bytes.len() > bytes.len() + 1 {
        return Err(malformed);
    }
    let words: Vec<_> = bytes.split(|byte| *byte == b' ').collect();
    let (method, target, version) = match words[..] {
        [method, target] => (method, target, None),
        [method, target, version] => (method, target, Some(version)),
        _ => return Err(malformed),
    };
    let shape = !method.is_empty()
        && method.iter().copied().all(head::is_token)
        && (target.starts_with(b"/") || (target == b"*" && method == b"OPTIONS") || target.starts_with(b"http"))
        && !names_a_user(target)
        && target.iter().all(|byte| *byte >= b' ' && !matches!(byte, b'#' | 0x7F));
    match version {
        None if shape && method == b"GET" => Err((VERSION_0_9, line.at)),
        Some([b'H', b'T', b'T', b'P', b'/', major @ b'1'..=b'9', b'.', minor @ b'0'..=b'9']) if shape => {
            Ok((*major, *minor) < (b'1', b'1'))
        }
        _ => Err(malformed),
    }
}

/// Whether an absolute target names a user, as RFC 7230 section 2.7.1 forbids.
fn names_a_user(target: &[u8]) -> bool {
    line::absolute(target).is_some_and(|(_, authority)| authority.contains(&b'@'))
}

/// Whether `server/vhost.c:fix_hostname` takes this: a name or an address in brackets, and a port from 1 to 65535.
fn is_host(value: &[u8]) -> bool {
    let (host, port) = match memchr::memrchr(b':', value) {
        Some(at) if !value.ends_with(b"]") => (&value[..at], Some(&value[at + 1..])),
        _ => (value, None),
    };
    let is_port = |port: &[u8]| {
        let number = std::str::from_utf8(port).ok().and_then(|port| port.parse::<u16>().ok());
        port.iter().all(u8::is_ascii_digit) && number.is_some_and(|number| number > 0)
    };
    let is_name = match host.strip_prefix(b"[") {
        Some(rest) => rest.strip_suffix(b"]").is_some_and(|address| {
            !address.is_empty() && address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
        }),
        None => is_name(host),
    };
    is_name && port.is_none_or(is_port)
}

/// Whether `server/vhost.c:strict_hostname_check` takes this without a dot at its end: four numbers without zeros in front, or
/// a name whose last label does not begin like a number.
fn is_name(host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    if host.iter().any(|byte| matches!(byte, b':' | b'[' | b']')) || !head::is_host(host, true) {
        return false;
    }
    let labels = || host.split(|byte| *byte == b'.');
    if host.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        let has_zero = |label: &[u8]| label.starts_with(b"0") && label.len() > 1;
        return labels().count() == 4 && !host.starts_with(b".") && !labels().any(has_zero);
    }
    let last = labels().next_back().unwrap_or_default();
    last.len() == host.len() || last.first().is_none_or(u8::is_ascii_alphabetic)
}

/// Bytes as the error log shows them.
#[must_use]
pub fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\\' => text.extend_from_slice(b"\\\\"),
            0x08 => text.extend_from_slice(b"\\b"),
            b'\t' => text.extend_from_slice(b"\\t"),
            b'\n' => text.extend_from_slice(b"\\n"),
            0x0B => text.extend_from_slice(b"\\v"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b' '..=b'~' => text.push(*byte),
            _ => text.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
        }
    }
    text
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
