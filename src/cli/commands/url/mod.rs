//! `why401 url`: from a URL to the verdict, starting from the configuration of the server on this host.
//!
//! The flow is here: the server is found ([`find`]), its configuration read and asked ([`readers`]), then each kind of evidence
//! adds its [`Part`] ([`chain`] and its like), the causes are looked for ([`hints`]), and all is printed ([`answer`]).

mod access;
mod answer;
mod bans;
mod cause;
mod chain;
mod find;
mod generation;
mod hints;
mod logs;
mod part;
mod probe;
mod readers;
mod request;
mod stale;
mod unit;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use zeroize::Zeroize;

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::commands::url::access::Guard;
use crate::cli::commands::url::find::Found;
use crate::cli::commands::url::part::Part;
use crate::cli::commands::url::readers::{Model, Setting};
use crate::cli::credential::{self, Presented};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::host::Disk;
use crate::cli::io::Io;
use crate::cli::near;
use crate::cli::pace;
use crate::conf::Trouble;
use crate::host::identity::Identity;
use crate::inquiry::{Finding, Means, Request};

pub(super) const ROW: Row = Row {
    name: "url",
    about: "Tell what the server on this host answers to a request for a URL, and which configuration says so",
    after: "Nothing is sent anywhere without --probe: the server's configuration and files are read. What is not modelled is named and \
            makes the verdict `undecided`.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let usage = "why401 url URL USER [OPTIONS]\n       why401 url URL --authorization VALUE | --request FILE | --anonymous [OPTIONS]";
    let command = command
        .override_usage(usage)
        .arg(Arg::new("url").value_name("URL").required(true).help("The URL, such as http://localhost/staff/"))
        .arg(args::user(false));
    near::args(credential::args(command))
        .arg(
            Arg::new("server").long("server").value_name("SERVER").help(
                "The server that serves it, such as apache or nginx [default: the one whose configuration is found]",
            ),
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
        .arg(
            Arg::new("define")
                .long("define")
                .value_name("NAME")
                .action(clap::ArgAction::Append)
                .help("A name that the server is started with, as for `apache2 -D`; repeat for several"),
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
                .help("The user that the server runs as [default: that of its process, else of its configuration]"),
        )
        .arg(probe::arg())
        .args(logs::args())
        .arg(args::work_limit())
        .arg(Arg::new("trace").long("trace").action(clap::ArgAction::SetTrue).help("Show every step of the decision"))
        .arg(args::unmask())
}

/// What was asked and found.
struct Asked {
    disk: Disk,
    found: Found,
    finding: Finding,
    /// The user named on the command line.
    user: Option<Vec<u8>>,
    /// Who the server runs as, if that is known.
    who: Option<Identity>,
    request: Request,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    credential::check(matches)?;
    let disk = Disk::below(matches.get_one::<PathBuf>("sysroot").cloned().unwrap_or_else(|| PathBuf::from("/")));
    let Presented { head, user, notes: mut unchecked } = credential::head_of(matches)?;
    let request = request::request(matches, head.expose().to_vec())?;
    let found = find::find(matches, &disk, request.port)?;
    let disk = if found.root == disk.root() { disk } else { Disk::below(found.root.clone()) };
    let is_row = matches.get_one::<String>("server").is_some_and(|name| name.contains(['@', '/']));
    let generation = if is_row { None } else { generation::of(&found, &disk) };
    let found = Found { server: generation.as_ref().map_or(found.server, |(server, _)| *server), ..found };
    let model = read(matches, &disk, &found)?;
    let guard = Guard::new(&disk, access::who(matches, &found, &*model, &disk)?);
    if guard.who().is_none() || !rustix::process::geteuid().is_root() {
        unchecked.push("whether the server's own user can read the files (--run-as NAME does, as root)".to_owned());
    }
    let mut work = pace::work(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
    let means = Means { server: found.server, files: &disk, users: &|path: &Path| guard.open(path) };
    let mut finding = model.ask(&request, &means, &mut work).map_err(|trouble| would_not_start(&found, &trouble))?;
    finding.chain.splice(0..0, generation.map(|(_, link)| link));
    let mut parts: Vec<Part> = Vec::new();
    let stale = stale::part(&found, &*model, &finding, &disk);
    let is_stale = stale.as_ref().is_some_and(|part| !part.lines.is_empty());
    parts.extend(stale);
    parts.extend(guard.part(&finding, &found, io.style));
    parts.extend(unit::part(&found, &finding, &disk, io.style));
    parts.push(cause::part(&finding, &request, &disk, io.style));
    if matches.get_flag("probe") {
        parts.push(probe::part(&found, &request, &finding, is_stale, io.style)?);
    }
    parts.push(chain::part(&finding.chain, io.style));
    let asked = (user.as_deref(), finding.user_file.as_deref());
    let (logs, clients) = logs::part(matches, &*model, &disk, asked, &mut unchecked, io)?;
    parts.extend(logs);
    parts.extend(bans::part(&clients, &disk, &mut unchecked, io.style)?);
    let who = guard.who().cloned();
    drop(guard);
    let mut asked = Asked { disk, found, finding, user, who, request };
    let exit = answer::print(matches, io, &asked, parts, unchecked);
    asked.request.head.zeroize();
    exit
}

/// The configuration of the server.
fn read(matches: &ArgMatches, disk: &Disk, found: &Found) -> Result<Box<dyn Model>, Error> {
    let mut defines: Vec<String> = matches.get_many("define").into_iter().flatten().cloned().collect();
    defines.extend(found.started.defines.iter().cloned());
    let environ = found.running.as_ref().map(|one| PathBuf::from(format!("/proc/{}/environ", one.master.pid)));
    let environment = environ.and_then(|path| std::fs::read(path).ok()).filter(|bytes| !bytes.is_empty());
    // Its files may be named from the folder where it was started.
    let at = found.running.as_ref().filter(|_| found.reader.name == "traefik" && disk.root() == Path::new("/"));
    let started_in = at.and_then(|one| std::fs::read_link(format!("/proc/{}/cwd", one.master.pid)).ok());
    let program = found.program(disk);
    let setting = Setting {
        program: program.as_deref(),
        config: &found.config,
        disk,
        defines: &defines,
        folder: found.started.folder.as_deref().or(started_in.as_deref()),
        environment: environment.as_deref(),
    };
    (found.reader.read)(&setting).map_err(|trouble| would_not_start(found, &trouble))
}

fn would_not_start(found: &Found, trouble: &Trouble) -> Error {
    let message = format!("{} would not start: {}", found.reader.title, trouble.message);
    Error::new(Exit::Failed, "configuration", message).at(trouble.place.to_string())
}
