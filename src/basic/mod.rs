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
