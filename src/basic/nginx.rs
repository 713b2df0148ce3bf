//! The header as nginx reads it: one line only, blanks trimmed and tabs not, base64 up to the first `=`.
//!
//! Behaviour of nginx 1.22.1: `src/http/ngx_http_parse.c:ngx_http_parse_request_line`, `ngx_http_parse_header_line`,
//! `src/http/ngx_http_request.c:ngx_http_process_request_headers`, `src/http/ngx_http_core_module.c:ngx_http_auth_basic_user`,
//! `src/core/ngx_string.c:ngx_decode_base64_internal`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head::{self, Line};
use crate::basic::line;
use crate::bytes::{Span, split_once, trim, trim_end, trim_start};
use crate::secret::Secret;
use crate::trace::{Cite, Level, LogLine, Step, Trace};

const HEADERS: Cite = Cite("nginx 1.22.1 src/http/ngx_http_parse.c:ngx_http_parse_header_line");
const USER: Cite = Cite("nginx 1.22.1 src/http/ngx_http_core_module.c:ngx_http_auth_basic_user");

/// A header line must fit one of `large_client_header_buffers`, 8k by default, with its line end.
const BUFFER: usize = 8192;
/// Bytes of an over-long line that are quoted in the log (`NGX_MAX_ERROR_STR` less 300).
const LONGEST_QUOTE: usize = 1748;

/// The reason of the one refusal whose status is 505.
pub const VERSION: &str = "version-unsupported";
/// A request without a version has no header and is answered without a status.
pub const VERSION_0_9: &str = "version-0-9";
/// Why such a request is refused where it is no GET; answered without a status.
pub const METHOD_0_9: &str = "method-of-version-0-9";

/// What differs between versions of nginx.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// Before 1.31.0: a second `Proxy-Authorization` line is ignored.
    Old,
    /// From 1.31.0: it is a duplicate like a second `Authorization` line.
    From1_31,
}

/// Reads the head as nginx does.
pub fn read(head: &[u8], generation: Generation, trace: &mut Trace, log: &mut Vec<LogLine>) -> Presented {
    let value = match authorization(head, generation, trace, log) {
        Ok(value) => value,
        Err(Refused { why, at, line }) => {
            trace.push(Step::HeadRefused { why, at }, HEADERS);
            log.extend(line);
            return Presented::Refused { why, at };
        }
    };
    let Some((value, at)) = value else {
        trace.push(Step::NoHeader, USER);
        return Presented::Nothing;
    };
    trace.push(Step::HeaderValue { at }, HEADERS);
    let Some(rest) = value.get(6..).filter(|_| value[..6].eq_ignore_ascii_case(b"basic ")) else {
        let word = value.split(|byte| *byte == b' ').next().unwrap_or(value);
        trace.push(Step::WrongScheme { word: word.to_vec() }, USER);
        return Presented::WrongScheme;
    };
    match decode(trim_start(rest, b" ")) {
        Ok((credentials, unread)) => {
            trace.push(
                Step::Decoded {
                    user: credentials.user.clone(),
                    password_length: credentials.password.expose().len() as u64,
                    unread: unread as u64,
                    cut_at_nul: false,
                    is_whole: false,
                },
                USER,
            );
            Presented::Credentials(credentials)
        }
        Err((why, at)) => {
            trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, USER);
            Presented::Malformed { why }
        }
    }
}

/// Everything from the first `=` on is ignored; before it nothing but the alphabet is taken.
fn decode(token: &[u8]) -> Result<(Credentials, usize), (&'static str, Option<usize>)> {
    if token.is_empty() {
        return Err(("token-missing", None));
    }
    let length = memchr::memchr(b'=', token).unwrap_or(token.len());
    let symbols = base64::symbols(&token[..length]);
    if symbols < length {
        return Err(("base64-foreign-byte", Some(symbols)));
    }
    if length % 4 == 1 {
        return Err(("base64-length", Some(length)));
    }
    let text = Secret::from(base64::unpack(&token[..length]));
    match split_once(text.expose(), b':') {
        None => Err(("no-colon", None)),
        Some((b"", _)) => Err(("empty-user", None)),
        Some((user, password)) => {
            Ok((Credentials { user: user.to_vec(), password: Secret::from(password) }, token.len() - length))
        }
    }
}

