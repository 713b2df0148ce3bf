//! `why401 remove`: takes all lines of users out of the file, or, where one of the users is not there, none.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::{ArgMatches, Command};
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
    after: "All lines of a user go, duplicates and locked ones too. Where one of the users is not there, nothing is written, and the exit status is 1.",
    args,
    run,
};

fn args(command: Command) -> Command {
    saving::args(command.arg(args::file()).arg(args::users("The users to remove")))
}

/// A user who was removed.
struct Removed {
    user: Vec<u8>,
    scheme: Option<&'static str>,
    lines: Vec<u64>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let users = saving::users(matches);
    let saving = Saving::of(matches, None)?;
    let mut removed = Vec::new();
    let mut changes = Vec::new();
    let outcome = saving.edit(path, |reader| {
        let survey = match users[..] {
            [user] => htpasswd::find(reader, user),
            _ => htpasswd::survey(reader, |line| users.iter().any(|user| htpasswd::is_of(line, user))),
        };
        let survey = survey.map_err(|error| saving::unread(&error, path))?;
        let is_there = |user: &[u8]| survey.lines_of(user).chain(survey.locked_lines_of(user)).next().is_some();
        let missing: Vec<&[u8]> = users.iter().copied().filter(|user| !is_there(user)).collect();
        if !missing.is_empty() {
            let texts = ["there is no user % in the file", "there are no users % in the file"];
            let error = saving::about(&missing, "user-not-found", texts, path);
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
    saving.warn(io);
    Ok(Exit::Done)
}

fn print(removed: &[Removed], way: &str, path: &std::ffi::OsStr, io: &mut Io) -> Result<(), Error> {
    for Removed { user, lines, .. } in removed {
        let numbers = saving::numbers(lines);
        let sentence = format!("removed {} ({numbers}) from {}", printable(user), Path::new(path).display());
        let sentence = io.style.paint(Role::Good, &sentence);
        writeln!(io.out(), "{sentence}")?;
    }
    io.out().write_all(way.as_bytes())?;
    Ok(())
}
