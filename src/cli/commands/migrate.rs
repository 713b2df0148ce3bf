//! `why401 migrate`: moves entries to another scheme, or to what named servers accept.
//!
//! A hash can't be turned around, so an entry moves in one of five ways, tried in this order: rewriting that needs no password,
//! passwords that are known, passwords asked for one by one, the next login (`why401 verify --upgrade`), a new password.
//! Everything is worked out without the lock; what is then saved, at once, are the entries that are still as they were.

mod ask;
mod plan;
mod report;
pub(super) mod upgrade;
mod work;

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::hashing::{self, Choice};
use crate::cli::io::Io;
use crate::cli::saving::{self, Saving};
use crate::cli::source;
use crate::container::{Value, credentials};
use crate::htpasswd;
use crate::render::diff::{self, Change};
use crate::secret::Secret;
use crate::store::Outcome;
use plan::{Item, Target};

pub(super) const ROW: Row = Row {
    name: "migrate",
    about: "Move entries to another scheme, or to what servers accept",
    after: "Without a target (--to, --for) nothing is written: it tells what moving to bcrypt would do and take. With one, and without \
            a source of passwords, it does what needs none (quotes, doubled dollars, base64 and other systems' tags come off, \
            {PLAIN} is hashed, $2b$ becomes $2y$ where a server wants it) and tells what the other entries are, who accepts them and what they \
            would take. An entry is fine if it is of the target scheme, of the cost asked for or more, and accepted by all \
            servers named with --for. A known password is held against the present hash first; a wrong one changes nothing.\n\n\
            The file is saved once, at the end, and the command can be run again: it goes on where it ended. The \
            exit status is 0 only when no entry is left to be moved. Entries of `*`, `!` \
            or nothing are no passwords and stay as they are.\n\n\
            $2a$ is not relabelled by itself: programs have disagreed about it for passwords with bytes from 0x80 on, and for those of \
            255 bytes and more. --relabel-2a says that there are none of these.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let command = command
        .arg(args::file())
        .arg(
            Arg::new("credentials")
                .long("credentials")
                .value_name("PATH")
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString))
                .help("Passwords that are known: CSV with a header, JSON, or lines user:password; `-` reads stdin"),
        )
        .arg(flag("interactive", "Ask for each password that is left; Enter skips, Ctrl-D stops"))
        .arg(flag("reset", "Give those that are left new passwords, and print them"))
        .arg(
            Arg::new("reset-file")
                .long("reset-file")
                .value_name("PATH")
                .value_parser(value_parser!(OsString))
                .help("The same, with the new passwords written to a new file that only its owner can read"),
        )
        .arg(flag("plain-text", "Take a field of no known scheme for the password itself"))
        .arg(flag("relabel-2a", "Relabel $2a$: all passwords are ASCII and shorter than 255 bytes"))
        .arg(args::work_limit());
    let command = hashing::args(command)
        .mut_arg("scheme", |scheme| {
            scheme.long("to").visible_alias("scheme").value_name("SCHEME").help("The scheme to move to")
        })
        .mut_arg("for", |servers| servers.help("Move to the strongest scheme that all of these servers accept"))
        .group(ArgGroup::new("target").args(["scheme", "for"]).multiple(true));
    saving::args(command)
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let target = Target {
        choice: Choice::of(matches, b"user")?,
        least: matches.get_one::<u64>("cost").or(matches.get_one::<u64>("rounds")).copied(),
        plain_text: matches.get_flag("plain-text"),
        relabel: matches.get_flag("relabel-2a"),
        work_limit: matches.get_one::<f64>("work-limit").copied().unwrap_or(10.0),
    };
    let saving = if matches.contains_id("target") {
        Saving::of(matches, None)?
    } else {
        refuse_moving(matches)?;
        Saving::reading()
    };
    let known = known(matches)?;
    let read = |reader: &mut dyn Read| htpasswd::survey(reader, |_| true).map_err(|error| saving::unread(&error, path));
    let survey = saving.look(path, read)?;
    let mut items = plan::items(&survey, &target);
    work::hash_plain(&mut items, &target, io);
    let strangers = work::use_known(&mut items, &known, &target, io);
    let interrupted = matches.get_flag("interactive") && ask::each(&mut items, &target, io)?;
    let passwords = if resets(matches) && !interrupted { work::reset(&mut items, &target, io)? } else { Vec::new() };
    let reset_file = matches.get_one::<OsString>("reset-file").filter(|_| !passwords.is_empty() && !saving.dry_run);
    if let Some(path) = reset_file {
        write_passwords(path, &passwords)?;
    }
    let saved = save(&saving, path, &mut items);
    let Saved { outcome, changes } = match (saved, reset_file) {
        (Err(error), Some(path)) => {
            // They are nobody's passwords.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        (saved, _) => saved?,
    };
    let report = report::Report {
        path,
        target: &target,
        items: &items,
        strangers,
        locked: survey_locked(&saving, path)?,
        outcome: outcome.as_ref(),
        changes: &changes,
        dry_run: saving.dry_run,
        passwords: if saving.dry_run { &[] } else { &passwords },
        reset_file: reset_file.map(OsString::as_os_str),
    };
    report.print(io)?;
    if interrupted {
        return Ok(Exit::Interrupted);
    }
    let only_tells = !matches.contains_id("target");
    if only_tells && !io.json {
        writeln!(io.out(), "Nothing was written, since no target is named (--to SCHEME, --for SERVER,…).")?;
    }
    let is_left = |item: &Item| item.state.is_left() || only_tells && item.new.is_some();
    Ok(if items.iter().any(is_left) { Exit::No } else { Exit::Done })
}

