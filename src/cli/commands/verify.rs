//! `why401 verify`: does the password match the entry, no server involved.

use std::os::unix::ffi::OsStrExt;

use clap::{ArgMatches, Command};
use serde_json::json;

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::io::Io;
use crate::cli::password;
use crate::crypt::{Check, Crypt, NotComputed, Work, any};
use crate::htpasswd;
use crate::render;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::trace::{Code, codes};

pub(super) const ROW: Row = Row {
    name: "verify",
    about: "Tell whether a password matches the entry, no server involved",
    after: "The entry is the first line of the user. Blanks around its hash are passed over, and every scheme that this program \
            computes is taken. Whether a server agrees is what `why401 test` tells.",
    args,
    run,
};

fn args(command: Command) -> Command {
    password::args(command.arg(args::file()).arg(args::user(true))).arg(args::work_limit())
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let user = args::os(matches, "user").as_bytes();
    let name = printable(user);
    let file = DiskFile::look(path, None)?;
    let survey = htpasswd::find(file.reader()?, user).map_err(|error| file.trouble(&error))?;
    let entry = survey.lines_of(user).next();
    let field = entry.and_then(htpasswd::Line::entry).map(|entry| entry.field.trim_ascii());
    let (matched, reason, scheme) = match field {
        None => (Some(false), codes::USER_NOT_FOUND, None),
        Some(field) => {
            let password = password::Source::of(matches).read(&format!("Password for {name}: "))?;
            let mut work = Work::limited(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
            let checked = any::ANY.check(field, password.expose(), &mut work);
            let (matched, reason) = answer(&checked.check);
            (matched, reason, checked.scheme)
        }
    };
    let line = entry.map(|line| line.number);
    if io.json {
        let entry = line.map(|line| json!({"line": line, "scheme": scheme}));
        io.document(&json!({"file": render::json::bytes(path.as_bytes()), "user": render::json::bytes(user),
            "match": matched, "reason": reason.name, "entry": entry}))?;
    } else {
        let of = scheme.map_or_else(String::new, |scheme| format!(" ({scheme})"));
        let place = line.map_or_else(String::new, |line| format!("the hash on line {line}{of}"));
        let text = match matched {
            Some(true) => io.style.paint(Role::Good, &format!("match: the password of {name} is that of {place}")),
            Some(false) if line.is_some() => {
                io.style.paint(Role::Bad, &format!("no match: the password is not that of {place}"))
            }
            Some(false) => io.style.paint(Role::Bad, &format!("there is no user {name} in the file")),
            None => io.style.paint(Role::Open, &format!("not decided: {place}: {}", reason.title)),
        };
        writeln!(io.out(), "{text}")?;
    }
    Ok(match matched {
        Some(true) => Exit::Done,
        Some(false) => Exit::No,
        None => Exit::Undecided,
    })
}

fn answer(check: &Check) -> (Option<bool>, Code) {
    match check {
        Check::Match => (Some(true), codes::OK),
        Check::Mismatch(_) | Check::Fails(_) | Check::Crashes => (Some(false), codes::PASSWORD_MISMATCH),
        Check::Undecided(NotComputed::NotBuilt { .. }) => (None, codes::SCHEME_NOT_BUILT),
        Check::Undecided(_) => (None, codes::WORK_LIMIT),
    }
}
