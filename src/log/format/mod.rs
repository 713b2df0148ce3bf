//! The formats of logs: one file each, and a row here.
//!
//! A reader takes one line without its line end and returns what it tells, or `None` where the line is not wholly of its
//! format. No line is of two formats; a test holds that.

pub mod access;
pub mod apache_error;
pub mod caddy;
pub mod docker;
pub mod fail2ban;
pub mod haproxy;
pub mod journal;
pub mod json_access;
pub mod lighttpd_error;
pub mod nginx_error;
pub mod syslog;
pub mod template;
pub mod traefik;

use std::borrow::Cow;

use crate::log::event::{Event, Micros, User};
use crate::log::time::Clock;
use crate::trace::Code;
use crate::trace::codes;

/// What a reader may know besides the line.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    /// Turns local time into instants.
    pub clock: &'c Clock,
    /// When the record was made, where a wrapper around it tells: the line then need not.
    pub outer: Option<Micros>,
    /// The user files of the configuration, where they are known.
    pub user_files: &'c [Vec<u8>],
}

impl Context<'_> {
    /// Whether a path is a user file: a known one, or one by its name.
    fn is_user_file(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        self.user_files.iter().any(|known| known == path) || memchr::memmem::find(name, b"passwd").is_some()
    }
}

/// A format.
pub struct Format {
    /// Its name, for `--format`.
    pub name: &'static str,
    /// What writes it.
    pub about: &'static str,
    /// Reads one line.
    pub read: for<'a> fn(&'a [u8], &Context<'_>) -> Option<Event<'a>>,
}

/// The formats; wrappers, which hold a line of another format, come last.
pub static FORMATS: &[&Format] = &[
    &access::FORMAT,
    &apache_error::FORMAT,
    &nginx_error::FORMAT,
    &lighttpd_error::FORMAT,
    &haproxy::FORMAT,
    &caddy::FORMAT,
    &traefik::FORMAT,
    &fail2ban::FORMAT,
    &json_access::FORMAT,
    &journal::FORMAT,
    &docker::FORMAT,
    &syslog::FORMAT,
];

/// The format of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}

/// What a line of any format tells, `likely` asked first.
pub(super) fn any<'a>(
    line: &'a [u8],
    context: &Context<'_>,
    likely: Option<&'static Format>,
) -> Option<(&'static Format, Event<'a>)> {
    if let Some(format) = likely
        && let Some(event) = (format.read)(line, context)
    {
        return Some((format, event));
    }
    FORMATS.iter().copied().find_map(|format| Some((format, (format.read)(line, context)?)))
}

/// The user name of an access log: `-` is none, escapes undone.
fn logged_user(text: &[u8]) -> User<'_> {
    match text {
        b"-" => User::None,
        b"\"\"" => User::Name(Cow::Borrowed(b"")),
        _ => User::Name(crate::log::escape::unescape(text)),
    }
}

/// What a status means for a login.
fn cause_of(status: u16, user: &User<'_>, upstream: Option<u16>) -> Option<Code> {
    match (status, user) {
        (401 | 407, _) if upstream == Some(status) => Some(codes::REFUSED_UPSTREAM),
        (401 | 407, User::None) => Some(codes::NO_USER_LOGGED),
        (401 | 407, User::Name(name)) if name.is_empty() => Some(codes::MALFORMED_CREDENTIALS),
        (401 | 407, _) => Some(codes::CREDENTIALS_REFUSED),
        (429, _) => Some(codes::RATE_LIMITED),
        (200..=399, User::Name(name)) if !name.is_empty() => Some(codes::OK),
        _ => None,
    }
}

/// An address or host name: nothing else can stand where a client does.
fn is_host(text: &[u8]) -> bool {
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'-' | b'_' | b'%');
    !text.is_empty() && text.len() <= 255 && text.iter().all(part) && text.iter().any(u8::is_ascii_alphanumeric)
}

/// Whether it reads as an address.
fn is_address(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.parse::<std::net::IpAddr>().is_ok())
}

/// `address:port` without its port.
fn without_port(text: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memrchr(b':', text)?;
    let port = &text[colon + 1..];
    if port.is_empty() || port.len() > 5 || !port.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let host = &text[..colon];
    let host = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]")).unwrap_or(host);
    is_host(host).then_some(host)
}

/// A status of three digits.
fn status_of(text: &[u8]) -> Option<u16> {
    match text {
        [first @ b'0'..=b'9', second @ b'0'..=b'9', third @ b'0'..=b'9'] => {
            Some(u16::from(first - b'0') * 100 + u16::from(second - b'0') * 10 + u16::from(third - b'0'))
        }
        _ => None,
    }
}

/// `text` at the first `needle`: before it and after it.
fn cut<'a>(text: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    memchr::memmem::find(text, needle).map(|at| (&text[..at], &text[at + needle.len()..]))
}

/// `text` at the last `needle`: before it and after it.
fn cut_last<'a>(text: &'a [u8], needle: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    memchr::memmem::rfind(text, needle).map(|at| (&text[..at], &text[at + needle.len()..]))
}