/// Refuses, without a target, what moves entries: then it is only told what would be.
fn refuse_moving(matches: &ArgMatches) -> Result<(), Error> {
    let moves = matches.contains_id("credentials") || matches.get_flag("interactive") || resets(matches);
    if moves {
        return Err(
            Error::usage("it is not said what to move the entries to").help("add --to SCHEME or --for SERVER,…")
        );
    }
    Ok(())
}

/// The passwords that are known, of all sources.
fn known(matches: &ArgMatches) -> Result<Vec<(Vec<u8>, Secret)>, Error> {
    let mut known = Vec::new();
    let sources = matches.get_many::<OsString>("credentials").unwrap_or_default();
    source::one_reader_of_stdin(sources.clone())?;
    for source in sources {
        let text = source::read(source)?;
        let place = source::name(source);
        let (found, _) = credentials::read(text.expose()).map_err(|error| source::unreadable(&error, &place))?;
        for entry in found {
            let Value::Password(password) = entry.value else {
                let error = Error::usage("the credentials are hashes, not passwords");
                return Err(error.help("`why401 import` takes hashes over").at(place));
            };
            known.push((entry.user, password));
        }
    }
    Ok(known)
}

/// Number of users whose lines are locked: they stand as comments with the mark of [`crate::htpasswd`].
fn survey_locked(saving: &Saving, path: &OsStr) -> Result<usize, Error> {
    saving.look(path, |reader| {
        let mut lines = htpasswd::Lines::new(reader);
        let mut count = 0;
        while let Some(line) = lines.next_line().map_err(|error| saving::unread(&error, path))? {
            count += usize::from(htpasswd::lock::unlocked(line.text()).is_some());
        }
        Ok(count)
    })
}

fn resets(matches: &ArgMatches) -> bool {
    matches.get_flag("reset") || matches.contains_id("reset-file")
}

/// A new file that only its owner can read.
fn write_passwords(path: &OsStr, passwords: &[(Vec<u8>, Secret)]) -> Result<(), Error> {
    let cannot = |error: std::io::Error| {
        Error::new(Exit::CouldNot, "reset-file", format!("can't write the new passwords: {error}"))
            .help("name a file that does not exist yet")
            .at(Path::new(path).display().to_string())
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(cannot)?;
    let write = |file: &mut std::fs::File| {
        for (user, password) in passwords {
            for part in [user, &b":"[..], password.expose(), b"\n"] {
                file.write_all(part)?;
            }
        }
        file.sync_all()
    };
    write(&mut file).map_err(|error| {
        let _ = std::fs::remove_file(path);
        cannot(error)
    })
}

/// What saving came to.
struct Saved {
    outcome: Option<Outcome>,
    changes: Vec<Change>,
}

/// Saves all new fields at once; an entry that is not as it was any more is left alone.
fn save(saving: &Saving, path: &OsStr, items: &mut [Item]) -> Result<Saved, Error> {
    let mut changes = Vec::new();
    if items.iter().all(|item| item.new.is_none()) {
        return Ok(Saved { outcome: None, changes });
    }
    let mut stale: Vec<usize> = Vec::new();
    let outcome = saving.edit(path, |reader| {
        let survey = htpasswd::survey(reader, |_| true).map_err(|error| saving::unread(&error, path))?;
        let mut editor = survey.edit();
        stale.clear();
        for (at, item) in items.iter().enumerate() {
            let Some(new) = &item.new else { continue };
            let is_as_it_was = plan::fields(&survey, &item.user).is_some_and(|fields| fields == item.fields);
            if !is_as_it_was || editor.set(&item.user, new).is_err() {
                stale.push(at);
            }
        }
        let splices = editor.finish();
        changes = diff::changes(survey.lines(), &splices, 0);
        Ok(splices)
    })?;
    for at in stale {
        items[at].fail("another program changed the entry meanwhile; run this again");
    }
    Ok(Saved { outcome, changes })
}
