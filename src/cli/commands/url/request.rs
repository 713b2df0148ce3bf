//! The request that a URL and the options stand for.

use std::net::IpAddr;

use clap::ArgMatches;

use crate::cli::error::Error;
use crate::inquiry::Request;

/// The request, with a head that holds the credentials.
pub(super) fn request(matches: &ArgMatches, head: Vec<u8>) -> Result<Request, Error> {
    let url = matches.get_one::<String>("url").map_or("", String::as_str);
    let bad =
        || Error::usage(format!("`{url}` is no URL of http or https")).help("write it as http://HOST[:PORT]/PATH");
    let (scheme, rest) = url.split_once("://").ok_or_else(bad)?;
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return Err(bad()),
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port.parse().map_err(|_| bad())?),
        _ => (host, usual),
    };
    if name.is_empty() {
        return Err(bad());
    }
    let address = match name.trim_start_matches('[').trim_end_matches(']') {
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        name => name.parse().ok(),
    };
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Ok(Request {
        scheme: scheme.as_bytes().to_vec(),
        host: host.as_bytes().to_vec(),
        address,
        port,
        target: target.into_bytes(),
        method: matches.get_one::<String>("method").map_or_else(Vec::new, |method| method.clone().into_bytes()),
        client: matches.get_one::<IpAddr>("client").copied().unwrap_or_else(|| IpAddr::from([127, 0, 0, 1])),
        head,
    })
}
