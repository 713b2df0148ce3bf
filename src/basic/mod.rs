//! The `Authorization` header as each server reads it: from the request head's bytes to user and password.
//!
//! A dialect is one file. It takes the head as it came over the wire, because what a server's HTTP layer does to a header
//! (trimming, joining, refusing) is part of the decision. It pushes its steps and never looks at a user file.

pub mod apache;
pub mod base64;
pub mod bottle;
pub mod envoy;
pub mod go;
pub mod go_base64;
pub mod go_http;
pub mod h2o;
pub mod haproxy;
pub mod head;
pub mod httparse;
pub mod lighttpd;
pub mod line;
pub mod mitmproxy;
pub mod nginx;
pub mod node;
pub mod pasted;
pub mod python;
pub mod radicale;
pub mod raw;
pub mod rust;
pub mod squid;

use crate::bytes::Span;
use crate::secret::Secret;

/// User and password as a server hands them on.
#[derive(Debug)]
pub struct Credentials {
    /// The user name.
    pub user: Vec<u8>,
    /// The password.
    pub password: Secret,
}

impl Credentials {
    /// Where in the user name a password may begin: without a password, behind the first sign that names do not have.
    #[must_use]
    pub fn password_in_user(&self) -> Option<usize> {
        let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._-@+\\".contains(byte);
        let sign = self.user.iter().position(|byte| !is_of_name(byte)).filter(|_| self.password.expose().is_empty())?;
        Some(sign + 1).filter(|at| *at < self.user.len())
    }
}

/// What a request head presents to a server that wants Basic authentication.
#[derive(Debug)]
pub enum Presented {
    /// Credentials to check.
    Credentials(Credentials),
    /// No usable header at all.
    Nothing,
    /// A header of another scheme, or of no scheme.
    WrongScheme,
    /// The scheme is right and the token is not credentials.
    Malformed {
        /// What is wrong, in kebab-case.
        why: &'static str,
    },
    /// The HTTP layer refuses the request; `why` as in [`crate::trace::Step::HeadRefused`].
    Refused {
        /// What is wrong, in kebab-case.
        why: &'static str,
        /// The offending bytes of the head.
        at: Span,
    },
}

/// The text as UTF-8, what is none replaced by U+FFFD.
fn lossy(bytes: &[u8]) -> Secret {
    let mut text = Secret::with_capacity(bytes.len() * 3);
    for chunk in bytes.utf8_chunks() {
        text.extend(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            text.extend("\u{FFFD}".as_bytes());
        }
    }
    text
}

/// The outcome in one word, for tests: `u` for the user `u` with the password `secret`, `other` for anybody else.
#[cfg(test)]
fn in_a_word(presented: &Presented) -> &'static str {
    match presented {
        Presented::Credentials(all) if all.user == b"u" && all.password.expose() == b"secret" => "u",
        Presented::Credentials(_) => "other",
        Presented::Nothing => "nothing",
        Presented::WrongScheme => "scheme",
        Presented::Malformed { why } | Presented::Refused { why, .. } => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(user: &[u8], password: &[u8]) -> Option<usize> {
        Credentials { user: user.to_vec(), password: Secret::from(password.to_vec()) }.password_in_user()
    }

    #[test]
    fn what_may_be_a_password_in_the_user_name_is_behind_the_first_sign() {
        assert_eq!(place(b"alice;secret", b""), Some(6));
        assert_eq!(place(b"alice secret word", b""), Some(6));
        assert_eq!(place(b";secret", b""), Some(1));
        assert_eq!(place(b"a;b", b""), Some(2));
    }

    #[test]
    fn a_name_alone_holds_none() {
        for user in [&b""[..], b"alice", b"DOM\\a.l_i-c+e@example.org", "andr\u{e9}".as_bytes(), b"alice;"] {
            assert_eq!(place(user, b""), None, "{}", user.escape_ascii());
        }
        assert_eq!(place(b"alice;secret", b"other"), None);
    }
}
