//! The header as mitmproxy reads it: exactly two words, lenient base64, UTF-8 with replacement, exactly one colon.
//!
//! A password with a colon can't be sent to it. Whatever can't be read counts as wrong credentials.
//!
//! Behaviour of mitmproxy 11.0.2: `net/http/http1/read.py:read_request_head`, `net/http/validate.py:validate_headers`,
//! `addons/proxyauth.py:parse_http_basic_auth`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::head;
use crate::basic::lossy;
use crate::basic::python;
use crate::bytes::Span;
use crate::bytes::is_python_space;
use crate::bytes::split_once;
use crate::bytes::trim;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const HEAD: Cite = Cite("mitmproxy 11.0.2 net/http/http1/read.py:read_request_head");
const PARSE: Cite = Cite("mitmproxy 11.0.2 addons/proxyauth.py:parse_http_basic_auth");

/// What `bytes.strip` takes off.
const BLANKS: &[u8] = b" \t\n\r\x0B\x0C";

/// Reads the head as mitmproxy in reverse mode does.
pub fn read(head: &[u8], trace: &mut Trace) -> Presented {
    let value = match authorization(head) {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEAD);
            return Presented::Refused { why, at };
        }
    };
    let Some((value, at)) = value else {
        trace.push(Step::NoHeader, HEAD);
        return Presented::Nothing;
    };
    trace.push(Step::HeaderValue { at }, HEAD);
    let refuse = |why, trace: &mut Trace| {
        trace.push(Step::Malformed { why, at: None }, PARSE);
        Presented::Malformed { why }
    };
    let Ok(text) = std::str::from_utf8(&value) else { return refuse("not-utf8", trace) };
    let words: Vec<_> = text.split(is_python_space).filter(|word| !word.is_empty()).collect();
    let [word, token] = words[..] else { return refuse("not-two-words", trace) };
    if !word.eq_ignore_ascii_case("basic") {
        trace.push(Step::WrongScheme { word: word.as_bytes().to_vec() }, PARSE);
        return Presented::WrongScheme;
    }
    let Ok((bytes, unread)) = python::decode(token.as_bytes()) else { return refuse("base64", trace) };
    let text = lossy(bytes.expose());
    let Some((user, password)) = split_once(text.expose(), b':') else { return refuse("no-colon", trace) };
    if password.contains(&b':') {
        return refuse("second-colon", trace);
    }
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: unread as u64,
            cut_at_nul: false,
            is_whole: false,
        },
        PARSE,
    );
    Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) })
}

/// Why a head is refused, and the bytes to blame.
type Refused = (&'static str, Span);

/// The values of all `Authorization` headers, joined with `, `.
fn authorization(head: &[u8]) -> Result<Option<(Vec<u8>, Span)>, Refused> {
    let mut lines = head::lines(head);
    let Some(first) = lines.next() else { return Err(("head-cut-off", Span::new(0, 0))) };
    let words: Vec<_> = first.bytes.split(|byte| BLANKS.contains(byte)).filter(|word| !word.is_empty()).collect();
    let version = |word: &[u8]| matches!(word, [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9']);
    if words.len() != 3 || !version(words[2]) || !(words[1] == b"*" || words[1].starts_with(b"/")) {
        return Err(("request-line-malformed", first.at));
    }
    let mut headers: Vec<(&[u8], Vec<u8>, Span)> = Vec::new();
    for line in lines {
        let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        if bytes.is_empty() {
            break;
        }
        if matches!(bytes[0], b' ' | b'\t') {
            let Some((_, value, at)) = headers.last_mut() else { return Err(("fold-before-header", line.at)) };
            value.extend_from_slice(b"\r\n ");
            value.extend_from_slice(trim(bytes, BLANKS));
            at.end = line.at.end;
            continue;
        }
        let Some((name, value)) = split_once(bytes, b':') else { return Err(("header-without-colon", line.at)) };
        if name.is_empty() || !name.iter().all(|byte| head::is_token(*byte)) {
            return Err(("header-name-malformed", Span::at(line.at.start, name.len())));
        }
        let start = line.at.start + (bytes.len() - value.len()) as u64;
        headers.push((name, trim(value, BLANKS).to_vec(), Span::at(start, value.len())));
    }
    let found: Vec<_> = headers.into_iter().filter(|(name, ..)| name.eq_ignore_ascii_case(b"authorization")).collect();
    let (Some((_, _, first)), Some((_, _, last))) = (found.first(), found.last()) else { return Ok(None) };
    let at = head::narrowed(head, Span::new(first.start, last.end), BLANKS);
    Ok(Some((found.into_iter().map(|(_, value, _)| value).collect::<Vec<_>>().join(&b", "[..]), at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_values(values: &[&[u8]]) -> Presented {
        read(&head::with_authorization(values), &mut Trace::default())
    }

    #[test]
    fn two_headers_are_four_words() {
        assert!(matches!(read_values(&[b"Basic dTpw"]), Presented::Credentials(_)));
        assert!(matches!(read_values(&[b"Basic dTpw", b"Basic dTpw"]), Presented::Malformed { why: "not-two-words" }));
    }

    #[test]
    fn a_password_with_a_colon_can_not_be_sent() {
        assert!(matches!(read_values(&[b"Basic dTpwOng="]), Presented::Malformed { why: "second-colon" }));
    }

    #[test]
    fn a_blank_before_the_colon_of_a_header_is_refused() {
        let refused = read(b"GET / HTTP/1.1\r\nAuthorization : Basic dTpw\r\n\r\n", &mut Trace::default());
        assert!(matches!(refused, Presented::Refused { why: "header-name-malformed", .. }));
    }
}
