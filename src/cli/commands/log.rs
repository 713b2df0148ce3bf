//! `why401 log`: what the logs of a server tell about refused logins.

mod follow;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::host::Disk;
use crate::cli::io::Io;
use crate::cli::logs::banned::{self, addresses};
use crate::cli::logs::bans::{self, Asked};
use crate::cli::logs::source::{self, Source};
use crate::cli::logs::{Count, Reading, when};
use crate::log::format::template::Template;
use crate::log::format::{self, FORMATS};
use crate::log::{Clock, Filter, Micros, Shape, Summary, pattern};
use crate::render;
use crate::render::log::Report;
use crate::trace::codes;

pub(super) const ROW: Row = Row {
    name: "log",
    about: "Tell what a server's logs say about refused logins, per user and cause",
    after: "Formats are known by their lines: error and access logs of Apache, nginx, lighttpd, HAProxy, Caddy and Traefik, also from \
            journalctl, syslog and Docker, also compressed. A request that both kinds of logs tell of counts once. The exit status is \
            1 where a refusal is told, else 0. With --follow and --json each refusal is a document on a line of its own.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let text = |name: &'static str, value: &'static str, help| Arg::new(name).long(name).value_name(value).help(help);
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let bytes = |name, value, help| text(name, value, help).value_parser(value_parser!(OsString));
    command
        .arg(
            Arg::new("log")
                .value_name("PATH")
                .required(true)
                .num_args(1..)
                .value_parser(value_parser!(OsString))
                .help("Logs, or folders of logs and of such folders; `-` is the standard input"),
        )
        .arg(bytes("user", "NAME", "Tell only of this user"))
        .arg(bytes("path", "PREFIX", "Tell only of paths that begin so"))
        .arg(bytes("client", "ADDRESS", "Tell only of this client"))
        .arg(text("since", "TIME", "Tell only what is not older: 2h, 3d, 10:04, 2026-11-24"))
        .arg(text("until", "TIME", "Tell only what is not newer"))
        .arg(flag("rotated", "Read the rotated siblings of each log, too"))
        .arg(flag("events", "Tell each refusal instead of a summary"))
        .arg(flag("follow", "Wait for new lines and explain each new refusal").conflicts_with("events"))
        .arg(
            text("format", "NAME", "Read lines of this format only")
                .value_parser(FORMATS.iter().map(|format| format.name).collect::<Vec<_>>()),
        )
        .arg(bytes("log-format", "FORMAT", "Read lines of this LogFormat or log_format, too"))
        .arg(text("jail", "NAME", "Tell what this jail of fail2ban would have done about the logs"))
        .arg(
            bytes("fail2ban", "DIR", "Where fail2ban's configuration is; its jails that watch the logs are asked")
                .default_value("/etc/fail2ban"),
        )
        .arg(text("zone", "ZONE", "The zone of logs that tell none [default: that of this machine]"))
}

/// What a filter, a shape and a clock come to.
struct Order {
    clock: Clock,
    shape: Shape,
    filter: Filter,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let order = order(matches)?;
    let reading = Reading { clock: &order.clock, shape: &order.shape, filter: &order.filter, user_files: &[] };
    let paths: Vec<&OsStr> =
        matches.get_many::<OsString>("log").into_iter().flatten().map(OsString::as_os_str).collect();
    if matches.get_flag("follow") {
        return follow::run(&paths, &reading, io);
    }
    let sources = source::find(&paths, matches.get_flag("rotated"), &reading)?;
    if sources.is_empty() {
        return Err(Error::new(Exit::CouldNot, "no-logs", "there is no log of a known format"));
    }
    if matches.get_flag("events") {
        return events(&sources, &reading, io);
    }
    let client = order.filter.client.as_deref().and_then(|client| std::str::from_utf8(client).ok()?.parse().ok());
    let folder = matches.get_one::<OsString>("fail2ban").map_or(Path::new(""), Path::new);
    let asked = Asked { folder, jail: matches.get_one::<String>("jail").map(String::as_str), client };
    summary(&sources, &reading, &asked, io)
}

fn order(matches: &ArgMatches) -> Result<Order, Error> {
    let clock = when::clock(matches.get_one::<String>("zone").map(String::as_str))?;
    let bytes = |name: &str| matches.get_one::<OsString>(name).map(|text| text.as_bytes().to_vec());
    let time = |name: &str| matches.get_one::<String>(name).map(|text| when::parse(text, &clock)).transpose();
    let filter = Filter {
        user: bytes("user"),
        path: bytes("path"),
        client: bytes("client"),
        since: time("since")?,
        until: time("until")?,
    };
    let format = matches.get_one::<String>("format").and_then(|name| format::find(name)).map(|format| format.name);
    let mut templates = Vec::new();
    if let Some(text) = bytes("log-format") {
        templates.push(Template::new(&text).ok_or_else(|| {
            Error::usage("the format tells neither status nor user")
                .help("give what stands behind LogFormat or log_format, such as '%h %l %u %t \"%r\" %>s %b'")
        })?);
    }
    Ok(Order { clock, shape: Shape { format, templates, templates_last: false }, filter })
}

