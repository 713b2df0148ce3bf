//! The header as dufs, miniserve and static-web-server read it: `Basic` in this spelling, strict base64, UTF-8.
//!
//! They differ in what may stand between the scheme and the token and in what a missing colon is. The head is
//! [`crate::basic::httparse`]'s.
//!
//! Behaviour of dufs 0.47.0 `src/auth.rs:get_auth_user`, `src/auth.rs:check_auth`; actix-web-httpauth 0.8.3
//! `src/headers/authorization/scheme/basic.rs:parse`; headers 0.3.9 `src/common/authorization.rs:decode`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::base64;
use crate::basic::httparse;
use crate::basic::httparse::Limits;
use crate::bytes::split_once;
use crate::bytes::trim_start;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

const HEAD: Cite = Cite("httparse 1.10.1 src/lib.rs:parse_headers_iter_uninit");

/// hyper's limits.
const HYPER: Limits = Limits { headers: 100 };
/// actix-http's limits.
const ACTIX: Limits = Limits { headers: 96 };

/// Reads the head as dufs does.
pub fn dufs(head: &[u8], trace: &mut Trace) -> Presented {
    let cite = Cite("dufs 0.47.0 src/auth.rs:check_auth");
    read(head, HYPER, cite, trace, |value| value.strip_prefix(b"Basic "))
}

/// Reads the head as miniserve does.
pub fn miniserve(head: &[u8], trace: &mut Trace) -> Presented {
    let cite = Cite("actix-web-httpauth 0.8.3 src/headers/authorization/scheme/basic.rs:parse");
    read(head, ACTIX, cite, trace, |value| {
        let text = value.iter().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
        value.strip_prefix(b"Basic ").filter(|_| text)
    })
}

/// Reads the head as static-web-server does.
pub fn static_web_server(head: &[u8], trace: &mut Trace) -> Presented {
    let cite = Cite("headers 0.3.9 src/common/authorization.rs:decode");
    read(head, HYPER, cite, trace, |value| value.strip_prefix(b"Basic ").map(|token| trim_start(token, b" ")))
}

fn read(
    head: &[u8],
    limits: Limits,
    cite: Cite,
    trace: &mut Trace,
    token: impl FnOnce(&[u8]) -> Option<&[u8]>,
) -> Presented {
    let (value, at) = match httparse::authorization(head, limits) {
        Ok(Some(found)) => found,
        Ok(None) => {
            trace.push(Step::NoHeader, HEAD);
            return Presented::Nothing;
        }
        Err((why, at)) => {
            trace.push(Step::HeadRefused { why, at }, HEAD);
            return Presented::Refused { why, at };
        }
    };
    trace.push(Step::HeaderValue { at }, HEAD);
    let Some(token) = token(value) else {
        let word = value.split(|byte| *byte == b' ').next().unwrap_or_default();
        trace.push(Step::WrongScheme { word: word.to_vec() }, cite);
        return Presented::WrongScheme;
    };
    match decode(token) {
        Ok(credentials) => {
            trace.push(
                Step::Decoded {
                    user: credentials.user.clone(),
                    password_length: credentials.password.expose().len() as u64,
                    unread: 0,
                    cut_at_nul: false,
                    is_whole: false,
                },
                cite,
            );
            Presented::Credentials(credentials)
        }
        Err(why) => {
            trace.push(Step::Malformed { why, at: None }, cite);
            Presented::Malformed { why }
        }
    }
}

fn decode(token: &[u8]) -> Result<Credentials, &'static str> {
    let bytes = Secret::from(base64::decode_padded(token, true).ok_or("base64")?);
    std::str::from_utf8(bytes.expose()).map_err(|_| "not-utf8")?;
    let (user, password) = split_once(bytes.expose(), b':').ok_or("no-colon")?;
    Ok(Credentials { user: user.to_vec(), password: Secret::from(password) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::head;

    fn accepted(value: &[u8]) -> [bool; 3] {
        let head = head::with_authorization(&[value]);
        let is = |presented| matches!(presented, Presented::Credentials(_));
        let mut trace = Trace::default();
        [is(dufs(&head, &mut trace)), is(miniserve(&head, &mut trace)), is(static_web_server(&head, &mut trace))]
    }

    #[test]
    fn several_blanks_are_taken_by_static_web_server_only() {
        assert_eq!(accepted(b"Basic dTpw"), [true; 3]);
        assert_eq!(accepted(b"Basic  dTpw"), [false, false, true]);
    }

    #[test]
    fn miniserve_takes_no_value_with_foreign_bytes_for_its_scheme() {
        let presented = |value| miniserve(&head::with_authorization(&[value]), &mut Trace::default());
        assert!(matches!(presented(b"Basic dTpw\t\x7f"), Presented::Refused { .. }));
        assert!(matches!(presented(b"Basic dT\xE9w"), Presented::WrongScheme));
        assert!(matches!(presented(b"Basic dT\tw"), Presented::Malformed { .. }));
    }

    #[test]
    fn scheme_padding_bits_and_text_are_strict() {
        for value in
            [&b"basic dTpw"[..], b"BasicdTpw", b"Basic\tdTpw", b"Basic dTpwdw", b"Basic dTpwdx==", b"Basic dTr8"]
        {
            assert_eq!(accepted(value), [false; 3], "{}", value.escape_ascii());
        }
    }
}
