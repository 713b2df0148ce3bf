//! Whether a block holds for a request.
//!
//! Behaviour of lighttpd 1.4.69 `src/configfile-glue.c:config_check_cond_nocache`. What can't be told is not known: `None`.

use std::net::IpAddr;

use crate::bytes::split_once;
use crate::conf::apache::net::Network;
use crate::conf::lighttpd::tree::{Condition, Tree};

/// A request, as conditions look at it.
pub struct Facts<'a> {
    /// `http` or `https`.
    pub scheme: &'a [u8],
    /// The host as sent, with its port if it was; in lower case.
    pub host: &'a [u8],
    /// The server's address that the client connects to, where it is known.
    pub address: Option<IpAddr>,
    /// The port that the client connects to.
    pub port: u16,
    /// The normalised path.
    pub path: &'a [u8],
    /// What follows the `?`.
    pub query: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The client's address.
    pub client: IpAddr,
}

/// Whether the block of this number holds: its condition and those around it, and none of those whose `else` it is.
#[must_use]
pub fn holds(tree: &Tree, block: usize, facts: &Facts<'_>) -> Option<bool> {
    let Some(own) = tree.blocks.get(block) else { return Some(false) };
    let around = own.parent.map_or(Some(true), |parent| holds(tree, parent, facts));
    let mut before = own.before;
    let mut earlier = Some(false);
    while let Some(other) = before.and_then(|at| tree.blocks.get(at)) {
        earlier = or(earlier, other.condition.as_ref().map_or(Some(true), |condition| facts.holds(condition)));
        before = other.before;
    }
    let own = own.condition.as_ref().map_or(Some(true), |condition| facts.holds(condition));
    and(and(around, earlier.map(|earlier| !earlier)), own)
}

const fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

const fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}

impl Facts<'_> {
    fn holds(&self, condition: &Condition) -> Option<bool> {
        let text = &condition.text[..];
        match condition.field.as_str() {
            "HTTP[\"host\"]" => {
                let port = self.port.to_string();
                let host = match (has_port(text), has_port(self.host)) {
                    _ if matches!(condition.operator, "=~" | "!~") => self.host.to_vec(),
                    (true, false) => [self.host, b":", port.as_bytes()].concat(),
                    (false, true) => without_port(self.host).to_vec(),
                    _ => self.host.to_vec(),
                };
                compare(condition.operator, &host, &text.to_ascii_lowercase(), text)
            }
            "HTTP[\"url\"]" => compare(condition.operator, self.path, text, text),
            "HTTP[\"querystring\"]" | "HTTP[\"query-string\"]" => compare(condition.operator, self.query, text, text),
            "HTTP[\"scheme\"]" => compare(condition.operator, self.scheme, text, text),
            "HTTP[\"request-method\"]" | "HTTP[\"requestmethod\"]" => {
                compare(condition.operator, self.method, text, text)
            }
            "HTTP[\"remoteip\"]" | "HTTP[\"remote-ip\"]" => self.client_is(condition),
            "SERVER[\"socket\"]" => self.socket_is(condition),
            _ => None,
        }
    }

    fn client_is(&self, condition: &Condition) -> Option<bool> {
        if matches!(condition.operator, "==" | "!=") {
            let (address, mask) = split_once(&condition.text, b'/')
                .map_or((&condition.text[..], None), |(address, mask)| (address, Some(mask)));
            let network = Network::parse(address, mask).ok()?;
            return Some(network.holds(self.client) == (condition.operator == "=="));
        }
        compare(condition.operator, self.client.to_string().as_bytes(), &condition.text, &condition.text)
    }

    /// A socket with an address of its own is known only where the client's connection is.
    fn socket_is(&self, condition: &Condition) -> Option<bool> {
        let text = std::str::from_utf8(&condition.text).ok()?;
        let (address, port) = text.rsplit_once(':')?;
        let same = if port.parse() == Ok(self.port) {
            let address = address.trim_matches(['[', ']']);
            match (address.parse::<IpAddr>().ok(), self.address) {
                (None, _) if address.is_empty() => true,
                (Some(own), _) if own.is_unspecified() => true,
                (Some(own), Some(asked)) => own == asked,
                _ => return None,
            }
        } else {
            false
        };
        match condition.operator {
            "==" => Some(same),
            "!=" => Some(!same),
            _ => None,
        }
    }
}

fn compare(operator: &str, value: &[u8], text: &[u8], pattern: &[u8]) -> Option<bool> {
    Some(match operator {
        "==" => value == text,
        "!=" => value != text,
        "=^" => value.starts_with(text),
        "=$" => value.ends_with(text),
        "=~" => matches(pattern, value)?,
        "!~" => !matches(pattern, value)?,
        _ => return None,
    })
}

/// Whether a regular expression matches; `None` where it is of a kind that can't be read here.
#[must_use]
pub fn matches(pattern: &[u8], value: &[u8]) -> Option<bool> {
    let pattern = std::str::from_utf8(pattern).ok()?;
    let regex = regex::bytes::RegexBuilder::new(pattern).unicode(false).build().ok()?;
    Some(regex.is_match(value))
}

fn has_port(host: &[u8]) -> bool {
    let end = memchr::memrchr(b']', host).map_or(0, |end| end + 1);
    memchr::memchr(b':', &host[end..]).is_some()
}

fn without_port(host: &[u8]) -> &[u8] {
    let end = memchr::memrchr(b']', host).map_or(0, |end| end + 1);
    let colon = memchr::memchr(b':', &host[end..]).map_or(host.len(), |at| end + at);
    &host[..colon]
}
