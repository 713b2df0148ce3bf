//! The header as lighttpd reads it: the scheme and one blank, then a decoder that skips blanks and control bytes and stops
//! at the first other byte.
//!
//! Behaviour of lighttpd 1.4.69: `src/request.c:http_request_parse_reqline`, `http_request_parse_headers`, `src/mod_auth.c:mod_auth_check_basic`,
//! `src/base64.c:buffer_append_base64_decode`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head::{self, Line};
use crate::basic::line;
use crate::bytes::{Span, c_string, split_once, trim};
use crate::secret::Secret;
use crate::trace::{Cite, Level, LogLine, Step, Trace};

const HEADERS: Cite = Cite("lighttpd 1.4.69 src/request.c:http_request_parse_headers");
const BASIC: Cite = Cite("lighttpd 1.4.69 src/mod_auth.c:mod_auth_check_basic");

/// `server.max-request-field-size`: the whole head may have this many bytes.
const LONGEST_HEAD: usize = 8192;
/// Longest token text; a longer one is refused without a log line.
const LONGEST_TOKEN: usize = 1363;

/// The reason of the one refusal whose status is 431.
pub const OVERSIZED: &str = "head-too-long";

/// The reason of the one refusal whose status is 501.
pub const METHOD: &str = "method-unknown";
/// The reason of the one refusal whose status is 505.
pub const VERSION: &str = "version-unsupported";

/// The methods that `src/http_kv.c:http_methods` has.
const METHODS: &[u8] =
    b"GET HEAD QUERY POST PUT DELETE CONNECT OPTIONS TRACE ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT \
    COPY LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MKREDIRECTREF MKWORKSPACE MOVE ORDERPATCH PATCH PROPFIND \
    PROPPATCH REBIND REPORT SEARCH UNBIND UNCHECKOUT UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL PRI";

/// Reads the head as lighttpd does.
pub fn read(head: &[u8], trace: &mut Trace, log: &mut Vec<LogLine>) -> Presented {
    let value = match authorization(head) {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEADERS);
            if why == OVERSIZED {
                let text = "(connections.c.686) oversized request-header -> sending Status 431";
                log.push(LogLine::new(Level::None, text));
            }
            return Presented::Refused { why, at };
        }
    };
    let Some((value, at)) = value else {
        trace.push(Step::NoHeader, BASIC);
        return Presented::Nothing;
    };
    trace.push(Step::HeaderValue { at }, HEADERS);
    let Some(token) = value.get(6..).filter(|_| value[..6].eq_ignore_ascii_case(b"basic ")) else {
        let word = value.split(|byte| *byte == b' ').next().unwrap_or(&value);
        trace.push(Step::WrongScheme { word: word.to_vec() }, BASIC);
        return Presented::WrongScheme;
    };
    let refuse = |why, at: Option<usize>, trace: &mut Trace| {
        trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, BASIC);
        Presented::Malformed { why }
    };
    if token.len() > LONGEST_TOKEN {
        return refuse("token-too-long", Some(LONGEST_TOKEN), trace);
    }
    let Some((text, read)) = decode(token) else {
        log.push(
            LogLine::new(Level::None, "(mod_auth.c.798) decoding base64-string failed ").with(&escaped(token), true),
        );
        return refuse("base64", None, trace);
    };
    let Some((user, password)) = split_once(text.expose(), b':') else {
        log.push(
            LogLine::new(Level::None, "(mod_auth.c.805) missing ':' in ").with(&escaped(c_string(text.expose())), true),
        );
        return refuse("no-colon", None, trace);
    };
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: (token.len() - read) as u64,
            cut_at_nul: false,
            is_whole: false,
        },
        BASIC,
    );
    Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) })
}

/// The decoded text and how many token bytes were read.
fn decode(token: &[u8]) -> Option<(Secret, usize)> {
    let mut symbols = Secret::with_capacity(token.len());
    let mut read = 0;
    for byte in token {
        if base64::value(*byte).is_some() {
            symbols.extend(&[*byte]);
        } else if *byte > b' ' {
            break;
        }
        read += 1;
    }
    let length = symbols.expose().len();
    (length > 0 && length % 4 != 1).then(|| (Secret::from(base64::unpack(symbols.expose())), read))
}

