//! `why401 verify`: does the password match the entry, no server involved.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use crate::bytes;
use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::commands::migrate::upgrade::{self, Upgraded};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::held::{self, Held};
use crate::cli::io::Io;
use crate::cli::pace;
use crate::cli::password;
use crate::cli::saving;
use crate::cli::source;
use crate::container::Value;
use crate::crypt::{Check, NotComputed, any};
use crate::htpasswd;
use crate::render;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme;
use crate::secret::Secret;
use crate::trace::{Code, codes};

pub(super) const ROW: Row = Row {
    name: "verify",
    about: "Tell whether a password matches the entry, no server involved",
    after: "The entry is the first line of the user. Blanks around its hash are passed over, and every scheme that this program \
            computes is taken. Whether a server agrees is what `why401 test` tells.\n\n\
            With --upgrade a right password also moves the entry to the target (--to, --for; bcrypt without them), in \
            place. The exit status tells of the password alone: an entry that could not be moved is told on stderr. Without USER, \
            user and password are read as two lines from standard input, as Apache's mod_authnz_external writes them:\n\n  \
            DefineExternalAuth why401 pipe \"/usr/bin/why401 verify /etc/apache2/auth/htpasswd --upgrade\"\n\n\
            Apache's user then has to own the directory of the file, since the file is replaced as a whole.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let command = password::args(command.arg(args::file()).arg(args::user(false)))
        .arg(args::work_limit())
        .arg(
            Arg::new("upgrade")
                .long("upgrade")
                .action(ArgAction::SetTrue)
                .help("Move the entry to another scheme if the password is right"),
        )
        .mut_arg("user", |user| user.required_unless_present("upgrade"));
    let help =
        "FILE is not a password file but another system's: read it as this format, or as what it looks like (auto)";
    held::args(saving::args(upgrade::args(command)), help, None).mut_arg("from", |from| from.conflicts_with("upgrade"))
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let (user, mut password) = match matches.get_one::<OsString>("user") {
        Some(user) => (user.as_bytes().to_vec(), None),
        None => two_lines(matches)?,
    };
    let is_quiet = password.is_some();
    let name = printable(&user);
    let held = Held::read(matches, path)?;
    let file = match &held {
        Some(held) => DiskFile::holding(path, held.file(), Vec::new()),
        None => DiskFile::look(path, None)?,
    };
    let clear = held.as_ref().and_then(|held| held.of(&user)).and_then(|found| match &found.value {
        Value::Password(password) => Some(password),
        Value::Hash(_) => None,
    });
    let survey = htpasswd::find(file.reader()?, &user).map_err(|error| file.trouble(&error))?;
    let entry = survey.lines_of(&user).next();
    let field = entry.and_then(htpasswd::Line::entry).map(|entry| entry.field.trim_ascii());
    let (matched, reason, scheme) = match field {
        None if clear.is_some() => {
            let given = password::Source::of(matches).read(&format!("Password for {name}: "))?;
            let is_same = clear.is_some_and(|clear| scheme::same(clear.expose(), given.expose()));
            (Some(is_same), if is_same { codes::OK } else { codes::PASSWORD_MISMATCH }, Some("plain"))
        }
        None => (Some(false), codes::USER_NOT_FOUND, None),
        Some(field) => {
            let given = match password.take() {
                Some(password) => password,
                None => password::Source::of(matches).read(&format!("Password for {name}: "))?,
            };
            let mut work = pace::work(matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0));
            let checked = any::ANY.check(field, given.expose(), &mut work);
            let (matched, reason) = answer(&checked.check);
            password = Some(given);
            (matched, reason, checked.scheme)
        }
    };
    let upgraded = match (field, &password) {
        (Some(field), Some(password)) if matched == Some(true) && matches.get_flag("upgrade") => {
            Some(upgrade::upgrade(matches, path, &survey, &user, (field, password)))
        }
        _ => None,
    };
    if let Some(failed) = upgraded.as_ref().filter(|upgraded| upgraded.state == "failed") {
        io.say(&format!("why401: the password of {name} is right, and the entry was not moved: {}\n", failed.why));
    }
    let line = entry.map(|line| line.number);
    if io.json {
        let entry = line.map(|line| json!({"line": line, "scheme": scheme}));
        let mut document = json!({"file": render::json::bytes(path.as_bytes()), "user": render::json::bytes(&user),
            "match": matched, "reason": reason.name, "entry": entry});
        if let Some(upgraded) = &upgraded {
            document["upgrade"] =
                json!({"state": upgraded.state, "from": upgraded.from, "to": upgraded.to, "why": upgraded.why});
        }
        if let Some(held) = &held {
            document["source"] = held.json();
        }
        io.document(&document)?;
    } else if !is_quiet {
        for note in held.iter().flat_map(|held| held.notes(Some(&user))) {
            writeln!(io.out(), "{note}")?;
        }
        let of = scheme.map_or_else(String::new, |scheme| format!(" ({scheme})"));
        let found = held.as_ref().and_then(|held| held.of(&user));
        let place = match (found, line) {
            (Some(found), _) => format!("the entry at {}{of}", found.place),
            (None, Some(line)) => format!("the hash on line {line}{of}"),
            (None, None) => String::new(),
        };
        let text = match matched {
            Some(true) => io.style.paint(Role::Good, &format!("match: the password of {name} is that of {place}")),
            Some(false) if line.is_some() || clear.is_some() => {
                io.style.paint(Role::Bad, &format!("no match: the password is not that of {place}"))
            }
            Some(false) => io.style.paint(Role::Bad, &format!("there is no user {name} in the file")),
            None => io.style.paint(Role::Open, &format!("not decided: {place}: {}", reason.title)),
        };
        writeln!(io.out(), "{text}")?;
        match upgraded {
            Some(Upgraded { state: "moved", to: Some(to), .. }) => writeln!(io.out(), "moved to {to}")?,
            Some(Upgraded { state: "kept", .. }) => writeln!(io.out(), "the entry is fine as it is")?,
            _ => {}
        }
    }
    Ok(match matched {
        Some(true) => Exit::Done,
        Some(false) => Exit::No,
        None => Exit::Undecided,
    })
}

/// User and password as mod_authnz_external writes them: exactly two lines, so that a name with a line break can't pass for
/// both.
fn two_lines(matches: &ArgMatches) -> Result<(Vec<u8>, Option<Secret>), Error> {
    if password::Source::of(matches) != password::Source::Prompt {
        return Err(Error::usage("a password without USER").help("name the user after FILE"));
    }
    let text = source::read(OsStr::new("-"))?;
    let text = text.expose();
    let lines = text.strip_suffix(b"\n").and_then(|text| bytes::split_once(text, b'\n'));
    match lines {
        Some((user, password)) if !password.contains(&b'\n') => Ok((user.to_vec(), Some(Secret::from(password)))),
        _ => Err(Error::usage("standard input is not two lines, user and password")
            .help("name the user after FILE to be asked for the password")),
    }
}

fn answer(check: &Check) -> (Option<bool>, Code) {
    match check {
        Check::Match => (Some(true), codes::OK),
        Check::Mismatch(_) | Check::Fails(_) | Check::Crashes => (Some(false), codes::PASSWORD_MISMATCH),
        Check::Undecided(NotComputed::NotBuilt { .. }) => (None, codes::SCHEME_NOT_BUILT),
        Check::Undecided(_) => (None, codes::WORK_LIMIT),
    }
}
