//! The `Authorization` header as Go programs take it apart.
//!
//! [`Dialect::Request`] is `net/http`'s own `Request.BasicAuth` (Traefik, Distribution, Caddy, exporter-toolkit,
//! rest-server); the others are programs that cut the value themselves. All decode with `base64.StdEncoding`, split at the
//! first colon, and keep every byte of user and password.
//!
//! Behaviour of Go 1.19 to 1.25 `src/net/http/request.go:parseBasicAuth`; abbot/go-http-auth 0.4.0 `basic.go:CheckAuth`;
//! oauth2-proxy 7.15.3 `pkg/middleware/session_utils.go`; openshift/oauth-server f892602b8
//! `pkg/authenticator/request/basicauthrequest/basicauth.go:getBasicAuthInfo`; zot 2.1.20 `pkg/api/authn.go:getUsernamePasswordBasicAuth`.

use crate::basic::Credentials;
use crate::basic::Presented;
use crate::basic::go_base64;
use crate::basic::go_http::{self, Net, Value};
use crate::bytes::split_once;
use crate::secret::Secret;
use crate::trace::{Cite, Step, Trace};

/// A way to take the value apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `Request.BasicAuth`: the first six bytes are `Basic ` in any case, the rest is the token.
    Request,
    /// abbot/go-http-auth 0.4: cut at the first blank, the word is `Basic` exactly.
    Abbot,
    /// oauth2-proxy: cut at every blank into exactly two, the word is `Basic` exactly.
    Oauth2Proxy,
    /// `OpenShift`: begins with `Basic ` exactly; empty user or password counts as no credentials.
    Openshift,
    /// Zot: cut at the first blank, the word in any case.
    Zot,
}

impl Dialect {
    const fn cite(self) -> Cite {
        match self {
            Self::Request => Cite("Go 1.25 src/net/http/request.go:parseBasicAuth"),
            Self::Abbot => Cite("go-http-auth 0.4.0 basic.go:CheckAuth"),
            Self::Oauth2Proxy => Cite("oauth2-proxy 7.15.3 pkg/middleware/session_utils.go:splitAuthHeader"),
            Self::Openshift => Cite("oauth-server f892602b8 basicauthrequest/basicauth.go:getBasicAuthInfo"),
            Self::Zot => Cite("zot 2.1.20 pkg/api/authn.go:getUsernamePasswordBasicAuth"),
        }
    }

    /// The token of a value, or the word that is not the scheme and whether the shape is wrong already.
    fn token(self, value: &[u8]) -> Result<&[u8], NoToken> {
        let split = split_once(value, b' ');
        match self {
            Self::Request => match value.split_at_checked(6) {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"basic ") => Ok(token),
                _ => Err(NoToken::WrongScheme),
            },
            Self::Openshift => value.strip_prefix(b"Basic ").ok_or(NoToken::WrongScheme),
            Self::Abbot => match split {
                Some((b"Basic", token)) => Ok(token),
                _ => Err(NoToken::WrongScheme),
            },
            Self::Zot => match split {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"basic") => Ok(token),
                _ => Err(NoToken::WrongScheme),
            },
            Self::Oauth2Proxy => match split {
                Some((_, token)) if token.contains(&b' ') => Err(NoToken::Parts),
                Some((b"Basic", token)) => Ok(token),
                Some(_) => Err(NoToken::WrongScheme),
                None => Err(NoToken::Parts),
            },
        }
    }
}

enum NoToken {
    WrongScheme,
    Parts,
}

/// What a head presents, with the place in the token where Go's decoder stopped.
#[derive(Debug)]
pub struct Read<'a> {
    /// What is presented.
    pub presented: Presented,
    /// The header's value, where there is one.
    pub value: Option<Value<'a>>,
    /// The offset in `illegal base64 data at input byte N`, where the token is not base64.
    pub illegal_at: Option<usize>,
}

