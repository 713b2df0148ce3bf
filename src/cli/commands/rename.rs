//! `why401 rename`: gives a user's entry another name; everything else of it stays.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::commands::set::refuse_name;
use crate::cli::effects::{self, Kept};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::saving::{self, Saving};
use crate::htpasswd::{self, Note, Survey};
use crate::render;
use crate::render::diff;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme;

pub(super) const ROW: Row = Row {
    name: "rename",
    about: "Give a user another name",
    after: "Hash and further fields stay, in all lines of the user. Where there is an entry with the new name already, for one server \
            at least, nothing is written, and the exit status is 1. Names in group files and in `Require user` stay as they are.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let name = |name: &'static str, value, help| {
        Arg::new(name).value_name(value).required(true).value_parser(value_parser!(OsString)).help(help)
    };
    saving::args(command.arg(args::file()).arg(name("old", "OLD", "The user")).arg(name("new", "NEW", "The new name")))
}

/// What came of it.
#[derive(Default)]
struct Renamed {
    lines: Vec<u64>,
    notes: Vec<Note>,
    scheme: Option<&'static str>,
    changes: Vec<diff::Change>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let (old, new) = (args::os(matches, "old").as_bytes(), args::os(matches, "new").as_bytes());
    refuse_name(new)?;
    if old == new {
        return Err(Error::usage("the two names are the same"));
    }
    let saving = Saving::of(matches, None)?;
    let mut done = Renamed::default();
    let outcome = saving.edit(path, |reader| {
        let mut reader = Kept::new(reader);
        let survey = htpasswd::survey(&mut reader, |line| htpasswd::is_of(line, old) || htpasswd::is_of(line, new))
            .map_err(|error| saving::unread(&error, path))?;
        refuse(&survey, old, new, path)?;
        let file = reader.bytes();
        if let Some((server, line)) = file.as_ref().and_then(|file| effects::finding(file, new)) {
            let text = format!("{server} finds an entry of {} on line {line}", printable(new));
            return Err(saving::about(&[], "user-exists", [&text; 2], path));
        }
        let mut editor = survey.edit();
        let field = survey.lines_of(old).next().and_then(|line| Some(line.entry()?.field.to_vec()));
        let (lines, notes) = editor.rename(old, new).map_err(|at| saving::barred(at, path))?;
        let splices = editor.finish();
        if let Some(file) = file {
            saving::refuse_others(&splices.apply(&file), old, path)?;
        }
        done = Renamed {
            lines,
            notes,
            scheme: field.and_then(|field| scheme::identify(&field)).map(|scheme| scheme.name),
            changes: diff::changes(survey.lines(), &splices, 0),
        };
        Ok(splices)
    })?;
    if io.json {
        let user = json!({"user": render::json::bytes(old), "action": "renamed", "to": render::json::bytes(new),
            "scheme": done.scheme, "line": done.lines.first(), "lines": done.lines,
            "notes": done.notes.iter().map(|note| note.code()).collect::<Vec<_>>()});
        let mut document = json!({"file": render::json::bytes(path.as_bytes()), "changed": true,
            "written": saving::written(outcome.as_ref()), "users": [user]});
        if saving.dry_run {
            document["diff"] = saving::diff_json(&done.changes);
        }
        io.document(&document)?;
    } else if saving.dry_run {
        saving::print_diff(path, &done.changes, io)?;
    } else {
        let (from, to, file) = (printable(old), printable(new), Path::new(path).display());
        let sentence = format!("renamed {from} to {to} ({}) in {file}", saving::numbers(&done.lines));
        let sentence = io.style.paint(Role::Good, &sentence);
        writeln!(io.out(), "{sentence}")?;
        for note in &done.notes {
            writeln!(io.out(), "{}", saving::note(*note))?;
        }
        io.out().write_all(saving::way(outcome.as_ref()).as_bytes())?;
    }
    saving.warn(io);
    Ok(Exit::Done)
}

fn refuse(survey: &Survey, old: &[u8], new: &[u8], path: &OsStr) -> Result<(), Error> {
    let is_there = |user: &[u8]| survey.lines_of(user).next().map(|line| line.number);
    let is_locked = |user: &[u8]| survey.locked_lines_of(user).next().map(|line| line.number);
    let text = match (is_there(old), is_locked(old), is_there(new).or(is_locked(new))) {
        (_, _, Some(line)) => {
            let how = if is_there(new).is_some() { "an entry" } else { "a locked entry" };
            let text = format!("{} has {how} already, on line {line}", printable(new));
            return Err(saving::about(&[], "user-exists", [&text; 2], path));
        }
        (_, Some(line), None) => {
            let text = format!("{} is locked, on line {line}", printable(old));
            let error = saving::about(&[], "locked-entry", [&text; 2], path);
            return Err(error.help("`why401 unlock` first, then rename, then `why401 lock`"));
        }
        (None, None, None) => "there is no user % in the file",
        (Some(_), None, None) => return Ok(()),
    };
    Err(saving::about(&[old], "user-not-found", [text; 2], path))
}
