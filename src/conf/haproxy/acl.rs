//! Tests of a request, apart from those on credentials.
//!
//! Behaviour of HAProxy 2.6.12 `src/acl.c:parse_acl_expr`, `src/pattern.c`. What is not known is `None`.

use std::net::IpAddr;

use crate::bytes::split_once;
use crate::conf::apache::net::Network;

/// A request, as tests look at it.
pub struct Facts<'a> {
    /// `http` or `https`.
    pub scheme: &'a [u8],
    /// The host as sent.
    pub host: &'a [u8],
    /// The path as sent, without what follows the `?`.
    pub path: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The port that the client connects to.
    pub port: u16,
    /// The client's address.
    pub client: IpAddr,
}

/// How a value is held against texts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Same,
    Begins,
    Ends,
    Holds,
    Regex,
    Domain,
    Folder,
    Found,
}

impl Facts<'_> {
    /// Whether the test of this criterion holds for any of the values that follow it.
    #[must_use]
    pub fn holds(&self, criterion: &[u8], values: &[&[u8]]) -> Option<bool> {
        let criterion = std::str::from_utf8(criterion).ok()?;
        let (mut insensitive, mut how, mut at) = (false, None, 0);
        while let Some(flag) = values.get(at).filter(|value| value.starts_with(b"-")) {
            at += 1;
            match *flag {
                b"-i" => insensitive = true,
                b"--" => break,
                b"-m" => {
                    how = Some(match *values.get(at)? {
                        b"str" => How::Same,
                        b"beg" => How::Begins,
                        b"end" => How::Ends,
                        b"sub" => How::Holds,
                        b"reg" => How::Regex,
                        b"dom" => How::Domain,
                        b"dir" => How::Folder,
                        b"found" => How::Found,
                        _ => return None,
                    });
                    at += 1;
                }
                _ => return None,
            }
        }
        let values = &values[at..];
        let port = self.port.to_string();
        let host = self.host.to_ascii_lowercase();
        let (value, own) = match criterion {
            "always_true" => return Some(true),
            "always_false" => return Some(false),
            "ssl_fc" => return Some(self.scheme == b"https"),
            "src" => {
                let networks = values.iter().map(|value| {
                    let (address, mask) = split_once(value, b'/').map_or((*value, None), |(a, m)| (a, Some(m)));
                    Network::parse(address, mask).ok().map(|network| network.holds(self.client))
                });
                return networks.collect::<Option<Vec<bool>>>().map(|all| all.contains(&true));
            }
            "dst_port" => (port.as_bytes(), How::Same),
            "method" => (self.method, How::Same),
            "path" => (self.path, How::Same),
            "path_beg" => (self.path, How::Begins),
            "path_end" => (self.path, How::Ends),
            "path_sub" => (self.path, How::Holds),
            "path_reg" => (self.path, How::Regex),
            "path_dir" => (self.path, How::Folder),
            _ => {
                let (name, argument) = criterion.strip_suffix(')')?.split_once('(')?;
                if !argument.eq_ignore_ascii_case("host") {
                    return None;
                }
                // Names are compared as they are sent; hosts hardly ever are in capitals.
                let own = match name {
                    "hdr" | "req.hdr" => How::Same,
                    "hdr_beg" => How::Begins,
                    "hdr_end" => How::Ends,
                    "hdr_sub" => How::Holds,
                    "hdr_reg" => How::Regex,
                    "hdr_dom" => How::Domain,
                    "hdr_dir" => How::Folder,
                    _ => return None,
                };
                (if insensitive { &host[..] } else { self.host }, own)
            }
        };
        let how = how.unwrap_or(own);
        let lowered = |text: &[u8]| if insensitive { text.to_ascii_lowercase() } else { text.to_vec() };
        let value = lowered(value);
        let results = values.iter().map(|text| is(how, &value, &lowered(text), insensitive));
        results.collect::<Option<Vec<bool>>>().map(|all| all.contains(&true) || how == How::Found)
    }
}

fn is(how: How, value: &[u8], text: &[u8], insensitive: bool) -> Option<bool> {
    // A part between marks: of a path, or of a name.
    let part = |marks: &[u8]| {
        memchr::memmem::find_iter(value, text).any(|at| {
            let end = at + text.len();
            (at == 0 || marks.contains(&value[at - 1])) && (end == value.len() || marks.contains(&value[end]))
        })
    };
    Some(match how {
        How::Same => value == text,
        How::Begins => value.starts_with(text),
        How::Ends => value.ends_with(text),
        How::Holds => memchr::memmem::find(value, text).is_some(),
        How::Found => true,
        How::Folder => part(b"/?"),
        How::Domain => part(b"/?.:"),
        How::Regex => {
            let pattern = std::str::from_utf8(text).ok()?;
            let regex = regex::bytes::RegexBuilder::new(pattern).unicode(false).case_insensitive(insensitive).build();
            regex.ok()?.is_match(value)
        }
    })
}
