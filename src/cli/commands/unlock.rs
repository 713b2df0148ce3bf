//! `why401 unlock`: makes entries that were locked what they were, byte for byte.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgMatches, Command};
use serde_json::json;

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::commands::lock::Changed;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::saving::{self, Saving};
use crate::htpasswd::{self, Line, Survey};
use crate::render;
use crate::render::diff;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme;

pub(super) const ROW: Row = Row {
    name: "unlock",
    about: "Let locked users in again",
    after: "The line becomes what it was before `why401 lock`, byte for byte. Where one of the users is not locked, or has a new entry \
            since, nothing is written, and the exit status is 1.",
    args,
    run,
};

fn args(command: Command) -> Command {
    saving::args(command.arg(args::file()).arg(args::users("The users to unlock")))
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let users = saving::users(matches);
    let saving = Saving::of(matches, None)?;
    let (mut done, mut changes) = (Vec::new(), Vec::new());
    let outcome = saving.edit(path, |reader| {
        let survey = match users[..] {
            [user] => htpasswd::find(reader, user),
            _ => htpasswd::survey(reader, |line| users.iter().any(|user| htpasswd::is_of(line, user))),
        };
        let survey = survey.map_err(|error| saving::unread(&error, path))?;
        refuse(&survey, &users, path)?;
        let mut editor = survey.edit();
        done = Vec::new();
        for user in &users {
            let scheme = survey.locked_lines_of(user).next().and_then(scheme_of);
            let lines = editor.unlock(user).map_err(|at| saving::barred(at, path))?;
            done.push(Changed { user: user.to_vec(), scheme, lines });
        }
        let splices = editor.finish();
        changes = diff::changes(survey.lines(), &splices, 0);
        Ok(splices)
    })?;
    if io.json {
        let mut document = json!({"file": render::json::bytes(path.as_bytes()), "changed": true,
            "written": saving::written(outcome.as_ref()),
            "users": done.iter().map(|changed| changed.json("unlocked")).collect::<Vec<_>>()});
        if saving.dry_run {
            document["diff"] = saving::diff_json(&changes);
        }
        io.document(&document)?;
    } else if saving.dry_run {
        saving::print_diff(path, &changes, io)?;
    } else {
        for changed in &done {
            let sentence = io.style.paint(Role::Good, &changed.sentence("unlocked", path));
            writeln!(io.out(), "{sentence}")?;
        }
        io.out().write_all(saving::way(outcome.as_ref()).as_bytes())?;
    }
    saving.warn(io);
    Ok(Exit::Done)
}

/// The scheme of a locked line.
fn scheme_of(line: &Line<'static>) -> Option<&'static str> {
    let bytes = htpasswd::lock::unlocked(line.text())?;
    let entry = htpasswd::lines(&bytes).next()?;
    let scheme = scheme::identify(entry.entry()?.field)?;
    Some(scheme.name)
}

/// Refuses users who are not locked, and those who have an entry beside the locked one.
fn refuse(survey: &Survey, users: &[&[u8]], path: &OsStr) -> Result<(), Error> {
    let is_there = |user: &[u8]| survey.lines_of(user).next().is_some();
    let is_locked = |user: &[u8]| survey.locked_lines_of(user).next().is_some();
    let of = |wanted: &dyn Fn(&[u8]) -> bool| users.iter().copied().filter(|user| wanted(user)).collect::<Vec<_>>();
    let missing = of(&|user| !is_there(user) && !is_locked(user));
    let unlocked = of(&|user| is_there(user) && !is_locked(user));
    let error = if !missing.is_empty() {
        let texts = ["there is no user % in the file", "there are no users % in the file"];
        saving::about(&missing, "user-not-found", texts, path)
    } else if !unlocked.is_empty() {
        saving::about(&unlocked, "not-locked", ["% is not locked", "% are not locked"], path)
    } else if let Some(both) = users.iter().copied().find(|user| is_there(user)) {
        let number = survey.lines_of(both).next().map_or(0, |line| line.number);
        let text = format!("{} has an entry again, on line {number}", printable(both));
        return Err(saving::about(&[], "user-exists", [&text; 2], path)
            .help("`why401 remove` takes all entries of the user, the locked one too; `why401 rename` keeps the new one under another name"));
    } else {
        return Ok(());
    };
    Err(if users.len() > 1 { error.help("nothing was unlocked") } else { error })
}
