//! The header as the programs on Node read it: Node's strict HTTP parser, then http-auth's or Verdaccio's splitting.
//!
//! Of several `Authorization` headers the first counts. Base64 is never an error: both alphabets count, other characters
//! are skipped, the first `=` ends it. Text that is not UTF-8 gets U+FFFD, so user and password here are always UTF-8.
//!
//! Behaviour of Node 20 `deps/llhttp`, `src/node_http_parser.cc`, `lib/_http_incoming.js:matchKnownFields`; http-auth
//! 4.2.1 `src/auth/basic.js:parseAuthorization`, `src/auth/basic.js:findUser`; Verdaccio 6.8.0
//! `@verdaccio/auth/build/utils.js:getMiddlewareCredentials`.

use serde_json::Value;

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::head;
use crate::basic::lossy;
use crate::bytes::Span;
use crate::bytes::split_once;
use crate::bytes::trim_end;
use crate::bytes::trim_start;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const PARSER: Cite = Cite("Node 20 src/node_http_parser.cc");
const HTTP_AUTH: Cite = Cite("http-auth 4.2.1 src/auth/basic.js:parseAuthorization");
const VERDACCIO: Cite = Cite("Verdaccio 6.8.0 @verdaccio/auth/build/utils.js:getMiddlewareCredentials");

/// Bytes of target, names and values together at which a head is refused (`--max-http-header-size`).
const LONGEST_HEAD: usize = 16 * 1024;
/// Headers beyond these are dropped (`server.maxHeadersCount`).
const MOST_HEADERS: usize = 2000;

/// The methods that the parser has (`deps/llhttp/include/llhttp.h:HTTP_METHOD_MAP`).
const METHODS: &[u8] = b"ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL \
    MOVE M-SEARCH NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE \
    TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE";

/// The status that a refused head is answered with.
#[must_use]
pub fn status(why: &str) -> u16 {
    if why == "head-too-long" { 431 } else { 400 }
}

/// Reads the head as http-auth does.
pub fn http_auth(head: &[u8], trace: &mut Trace) -> Presented {
    let value = match value(head, HTTP_AUTH, trace) {
        Ok(value) => value,
        Err(presented) => return presented,
    };
    let is_scheme = value.get(..5).is_some_and(|word| word.eq_ignore_ascii_case(b"basic"));
    if !is_scheme || !matches!(value.get(5), Some(b' ' | b'\t' | 0xA0)) {
        return wrong_scheme(value, HTTP_AUTH, trace);
    }
    let token = value.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    if token.is_empty() {
        return malformed("no-token", HTTP_AUTH, trace);
    }
    let (text, unread) = decode(token);
    // Without a colon everything is the user and the password is empty.
    match split_once(text.expose(), b':') {
        Some((user, password)) => decoded(user, password, unread, HTTP_AUTH, trace),
        None => taken(text.expose(), b"", unread, true, HTTP_AUTH, trace),
    }
}

/// Reads the head as Verdaccio does.
pub fn verdaccio(head: &[u8], trace: &mut Trace) -> Presented {
    let value = match value(head, VERDACCIO, trace) {
        Ok(value) => value,
        Err(presented) => return presented,
    };
    let words: Vec<_> = value.split(|byte| *byte == b' ').collect();
    let [word, token] = words[..] else { return malformed("not-two-words", VERDACCIO, trace) };
    if !word.eq_ignore_ascii_case(b"basic") {
        return wrong_scheme(value, VERDACCIO, trace);
    }
    let (text, unread) = decode(token);
    match json(text.expose()) {
        Json::Credentials(user, password) => {
            return decoded(user.as_bytes(), password.expose(), unread, VERDACCIO, trace);
        }
        Json::Unknown => return malformed(UNKNOWN_JSON, VERDACCIO, trace),
        Json::None => {}
    }
    match split_once(text.expose(), b':') {
        Some((user, password)) => decoded(user, password, unread, VERDACCIO, trace),
        None => malformed("no-colon", VERDACCIO, trace),
    }
}

/// Why Verdaccio's credentials can be malformed without that being decided: JSON that JavaScript may read and this
/// program does not.
pub const UNKNOWN_JSON: &str = "json-not-modelled";

/// What credentials in JSON come to.
enum Json {
    Credentials(String, Secret),
    None,
    Unknown,
}

fn json(text: &[u8]) -> Json {
    if !text.starts_with(b"{") {
        return Json::None;
    }
    match serde_json::from_slice::<Value>(text) {
        Ok(mut value) => match (value["user"].take(), value["password"].take()) {
            (Value::String(user), Value::String(password)) => {
                Json::Credentials(user, Secret::from(password.into_bytes()))
            }
            _ => Json::None,
        },
        // Halves of surrogate pairs, numbers without bounds and deep nesting are JavaScript's only.
        Err(_) if memchr::memmem::find(text, b"\\u").is_some() || text.len() > 100 => Json::Unknown,
        Err(_) => Json::None,
    }
}

