//! `why401 url`: from a URL to the verdict, starting from the configuration of the server on this host.
//!
//! The flow is here: the server is found ([`find`]), its configuration read and asked ([`readers`]), then each kind of evidence
//! adds its [`Part`] ([`chain`] and its like), the causes are looked for ([`hints`]), and all is printed ([`answer`]).

mod answer;
mod chain;
mod find;
mod hints;
mod readers;
mod request;

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::commands::url::answer::Part;
use crate::cli::commands::url::find::Found;
use crate::cli::commands::url::readers::Setting;
use crate::cli::credential::{self, Presented};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::host::Disk;
use crate::cli::identity::Identity;
use crate::cli::io::Io;
use crate::cli::near;
use crate::crypt::Work;
use crate::inquiry::{Finding, Means, Request};
use crate::server::UserFile;

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
                .help("Ask too whether this user can read the user file; needs root"),
        )
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
    request: Request,
    /// Whose rights the user file is read with.
    run_as: Option<Identity>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    credential::check(matches)?;
    let disk = Disk::below(matches.get_one::<PathBuf>("sysroot").cloned().unwrap_or_else(|| PathBuf::from("/")));
    let found = find::find(matches, &disk)?;
    let run_as = matches.get_one::<String>("run-as").map(|name| Identity::named(name)).transpose()?;
    let Presented { head, user, notes: mut unchecked } = credential::head_of(matches)?;
    let request = request::request(matches, head.expose().to_vec())?;
    if run_as.is_none() {
        unchecked.push("whether the server's own user can read the files (--run-as NAME does, as root)".to_owned());
    }
    let finding = ask(matches, &disk, &found, &request, run_as.as_ref())?;
    let asked = Asked { disk, found, finding, user, request, run_as };
    let parts: Vec<Part> = vec![chain::part(&asked.finding.chain, io.style)];
    answer::print(matches, io, &asked, parts, unchecked)
}

/// What the configuration makes of the request.
fn ask(
    matches: &ArgMatches,
    disk: &Disk,
    found: &Found,
    request: &Request,
    run_as: Option<&Identity>,
) -> Result<Finding, Error> {
    let mut work = Work::limited(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
    let users =
        |path: &Path| -> Box<dyn UserFile> { Box::new(DiskFile::seen_by_server(&disk.real(path), run_as.cloned())) };
    let means = Means { server: found.server, files: disk, users: &users };
    let defines: Vec<String> = matches.get_many("define").into_iter().flatten().cloned().collect();
    let setting = Setting { config: &found.config, disk, defines: &defines };
    (found.reader.ask)(&setting, request, &means, &mut work).map_err(|trouble| {
        let message = format!("{} would not start: {}", found.reader.title, trouble.message);
        Error::new(Exit::Failed, "configuration", message).at(trouble.place.to_string())
    })
}
