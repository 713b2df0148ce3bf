//! `why401 test`: what each server would answer to this credential, and why.

mod batch;

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::bytes::Span;
use crate::cli::access;
use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::credential::{self, Presented};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::{DiskFile, path_bytes};
use crate::cli::held::{self, Held};
use crate::cli::here::{self, Here};
use crate::cli::identity::Identity;
use crate::cli::io::Io;
use crate::cli::near;
use crate::cli::pace;
use crate::hint::{self, Action, Asked, Finding, Inquest};
use crate::render;
use crate::render::access::Barrier;
use crate::render::batch::Manner;
use crate::render::excerpt::Excerpt;
use crate::render::hints::Hints;
use crate::render::human::{Answer, Report};
use crate::render::mask::Mask;
use crate::render::style::Style;
use crate::render::text::printable;
use crate::server::{Entry, Inputs, Server, UserFile};

pub(super) const ROW: Row = Row {
    name: "test",
    about: "Tell what each server would answer to this credential, and why",
    after: "The exit status is 0 where every asked server lets the user in, 3 if any fails, else 4 if any is undecided, else 1. \
            With `--server all` it is nearly always 3, since some server always fails.\n\n\
            With --batch, PATH has many credentials: CSV with a header that names user and password, or authorization; or an object of \
            JSON on each line, with user and password, or authorization. The answers are lines of JSON in their order, without hints, \
            and with --trace with all steps. A row that is neither gets a line with an error; then the exit status is 2.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let usage = "why401 test FILE USER [OPTIONS]\n       why401 test FILE --authorization VALUE | --request FILE | --anonymous [OPTIONS]\n       \
                 why401 test FILE --batch PATH [OPTIONS]";
    let command = near::args(credential::args(command.override_usage(usage).arg(args::file()).arg(args::user(false))))
        .arg(
            Arg::new("batch")
                .long("batch")
                .value_name("PATH")
                .value_parser(value_parser!(OsString))
                .help("Answer to each of many credentials, in lines of JSON; `-` reads stdin"),
        )
        .mut_group("credential", |group| group.arg("batch"))
        .arg(args::servers("server", "Ask these servers; `all` asks every one [default: those that run here]"))
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
                .help("Ask too whether this user can read FILE, and what keeps it out; needs root"),
        )
        .arg(args::work_limit())
        .arg(Arg::new("trace").long("trace").action(ArgAction::SetTrue).help("Show every step of every decision"))
        .arg(args::unmask())
        .arg(
            Arg::new("report")
                .long("report")
                .action(ArgAction::SetTrue)
                .conflicts_with_all(["json", "trace", "unmask"])
                .help("Print Markdown for a ticket: users, paths and addresses masked, no line of FILE"),
        );
    let help =
        "FILE is not a password file but another system's: read it as this format, or as what it looks like (auto)";
    held::args(command, help, None)
}

