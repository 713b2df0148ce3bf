//! `why401 lock`: makes users' entries comments that keep the hash, so that no server lets them in.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::effects::{self, Kept};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::saving::{self, Saving};
use crate::htpasswd::{self, Kind, Survey};
use crate::render;
use crate::render::diff;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme;
use crate::server::{SERVERS, Server};
use crate::trace::Verdict;

pub(super) const ROW: Row = Row {
    name: "lock",
    about: "Lock users out; their hashes are kept",
    after: "A locked entry is a comment with the mark `# why401 lock`, and no entry to any server. `why401 unlock` makes it what it \
            was, byte for byte. Where one of the users is not there or is locked already, nothing is written, and the exit status is 1. \
            miniserve takes no comments, and does not start with one.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let servers = args::servers("for", "Refuse where one of these servers would then not start, or let everybody in");
    saving::args(command.arg(args::file()).arg(args::users("The users to lock")).arg(servers))
}

/// A user whose lines were locked or unlocked.
pub(super) struct Changed {
    pub(super) user: Vec<u8>,
    pub(super) scheme: Option<&'static str>,
    pub(super) lines: Vec<u64>,
}

impl Changed {
    /// The user's part of the document.
    pub(super) fn json(&self, action: &str) -> Value {
        json!({"user": render::json::bytes(&self.user), "action": action, "scheme": self.scheme,
            "line": self.lines.first(), "lines": self.lines})
    }

    /// `locked alice (line 3) in FILE`.
    pub(super) fn sentence(&self, action: &str, path: &OsStr) -> String {
        let (user, numbers) = (printable(&self.user), saving::numbers(&self.lines));
        format!("{action} {user} ({numbers}) in {}", Path::new(path).display())
    }
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let users = saving::users(matches);
    let saving = Saving::of(matches, None)?;
    let asked = args::named_servers(matches, "for")?;
    let (mut done, mut changes, mut left) = (Vec::new(), Vec::new(), 0_u64);
    let mut hurt = Vec::new();
    let outcome = saving.edit(path, |reader| {
        left = 0;
        let mut reader = Kept::new(reader);
        let survey = htpasswd::survey(&mut reader, |line| {
            let wanted = users.iter().any(|user| htpasswd::is_of(line, user));
            left += u64::from(!wanted && line.kind() == Kind::Entry);
            wanted
        });
        let survey = survey.map_err(|error| saving::unread(&error, path))?;
        let file = reader.bytes();
        refuse(&survey, &users, path)?;
        let mut editor = survey.edit();
        done = Vec::new();
        for user in &users {
            let field = survey.lines_of(user).next().and_then(|line| Some(line.entry()?.field.to_vec()));
            let scheme = field.and_then(|field| scheme::identify(&field)).map(|scheme| scheme.name);
            let lines = editor.lock(user).map_err(|at| saving::barred(at, path))?;
            done.push(Changed { user: user.to_vec(), scheme, lines });
        }
        let splices = editor.finish();
        changes = diff::changes(survey.lines(), &splices, 0);
        if let Some(file) = file {
            let after = splices.apply(&file);
            for user in &users {
                saving::refuse_others(&after, user, path)?;
            }
            hurt = effects::changed(SERVERS, &file, &after);
            if let Some(asked) = &asked {
                refuse_hurt(&hurt, asked, path)?;
            }
        }
        Ok(splices)
    })?;
    if io.json {
        let verdicts = hurt.iter().map(|(name, verdict)| ((*name).to_owned(), json!(verdict.name())));
        let mut document = json!({"file": render::json::bytes(path.as_bytes()), "changed": true,
            "written": saving::written(outcome.as_ref()),
            "users": done.iter().map(|changed| changed.json("locked")).collect::<Vec<_>>(), "entries_left": left,
            "servers": Value::Object(verdicts.collect())});
        if saving.dry_run {
            document["diff"] = saving::diff_json(&changes);
        }
        io.document(&document)?;
        return Ok(Exit::Done);
    }
    if saving.dry_run {
        saving::print_diff(path, &changes, io)?;
    } else {
        for changed in &done {
            let sentence = io.style.paint(Role::Good, &changed.sentence("locked", path));
            writeln!(io.out(), "{sentence}")?;
        }
        io.out().write_all(saving::way(outcome.as_ref()).as_bytes())?;
    }
    if left == 0 || !hurt.is_empty() {
        let text = io.style.paint(Role::Bad, &warning(&hurt, left));
        writeln!(io.out(), "{text}")?;
    }
    Ok(Exit::Done)
}

/// Refuses an edit that one of the servers named by `--for` does not bear.
fn refuse_hurt(hurt: &[(&'static str, Verdict)], asked: &[&'static dyn Server], path: &OsStr) -> Result<(), Error> {
    let is_asked = |name: &str| asked.iter().any(|server| server.info().name == name);
    let Some((name, verdict)) = hurt.iter().find(|(name, _)| is_asked(name)) else { return Ok(()) };
    let what = if verdict.lets_in() { "let everybody in" } else { "not start or not answer" };
    let text = format!("{name} would {what}");
    Err(saving::about(&[], "not-accepted", [&text; 2], path).help("nothing was locked"))
}

/// Refuses users of whom there is nothing to lock.
fn refuse(survey: &Survey, users: &[&[u8]], path: &OsStr) -> Result<(), Error> {
    let is_there = |user: &[u8]| survey.lines_of(user).next().is_some();
    let is_locked = |user: &[u8]| survey.locked_lines_of(user).next().is_some();
    let of = |wanted: &dyn Fn(&[u8]) -> bool| users.iter().copied().filter(|user| wanted(user)).collect::<Vec<_>>();
    let (missing, locked) = (of(&|user| !is_there(user) && !is_locked(user)), of(&is_locked));
    let error = if !missing.is_empty() {
        let texts = ["there is no user % in the file", "there are no users % in the file"];
        saving::about(&missing, "user-not-found", texts, path)
    } else if let Some(both) = locked.iter().copied().find(|user| is_there(user)) {
        let numbers: Vec<u64> = survey.locked_lines_of(both).map(|line| line.number).collect();
        let text = format!("{} has an entry, and a locked one ({})", printable(both), saving::numbers(&numbers));
        return Err(saving::about(&[], "locked-entry", [&text; 2], path)
            .help("take one of the two out with an editor: unlocking would bring both back"));
    } else if !locked.is_empty() {
        saving::about(&locked, "locked-entry", ["% is locked already", "% are locked already"], path)
    } else {
        return Ok(());
    };
    Err(if users.len() > 1 { error.help("nothing was locked") } else { error })
}

/// What it means to servers that the file is no longer what it was.
fn warning(hurt: &[(&'static str, Verdict)], left: u64) -> String {
    let empty = (left == 0).then(|| "no entry is left that is not locked.".to_owned());
    let sentences: Vec<String> = empty.into_iter().chain(effects::sentence(hurt)).collect();
    format!("warning: {}", sentences.join(" "))
}