fn names(sources: &[Source]) -> Vec<Vec<u8>> {
    sources.iter().map(Source::shown).collect()
}

fn summary(sources: &[Source], reading: &Reading<'_>, asked: &Asked<'_>, io: &mut Io) -> Result<Exit, Error> {
    let mut summary = Summary::default();
    let counts = reading.all(sources, io, &mut |event, place, line| {
        summary.take(event, place, line);
        Ok(())
    })?;
    let files = names(sources);
    let user_files: Vec<(Vec<u8>, Option<Micros>)> =
        summary.user_files.iter().map(|path| (path.clone(), written(path))).collect();
    let bans = bans::about(asked, sources, reading, &summary)?;
    let clients = asked.client.map_or_else(|| addresses(&summary), |client| vec![client]);
    let here = Disk::below(PathBuf::from("/"));
    let told = banned::about(asked.folder, &here, &clients, reading.clock);
    let report = Report {
        files: &files,
        summary: &summary,
        patterns: &pattern::all(&summary),
        lines: counts.iter().map(|count| count.lines).sum(),
        unknown: counts.iter().map(|count| count.unknown).sum(),
        first_unknown: counts.iter().enumerate().find_map(|(file, count)| Some((file, count.first_unknown?))),
        clock: reading.clock,
        style: io.style,
        columns: io.columns().map(|columns| columns.saturating_sub(2).clamp(10, 60)),
        user_files: &user_files,
        bans: &bans,
    };
    if io.json {
        let mut document = render::log::json(&report, &file_counts(&files, &counts));
        let why = (told.runs, told.unread.as_deref());
        document["fail2ban"] = render::banned::json(told.file.as_deref(), &told.bans, why, reading.clock);
        io.document(&document)?;
    } else {
        let mut text = render::log::text(&report);
        if !told.bans.is_empty() {
            text.push('\n');
        }
        text.push_str(&render::banned::text(&told.bans, told.runs, reading.clock, io.style));
        if let (Some(file), Some(why)) = (&told.file, &told.unread) {
            text.push_str(&format!("\nnot told: bans in {}: {why}\n", file.display()));
        }
        io.out().write_all(text.as_bytes())?;
    }
    Ok(if summary.refused() > 0 { Exit::No } else { Exit::Done })
}

/// When a file was last written.
fn written(path: &[u8]) -> Option<Micros> {
    let meta = std::fs::metadata(Path::new(OsStr::from_bytes(path))).ok()?;
    let time = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Micros::try_from(time.as_micros()).ok()
}

fn file_counts(files: &[Vec<u8>], counts: &[Count]) -> Value {
    let one = |(file, count): (&Vec<u8>, &Count)| {
        json!({"log": render::json::bytes(file), "format": count.format, "lines": count.lines, "unknown": count.unknown,
            "first_unknown": count.first_unknown})
    };
    files.iter().zip(counts).map(one).collect()
}

fn events(sources: &[Source], reading: &Reading<'_>, io: &mut Io) -> Result<Exit, Error> {
    let files = names(sources);
    let mut told = 0_u64;
    let (json, style) = (io.json, io.style);
    let mut text: Vec<u8> = Vec::new();
    // The bar and the records share the terminal's line, so what is told waits for room.
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if json {
        std::io::Write::write_all(&mut out, b"{\"events\": [")?;
    }
    let counts = reading.all_printed(sources, io, &mut |event, place, _| {
        if event.cause.is_none_or(|cause| cause == codes::OK) {
            return Ok(());
        }
        text.clear();
        let file = files.get(place.file).map_or(&b""[..], Vec::as_slice);
        if json {
            text.extend_from_slice(if told > 0 { b",\n" } else { b"\n" });
            text.extend_from_slice(render::log::event_json(event, file, place, reading.clock).to_string().as_bytes());
        } else {
            text.extend_from_slice(render::log::event_text(event, reading.clock, style).as_bytes());
            text.push(b'\n');
        }
        told += 1;
        Ok(std::io::Write::write_all(&mut out, &text)?)
    })?;
    if json {
        let end = format!("\n], \"files\": {}}}\n", file_counts(&files, &counts));
        std::io::Write::write_all(&mut out, end.as_bytes())?;
    }
    std::io::Write::flush(&mut out)?;
    Ok(if told > 0 { Exit::No } else { Exit::Done })
}