/// Reads the head.
pub fn read<'a>(dialect: Dialect, net: Net, head: &'a [u8], trace: &mut Trace) -> Read<'a> {
    let nothing = |presented| Read { presented, value: None, illegal_at: None };
    let value = match go_http::authorization(net, head, trace) {
        Ok(Some(value)) => value,
        Ok(None) => return nothing(Presented::Nothing),
        Err((why, at)) => return nothing(Presented::Refused { why, at }),
    };
    let (presented, illegal_at) = take_apart(dialect, &value.bytes, trace);
    Read { presented, value: Some(value), illegal_at }
}

fn take_apart(dialect: Dialect, value: &[u8], trace: &mut Trace) -> (Presented, Option<usize>) {
    let cite = dialect.cite();
    let mut malformed = |why, at: Option<usize>| {
        trace.push(Step::Malformed { why, at: at.map(|at| at as u64) }, cite);
        Presented::Malformed { why }
    };
    let token = match dialect.token(value) {
        Ok(token) => token,
        // `Header.Get` gives the same empty text for an empty value and for none.
        Err(_) if value.is_empty() => return (Presented::Nothing, None),
        Err(NoToken::Parts) => return (malformed("not-two-words", None), None),
        Err(NoToken::WrongScheme) => {
            let word = value.split(|byte| *byte == b' ').next().unwrap_or(value).to_vec();
            trace.push(Step::WrongScheme { word }, cite);
            return (Presented::WrongScheme, None);
        }
    };
    let text = match go_base64::decode(token) {
        Ok(text) => Secret::from(text),
        Err(at) => return (malformed("base64", Some(at)), Some(at)),
    };
    let Some((user, password)) = split_once(text.expose(), b':') else {
        return (malformed("no-colon", None), None);
    };
    if dialect == Dialect::Openshift && (user.is_empty() || password.is_empty()) {
        malformed(if user.is_empty() { "empty-user" } else { "empty-password" }, None);
        return (Presented::Nothing, None);
    }
    trace.push(
        Step::Decoded {
            user: user.to_vec(),
            password_length: password.len() as u64,
            unread: 0,
            cut_at_nul: false,
            is_whole: false,
        },
        cite,
    );
    (Presented::Credentials(Credentials { user: user.to_vec(), password: Secret::from(password) }), None)
}

#[cfg(test)]
mod tests {
    use crate::basic::head;
    use crate::basic::in_a_word;

    use super::*;

    fn outcome(dialect: Dialect, value: &[u8]) -> &'static str {
        let head = head::with_authorization(&[value]);
        in_a_word(&read(dialect, Net::RECENT, &head, &mut Trace::default()).presented)
    }

    /// As the programs answered in `tests/observed`.
    #[test]
    fn the_dialects_differ_in_case_and_blanks() {
        use Dialect::{Abbot, Oauth2Proxy, Openshift, Request, Zot};
        for (value, expected) in [
            (&b"Basic dTpzZWNyZXQ="[..], ["u"; 5]),
            (b"bAsIc dTpzZWNyZXQ=", ["u", "scheme", "scheme", "scheme", "u"]),
            (b"Basic  dTpzZWNyZXQ=", ["base64", "base64", "not-two-words", "base64", "base64"]),
            (b"Basic\tdTpzZWNyZXQ=", ["scheme", "scheme", "not-two-words", "scheme", "scheme"]),
            (b"Other dTpzZWNyZXQ=", ["scheme"; 5]),
            (b"Basic", ["scheme", "scheme", "not-two-words", "scheme", "scheme"]),
            (b"Basic dTpzZWNyZXQ", ["base64"; 5]),
            (b"Basic dTpzZWNyZXR=", ["u"; 5]),
            (b"Basic dTo=", ["other", "other", "other", "nothing", "other"]),
            (b"Basic dQ==", ["no-colon"; 5]),
            (b"", ["nothing"; 5]),
        ] {
            for (dialect, expected) in [Request, Abbot, Oauth2Proxy, Openshift, Zot].into_iter().zip(expected) {
                assert_eq!(outcome(dialect, value), expected, "{dialect:?} {}", String::from_utf8_lossy(value));
            }
        }
    }
}
