//! `why401 test`: what each server would answer to this credential, and why.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::basic::{head, pasted};
use crate::bytes::Span;
use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::{DiskFile, path_bytes};
use crate::cli::identity::Identity;
use crate::cli::io::Io;
use crate::cli::password;
use crate::crypt::Work;
use crate::render;
use crate::render::excerpt::Excerpt;
use crate::render::human::{Answer, Report};
use crate::render::text::printable;
use crate::secret::Secret;
use crate::server::{Entry, Inputs};

pub(super) const ROW: Row = Row {
    name: "test",
    about: "Tell what each server would answer to this credential, and why",
    after: "The exit status is 0 where every asked server lets the user in, 3 if any fails, else 4 if any is undecided, else 1. \
            With `--server all` it is nearly always 3, since some server always fails.",
    args,
    run,
};

/// Longest request head that is read.
const LONGEST_HEAD: u64 = 1 << 20;
/// Bytes of a line that are read for showing it.
const LONGEST_LINE: u64 = 4096;

fn args(command: Command) -> Command {
    let credential = ["user", "authorization", "request", "anonymous"];
    let usage = "why401 test FILE USER [OPTIONS]\n       why401 test FILE --authorization VALUE | --request FILE | --anonymous [OPTIONS]";
    password::args(command.override_usage(usage).arg(args::file()).arg(args::user(false)))
        .arg(
            Arg::new("authorization")
                .long("authorization")
                .value_name("VALUE")
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString))
                .allow_hyphen_values(true)
                .help("Replay what follows `Authorization: ` on the wire; `-` reads stdin; repeat for several lines"),
        )
        .arg(
            Arg::new("request")
                .long("request")
                .value_name("FILE")
                .value_parser(value_parser!(OsString))
                .help("Replay a request head: raw, from `curl -v`, or a browser's \"copy as cURL\"; `-` reads stdin"),
        )
        .arg(Arg::new("anonymous").long("anonymous").action(ArgAction::SetTrue).help("Send no credentials"))
        .group(clap::ArgGroup::new("credential").args(credential).required(true))
        .arg(args::servers("server", "Ask these servers; `all` asks every one"))
        .arg(
            Arg::new("uri")
                .long("uri")
                .value_name("PATH")
                .default_value("/")
                .value_parser(value_parser!(OsString))
                .help("The request's path, for log lines"),
        )
        .arg(
            Arg::new("run-as")
                .long("run-as")
                .value_name("NAME")
                .help("Ask too whether this user can read FILE; needs root"),
        )
        .arg(args::work_limit())
        .arg(Arg::new("trace").long("trace").action(ArgAction::SetTrue).help("Show every step of every decision"))
        .arg(args::unmask())
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let servers = match args::named_servers(matches, "server")? {
        Some(servers) => servers,
        None => args::default_servers()?,
    };
    one_reader_of_stdin(matches)?;
    let run_as = matches.get_one::<String>("run-as").map(|name| Identity::named(name)).transpose()?;
    let checked_access = run_as.is_some();
    let file = DiskFile::look(path, run_as)?;
    let Presented { head, user, notes } = head_of(matches)?;

    let mut work = Work::limited(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
    let inputs =
        Inputs { head: head.expose(), path: path_bytes(path), file: &file, uri: args::os(matches, "uri").as_bytes() };
    let mut answers: Vec<Answer> = Vec::with_capacity(servers.len());
    for server in servers {
        answers.push((server, server.decide(&inputs, &mut work)));
        file.check()?;
    }
    let unmask = matches.get_flag("unmask");
    if io.json {
        let decisions: Vec<Value> =
            answers.iter().map(|(server, decision)| render::json::decision(*server, decision, unmask)).collect();
        let user = user.as_deref().map(render::json::bytes);
        io.document(&json!({"file": render::json::bytes(path.as_bytes()), "user": user, "decisions": decisions}))?;
    } else {
        let mut unchecked = notes;
        if !checked_access {
            unchecked.push("whether the servers' own user can read FILE (--run-as NAME does, as root)".to_owned());
        }
        let report = Report {
            file: &printable(path.as_bytes()),
            user: &user.as_deref().map_or_else(|| "this request".to_owned(), printable),
            answers: &answers,
            excerpt: &|entry, at| excerpt(&file, entry, at),
            trace: matches.get_flag("trace"),
            unmask,
            style: io.style,
            unchecked: &unchecked,
        };
        io.out().write_all(render::human::report(&report).as_bytes())?;
    }
    Ok(Exit::of_all(answers.iter().map(|(_, decision)| decision.verdict)))
}