struct Refused {
    why: &'static str,
    at: Span,
    line: Option<LogLine>,
}

impl Refused {
    fn new(why: &'static str, at: Span, text: &str) -> Self {
        Self { why, at, line: Some(LogLine::new(Level::Info, text)) }
    }

    /// nginx quotes the line up to the offending byte and shows that byte in hex.
    fn invalid(why: &'static str, line: Line<'_>, bad: usize) -> Self {
        let byte = line.bytes.get(bad).copied().unwrap_or(b'\n');
        let text = LogLine::new(Level::Info, "client sent invalid header line: \"")
            .with(&line.bytes[..bad], true)
            .with(format!("\\x{byte:02x}...\"").as_bytes(), false);
        Self { why, at: Span::at(line.at.start + bad as u64, 1), line: Some(text) }
    }
}

/// The value of the one `Authorization` line, or why the head is refused.
fn authorization<'a>(
    head: &'a [u8],
    generation: Generation,
    trace: &mut Trace,
    log: &mut Vec<LogLine>,
) -> Result<Option<(&'a [u8], Span)>, Refused> {
    let mut lines = head::lines(head).skip_while(|line| line.bytes.iter().all(|byte| *byte == b'\r'));
    let version = lines.next().map_or(Ok(1001), request_line)?;
    if version < 1000 {
        return Err(Refused { why: VERSION_0_9, at: Span::new(0, head.len() as u64), line: None });
    }
    let mut found: Option<Field<'a>> = None;
    let mut host: Option<Field<'a>> = None;
    let mut proxy: Option<Field<'a>> = None;
    for line in lines {
        let bytes = without_line_end(line)?;
        if bytes.is_empty() {
            break;
        }
        let Some(field) = field(line, bytes, trace, log) else { continue };
        let first = if field.name.eq_ignore_ascii_case(b"host") {
            &mut host
        } else if field.name.eq_ignore_ascii_case(b"authorization") {
            &mut found
        } else if generation == Generation::From1_31 && field.name.eq_ignore_ascii_case(b"proxy-authorization") {
            &mut proxy
        } else {
            continue;
        };
        if let Some(first) = first {
            return Err(Refused { why: "header-twice", at: line.at, line: Some(twice(&field, first)) });
        }
        if field.name.eq_ignore_ascii_case(b"host") && !is_host(field.value) {
            return Err(Refused::new("host-malformed", field.at, "client sent invalid host header"));
        }
        *first = Some(field);
    }
    if host.is_none() && version > 1000 {
        let all = Span::new(0, head.len() as u64);
        return Err(Refused::new("host-missing", all, "client sent HTTP/1.1 request without \"Host\" header"));
    }
    Ok(found.map(|field| (field.value, field.at)))
}

/// Whether `ngx_http_validate_host` takes this: no blank, control byte or slash, no empty label before another, and something
/// before the port that is more than a dot.
fn is_host(value: &[u8]) -> bool {
    let bytes = !value.windows(2).any(|pair| pair == b"..")
        && value.iter().all(|byte| *byte > b' ' && !matches!(byte, b'/' | 0x7F));
    let name = if value.starts_with(b"[") { value } else { split_once(value, b':').map_or(value, |(name, _)| name) };
    bytes && !matches!(name, b"" | b".")
}

fn twice(second: &Field<'_>, first: &Field<'_>) -> LogLine {
    let what = if second.name.eq_ignore_ascii_case(b"host") { "host header" } else { "header line" };
    LogLine::new(Level::Info, format!("client sent duplicate {what}: \""))
        .with(second.name, false)
        .with(b": ", false)
        .with(second.value, true)
        .with(b"\", previous value: \"", false)
        .with(first.name, false)
        .with(b": ", false)
        .with(first.value, true)
        .with(b"\"", false)
}

struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
    at: Span,
}

/// A header line without the carriage returns that end it. The first byte that can't be refuses the head: a control byte
/// or blank in the name, a carriage return or NUL in the value.
fn without_line_end(line: Line<'_>) -> Result<&[u8], Refused> {
    let too_long = line.bytes.len() >= BUFFER;
    let end = line.bytes.iter().rposition(|byte| *byte != b'\r').map_or(0, |last| last + 1);
    let bytes = &line.bytes[..end.min(BUFFER)];
    let name = memchr::memchr(b':', bytes).unwrap_or(bytes.len());
    let in_name = bytes[..name].iter().position(|byte| *byte <= b' ' || *byte == 0x7F);
    let in_name = in_name.or((name == 0 && !bytes.is_empty()).then_some(0));
    if let Some(bad) = in_name {
        return Err(Refused::invalid("header-name-malformed", line, bad));
    }
    if let Some(bad) = memchr::memchr2(0, b'\r', bytes) {
        if bytes[bad] == 0 {
            return Err(Refused::invalid("nul", line, bad));
        }
        // The blanks before it have already ended the value.
        let blanks = bad - trim_end(&bytes[..bad], b" ").len();
        let value_ended = bad - blanks > name + 1;
        return Err(Refused::invalid("bare-carriage-return", line, if value_ended { bad - blanks } else { bad }));
    }
    if too_long {
        let text = LogLine::new(Level::Info, "client sent too long header line: \"")
            .with(&line.bytes[..LONGEST_QUOTE], true)
            .with(b"...\"", false);
        return Err(Refused { why: "header-too-long", at: line.at, line: Some(text) });
    }
    if !line.ended {
        return Err(Refused { why: "head-cut-off", at: line.at, line: None });
    }
    Ok(bytes)
}

/// Name and value of a line; `None` where nginx ignores the line for its name.
fn field<'a>(line: Line<'a>, bytes: &'a [u8], trace: &mut Trace, log: &mut Vec<LogLine>) -> Option<Field<'a>> {
    let (name, rest) = split_once(bytes, b':').unwrap_or((bytes, b""));
    if !name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
        trace.push(Step::HeaderIgnored { why: "header-name", at: line.at }, HEADERS);
        let text = LogLine::new(Level::Info, "client sent invalid header line: \"")
            .with(trim_end(bytes, b" "), true)
            .with(b"\"", false);
        log.push(text);
        return None;
    }
    let value = trim(rest, b" ");
    let lead = (rest.len() - trim_start(rest, b" ").len()) as u64;
    let start = line.at.start + name.len() as u64 + 1 + lead;
    Some(Field { name, value, at: Span::at(start, value.len()) })
}

/// Major version times 1000 and minor version; 9 where the line has none (`ngx_http_parse_request_line`,
/// `ngx_http_parse_complex_uri`).
fn request_line(line: Line<'_>) -> Result<u32, Refused> {
    let refused = |why, what: &str| {
        Refused::new(why, line.at, &format!("client sent invalid {what} while reading client request line"))
    };
    let malformed = || refused("request-line-malformed", "request");
    // The carriage returns of empty lines before it are skipped, too.
    let start = line.bytes.iter().take_while(|byte| **byte == b'\r').count();
    let bytes = &line.bytes[start..];
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let is_of_method = |byte: &u8| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-');
    let method = bytes.iter().take_while(|byte| is_of_method(byte)).count();
    if method == 0 || bytes.get(method) != Some(&b' ') {
        return Err(refused("method-malformed", "method"));
    }
    let rest = trim_start(&bytes[method..], b" ");
    let (target, rest) = rest.split_at(memchr::memchr(b' ', rest).unwrap_or(rest.len()));
    let (host, path) = host_and_path(target).ok_or_else(malformed)?;
    if target.iter().any(u8::is_ascii_control) || !line::is_path(path) {
        return Err(malformed());
    }
    let version = trim(rest, b" ");
    if version.is_empty() && &bytes[..method] != b"GET" {
        return Err(refused(METHOD_0_9, "method in HTTP/0.9 request"));
    }
    let version = if version.is_empty() {
        9
    } else {
        number(version).map_err(|why| match why {
            VERSION => refused(VERSION, "version"),
            _ => malformed(),
        })?
    };
    if host.is_some_and(|host| !is_host(host)) {
        return Err(refused("host-malformed", "host in request line"));
    }
    Ok(version)
}

