//! The addresses of sites, and which site a request comes to.
//!
//! Behaviour of Caddy 2.6.2 `caddyconfig/httpcaddyfile/addresses.go`, `httptype.go:serversFromPairings`,
//! `modules/caddyhttp/matchers.go:MatchHost`.

use crate::conf::Place;
use crate::conf::caddy::lex::Word;
use crate::conf::caddy::tree::{Directive, Site, Tree};

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host, in small letters; empty for all.
    pub host: Vec<u8>,
    /// The port.
    pub port: u16,
    /// Whether it takes TLS.
    pub tls: bool,
    /// Where it stands.
    pub place: Place,
}

/// The ports that stand for the schemes.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// `http_port`
    pub http: u16,
    /// `https_port`
    pub https: u16,
}

impl Ports {
    /// As the options have them.
    #[must_use]
    pub fn of(options: &[Directive]) -> Self {
        let port = |name: &str, usual| {
            let line = options.iter().find(|line| line.name() == name);
            line.and_then(|line| std::str::from_utf8(line.word(1)).ok()?.parse().ok()).unwrap_or(usual)
        };
        Self { http: port("http_port", 80), https: port("https_port", 443) }
    }

    /// What an address means; `None` where that is not modelled.
    #[must_use]
    pub fn address(self, word: &Word) -> Option<Address> {
        let text = std::str::from_utf8(&word.text).ok().filter(|text| !text.contains(['{', '}', '[']))?;
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (Some(scheme), rest),
            Some(_) => return None,
            None => (None, text),
        };
        if rest.contains('/') {
            return None;
        }
        let (host, port) = match rest.split_once(':') {
            Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
            None => (rest, None),
        };
        let host = if host == "*" { "" } else { host };
        let port = port.unwrap_or(if scheme == Some("http") { self.http } else { self.https });
        let is_plain = scheme == Some("http") || port == self.http;
        if host.is_empty() && !is_plain && (scheme.is_some() || port == self.https) {
            // Certificates on demand, or ones that are named.
            return None;
        }
        let host = host.to_ascii_lowercase().into_bytes();
        Some(Address { tls: !is_plain && !host.is_empty(), host, port, place: word.place.clone() })
    }
}

impl Site {
    /// The options that change where a site is served.
    #[must_use]
    pub fn bind(&self) -> Option<&Directive> {
        self.block.iter().find(|line| line.name() == "bind")
    }
}

impl Tree {
    /// The option of this name.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&Directive> {
        self.options.iter().find(|line| line.name() == name)
    }
}

/// Whether a host is one of a pattern, whose stars stand for a label each; `None` where that is not modelled.
#[must_use]
pub fn is_host(pattern: &[u8], host: &[u8]) -> Option<bool> {
    if pattern.contains(&b'{') {
        return None;
    }
    if !pattern.contains(&b'*') {
        return Some(pattern.eq_ignore_ascii_case(host));
    }
    let patterns: Vec<&[u8]> = pattern.split(|byte| *byte == b'.').collect();
    let labels: Vec<&[u8]> = host.split(|byte| *byte == b'.').collect();
    let same = |(one, other): (&&[u8], &&[u8])| **one == b"*"[..] || one.eq_ignore_ascii_case(other);
    Some(patterns.len() == labels.len() && patterns.iter().zip(&labels).all(same))
}

/// How exact the hosts of a site are: those of all go last, those with stars before them, longer ones first.
#[must_use]
pub fn rank(addresses: &[Address]) -> (bool, std::cmp::Reverse<usize>) {
    let is_wild = addresses.iter().any(|address| address.host.is_empty() || address.host.contains(&b'*'));
    let length = |address: &Address| address.host.iter().filter(|byte| **byte != b'*').count();
    (is_wild, std::cmp::Reverse(addresses.iter().map(length).max().unwrap_or(0)))
}