/// The servers to ask, and where the command line names none, how they run here.
fn asked(matches: &ArgMatches, consumer: Option<&str>) -> Result<(Vec<&'static dyn Server>, Vec<Here>), Error> {
    let named = match (args::named_servers(matches, "server")?, consumer) {
        (Some(servers), _) => Some(servers),
        (None, Some(consumer)) => Some(vec![args::server(consumer)?]),
        (None, None) => None,
    };
    if let Some(servers) = named {
        return Ok((servers, Vec::new()));
    }
    let here = if args::from_environment().is_none() { here::servers() } else { Vec::new() };
    if here.is_empty() {
        return Ok((args::default_servers()?, here));
    }
    Ok((here.iter().map(|one| one.server).collect(), here))
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    credential::check(matches)?;
    batch::check(matches, path)?;
    let held = Held::read(matches, path)?;
    let user = matches.get_one::<OsString>("user").map(|user| user.as_bytes());
    let consumer = held.as_ref().and_then(|held| held.consumer(user));
    let (servers, here) = asked(matches, consumer)?;
    let run_as = matches.get_one::<String>("run-as").map(|name| Identity::named(name)).transpose()?;
    let checked_access = run_as.is_some();
    let barrier = run_as.as_ref().filter(|_| held.is_none()).and_then(|run_as| access::barrier(path, run_as));
    let file = match &held {
        Some(held) => held.seen(path, user, &servers)?,
        None => DiskFile::look(path, run_as)?,
    };
    if let Some(source) = matches.get_one::<OsString>("batch") {
        let order = batch::Order {
            source,
            servers,
            file: &file,
            path: path_bytes(path),
            uri: args::os(matches, "uri").as_bytes(),
            work_limit: matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0),
            manner: Manner { trace: matches.get_flag("trace"), unmask: matches.get_flag("unmask") },
        };
        return batch::run(&order, io);
    }
    let Presented { head, user, notes } = credential::head_of(matches)?;

    let mut work = pace::work(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
    let inputs =
        Inputs { head: head.expose(), path: path_bytes(path), file: &file, uri: args::os(matches, "uri").as_bytes() };
    let mut answers: Vec<Answer> = Vec::with_capacity(servers.len());
    for server in servers {
        answers.push((server, server.decide(&inputs, &mut work)));
        file.check()?;
    }
    let unmask = matches.get_flag("unmask");
    let mut unchecked = not_checked(notes, &here, path, !checked_access && held.is_none());
    let name = user.as_deref().map_or_else(|| "this request".to_owned(), printable);
    let place = place(path, held.as_ref());
    let mut shown = Vec::new();
    let is_report = matches.get_flag("report");
    if !io.json && !is_report {
        for note in held.iter().flat_map(|held| held.notes(user.as_deref())) {
            writeln!(io.out(), "{note}")?;
        }
        let report = Report {
            file: &place,
            user: &name,
            answers: &answers,
            excerpt: &|entry, at| file.excerpt(entry, at),
            trace: matches.get_flag("trace"),
            unmask,
            style: io.style,
        };
        let mut text = render::human::report(&report);
        shown = render::human::lines(&report);
        text.extend(barrier.iter().map(|barrier| barrier.text(io.style)));
        io.out().write_all(text.as_bytes())?;
        io.finish()?;
    }
    let quoted = hint::quoted(path.as_bytes());
    let copies = if matches.get_flag("compare-backups") { near::backups(path) } else { Vec::new() };
    let backups: Vec<(String, &dyn UserFile)> =
        copies.iter().map(|(name, file)| (name.clone(), file as &dyn UserFile)).collect();
    let asked = Asked { inputs: &inputs, answers: &answers, file: &quoted, backups: &backups, user: user.as_deref() };
    let work = RefCell::new(work);
    let inquest = Inquest::new(asked, &work);
    let mut found = inquest.findings();
    near::search(matches, io, &inquest, &mut found, &mut unchecked);
    if held.is_some() {
        without_commands(&mut found);
    }
    file.check()?;
    if io.json {
        let mut document = document(path, user.as_deref(), &answers, &found, unmask);
        if let Some(held) = &held {
            document["source"] = held.json();
        }
        if checked_access && held.is_none() {
            document["access"] = barrier.as_ref().map_or(Value::Null, Barrier::json);
        }
        io.document(&document)?;
    } else {
        let told: Vec<(&str, &[Finding])> =
            answers.iter().zip(&found).map(|((server, _), found)| (server.info().name, found.as_slice())).collect();
        let excerpt = |entry: Option<&Entry>, at| file.excerpt(entry, at);
        let text = if is_report {
            let sent = inquest.sent().map(|sent| sent.user.as_slice());
            let mask = mask(path, user.as_deref().into_iter().chain(sent), &told);
            ticket(&answers, &told, &excerpt, &unchecked, &mask)
        } else {
            let (excerpt, style) = (&|at| excerpt(None, at), io.style);
            let hints = Hints { found: &told, user: &name, file: &place, excerpt, shown: &shown, unmask, style };
            render::hints::text(&hints) + &render::human::unchecked(&unchecked, style)
        };
        io.out().write_all(text.as_bytes())?;
    }
    Ok(Exit::of_all(answers.iter().map(|(_, decision)| decision.verdict)))
}

/// Takes the commands away: they edit password files.
fn without_commands(found: &mut [Vec<Finding>]) {
    for finding in found.iter_mut().flatten() {
        finding.fix.take_if(|fix| matches!(fix.what, Action::Command(_)));
    }
}

/// What the answer leaves open from the start.
fn not_checked(mut notes: Vec<String>, here: &[Here], path: &OsStr, is_access_open: bool) -> Vec<String> {
    if !here.is_empty() {
        notes.push("servers that do not run on this host (--server all)".to_owned());
        notes.extend(here.iter().filter_map(|one| one.stale(path)));
    }
    if is_access_open {
        notes.push("whether the servers' own user can read FILE (--run-as NAME does, as root)".to_owned());
    }
    notes
}

/// FILE as sentences name it.
fn place(path: &OsStr, held: Option<&Held>) -> String {
    let path = printable(path.as_bytes());
    match held {
        Some(held) => format!("{path} ({}, as lines of a password file)", held.format.name),
        None => path,
    }
}

fn document(path: &OsStr, user: Option<&[u8]>, answers: &[Answer], found: &[Vec<Finding>], unmask: bool) -> Value {
    let decisions = answers.iter().zip(found);
    let decisions: Vec<Value> =
        decisions.map(|((server, decision), found)| render::json::decision(*server, decision, found, unmask)).collect();
    let user = user.map(render::json::bytes);
    json!({"file": render::json::bytes(path.as_bytes()), "user": user, "decisions": decisions})
}

/// What hides whose login it is, and where.
fn mask<'a>(path: &OsStr, users: impl Iterator<Item = &'a [u8]>, told: &'a [(&str, &[Finding])]) -> Mask {
    let names = told.iter().flat_map(|(_, found)| *found).flat_map(|finding| &finding.names).map(Vec::as_slice);
    Mask::new(users.chain(names), path.as_bytes())
}

/// The answers as Markdown.
fn ticket(
    answers: &[Answer],
    told: &[(&str, &[Finding])],
    excerpt: &dyn Fn(Option<&Entry>, Span) -> Option<Excerpt>,
    unchecked: &[String],
    mask: &Mask,
) -> String {
    let report =
        Report { file: "FILE", user: "USER", answers, excerpt, trace: false, unmask: false, style: Style::Plain };
    render::report::markdown(&report, told, unchecked, mask)
}