/// What is sent, whose login it is for people, and what was assumed.
struct Presented {
    head: Secret,
    user: Option<Vec<u8>>,
    notes: Vec<String>,
}

fn head_of(matches: &ArgMatches) -> Result<Presented, Error> {
    if let Some(user) = matches.get_one::<OsString>("user") {
        let password = password::Source::of(matches).read(&format!("Password for {}: ", printable(user.as_bytes())))?;
        let head = head::with_user_pass(user.as_bytes(), &password);
        return Ok(Presented { head, user: Some(user.as_bytes().to_vec()), notes: Vec::new() });
    }
    if let Some(values) = matches.get_many::<OsString>("authorization") {
        let values = values.map(|value| header_value(value)).collect::<Result<Vec<_>, _>>()?;
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let head = Secret::from(head::with_authorization(&values));
        return Ok(Presented { head, user: None, notes: Vec::new() });
    }
    if let Some(source) = matches.get_one::<OsString>("request") {
        let text = read_text(source)?;
        let pasted = pasted::head(&text).map_err(|message| {
            Error::usage(message).help("give a raw request head, the output of `curl -v`, or a `curl …` command line")
        })?;
        let notes = pasted.assumed.iter().map(|assumed| (*assumed).to_owned()).collect();
        return Ok(Presented { head: Secret::from(pasted.head), user: None, notes });
    }
    Ok(Presented { head: Secret::from(head::with_authorization(&[])), user: None, notes: Vec::new() })
}

/// The value of `--authorization`; `-` stands for stdin.
fn header_value(value: &OsStr) -> Result<Vec<u8>, Error> {
    if value != "-" {
        return Ok(value.as_bytes().to_vec());
    }
    let mut text = read_text(value)?;
    if text.ends_with(b"\n") {
        text.pop();
        if text.ends_with(b"\r") {
            text.pop();
        }
    }
    Ok(text)
}

fn read_text(source: &OsStr) -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    let read = if source == "-" {
        io::stdin().take(LONGEST_HEAD).read_to_end(&mut text)
    } else {
        File::open(source).and_then(|file| file.take(LONGEST_HEAD).read_to_end(&mut text))
    };
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(Error::new(Exit::CouldNot, "request-file", format!("can't read the request: {error}"))
            .at(printable(source.as_bytes()))),
    }
}

/// At most one thing may read stdin, and a password needs a user.
fn one_reader_of_stdin(matches: &ArgMatches) -> Result<(), Error> {
    let source = password::Source::of(matches);
    let mut readers = usize::from(source == password::Source::Stdin);
    let values = matches.get_many::<OsString>("authorization");
    readers += values.map_or(0, |values| values.filter(|value| *value == "-").count());
    readers += usize::from(matches.get_one::<OsString>("request").is_some_and(|source| source == "-"));
    if readers > 1 {
        return Err(
            Error::usage("more than one thing is to be read from standard input").help("name a file for all but one")
        );
    }
    if source != password::Source::Prompt && !matches.contains_id("user") {
        return Err(Error::usage("a password without USER").help("name the user after FILE"));
    }
    Ok(())
}

/// The physical line around `at`. Its number follows from the entry's, or from the start of the file.
fn excerpt(file: &DiskFile, entry: Option<&Entry>, at: Span) -> Option<Excerpt> {
    let from = at.start.saturating_sub(LONGEST_LINE);
    let before = file.bytes_at(from, usize::try_from(at.start - from).ok()?);
    let start = memchr::memrchr(b'\n', &before).map_or(from, |lf| from + lf as u64 + 1);
    let length = usize::try_from(at.end.saturating_sub(start).min(LONGEST_LINE) + LONGEST_LINE).ok()?;
    let mut bytes = file.bytes_at(start, length);
    let behind = usize::try_from(at.start - start).ok()?.min(bytes.len());
    if let Some(lf) = memchr::memchr(b'\n', &bytes[behind..]) {
        bytes.truncate(behind + lf);
    }
    let line = match entry {
        Some(entry) if entry.user.start <= start => entry.line + line_feeds(file, entry.user.start, start),
        Some(entry) => entry.line,
        None => 1 + line_feeds(file, 0, start),
    };
    Some(Excerpt { line, start, bytes })
}

/// Number of line feeds between two offsets.
fn line_feeds(file: &DiskFile, mut from: u64, to: u64) -> u64 {
    let mut count = 0;
    while from < to {
        let block = file.bytes_at(from, usize::try_from((to - from).min(1 << 20)).unwrap_or(1 << 20));
        if block.is_empty() {
            break;
        }
        count += memchr::memchr_iter(b'\n', &block).count() as u64;
        from += block.len() as u64;
    }
    count
}
