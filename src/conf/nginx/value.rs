//! Values with variables: `$host`, `$arg_x`, captures, `set`, `map` and `geo`.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http_script.c`, `ngx_http_variables.c`, `modules/ngx_http_map_module.c`,
//! `modules/ngx_http_geo_module.c`. A variable that depends on what is not known is [`Unmodelled`].

use std::collections::HashMap;
use std::net::IpAddr;

use crate::conf::Unmodelled;
use crate::conf::nginx::location::regex;
use crate::conf::nginx::tree::Directive;

/// What variables are taken from.
pub struct Facts<'a> {
    /// The `http` block, for `map` and `geo`.
    pub http: &'a Directive,
    /// The request's method.
    pub method: &'a [u8],
    /// `http` or `https`.
    pub scheme: &'a [u8],
    /// The host as nginx has it: lower case, without port.
    pub host: &'a [u8],
    /// The host as sent.
    pub raw_host: &'a [u8],
    /// The port of the server.
    pub port: u16,
    /// The target as sent.
    pub request_uri: &'a [u8],
    /// The normalised path as it stands now.
    pub uri: &'a [u8],
    /// The arguments as they stand now.
    pub args: &'a [u8],
    /// The client's address.
    pub client: IpAddr,
    /// The request head.
    pub head: &'a [u8],
    /// The user that the request claims.
    pub user: &'a [u8],
    /// Captures of the last regular expression, the whole match first.
    pub captures: &'a [Vec<u8>],
    /// Variables set by `set`.
    pub set: &'a HashMap<Vec<u8>, Vec<u8>>,
}

/// Maps within maps that are followed.
const DEEPEST: usize = 8;

