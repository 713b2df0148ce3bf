//! Which server block answers: by the socket the connection came to, then by name.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http.c:ngx_http_optimize_servers`, `src/http/ngx_http_request.c:ngx_http_find_virtual_server`.

use std::collections::HashSet;
use std::net::IpAddr;

use regex::bytes::RegexBuilder;

use crate::conf::nginx::tree::Directive;

/// A socket of a `listen` directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// The address; `None` for the wildcard.
    pub address: Option<IpAddr>,
    /// The port.
    pub port: u16,
    /// Whether this server is the default of the socket.
    pub default: bool,
}

/// The sockets of a server block; none for those of UNIX domain.
#[must_use]
pub fn sockets(server: &Directive) -> Vec<Listen> {
    let mut sockets: Vec<Listen> = server.all("listen").filter_map(socket).collect();
    if server.first("listen").is_none() {
        sockets.push(Listen { address: None, port: 80, default: false });
    }
    sockets
}

fn socket(listen: &Directive) -> Option<Listen> {
    let text = std::str::from_utf8(listen.arg(0)).ok()?;
    if text.starts_with("unix:") {
        return None;
    }
    let default = listen.args.iter().skip(1).any(|arg| arg == b"default_server" || arg == b"default");
    if let Ok(port) = text.parse() {
        return Some(Listen { address: None, port, default });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (text, 80),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = match host {
        "*" => None,
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        host => Some(host.parse::<IpAddr>().ok()?).filter(|address| !address.is_unspecified()),
    };
    Some(Listen { address, port, default })
}

/// How the server was chosen, for the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Its name is the host, letter for letter.
    Exact,
    /// A wildcard name covers the host.
    Wildcard,
    /// A regular expression matches the host.
    Regex,
    /// No name fits: the default of the socket, said or first.
    Default,
}

/// The server blocks that the socket of a connection to `address` leads to, in file order.
#[must_use]
pub fn of_socket<'c>(servers: &[&'c Directive], address: Option<IpAddr>, port: u16) -> Vec<&'c Directive> {
    let has = |server: &&&'c Directive, wanted: Option<IpAddr>| {
        sockets(server).iter().any(|listen| listen.port == port && listen.address == wanted)
    };
    if address.is_some() {
        let exact: Vec<&Directive> = servers.iter().filter(|server| has(server, address)).copied().collect();
        if !exact.is_empty() {
            return exact;
        }
    }
    servers.iter().filter(|server| has(server, None)).copied().collect()
}

/// The server among those of one socket that answers for `host`, and the name that won. `host` is lower case, without
/// port and final dot; `None` for a request without host. A regular expression that this program can't read counts as not
/// matching and is returned as the third part.
#[must_use]
pub fn by_name<'c>(
    servers: &[&'c Directive],
    port: u16,
    host: Option<&[u8]>,
) -> Option<(&'c Directive, Chosen, Option<&'c Directive>)> {
    let mut unread = None;
    let mut names: Vec<(&'c Directive, Vec<u8>)> = servers
        .iter()
        .flat_map(|server| {
            let names: Vec<Vec<u8>> = server.all("server_name").flat_map(|names| names.args.clone()).collect();
            let names = if names.is_empty() { vec![Vec::new()] } else { names };
            names.into_iter().map(move |name| (*server, name))
        })
        .collect();
    without_conflicts(&mut names);
    let host = host.unwrap_or(b"");
    let lower = |name: &[u8]| name.to_ascii_lowercase();
    let exact = names.iter().find(|(_, name)| {
        let name = lower(name);
        name == host || (name.first() == Some(&b'.') && name[1..] == *host)
    });
    if let Some((server, _)) = exact {
        return Some((server, Chosen::Exact, None));
    }
    let suffix = |name: &[u8]| -> Option<usize> {
        let name = lower(name);
        let suffix = name.strip_prefix(b"*").unwrap_or(&name);
        (suffix.starts_with(b".") && host.len() > suffix.len() && host.ends_with(suffix)).then_some(suffix.len())
    };
    let prefix = |name: &[u8]| -> Option<usize> {
        let name = lower(name);
        let prefix = name.strip_suffix(b"*").filter(|prefix| prefix.ends_with(b"."))?;
        (host.len() > prefix.len() && host.starts_with(prefix)).then_some(prefix.len())
    };
    let longest = |length: &dyn Fn(&[u8]) -> Option<usize>| {
        let lengths = names.iter().filter_map(|(server, name)| Some((length(name)?, *server)));
        lengths.fold(None, |best: Option<(usize, &'c Directive)>, one| match best {
            Some(best) if best.0 >= one.0 => Some(best),
            _ => Some(one),
        })
    };
    if let Some((_, server)) = longest(&suffix).or_else(|| longest(&prefix)) {
        return Some((server, Chosen::Wildcard, None));
    }
    for (server, name) in &names {
        let Some(pattern) = name.strip_prefix(b"~") else { continue };
        let pattern = String::from_utf8_lossy(pattern).into_owned();
        match RegexBuilder::new(&pattern).unicode(false).case_insensitive(true).build() {
            Ok(regex) if regex.is_match(host) => return Some((server, Chosen::Regex, unread)),
            Ok(_) => {}
            Err(_) => unread = unread.or(Some(*server)),
        }
    }
    Some((default_of(servers, port)?, Chosen::Default, unread))
}

/// The server of a socket whose settings hold before the host is known.
#[must_use]
pub fn default_of<'c>(servers: &[&'c Directive], port: u16) -> Option<&'c Directive> {
    let said = |server: &&&'c Directive| sockets(server).iter().any(|listen| listen.port == port && listen.default);
    servers.iter().find(said).or_else(|| servers.first()).copied()
}

/// Drops the names that nginx ignores with a warning since a server before has them (`ngx_hash_add_key`): `.x` stands for `x` and
/// `*.x`, and is dropped whole where one of them is taken.
fn without_conflicts(names: &mut Vec<(&Directive, Vec<u8>)>) {
    let (mut exact, mut wild) = (HashSet::new(), HashSet::new());
    names.retain(|(_, name)| {
        let name = name.to_ascii_lowercase();
        if name.starts_with(b"~") {
            return true;
        }
        match (name.strip_prefix(b"."), name.strip_prefix(b"*.")) {
            (Some(domain), _) => {
                !exact.contains(domain) && wild.insert(domain.to_vec()) && exact.insert(domain.to_vec())
            }
            (None, Some(domain)) => wild.insert(domain.to_vec()),
            (None, None) => exact.insert(name),
        }
    });
}
