//! `why401 remove`: takes all lines of users out of the file, or, where one of the users is not there, none.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::json;

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::saving::{self, Saving};
use crate::htpasswd::{self, Splices};
use crate::render;
use crate::render::diff;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme;

pub(super) const ROW: Row = Row {
    name: "remove",
    about: "Remove users",
    after: "All lines of a user go, duplicates too. Where one of the users is not there, nothing is written, and the exit status is 1.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let users = Arg::new("user")
        .value_name("USER")
        .required(true)
        .num_args(1..)
        .action(ArgAction::Append)
        .value_parser(value_parser!(OsString))
        .help("The users to remove");
    saving::args(command.arg(args::file()).arg(users))
}

/// A user who was removed.
struct Removed {
    user: Vec<u8>,
    scheme: Option<&'static str>,
    lines: Vec<u64>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let mut users: Vec<&[u8]> = Vec::new();
    for user in matches.get_many::<OsString>("user").unwrap_or_default() {
        if !users.contains(&user.as_bytes()) {
            users.push(user.as_bytes());
        }
    }
    let saving = Saving::of(matches, None)?;
    let mut removed = Vec::new();
    let mut changes = Vec::new();
    let outcome = saving.edit(path, |reader| {
        let survey = match users[..] {
            [user] => htpasswd::find(reader, user),
            _ => htpasswd::survey(reader, |line| users.iter().any(|user| line.is_for(user))),
        };
        let survey = survey.map_err(|error| saving::unread(&error, path))?;
        let missing: Vec<String> =
            users.iter().filter(|user| survey.lines_of(user).next().is_none()).map(|user| printable(user)).collect();
        if !missing.is_empty() {
            let text = match missing.len() {
                1 => format!("there is no user {} in the file", missing[0]),
                _ => format!("there are no users {} in the file", missing.join(", ")),
            };
            let error = Error::new(Exit::No, "user-not-found", text).at(Path::new(path).display().to_string());
            return Err(if missing.len() < users.len() { error.help("nothing was removed") } else { error });
        }
        let mut editor = survey.edit();
        removed.clear();
        for user in &users {
            let first = survey.lines_of(user).next().and_then(htpasswd::Line::entry);
            let scheme = first.and_then(|entry| scheme::identify(entry.field)).map(|scheme| scheme.name);
            let lines = editor.remove(user).map_err(|at| saving::ambiguous(at, path))?;
            removed.push(Removed { user: user.to_vec(), scheme, lines });
        }
        let splices: Splices = editor.finish();
        changes = diff::changes(survey.lines(), &splices, 0);
        Ok(splices)
    })?;
    if io.json {
        let users = removed.iter().map(|removed| {
            json!({"user": render::json::bytes(&removed.user), "action": "removed", "scheme": removed.scheme,
                "line": removed.lines.first(), "lines": removed.lines})
        });
        let mut document = json!({"file": render::json::bytes(path.as_bytes()), "changed": true,
            "written": saving::written(outcome.as_ref()), "users": users.collect::<Vec<_>>()});
        if saving.dry_run {
            document["diff"] = saving::diff_json(&changes);
        }
        io.document(&document)?;
    } else if saving.dry_run {
        saving::print_diff(path, &changes, io)?;
    } else {
        print(&removed, &saving::way(outcome.as_ref()), path, io)?;
    }
    Ok(Exit::Done)
}

fn print(removed: &[Removed], way: &str, path: &std::ffi::OsStr, io: &mut Io) -> Result<(), Error> {
    for Removed { user, lines, .. } in removed {
        let numbers = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let noun = if lines.len() == 1 { "line" } else { "lines" };
        let sentence = format!("removed {} ({noun} {numbers}) from {}", printable(user), Path::new(path).display());
        let sentence = io.style.paint(Role::Good, &sentence);
        writeln!(io.out(), "{sentence}")?;
    }
    io.out().write_all(way.as_bytes())?;
    Ok(())
}
