//! `why401` manages `.htpasswd` files and tells why a login fails: it reproduces, offline and byte for byte, what a web
//! server would answer to a credential.
//!
//! What would a server answer, and why?
//!
//! ```
//! use why401::basic::head;
//! use why401::crypt::Work;
//! use why401::secret::Secret;
//! use why401::server::{self, Inputs};
//! use why401::trace::codes;
//!
//! // The hash is right, and a blank follows it.
//! let file: &[u8] = b"carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ= \n";
//! let head = head::with_user_pass(b"carol", &Secret::from(&b"secret"[..]));
//! let inputs = Inputs { head: head.expose(), path: b"/etc/htpasswd", file: &file, uri: b"/" };
//! let mut work = Work::limited(10.0);
//!
//! let apache = server::find("apache").ok_or("no such server")?.decide(&inputs, &mut work);
//! assert_eq!(apache.status, Some(200));
//!
//! let nginx = server::find("nginx").ok_or("no such server")?.decide(&inputs, &mut work);
//! assert_eq!((nginx.status, nginx.reason), (Some(401), codes::PASSWORD_MISMATCH));
//! assert_eq!(nginx.log[0].text, b"user \"carol\": password mismatch");
//!
//! // Both asked for the same hash, and it was computed once.
//! assert_eq!(work.computed(), 1);
//! # Ok::<(), &str>(())
//! ```
//!
//! Is a password the one of a stored field, no server involved?
//!
//! ```
//! use why401::crypt::any::ANY;
//! use why401::crypt::{Check, Work};
//!
//! let checked = ANY.check(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", b"secret", &mut Work::limited(10.0));
//! assert_eq!(checked.check, Check::Match);
//! assert_eq!(checked.scheme, Some("sha1"));
//! ```
//!
//! The modules stand in layers; see `ARCHITECTURE.md`.

pub mod bytes;
mod node;
pub mod secret;
pub mod sqlite;
pub mod trace;

pub mod basic;
pub mod conf;
pub mod host;
pub mod htpasswd;
pub mod log;
pub mod scan;
pub mod scheme;

pub mod container;
pub mod crypt;
pub mod store;

pub mod fault;
pub mod server;

pub mod batch;
pub mod hint;
pub mod inquiry;
pub mod lint;

pub mod render;

#[cfg(feature = "cli")]
pub mod cli;
