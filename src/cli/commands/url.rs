//! `why401 url`: from a URL to the verdict, starting from the configuration of the server on this host.

use std::ffi::OsString;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::credential::{self, Presented};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::host::Disk;
use crate::cli::identity::Identity;
use crate::cli::io::Io;
use crate::conf::nginx::tree;
use crate::crypt::Work;
use crate::inquiry::{Finding, Link, Means, Request, nginx};
use crate::render;
use crate::render::human::{Answer, Report};
use crate::render::style::Role;
use crate::render::text::printable;
use crate::server::{Server, UserFile};

pub(super) const ROW: Row = Row {
    name: "url",
    about: "Tell what the server on this host answers to a request for a URL, and which configuration says so",
    after: "Nothing is sent anywhere: the server's configuration and files are read. What is not modelled is named and makes the \
            verdict `undecided`.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let usage = "why401 url URL USER [OPTIONS]\n       why401 url URL --authorization VALUE | --request FILE | --anonymous [OPTIONS]";
    let command = command
        .override_usage(usage)
        .arg(Arg::new("url").value_name("URL").required(true).help("The URL, such as http://localhost/staff/"))
        .arg(args::user(false));
    credential::args(command)
        .arg(
            Arg::new("server")
                .long("server")
                .value_name("SERVER")
                .default_value("nginx")
                .help("The server that serves it"),
        )
        .arg(
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Its main configuration file [default: where distributions put it]"),
        )
        .arg(
            Arg::new("sysroot")
                .long("sysroot")
                .value_name("DIR")
                .default_value("/")
                .value_parser(value_parser!(PathBuf))
                .help("Take all files from the tree below DIR"),
        )
        .arg(Arg::new("method").long("method").value_name("METHOD").default_value("GET").help("The request's method"))
        .arg(
            Arg::new("client")
                .long("client")
                .value_name("IP")
                .default_value("127.0.0.1")
                .value_parser(value_parser!(IpAddr))
                .help("The client's address, for rules on addresses"),
        )
        .arg(
            Arg::new("run-as")
                .long("run-as")
                .value_name("NAME")
                .help("Ask too whether this user can read the user file; needs root"),
        )
        .arg(args::work_limit())
        .arg(Arg::new("trace").long("trace").action(clap::ArgAction::SetTrue).help("Show every step of the decision"))
        .arg(args::unmask())
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    credential::check(matches)?;
    let server = args::server(matches.get_one::<String>("server").map_or("nginx", String::as_str))?;
    let product = server.info().name.split('/').next().unwrap_or_default();
    if product != "nginx" {
        return Err(Error::usage(format!("the configuration of {product} can't be read yet"))
            .help("name the user file and ask `why401 test FILE`"));
    }
    let disk = Disk::below(matches.get_one::<PathBuf>("sysroot").cloned().unwrap_or_else(|| PathBuf::from("/")));
    let config = config(matches, &disk)?;
    let run_as = matches.get_one::<String>("run-as").map(|name| Identity::named(name)).transpose()?;
    let tree = tree::read(&config, &disk).map_err(|trouble| {
        Error::new(Exit::Failed, "configuration", format!("nginx would not start: {}", trouble.message))
            .at(trouble.place.to_string())
    })?;
    let Presented { head, user, notes } = credential::head_of(matches)?;
    let request = request(matches, head.expose().to_vec())?;
    let mut work = Work::limited(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
    let users =
        |path: &Path| -> Box<dyn UserFile> { Box::new(DiskFile::seen_by_server(&disk.real(path), run_as.clone())) };
    let finding = nginx::ask(&tree, &request, &Means { server, files: &disk, users: &users }, &mut work);
    print(matches, io, server, finding, user.as_deref(), notes)
}

/// The main configuration file: as said, or where distributions put it.
fn config(matches: &ArgMatches, disk: &Disk) -> Result<PathBuf, Error> {
    use crate::conf::{Files, Kind};
    const USUAL: &[&str] =
        &["/etc/nginx/nginx.conf", "/usr/local/nginx/conf/nginx.conf", "/usr/local/etc/nginx/nginx.conf"];
    if let Some(path) = matches.get_one::<PathBuf>("config") {
        return Ok(path.clone());
    }
    let found = USUAL.iter().map(PathBuf::from).find(|path| disk.kind(path) == Some(Kind::File));
    found.ok_or_else(|| {
        Error::new(Exit::CouldNot, "configuration", "no configuration of nginx was found")
            .help("name it with --config FILE")
    })
}

/// The parts of the URL that a configuration looks at.
fn request(matches: &ArgMatches, head: Vec<u8>) -> Result<Request, Error> {
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

fn print(
    matches: &ArgMatches,
    io: &mut Io,
    server: &'static dyn Server,
    finding: Finding,
    user: Option<&[u8]>,
    mut unchecked: Vec<String>,
) -> Result<Exit, Error> {
    let unmask = matches.get_flag("unmask");
    let verdict = finding.decision.verdict;
    let file = finding.user_file.as_ref().map(|path| OsString::from(path.as_os_str()));
    let shown = file.as_deref().map_or_else(String::new, |path| printable(path.as_bytes()));
    if io.json {
        let mut decision = render::json::decision(server, &finding.decision, &[], unmask);
        decision["chain"] = json!(finding.chain.iter().map(link).collect::<Vec<_>>());
        let user = user.map(render::json::bytes);
        let url = matches.get_one::<String>("url");
        let file = file.as_deref().map(|path| render::json::bytes(path.as_bytes()));
        io.document(&json!({"url": url, "file": file, "user": user, "decisions": [decision]}))?;
        return Ok(Exit::of(verdict));
    }
    if matches.get_one::<String>("run-as").is_none() {
        unchecked.push("whether the server's own user can read the files (--run-as NAME does, as root)".to_owned());
    }
    let disk_file = file.as_deref().map(|path| DiskFile::seen_by_server(Path::new(path), None));
    let answers: Vec<Answer> = vec![(server, finding.decision)];
    let report = Report {
        file: &shown,
        user: &user.map_or_else(|| "this request".to_owned(), printable),
        answers: &answers,
        excerpt: &|entry, at| disk_file.as_ref()?.excerpt(entry, at),
        trace: matches.get_flag("trace"),
        unmask,
        style: io.style,
    };
    io.out().write_all(render::human::report(&report).as_bytes())?;
    let heading = io.style.paint(Role::Strong, "how it comes:");
    writeln!(io.out(), "\n{heading}")?;
    for link in &finding.chain {
        let place = link.place.as_ref().map_or_else(String::new, |place| format!("  {place}"));
        let place = io.style.paint(Role::Frame, &place);
        writeln!(io.out(), "  {}{place}", link.text)?;
    }
    let unchecked = render::human::unchecked(&unchecked, io.style);
    io.out().write_all(unchecked.as_bytes())?;
    Ok(Exit::of(verdict))
}

fn link(link: &Link) -> Value {
    let place = link.place.as_ref().map(|place| {
        json!({"file": render::json::bytes(place.file.as_os_str().as_bytes()), "line": place.line, "column": place.column})
    });
    json!({"rule": link.rule, "text": link.text, "place": place})
}