type Refused = (&'static str, Span);

/// The value of the `Authorization` header, or why the head is refused.
fn authorization(head: &[u8]) -> Result<Option<(Vec<u8>, Span)>, Refused> {
    if head.len() > LONGEST_HEAD {
        return Err((OVERSIZED, Span::new(LONGEST_HEAD as u64, head.len() as u64)));
    }
    let mut lines = head::lines(head).peekable();
    let Some(request) = lines.next() else { return Err(("head-cut-off", Span::new(0, 0))) };
    let Request { one_zero, mut host } = request_line(request)?;
    let mut found: Option<(Vec<u8>, Span)> = None;
    while let Some(line) = lines.next() {
        let bytes = without_line_end(line)?;
        if bytes.is_empty() {
            break;
        }
        let mut field = bytes.to_vec();
        let mut end = line.at.end;
        while let Some(fold) = lines.next_if(|next| matches!(next.bytes.first(), Some(b' ' | b'\t'))) {
            field.extend_from_slice(b"  ");
            field.extend_from_slice(without_line_end(fold)?);
            end = fold.at.end;
        }
        let Some((name, value)) = split_once(&field, b':') else { return Err(("header-without-colon", line.at)) };
        if name.is_empty() || !name.iter().copied().all(head::is_token) {
            return Err(("header-name-malformed", line.at));
        }
        let start = line.at.start + name.len() as u64 + 1;
        if let Some(bad) = value.iter().position(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7F) {
            return Err(("control-character", Span::at(start + bad as u64, 1)));
        }
        let value = trim(value, b" \t");
        if name.eq_ignore_ascii_case(b"host") {
            let again = host.as_ref().is_some_and(|first| first != value);
            if again || !is_host(value) {
                return Err(("host-malformed", line.at));
            }
            host = Some(value.to_ascii_lowercase());
        }
        if !name.eq_ignore_ascii_case(b"authorization") || value.is_empty() {
            continue;
        }
        match &mut found {
            Some((all, at)) => {
                all.extend_from_slice(b", ");
                all.extend_from_slice(value);
                at.end = end;
            }
            None => found = Some((value.to_vec(), Span::new(start, end))),
        }
    }
    if host.is_none() && !one_zero {
        return Err(("host-missing", Span::new(0, head.len() as u64)));
    }
    Ok(found.map(|(value, at)| (value, head::narrowed(head, at, b" \t\r\n"))))
}

struct Request {
    /// Whether it is of HTTP/1.0, which needs no Host.
    one_zero: bool,
    /// The host of an absolute target.
    host: Option<Vec<u8>>,
}

/// `src/request.c:http_request_parse_reqline`, `http_request_parse_target`, with the default `server.http-parseopts`.
fn request_line(line: Line<'_>) -> Result<Request, Refused> {
    let malformed = ("request-line-malformed", line.at);
    let bytes = line.bytes.strip_suffix(b"\r").filter(|_| line.ended).ok_or(malformed)?;
    if bytes.len() < 11 || bytes[0] < b' ' {
        return Err(malformed);
    }
    // The last word, unless the line does not end as one of the two versions that are known.
    let (start, one_zero) = match (bytes.strip_suffix(b" HTTP/1.1"), bytes.strip_suffix(b" HTTP/1.0")) {
        (Some(start), _) => (start, false),
        (_, Some(start)) => (start, true),
        _ => {
            let third = bytes.splitn(3, |byte| *byte == b' ').nth(2).ok_or(malformed)?;
            let known = third.strip_prefix(b"HTTP/").ok_or(malformed)?;
            let why = if known.starts_with(b"1.1") || known.starts_with(b"1.0") { malformed.0 } else { VERSION };
            return Err((why, line.at));
        }
    };
    let (method, target) = split_once(start, b' ').unwrap_or((start, b""));
    if !METHODS.split(|byte| *byte == b' ').any(|known| known == method) {
        return Err((METHOD, line.at));
    }
    let (host, target) = if target.starts_with(b"/") || (method == b"OPTIONS" && target == b"*") {
        (None, target)
    } else {
        let lower = target.to_ascii_lowercase();
        let scheme = [&b"http://"[..], b"https://"].into_iter().find(|scheme| lower.starts_with(scheme));
        let after = &target[scheme.ok_or(malformed)?.len()..];
        let end = memchr::memchr(b'/', after).filter(|end| (1..1024).contains(end)).ok_or(malformed)?;
        (Some(after[..end].to_ascii_lowercase()), &after[end..])
    };
    let target = target.split(|byte| *byte == b'#').next().unwrap_or_default();
    let escapes = memchr::memchr_iter(b'%', target).filter_map(|at| line::escaped(target, at));
    let bad = |byte: u8| byte.is_ascii_control() || matches!(byte, 0xC0 | 0xC1 | 0xF5..);
    if target.iter().copied().chain(escapes).any(bad) {
        return Err(malformed);
    }
    Ok(Request { one_zero, host })
}

/// Whether `src/request.c:request_check_hostname` and `http_request_host_normalize` take this.
fn is_host(value: &[u8]) -> bool {
    let (host, port) = if let Some(rest) = value.strip_prefix(b"[") {
        let Some((address, rest)) = split_once(rest, b']') else { return false };
        let is_address = std::str::from_utf8(address).is_ok_and(|text| text.parse::<std::net::Ipv6Addr>().is_ok());
        if !is_address || !(rest.is_empty() || rest.starts_with(b":")) {
            return false;
        }
        (None, rest.strip_prefix(b":"))
    } else {
        split_once(value, b':').map_or((Some(value), None), |(host, port)| (Some(host), Some(port)))
    };
    let is_port = |port: &[u8]| {
        // As strtol(3) has it: a 0 in front makes it octal.
        let radix = if port.starts_with(b"0") { 8 } else { 10 };
        let digits = port.iter().all(u8::is_ascii_digit);
        let number = std::str::from_utf8(port).ok().and_then(|port| u16::from_str_radix(port, radix).ok());
        port.is_empty() || (digits && number.is_some_and(|number| number > 0))
    };
    host.is_none_or(is_name) && port.is_none_or(is_port)
}

/// Labels of letters, digits and hyphens, the last not all digits unless the whole is four numbers; a dot may end it.
fn is_name(host: &[u8]) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let labels: Vec<_> = host.split(|byte| *byte == b'.').collect();
    let is_label = |label: &&[u8]| {
        !label.is_empty() && label[0] != b'-' && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let is_number = |label: &&[u8]| label.iter().all(u8::is_ascii_digit);
    let ends_in_number = labels.last().is_some_and(is_number);
    labels.iter().all(is_label) && (!ends_in_number || (labels.len() == 4 && labels.iter().all(is_number)))
}

fn without_line_end(line: Line<'_>) -> Result<&[u8], Refused> {
    if !line.ended {
        return Err(("head-cut-off", line.at));
    }
    let Some(bytes) = line.bytes.strip_suffix(b"\r") else {
        return Err(("bare-line-feed", Span::at(line.at.end, 1)));
    };
    match memchr::memchr2(0, b'\r', bytes) {
        Some(at) => Err(("control-character", Span::at(line.at.start + at as u64, 1))),
        None => Ok(bytes),
    }
}

/// Bytes as lighttpd's log shows them.
#[must_use]
pub fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'\n' => text.extend_from_slice(b"\\n"),
            b'\r' => text.extend_from_slice(b"\\r"),
            b'\t' => text.extend_from_slice(b"\\t"),
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

    #[test]
    fn blanks_and_control_bytes_in_the_token_are_skipped() {
        let read = read_value(b"Basic   dXNl\tcjpw YXNz*junk");
        assert!(matches!(read, Presented::Credentials(all) if all.user == b"user" && all.password.expose() == b"pass"));
    }

    #[test]
    fn broken_base64_and_a_missing_colon_are_malformed() {
        assert!(matches!(read_value(b"Basic dXNlc"), Presented::Malformed { why: "base64" }));
        assert!(matches!(read_value(b"Basic dXNl"), Presented::Malformed { why: "no-colon" }));
        assert!(matches!(read_value(b"Basic\tdXNlcjpwYXNz"), Presented::WrongScheme));
    }
}