fn value<'a>(head: &'a [u8], cite: Cite, trace: &mut Trace) -> Result<&'a [u8], Presented> {
    match authorization(head) {
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, PARSER);
            Err(Presented::Refused { why, at })
        }
        Ok(None) => {
            trace.push(Step::NoHeader, cite);
            Err(Presented::Nothing)
        }
        Ok(Some((value, at))) => {
            trace.push(Step::HeaderValue { at }, PARSER);
            Ok(value)
        }
    }
}

fn wrong_scheme(value: &[u8], cite: Cite, trace: &mut Trace) -> Presented {
    let word = value.split(|byte| *byte == b' ').next().unwrap_or_default();
    trace.push(Step::WrongScheme { word: word.to_vec() }, cite);
    Presented::WrongScheme
}

fn malformed(why: &'static str, cite: Cite, trace: &mut Trace) -> Presented {
    trace.push(Step::Malformed { why, at: None }, cite);
    Presented::Malformed { why }
}

fn decoded(user: &[u8], password: &[u8], unread: usize, cite: Cite, trace: &mut Trace) -> Presented {
    taken(user, password, unread, false, cite, trace)
}

fn taken(user: &[u8], password: &[u8], unread: usize, is_whole: bool, cite: Cite, trace: &mut Trace) -> Presented {
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: unread as u64,
            cut_at_nul: false,
            is_whole,
        },
        cite,
    );
    Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) })
}

/// The text of a token as `Buffer.from(token, 'base64').toString()` has it, and how many bytes of the token it leaves
/// unread.
fn decode(token: &[u8]) -> (Secret, usize) {
    let mut symbols = Secret::with_capacity(token.len());
    let mut read = token.len();
    for (at, byte) in token.iter().enumerate() {
        match byte {
            b'=' => {
                read = at;
                break;
            }
            b'-' => symbols.extend(b"+"),
            b'_' => symbols.extend(b"/"),
            _ if base64::value(*byte).is_some() => symbols.extend(&[*byte]),
            _ => {}
        }
    }
    let bytes = Secret::from(base64::unpack(symbols.expose()));
    (lossy(bytes.expose()), token.len() - read)
}

