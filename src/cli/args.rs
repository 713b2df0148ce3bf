//! Arguments and options that several commands share.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, ArgMatches, value_parser};

use crate::cli::error::Error;
use crate::server::{self, SERVERS, Server};

/// The servers that are asked where none are named.
pub const DEFAULT_SERVERS: &str = "apache,nginx,nginx/musl,lighttpd";

/// `--json`.
#[must_use]
pub fn json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print one JSON document and nothing else")
}

/// FILE.
#[must_use]
pub fn file() -> Arg {
    Arg::new("file").value_name("FILE").required(true).value_parser(value_parser!(OsString)).help("The .htpasswd file")
}

/// USER.
#[must_use]
pub fn user(required: bool) -> Arg {
    Arg::new("user").value_name("USER").required(required).value_parser(value_parser!(OsString)).help("The user name")
}

/// USER…, one or more.
#[must_use]
pub fn users(help: &'static str) -> Arg {
    Arg::new("user")
        .value_name("USER")
        .required(true)
        .num_args(1..)
        .action(ArgAction::Append)
        .value_parser(value_parser!(OsString))
        .help(help)
}

/// A list of servers under the option `name`.
#[must_use]
pub fn servers(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("SERVER,…").action(ArgAction::Append).help(help)
}

/// `--unmask`.
#[must_use]
pub fn unmask() -> Arg {
    Arg::new("unmask")
        .long("unmask")
        .action(ArgAction::SetTrue)
        .help("Show hashes and credentials instead of masking them")
}

/// `--work-limit`.
#[must_use]
pub fn work_limit() -> Arg {
    Arg::new("work-limit")
        .long("work-limit")
        .value_name("SECONDS")
        .default_value("10")
        .value_parser(seconds)
        .help("Compute no hash that is estimated to take longer")
}

/// `--budget`.
#[must_use]
pub fn budget() -> Arg {
    Arg::new("budget")
        .long("budget")
        .value_name("SECONDS")
        .default_value("3")
        .value_parser(seconds)
        .help("Search near misses of the password for at most this long")
}

/// A number of seconds, as an option gives it.
pub fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => Ok(seconds),
        _ => Err("not a number of seconds".to_owned()),
    }
}

/// The value of an argument that is required or has a default.
#[must_use]
pub fn os<'a>(matches: &'a ArgMatches, name: &str) -> &'a OsStr {
    matches.get_one::<OsString>(name).map_or(OsStr::new(""), OsString::as_os_str)
}

/// The servers named by the option `name`: `None` where it was not given.
pub fn named_servers(matches: &ArgMatches, name: &str) -> Result<Option<Vec<&'static dyn Server>>, Error> {
    let Some(lists) = matches.get_many::<String>(name) else { return Ok(None) };
    let mut servers: Vec<&'static dyn Server> = Vec::new();
    for list in lists {
        add_servers(list, &mut servers)?;
    }
    Ok(Some(servers))
}

/// The servers to ask where the command line names none: `$WHY401_SERVER`, else the default.
pub fn default_servers() -> Result<Vec<&'static dyn Server>, Error> {
    let mut servers = Vec::new();
    add_servers(from_environment().as_deref().unwrap_or(DEFAULT_SERVERS), &mut servers)?;
    Ok(servers)
}

/// `$WHY401_SERVER`
#[must_use]
pub fn from_environment() -> Option<String> {
    std::env::var("WHY401_SERVER").ok().filter(|list| !list.is_empty())
}

fn add_servers(list: &str, servers: &mut Vec<&'static dyn Server>) -> Result<(), Error> {
    for name in list.split(',') {
        if name == "all" {
            servers.extend(SERVERS.iter().copied());
        } else {
            servers.push(server(name)?);
        }
    }
    let mut seen: Vec<&str> = Vec::new();
    servers.retain(|server| {
        let name = server.info().name;
        let first = !seen.contains(&name);
        seen.push(name);
        first
    });
    Ok(())
}

/// The server of this name.
pub fn server(name: &str) -> Result<&'static dyn Server, Error> {
    server::find(name).ok_or_else(|| unknown_server(name))
}

fn unknown_server(name: &str) -> Error {
    let near: Vec<&str> =
        SERVERS.iter().map(|server| server.info().name).filter(|known| is_near(known, name)).take(5).collect();
    let error = Error::usage(format!("there is no server `{name}`"));
    if near.is_empty() {
        error.help("`why401 servers` lists them")
    } else {
        error.help(format!("did you mean {}? `why401 servers` lists all", near.join(" or ")))
    }
}

/// Whether one begins the other, or they differ in few letters.
fn is_near(known: &str, typed: &str) -> bool {
    let typed = typed.to_ascii_lowercase();
    let same = known.bytes().filter(|byte| typed.as_bytes().contains(byte)).count();
    (!typed.is_empty() && (known.starts_with(&typed) || typed.starts_with(known)))
        || (known.len().abs_diff(typed.len()) <= 2
            && same + 1 >= known.len()
            && known.as_bytes().first() == typed.as_bytes().first())
}
