//! What the logs that the configuration names say about this user, and whether fail2ban would have banned the client.

use std::ffi::{OsStr, OsString};
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::json;

use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::commands::url::readers::Model;
use crate::cli::error::Error;
use crate::cli::host::Disk;
use crate::cli::io::Io;
use crate::cli::logs::banned::addresses;
use crate::cli::logs::bans::{self, Asked};
use crate::cli::logs::source::{self, Source};
use crate::cli::logs::{Reading, when};
use crate::log::format::template::Template;
use crate::log::{Filter, Shape, Summary, pattern};
use crate::render;
use crate::render::log::Report;
use crate::render::text::printable;

/// Bytes of logs in which bans are looked for where no client is named.
const LARGEST: u64 = 256 << 20;

pub(super) fn args() -> [Arg; 2] {
    [
        Arg::new("log")
            .long("log")
            .value_name("PATH")
            .action(ArgAction::Append)
            .value_parser(value_parser!(OsString))
            .help("Logs to ask about the user [default: those that the configuration names]"),
        Arg::new("since")
            .long("since")
            .value_name("TIME")
            .help("Ask the logs only about what is not older: 2h, 3d, 2026-11-24"),
    ]
}

/// What the logs say, `None` where there are none, or nobody to ask about; and the client, or those from whom the user came.
pub(super) fn part(
    matches: &ArgMatches,
    model: &dyn Model,
    disk: &Disk,
    (user, user_file): (Option<&[u8]>, Option<&Path>),
    unchecked: &mut Vec<String>,
    io: &Io,
) -> Result<(Option<Part>, Vec<IpAddr>), Error> {
    let client = matches.get_one::<IpAddr>("client").copied();
    let client = client.filter(|_| matches.value_source("client") == Some(ValueSource::CommandLine));
    let mut clients: Vec<IpAddr> = client.into_iter().collect();
    if user.is_none() && client.is_none() {
        return Ok((None, clients));
    }
    let clock = when::clock(None)?;
    let since = matches.get_one::<String>("since").map(|text| when::parse(text, &clock)).transpose()?;
    let (paths, shape) = paths(matches, model, disk, unchecked);
    let address = client.map(|client| client.to_string().into_bytes());
    let filter = match user {
        Some(user) => Filter { user: Some(user.to_vec()), since, ..Filter::default() },
        None => Filter { client: address, since, ..Filter::default() },
    };
    let user_files: Vec<Vec<u8>> = user_file.iter().map(|path| path.as_os_str().as_bytes().to_vec()).collect();
    let reading = Reading { clock: &clock, shape: &shape, filter: &filter, user_files: &user_files };
    let paths: Vec<&OsStr> = paths.iter().map(|path| path.as_os_str()).collect();
    let sources = source::find(&paths, false, &reading)?;
    if sources.is_empty() {
        return Ok((None, clients));
    }
    let mut summary = Summary::default();
    let counts = reading.all(&sources, io, &mut |event, place, line| {
        summary.take(event, place, line);
        Ok(())
    })?;
    let files: Vec<Vec<u8>> = sources.iter().map(Source::shown).collect();
    let jails = if client.is_none() && sources.iter().map(|source| source.size).sum::<u64>() > LARGEST {
        unchecked.push("bans: the logs are large (name the client with --client)".to_owned());
        Vec::new()
    } else {
        let folder = disk.real(Path::new("/etc/fail2ban"));
        bans::about(&Asked { folder: &folder, jail: None, client }, &sources, &reading, &summary)?
    };
    let report = Report {
        files: &files,
        summary: &summary,
        patterns: &pattern::all(&summary),
        lines: counts.iter().map(|count| count.lines).sum(),
        unknown: 0,
        first_unknown: None,
        clock: &clock,
        style: io.style,
        columns: None,
        bans: &jails,
        user_files: &[],
    };
    let names: Vec<_> = files.iter().map(|file| render::json::bytes(file)).collect();
    let value = render::log::json(&report, &json!(names));
    if clients.is_empty() {
        clients = addresses(&summary);
    }
    let part = Part { key: "logs", rank: Rank::Below, value, heading: "what the logs say:", lines: lines(&report) };
    Ok((Some(part), clients))
}

/// The logs that are named or that the configuration names, and what their lines look like.
fn paths(matches: &ArgMatches, model: &dyn Model, disk: &Disk, unchecked: &mut Vec<String>) -> (Vec<PathBuf>, Shape) {
    let mut shape = Shape { templates_last: true, ..Shape::default() };
    let named = model.logs();
    for log in &named {
        let template = log.format.as_deref().and_then(Template::new);
        shape.templates.extend(template.filter(|template| !shape.templates.contains(template)));
    }
    if let Some(paths) = matches.get_many::<OsString>("log") {
        return (paths.map(PathBuf::from).collect(), shape);
    }
    let mut paths: Vec<PathBuf> = Vec::new();
    for log in named {
        let path = disk.real(&log.path);
        // A pipe or a terminal would make us wait.
        if paths.contains(&path) || !path.is_file() {
            continue;
        }
        match std::fs::File::open(&path) {
            Ok(_) => paths.push(path),
            Err(error) => unchecked.push(format!("the log {}: {error}", log.path.display())),
        }
    }
    (paths, shape)
}

fn lines(report: &Report<'_>) -> Vec<String> {
    let mut text = String::new();
    for (name, person) in report.summary.ranked() {
        text.push_str(&render::log::person(report, name, person));
    }
    if report.summary.people.is_empty() {
        let files: Vec<String> = report.files.iter().map(|file| printable(file)).collect();
        text.push_str(&format!(
            "nothing, in {}: such a request did not arrive, or is logged elsewhere\n",
            files.join(", ")
        ));
    }
    text.push_str(&render::log::patterns(report.patterns, report.style));
    text.push_str(&render::log::bans_text(report.bans, report.files, report.clock, report.style));
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