/// Major version times 1000 and minor version, or why the word is refused.
fn number(version: &[u8]) -> Result<u32, &'static str> {
    const MALFORMED: &str = "request-line-malformed";
    let numbers = version.strip_prefix(b"HTTP/").ok_or(MALFORMED)?;
    let mut major = 0;
    for (at, byte) in numbers.iter().enumerate() {
        match byte {
            b'0'..=b'9' if at > 0 || *byte != b'0' => major = major * 10 + u32::from(byte - b'0'),
            b'.' if at > 0 => return minor(&numbers[at + 1..]).map(|minor| major * 1000 + minor).ok_or(MALFORMED),
            _ => return Err(MALFORMED),
        }
        if major > 1 {
            return Err(VERSION);
        }
    }
    Err(MALFORMED)
}

fn minor(digits: &[u8]) -> Option<u32> {
    let number = std::str::from_utf8(digits).ok().filter(|_| digits.iter().all(u8::is_ascii_digit))?;
    number.parse().ok().filter(|minor| *minor <= 99)
}

/// The host of an absolute target, and the path without its arguments.
fn host_and_path(target: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (host, path) = if target.starts_with(b"/") {
        (None, target)
    } else {
        let scheme = target.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let rest = target[scheme..].strip_prefix(b"://").filter(|_| scheme > 0)?;
        let is_of_host: fn(&u8) -> bool = if rest.starts_with(b"[") {
            |byte| byte.is_ascii_alphanumeric() || b".-[]:_~!$&'()*+,;=".contains(byte)
        } else {
            |byte| byte.is_ascii_alphanumeric() || b".-".contains(byte)
        };
        let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
        let host_end = if rest.starts_with(b"[") { memchr::memchr(b']', rest)? } else { 0 };
        let (name, port) = rest[..end].split_at_checked(host_end)?;
        let colon = memchr::memchr(b':', port).unwrap_or(port.len());
        let (host, port) = (&rest[..name.len() + colon], &port[colon..]);
        if !host.iter().all(is_of_host) || !port.iter().skip(1).all(u8::is_ascii_digit) {
            return None;
        }
        (Some(host), &rest[end..])
    };
    Some((host, &path[..path.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(path.len())]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_value(value: &[u8]) -> Presented {
        read(&head::with_authorization(&[value]), Generation::Old, &mut Trace::default(), &mut Vec::new())
    }

    #[test]
    fn what_follows_the_first_equals_sign_is_ignored() {
        for token in [&b"Ym9iOng="[..], b"Ym9iOng", b"Ym9iOng=%%%", b"Ym9iOnj", b"   Ym9iOng="] {
            let read = read_value(&[b"bAsIc ", token].concat());
            assert!(matches!(read, Presented::Credentials(all) if all.user == b"bob"));
        }
    }

    #[test]
    fn an_empty_user_or_no_colon_is_no_credentials() {
        for token in [&b"Og=="[..], b"=", b"A", b"AA", b"Ym9i", b"Ym9i\tOng=", b"Ym9iOng=\t"] {
            let read = read_value(&[b"Basic ", token].concat());
            let taken = matches!(read, Presented::Credentials(_));
            assert_eq!(taken, token.ends_with(b"=\t"), "{token:?}");
        }
    }

    #[test]
    fn two_authorization_lines_are_a_bad_request() {
        let head = head::with_authorization(&[b"Basic Ym9iOng=", b"Basic Ym9iOng="]);
        let read = read(&head, Generation::Old, &mut Trace::default(), &mut Vec::new());
        assert!(matches!(read, Presented::Refused { why: "header-twice", .. }));
    }
}
