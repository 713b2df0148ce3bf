//! The header as Radicale reads it: `Basic` in this spelling, with or without a blank after it, lenient base64, then text
//! in UTF-8 or else in ISO 8859-1.
//!
//! What it can't read raises an exception, so [`Presented::Malformed`] stands for a 500 there. User and password are
//! text to Radicale and bytes of UTF-8 here.
//!
//! Behaviour of Radicale 3.9.0: `app/__init__.py:_handle_request`, `httputils.py:decode_request`; the head is
//! [`crate::basic::python`]'s.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::python;
use crate::bytes::split_once;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const ENVIRON: Cite = Cite("Python 3.11 wsgiref/simple_server.py:get_environ");
const REQUEST: Cite = Cite("Radicale 3.9.0 app/__init__.py:_handle_request");
const DECODE: Cite = Cite("Radicale 3.9.0 httputils.py:decode_request");

/// Reads the head as Radicale does.
///
/// The second value is the text of the exception where there is one.
pub fn read(head: &[u8], trace: &mut Trace) -> (Presented, Option<String>) {
    let value = match python::header(head, b"authorization") {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, ENVIRON);
            return (Presented::Refused { why, at }, None);
        }
    };
    let Some(value) = value else {
        trace.push(Step::NoHeader, ENVIRON);
        return (Presented::Nothing, None);
    };
    trace.push(Step::HeaderValue { at: value.at }, ENVIRON);
    let Some(token) = value.text.strip_prefix(b"Basic") else {
        let word = value.text.split(|byte| python::is_space(*byte)).next().unwrap_or_default();
        trace.push(Step::WrongScheme { word: word.to_vec() }, REQUEST);
        return (Presented::WrongScheme, None);
    };
    match decode(python::strip(token)) {
        Ok((credentials, unread)) => {
            trace.push(
                Step::Decoded {
                    user: credentials.user.clone(),
                    password_length: credentials.password.expose().len() as u64,
                    unread: unread as u64,
                    cut_at_nul: false,
                    is_whole: false,
                },
                DECODE,
            );
            (Presented::Credentials(credentials), None)
        }
        Err((why, at, exception)) => {
            trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, REQUEST);
            (Presented::Malformed { why }, Some(exception))
        }
    }
}

/// The charset that the request's `Content-Type` names; credentials are tried in it first.
#[must_use]
pub fn charset(head: &[u8]) -> Option<Vec<u8>> {
    let value = python::header(head, b"content-type").ok()??;
    let at = memchr::memmem::find(&value.text, b"charset=")?;
    let rest = value.text[at + 8..].split(|byte| *byte == b';').next().unwrap_or_default();
    Some(python::strip(rest).to_ascii_lowercase())
}

fn decode(token: &[u8]) -> Result<(Credentials, usize), (&'static str, Option<usize>, String)> {
    if let Some(at) = token.iter().position(|byte| !byte.is_ascii()) {
        let text = format!(
            "'ascii' codec can't encode character '\\x{:02x}' in position {at}: ordinal not in range(128)",
            token[at]
        );
        return Err(("not-ascii", Some(at), text));
    }
    let (bytes, unread) = python::decode(token).map_err(|error| ("base64", None, error.text()))?;
    let text = match std::str::from_utf8(bytes.expose()) {
        Ok(_) => bytes,
        Err(_) => from_latin1(bytes.expose()),
    };
    let Some((user, password)) = split_once(text.expose(), b':') else {
        return Err(("no-colon", None, "not enough values to unpack (expected 2, got 1)".to_owned()));
    };
    Ok((Credentials { user: user.to_vec(), password: Secret::from(password) }, unread))
}

/// A text of ISO 8859-1 in UTF-8.
fn from_latin1(text: &[u8]) -> Secret {
    let mut utf8 = Secret::with_capacity(text.len() * 2);
    for byte in text {
        utf8.extend(char::from(*byte).encode_utf8(&mut [0; 2]).as_bytes());
    }
    utf8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::head;

    fn read_value(value: &[u8]) -> Presented {
        read(&head::with_authorization(&[value]), &mut Trace::default()).0
    }

    #[test]
    fn the_scheme_is_one_spelling_and_needs_no_blank() {
        assert!(matches!(read_value(b"BasicdTpw"), Presented::Credentials(_)));
        assert!(matches!(read_value(b"basic dTpw"), Presented::WrongScheme));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_latin1() {
        let read = read_value(b"Basic dTr8");
        assert!(matches!(read, Presented::Credentials(all) if all.password.expose() == "ü".as_bytes()));
    }

    #[test]
    fn the_charset_is_what_stands_up_to_the_next_parameter() {
        let charset_of = |value: &str| charset(format!("GET / HTTP/1.1\r\nContent-Type: {value}\r\n\r\n").as_bytes());
        assert_eq!(charset_of("text/xml; charset= UTF-16 ; q=1").as_deref(), Some(&b"utf-16"[..]));
        assert_eq!(charset_of("text/xml;charset=latin1").as_deref(), Some(&b"latin1"[..]));
        assert_eq!(charset_of("text/xml"), None);
    }

    #[test]
    fn what_can_not_be_read_is_malformed() {
        for value in [&b"Basic"[..], b"Basic dTpwd", b"Basic dTp\xE9w", b"Basic dXNl"] {
            assert!(matches!(read_value(value), Presented::Malformed { .. }), "{}", value.escape_ascii());
        }
    }
}