/// Why a head is refused, and the bytes to blame.
type Refused = (&'static str, Span);

/// The first `Authorization` header's value with its place, or why the head is refused.
fn authorization(head: &[u8]) -> Result<Option<(&[u8], Span)>, Refused> {
    let mut lines = head::lines(head).skip_while(|line| matches!(line.bytes, b"" | b"\r"));
    let Some(first) = lines.next() else { return Err(("head-cut-off", Span::at(head.len() as u64, 0))) };
    let (target, needs_host) = request_line(first)?;
    let (mut found, mut has_host, mut length) = (None, false, target);
    for (count, line) in lines.enumerate() {
        // Only CR LF ends a line.
        let bytes = line.bytes.strip_suffix(b"\r").ok_or(("line-feed-alone", Span::at(line.at.end, 1)))?;
        if bytes.is_empty() {
            break;
        }
        let bad = bytes.iter().position(|byte| !head::is_token(*byte)).unwrap_or(bytes.len());
        if bad == 0 || bytes.get(bad) != Some(&b':') {
            return Err(("header-name-malformed", Span::at(line.at.start + bad as u64, 1)));
        }
        let (name, value) = (&bytes[..bad], trim_start(&bytes[bad + 1..], b" \t"));
        let start = line.at.start + (bytes.len() - value.len()) as u64;
        if let Some(bad) = value.iter().position(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7F) {
            return Err(("control-character", Span::at(start + bad as u64, 1)));
        }
        length += name.len() + value.len();
        if length >= LONGEST_HEAD {
            return Err(("head-too-long", line.at));
        }
        if count >= MOST_HEADERS {
            continue;
        }
        has_host |= name.eq_ignore_ascii_case(b"host");
        if found.is_none() && name.eq_ignore_ascii_case(b"authorization") {
            let value = trim_end(value, b" \t");
            found = Some((value, Span::at(start, value.len())));
        }
    }
    if needs_host && !has_host { Err(("host-missing", Span::new(0, head.len() as u64))) } else { Ok(found) }
}

/// The length of the target, and whether the version asks for a Host.
fn request_line(line: head::Line<'_>) -> Result<(usize, bool), Refused> {
    let malformed = Err(("request-line-malformed", line.at));
    let Some(bytes) = line.bytes.strip_suffix(b"\r") else { return malformed };
    let Some((method, rest)) = split_once(bytes, b' ') else { return malformed };
    let rest = trim_start(rest, b" ");
    let (target, version) = split_once(rest, b' ').map_or((rest, None), |(target, version)| (target, Some(version)));
    let version = version.map(|version| trim_start(version, b" "));
    let known = METHODS.split(|byte| *byte == b' ').any(|known| known == method);
    let printable = !target.is_empty() && target.iter().all(u8::is_ascii_graphic);
    let starts = matches!(target.first(), Some(b'/' | b'*')) || is_absolute(target);
    match version {
        _ if !(known && printable && starts) => malformed,
        Some(b"HTTP/1.1" | b"HTTP/2.0") => Ok((target.len(), version == Some(b"HTTP/1.1"))),
        None | Some(b"HTTP/1.0" | b"HTTP/0.9") => Ok((target.len(), false)),
        Some(_) => malformed,
    }
}

/// Whether a target begins with a scheme of letters and what may be an authority, an empty one too (llhttp's `url` states).
fn is_absolute(target: &[u8]) -> bool {
    let scheme = target.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let Some(rest) = target[scheme..].strip_prefix(b"://").filter(|_| scheme > 0) else { return false };
    let is_of_authority = |byte: &u8| byte.is_ascii_alphanumeric() || b"!$%&'()*+,-.:;=@[]_~".contains(byte);
    rest.iter().take_while(|byte| !matches!(byte, b'/' | b'?')).all(is_of_authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http_auth_reads(value: &[u8]) -> Option<String> {
        parts(http_auth(&head::with_authorization(&[value]), &mut Trace::default()))
    }

    fn verdaccio_reads(value: &[u8]) -> Option<String> {
        parts(verdaccio(&head::with_authorization(&[value]), &mut Trace::default()))
    }

    /// User and password with a bar between them.
    fn parts(presented: Presented) -> Option<String> {
        match presented {
            Presented::Credentials(all) => {
                String::from_utf8([&all.user, &b"|"[..], all.password.expose()].concat()).ok()
            }
            _ => None,
        }
    }

    #[test]
    fn base64_is_never_an_error() {
        for token in ["dTpwdw", "dT*pw\"dw=", "dTpwdw==junk", "dTpwdx"] {
            assert_eq!(http_auth_reads(format!("basic {token} x").as_bytes()).as_deref(), Some("u|pw"), "{token}");
        }
        assert_eq!(http_auth_reads(b"Basic dTo_Pz8=").as_deref(), Some("u|???"));
        assert_eq!(http_auth_reads(b"Basic dTr/").as_deref(), Some("u|\u{FFFD}"));
    }

    #[test]
    fn a_missing_colon_is_an_empty_password_for_http_auth_only() {
        assert_eq!(http_auth_reads(b"Basic dXNl").as_deref(), Some("use|"));
        assert_eq!(verdaccio_reads(b"Basic dXNl").as_deref(), None);
    }

    #[test]
    fn verdaccio_wants_exactly_two_words_and_takes_json() {
        assert_eq!(verdaccio_reads(b"Basic  dTpw").as_deref(), None);
        assert_eq!(verdaccio_reads(b"Basic dTpw x").as_deref(), None);
        let json = base64::encode(br#"{"user":"u","password":"a:b"}"#);
        assert_eq!(verdaccio_reads(&[b"BASIC ", &json[..]].concat()).as_deref(), Some("u|a:b"));
        let half = base64::encode(br#"{"user":1}:x"#);
        assert_eq!(verdaccio_reads(&[b"Basic ", &half[..]].concat()).as_deref(), Some("{\"user\"|1}:x"));
    }

    #[test]
    fn json_that_only_javascript_reads_is_left_open() {
        let is_unknown = |text: &str| matches!(json(text.as_bytes()), Json::Unknown);
        assert!(is_unknown(r#"{"user":"\ud800"}"#));
        assert!(is_unknown(&format!("{{{}", " ".repeat(100))));
        assert!(!is_unknown(&format!("{{{}", " ".repeat(99))));
        assert!(!is_unknown("{"));
        assert!(!is_unknown("x\\u"));
    }

    #[test]
    fn only_crlf_ends_a_line_and_a_host_is_needed() {
        let why = |head: &[u8]| authorization(head).err().map(|(why, _)| why);
        assert_eq!(why(b"GET / HTTP/1.1\r\nHost: x\n\r\n"), Some("line-feed-alone"));
        assert_eq!(why(b"GET / HTTP/1.1\r\n\r\n"), Some("host-missing"));
        assert_eq!(why(b"GET / HTTP/1.0\r\n\r\n"), None);
        assert_eq!(why(b"GET / HTTP/1.1\r\nHost: x\r\n fold\r\n\r\n"), Some("header-name-malformed"));
    }
}
