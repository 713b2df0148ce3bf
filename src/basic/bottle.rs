//! The header as bottle, and so pypiserver, reads it: the scheme in any case, blanks, then lenient base64 and UTF-8.
//!
//! Whatever can't be read counts as no credentials at all.
//!
//! Behaviour of pypiserver 2.4.2: `bottle_wrapper/bottle.py:parse_auth`; the head is [`crate::basic::python`]'s.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::python;
use crate::bytes::split_once;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const ENVIRON: Cite = Cite("Python 3.11 wsgiref/simple_server.py:get_environ");
const PARSE: Cite = Cite("pypiserver 2.4.2 bottle_wrapper/bottle.py:parse_auth");

/// Reads the head as pypiserver does.
pub fn read(head: &[u8], trace: &mut Trace) -> Presented {
    let value = match python::header(head, b"authorization") {
        Ok(value) => value,
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, ENVIRON);
            return Presented::Refused { why, at };
        }
    };
    let Some(value) = value else {
        trace.push(Step::NoHeader, ENVIRON);
        return Presented::Nothing;
    };
    trace.push(Step::HeaderValue { at: value.at }, ENVIRON);
    let word_end = value.text.iter().position(|byte| python::is_space(*byte)).unwrap_or(value.text.len());
    let (word, token) = (&value.text[..word_end], python::strip(&value.text[word_end..]));
    if !word.eq_ignore_ascii_case(b"basic") {
        trace.push(Step::WrongScheme { word: word.to_vec() }, PARSE);
        return Presented::WrongScheme;
    }
    match decode(token) {
        Ok((credentials, unread)) => {
            trace.push(
                Step::Decoded {
                    user: credentials.user.clone(),
                    password_length: credentials.password.expose().len() as u64,
                    unread: unread as u64,
                    cut_at_nul: false,
                    is_whole: false,
                },
                PARSE,
            );
            Presented::Credentials(credentials)
        }
        Err(why) => {
            trace.push(Step::Malformed { why, at: None }, PARSE);
            Presented::Malformed { why }
        }
    }
}

fn decode(token: &[u8]) -> Result<(Credentials, usize), &'static str> {
    if token.is_empty() {
        return Err("no-token");
    }
    let (bytes, unread) = python::decode(token).map_err(|_| "base64")?;
    std::str::from_utf8(bytes.expose()).map_err(|_| "not-utf8")?;
    let (user, password) = split_once(bytes.expose(), b':').ok_or("no-colon")?;
    Ok((Credentials { user: user.to_vec(), password: Secret::from(password) }, unread))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::head;

    fn read_value(value: &[u8]) -> Presented {
        read(&head::with_authorization(&[value]), &mut Trace::default())
    }

    #[test]
    fn any_blank_stands_between_scheme_and_token() {
        for value in [&b"bAsIc \t dTpw"[..], b"Basic\xA0dTpw", b"Basic dTp w"] {
            assert!(matches!(read_value(value), Presented::Credentials(_)), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_are_no_credentials() {
        assert!(matches!(read_value(b"Basic dTr8"), Presented::Malformed { why: "not-utf8" }));
    }
}