impl Facts<'_> {
    /// The value of a text with variables in it.
    pub fn text(&self, text: &[u8]) -> Result<Vec<u8>, Unmodelled> {
        self.text_at(text, 0)
    }

    fn text_at(&self, text: &[u8], depth: usize) -> Result<Vec<u8>, Unmodelled> {
        let mut value = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            if text[at] != b'$' {
                value.push(text[at]);
                at += 1;
                continue;
            }
            let rest = &text[at + 1..];
            let (name, length) = if let Some(braced) = rest.strip_prefix(b"{") {
                let end = memchr::memchr(b'}', braced).unwrap_or(braced.len());
                (&braced[..end], end + 2)
            } else {
                let digits = rest.first().is_some_and(u8::is_ascii_digit);
                let end = if digits {
                    1
                } else {
                    rest.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(rest.len())
                };
                (&rest[..end], end)
            };
            value.extend(self.variable(name, depth)?);
            at += 1 + length;
        }
        Ok(value)
    }

    fn variable(&self, name: &[u8], depth: usize) -> Result<Vec<u8>, Unmodelled> {
        let not = |what: &str| {
            let name = String::from_utf8_lossy(name);
            Err(Unmodelled { place: None, what: format!("the variable ${name}{what}") })
        };
        if depth > DEEPEST {
            return not(", which refers to itself");
        }
        if let [digit @ b'0'..=b'9'] = name {
            return Ok(self.captures.get(usize::from(digit - b'0')).cloned().unwrap_or_default());
        }
        let name_lower = name.to_ascii_lowercase();
        if let Some(value) = self.set.get(&name_lower) {
            return Ok(value.clone());
        }
        if let Some(map) = self.table("map", &name_lower) {
            return self.map(map, depth);
        }
        if let Some(geo) = self.table("geo", &name_lower) {
            return self.geo(geo, depth);
        }
        if let Some(argument) = name_lower.strip_prefix(b"arg_") {
            return Ok(self.argument(argument));
        }
        Ok(match name_lower.as_slice() {
            b"host" => self.host.to_vec(),
            b"http_host" => self.raw_host.to_vec(),
            b"uri" | b"document_uri" => self.uri.to_vec(),
            b"request_uri" => self.request_uri.to_vec(),
            b"args" | b"query_string" => self.args.to_vec(),
            b"is_args" => {
                if self.args.is_empty() {
                    Vec::new()
                } else {
                    b"?".to_vec()
                }
            }
            b"request_method" => self.method.to_vec(),
            b"scheme" => self.scheme.to_vec(),
            b"https" => {
                if self.scheme == b"https" {
                    b"on".to_vec()
                } else {
                    Vec::new()
                }
            }
            b"remote_addr" => self.client.to_string().into_bytes(),
            b"remote_user" => self.user.to_vec(),
            b"server_port" => self.port.to_string().into_bytes(),
            b"server_protocol" => b"HTTP/1.1".to_vec(),
            b"content_length" | b"content_type" => self.header(&name_lower),
            other if other.starts_with(b"cookie_") => self.cookie(&other[7..]),
            other if other.starts_with(b"http_") => self.header(&other[5..]),
            _ => return not(""),
        })
    }

    /// The first header of this name, in lower case and with `_` for `-`. Names that have a `_` themselves are dropped by nginx.
    fn header(&self, wanted: &[u8]) -> Vec<u8> {
        let lines = self.head.split(|byte| *byte == b'\n').skip(1);
        let mut found = lines.filter_map(|line| {
            let (name, value) = crate::bytes::split_once(line, b':')?;
            let same = name.len() == wanted.len()
                && name.iter().zip(wanted).all(|(own, wanted)| match own {
                    b'-' => *wanted == b'_',
                    b'_' => false,
                    own => own.eq_ignore_ascii_case(wanted),
                });
            same.then(|| value.trim_ascii().to_vec())
        });
        found.next().unwrap_or_default()
    }

    fn cookie(&self, wanted: &[u8]) -> Vec<u8> {
        let cookies = self.header(b"cookie");
        let pairs = cookies.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let mut found = pairs.filter_map(|pair| {
            let (name, value) = crate::bytes::split_once(pair, b'=')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.to_vec())
        });
        found.next().unwrap_or_default()
    }

    fn argument(&self, name: &[u8]) -> Vec<u8> {
        let pairs = self.args.split(|byte| *byte == b'&');
        let values = pairs.filter_map(|pair| crate::bytes::split_once(pair, b'='));
        values
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_vec())
            .next()
            .unwrap_or_default()
    }

    /// The `map` or `geo` that sets the variable.
    fn table(&self, kind: &'static str, name: &[u8]) -> Option<&Directive> {
        self.http.all(kind).find(|table| {
            let variable = table.args.last().map(|last| last.to_ascii_lowercase());
            variable.is_some_and(|variable| variable.strip_prefix(b"$") == Some(name))
        })
    }

    fn map(&self, map: &Directive, depth: usize) -> Result<Vec<u8>, Unmodelled> {
        let source = self.text_at(map.arg(0), depth + 1)?;
        let lower = source.to_ascii_lowercase();
        let hostnames = map.first("hostnames").is_some();
        let mut default: &[u8] = b"";
        let mut wildcard: Option<(usize, &[u8])> = None;
        let mut pattern: Option<&[u8]> = None;
        for row in &map.block {
            let value = row.arg(0);
            match row.name.as_slice() {
                b"default" => default = value,
                b"hostnames" | b"volatile" => {}
                b"include" => return self.unmodelled(map, "an include in a map"),
                key if key.starts_with(b"~") => {
                    let (key, caseless) = key[1..].strip_prefix(b"*").map_or((&key[1..], false), |key| (key, true));
                    let Some(regex) = regex(key, caseless) else {
                        return self.unmodelled(row, "a regular expression that this program can't read");
                    };
                    if pattern.is_none() && regex.is_match(&source) {
                        pattern = Some(value);
                    }
                }
                key => {
                    let key = key.strip_prefix(b"\\").unwrap_or(key).to_ascii_lowercase();
                    if key == lower {
                        return self.text_at(value, depth + 1);
                    }
                    let suffix = key.strip_prefix(b"*").filter(|suffix| hostnames && lower.ends_with(suffix));
                    if let Some(suffix) = suffix
                        && wildcard.is_none_or(|(length, _)| suffix.len() > length)
                    {
                        wildcard = Some((suffix.len(), value));
                    }
                }
            }
        }
        let value = wildcard.map(|(_, value)| value).or(pattern).unwrap_or(default);
        self.text_at(value, depth + 1)
    }

    fn geo(&self, geo: &Directive, depth: usize) -> Result<Vec<u8>, Unmodelled> {
        let address = match geo.args.as_slice() {
            [source, _] => {
                let text = self.text_at(source, depth + 1)?;
                std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok())
            }
            _ => Some(self.client),
        };
        let mut best: Option<(u8, &[u8])> = None;
        let mut default: &[u8] = b"";
        for row in &geo.block {
            match row.name.as_slice() {
                b"default" => default = row.arg(0),
                b"ranges" | b"proxy" | b"proxy_recursive" | b"include" | b"delete" => {
                    return self.unmodelled(row, "this part of a geo");
                }
                network => {
                    if let Some(network) = Network::parse(network)
                        && address.is_some_and(|address| network.holds(address))
                        && best.is_none_or(|(length, _)| network.length >= length)
                    {
                        best = Some((network.length, row.arg(0)));
                    }
                }
            }
        }
        Ok(best.map_or(default, |(_, value)| value).to_vec())
    }

    fn unmodelled(&self, directive: &Directive, what: &str) -> Result<Vec<u8>, Unmodelled> {
        let _ = self;
        Err(Unmodelled { place: Some(directive.place.clone()), what: what.to_owned() })
    }
}

/// A network: an address and the number of its leading bits that count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

impl Network {
    /// `10.0.0.0/8`, `::1`, …
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Some(most), |length| length.parse().ok()).filter(|length| *length <= most)?;
        Some(Self { address, length })
    }

    /// Whether an address is in it. A client of IPv4 mapped into IPv6 is held against networks of IPv4.
    #[must_use]
    pub fn holds(&self, client: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, true),
            IpAddr::V6(address) => (address.to_bits(), false),
        };
        let ((network, four), (client, client_four)) = (bits(self.address), bits(client.to_canonical()));
        let mask = if self.length == 0 { 0 } else { u128::MAX << (128 - u32::from(self.length)) };
        four == client_four && network & mask == client & mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_they_mask() {
        let network = Network::parse(b"127.9.9.9/8").unwrap();
        assert!(network.holds("127.0.0.1".parse().unwrap()) && !network.holds("128.0.0.1".parse().unwrap()));
        assert!(Network::parse(b"0.0.0.0/0").unwrap().holds("1.2.3.4".parse().unwrap()));
        assert!(Network::parse(b"127.0.0.1").unwrap().holds("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!Network::parse(b"::1").unwrap().holds("127.0.0.1".parse().unwrap()));
    }
}
