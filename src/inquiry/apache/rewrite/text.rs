//! Addresses in what rules make: schemes, arguments, this server's own address.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c`: `is_absolute_uri`, `splitout_queryargs`, `reduce_uri`,
//! `fully_qualify_uri`, `subst_prefix_path`.

use crate::conf::apache::pattern;
use crate::conf::apache::rewrite::{Flags, Rule};
use crate::inquiry::apache::{Run, Stop};
use crate::inquiry::host_of;

/// Schemes, and whether arguments may follow their addresses.
const SCHEMES: &[(&[u8], bool)] = &[
    (b"ajp://", true),
    (b"balancer://", true),
    (b"ftp://", false),
    (b"fcgi://", true),
    (b"gopher://", false),
    (b"http://", true),
    (b"https://", true),
    (b"h2://", true),
    (b"h2c://", true),
    (b"ldap://", false),
    (b"mailto:", true),
    (b"news:", false),
    (b"nntp://", false),
    (b"scgi://", true),
    (b"ws://", true),
    (b"wss://", true),
    (b"unix:", false),
];

/// The length of an address's scheme, and whether arguments may follow.
pub(super) fn is_absolute(text: &[u8]) -> Option<(usize, bool)> {
    if text.len() <= 5 {
        return None;
    }
    let found = SCHEMES
        .iter()
        .find(|(scheme, _)| text.len() >= scheme.len() && text[..scheme.len()].eq_ignore_ascii_case(scheme));
    found.map(|(scheme, args)| (scheme.len(), *args))
}

/// Cuts the arguments off the path.
pub(super) fn split_args(file: &mut Vec<u8>, args: &mut Vec<u8>, flags: &Flags) {
    if flags.args_none {
        args.clear();
        return;
    }
    let skip = match is_absolute(file) {
        Some((_, false)) => {
            args.clear();
            return;
        }
        Some((length, true)) => length,
        None => 0,
    };
    if flags.args_discard {
        args.clear();
    }
    let rest = &file[skip..];
    let mark = if flags.args_last { memchr::memrchr(b'?', rest) } else { memchr::memchr(b'?', rest) };
    let Some(mark) = mark else { return };
    let own = file.split_off(skip + mark);
    let own = &own[1..];
    if !flags.args_append {
        *args = own.to_vec();
    } else if !own.is_empty() {
        *args = [own, b"&", &args[..]].concat();
    }
    if args.last() == Some(&b'&') {
        args.pop();
    }
}

/// A path with this server's address before it.
pub(super) fn absolute(run: &Run<'_>, path: &[u8]) -> Vec<u8> {
    if is_absolute(path).is_some() {
        return path.to_vec();
    }
    let slash: &[u8] = if path.starts_with(b"/") { b"" } else { b"/" };
    [&run.request.scheme[..], b"://", &run.request.host, slash, path].concat()
}

/// The path behind this server's own address.
pub(super) fn reduced(run: &Run<'_>, text: &[u8], rule: &Rule) -> Result<Option<Vec<u8>>, Stop> {
    let scheme = [&run.request.scheme[..], b"://"].concat();
    if text.len() <= scheme.len() || !text[..scheme.len()].eq_ignore_ascii_case(&scheme) {
        return Ok(None);
    }
    let rest = &text[scheme.len()..];
    let end = memchr::memchr(b'/', rest).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = if path.is_empty() { b"/".to_vec() } else { path.to_vec() };
    let default = if run.request.scheme == b"https" { 443 } else { 80 };
    let (host, port) = match crate::bytes::split_once(host, b':') {
        Some((host, port)) => (host, std::str::from_utf8(port).ok().and_then(|port| port.parse().ok()).unwrap_or(0)),
        None => (host, default),
    };
    let lower = host.to_ascii_lowercase();
    let addresses = &run.host.addresses;
    if addresses.iter().any(|one| (one.port == 0 || one.port == port) && one.name.eq_ignore_ascii_case(&lower)) {
        return Ok(Some(path));
    }
    let named = run.host.name.as_deref() == Some(&lower[..])
        || run.host.aliases.iter().any(|alias| pattern::matches(alias, &lower));
    if !named && run.host.name.is_some() {
        return Ok(None);
    }
    let what = "whether this address is the server's own";
    let own = match run.own_port() {
        _ if !named => run.either(&rule.place, what)?,
        Some(own) => own == port,
        None => run.either(&rule.place, what)?,
    };
    Ok(own.then_some(path))
}

/// A path with what it begins with replaced.
pub(super) fn moved(path: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let from = from.strip_suffix(b"/").unwrap_or(from);
    let rest = path.strip_prefix(from)?.strip_prefix(b"/")?;
    let slash: &[u8] = if to.is_empty() || to.ends_with(b"/") { b"" } else { b"/" };
    Some([to, slash, rest].concat())
}

impl Run<'_> {
    /// The port that the server takes for its own: of the virtual host's addresses, or of its name.
    pub(super) fn own_port(&self) -> Option<u16> {
        let addresses = &self.host.addresses;
        match addresses.first() {
            Some(first) if first.port != 0 => Some(first.port),
            _ => None,
        }
    }

    /// The port of the request, as `%{SERVER_PORT}` tells it.
    pub(in crate::inquiry::apache) fn server_port(&self) -> Option<u16> {
        let name = host_of(&self.request.host);
        let sent = self.request.host.get(name.len()..)?;
        let sent = sent.strip_prefix(b".").unwrap_or(sent);
        if self.mentions(&[b"usecanonicalname", b"usecanonicalphysicalport"]) {
            return None;
        }
        if let Some(port) = sent.strip_prefix(b":") {
            return std::str::from_utf8(port).ok()?.parse().ok();
        }
        let default = if self.request.scheme == b"https" { 443 } else { 80 };
        let own = self.own_port();
        if self.request.port == default && own.is_none_or(|own| own == default) { Some(default) } else { own }
    }
}
