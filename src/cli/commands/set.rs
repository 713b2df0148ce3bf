//! `why401 set`: creates or changes one entry.
//!
//! The hash is made before the lock is taken. An entry that already has the password, scheme and cost is left alone, and
//! then nothing is locked or written, so that the command can be run again and again.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::hashing::{self, Choice};
use crate::cli::io::Io;
use crate::cli::password::{self, Source};
use crate::cli::random;
use crate::cli::saving::{self, Saving};
use crate::crypt::{Check, Work, any};
use crate::htpasswd::{self, Set, Splices, Survey};
use crate::render;
use crate::render::diff::{self, Change};
use crate::render::style::Role;
use crate::render::text::{count, printable};
use crate::secret::Secret;
use crate::server::{Decision, Server};
use crate::store::Outcome;
use crate::trace::Verdict;

pub(super) const ROW: Row = Row {
    name: "set",
    about: "Create or change an entry",
    after: "The bytes of all other lines stay as they are, and so do further fields of the entry. A password that the entry has \
            already, with scheme and cost as asked, changes nothing. With --generate, stdout holds the new password and nothing else.",
    args,
    run,
};

/// Permission bits of a new file: for its owner, and for the group that the server is in.
const NEW_MODE: u32 = 0o640;

/// A longer file is not read again to tell what the servers make of the new entry.
const LONGEST_TO_ASK_ABOUT: u64 = 1 << 20;

fn args(command: Command) -> Command {
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    let command = command
        .arg(args::file())
        .arg(args::user(true))
        .arg(flag("create", "Create FILE if it is missing"))
        .arg(flag("only-new", "Refuse where the user is there").conflicts_with("only-existing"))
        .arg(flag("only-existing", "Refuse where the user is not there"))
        .arg(flag("rehash", "Write a new hash even if the entry has the password already"))
        .arg(flag("generate", "Make a random password and print it").conflicts_with_all([
            "password-stdin",
            "password-fd",
            "password-file",
        ]));
    saving::args(hashing::args(password::args(command)))
}

/// What is asked.
struct Order<'a> {
    path: &'a OsStr,
    user: &'a [u8],
    choice: Choice,
    only_new: bool,
    only_existing: bool,
    rehash: bool,
}

/// What came of it.
#[derive(Default)]
struct Done {
    set: Option<Set>,
    changes: Vec<Change>,
    /// Numbers of the lines that have the password already.
    kept: Vec<u64>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let user = args::os(matches, "user").as_bytes();
    refuse_name(user)?;
    let order = Order {
        path: args::os(matches, "file"),
        user,
        choice: Choice::of(matches, user)?,
        only_new: matches.get_flag("only-new"),
        only_existing: matches.get_flag("only-existing"),
        rehash: matches.get_flag("rehash") || matches.get_flag("generate"),
    };
    let saving = Saving::of(matches, matches.get_flag("create").then_some(NEW_MODE))?;
    let servers = match args::named_servers(matches, "for")? {
        Some(servers) => servers,
        None => args::default_servers()?,
    };
    let survey = saving.look(order.path, |reader| order.survey(reader))?;
    let password = if matches.get_flag("generate") {
        random::password(order.choice.scheme.password_bytes)?
    } else {
        Source::of(matches).read_new(&printable(user))?
    };
    order.choice.check(&password)?;

    let mut done = Done::default();
    let mut outcome = None;
    if order.is_held(&survey, &password)? {
        done.kept = order.lines(&survey)?;
    } else {
        let field = order.choice.make(user, &password)?;
        outcome = saving.edit(order.path, |reader| {
            if saving.is_as_seen(order.path) {
                return order.edit(&survey, &field, &mut done);
            }
            let now = order.survey(reader)?;
            // Another writer may have set the same meanwhile; the hash of what was looked at is not computed again.
            if order.fields(&now)? != order.fields(&survey)? && order.is_held(&now, &password)? {
                done = Done { kept: order.lines(&now)?, ..Done::default() };
                return Ok(Splices::default());
            }
            order.edit(&now, &field, &mut done)
        })?;
    }
    let accepted = if outcome.is_some() { order.ask(&servers)? } else { Vec::new() };
    let report = Report { order: &order, done: &done, outcome: outcome.as_ref(), accepted };
    let generated = matches.get_flag("generate").then_some(&password);
    report.print(saving.dry_run, generated, io)?;
    saving.warn(io);
    Ok(Exit::Done)
}

/// Refuses names that an entry can't have, or that no server would find.
pub(super) fn refuse_name(user: &[u8]) -> Result<(), Error> {
    let why = match user {
        [] => "a user name is not empty",
        [b'#', ..] => "a line that begins with `#` is a comment, so no user name does",
        [b' ' | b'\t' | 0x0b | 0x0c, ..] => "no user name begins with a blank: Apache takes it off",
        _ if user.contains(&b':') => "a colon ends the user name, so none is in it",
        _ if user.iter().any(|byte| matches!(byte, b'\n' | b'\r')) => "a user name has no line break",
        _ if user.contains(&0) => "a user name has no NUL",
        _ => return Ok(()),
    };
    Err(Error::usage(why))
}

impl Order<'_> {
    fn survey(&self, reader: &mut dyn Read) -> Result<Survey, Error> {
        let survey = htpasswd::find(reader, self.user).map_err(|error| saving::unread(&error, self.path))?;
        let is_there = !self.lines(&survey)?.is_empty();
        let name = printable(self.user);
        if let Some(line) = survey.locked_lines_of(self.user).next() {
            let text = format!("{name} is locked, on line {}", line.number);
            return Err(Error::new(Exit::No, "locked-entry", text)
                .help("`why401 unlock` brings the old entry back; `why401 remove` takes it out, so that a new one can be made")
                .at(Path::new(self.path).display().to_string()));
        }
        let (code, text) = match (is_there, self.only_new, self.only_existing) {
            (true, true, _) => ("user-exists", "% has an entry already"),
            (false, _, true) => ("user-not-found", "there is no user % in the file"),
            _ => return Ok(survey),
        };
        Err(saving::about(&[self.user], code, [text; 2], self.path))
    }

    /// Numbers of the lines that servers use.
    fn lines(&self, survey: &Survey) -> Result<Vec<u64>, Error> {
        let used = survey.used(self.user).map_err(|at| saving::ambiguous(at, self.path))?;
        Ok(used.iter().map(|line| line.number).collect())
    }

    /// The fields that servers use.
    fn fields(&self, survey: &Survey) -> Result<Vec<Vec<u8>>, Error> {
        let used = survey.used(self.user).map_err(|at| saving::ambiguous(at, self.path))?;
        Ok(used.iter().map(|line| line.entry().map_or_else(Vec::new, |entry| entry.field.to_vec())).collect())
    }

    /// Whether the entry is there with this password, as asked, for every server to see.
    fn is_held(&self, survey: &Survey, password: &Secret) -> Result<bool, Error> {
        let fields = self.fields(survey)?;
        if self.rehash || fields.is_empty() || !survey.is_seen_by_all(self.user) {
            return Ok(false);
        }
        let mut work = Work::limited(10.0);
        Ok(fields.iter().all(|field| {
            self.choice.is_of(field) && any::ANY.check(field, password.expose(), &mut work).check == Check::Match
        }))
    }

    fn edit(&self, survey: &Survey, field: &[u8], done: &mut Done) -> Result<Splices, Error> {
        let mut editor = survey.edit();
        let set = editor.set(self.user, field).map_err(|at| saving::ambiguous(at, self.path))?;
        let splices = editor.finish();
        let first_added = set.lines.first().copied().filter(|_| set.added).unwrap_or_default();
        *done =
            Done { changes: diff::changes(survey.lines(), &splices, first_added), set: Some(set), kept: Vec::new() };
        Ok(splices)
    }

    /// What the servers now make of the entry, its password being the right one.
    fn ask(&self, servers: &[&'static dyn Server]) -> Result<Vec<(&'static str, Decision)>, Error> {
        if std::fs::metadata(self.path).is_ok_and(|file| file.len() > LONGEST_TO_ASK_ABOUT) {
            return Ok(Vec::new());
        }
        let file = DiskFile::look(self.path, None)?;
        let ask = |server: &&'static dyn Server| (server.info().name, hashing::decide(*server, &file, self.user));
        Ok(servers.iter().map(ask).collect())
    }
}

struct Report<'a> {
    order: &'a Order<'a>,
    done: &'a Done,
    outcome: Option<&'a Outcome>,
    accepted: Vec<(&'static str, Decision)>,
}

impl Report<'_> {
    fn action(&self) -> &'static str {
        match &self.done.set {
            None => "unchanged",
            Some(set) if set.added => "added",
            Some(_) => "changed",
        }
    }

    fn print(&self, dry_run: bool, generated: Option<&Secret>, io: &mut Io) -> Result<(), Error> {
        if io.json {
            let document = self.json(dry_run);
            return match generated.filter(|_| self.outcome.is_some()) {
                Some(password) => print_with(document, password, io),
                None => io.document(&document),
            };
        }
        if dry_run && self.done.set.is_some() {
            saving::print_diff(self.order.path, &self.done.changes, io)?;
            return Ok(());
        }
        let text = self.text(io);
        match generated {
            Some(password) => {
                io.say(&text);
                let mut line = Secret::with_capacity(password.expose().len() + 1);
                line.extend(password.expose());
                line.extend(b"\n");
                io.secret(&line)?;
            }
            None => io.out().write_all(text.as_bytes())?,
        }
        Ok(())
    }

    fn json(&self, dry_run: bool) -> Value {
        let lines = self.done.set.as_ref().map_or(&self.done.kept, |set| &set.lines);
        let mut user = json!({
            "user": render::json::bytes(self.order.user),
            "action": self.action(),
            "scheme": self.order.choice.scheme.name,
            "cost": self.order.choice.cost,
            "line": lines.first(),
        });
        if let Some(set) = &self.done.set {
            user["duplicates"] = json!(set.duplicates);
            user["notes"] = set.notes.iter().map(|note| note.code()).collect();
        }
        if !self.accepted.is_empty() {
            let verdicts =
                self.accepted.iter().map(|(name, decision)| ((*name).to_owned(), json!(decision.verdict.name())));
            user["accepted"] = Value::Object(verdicts.collect::<Map<_, _>>());
        }
        let mut document = json!({
            "file": render::json::bytes(self.order.path.as_bytes()),
            "changed": self.done.set.is_some(),
            "created": self.outcome.is_some_and(|outcome| outcome.created),
            "written": saving::written(self.outcome),
            "users": [user],
        });
        if dry_run {
            document["diff"] = saving::diff_json(&self.done.changes);
        }
        document
    }

    fn text(&self, io: &Io) -> String {
        let (name, file) = (printable(self.order.user), Path::new(self.order.path).display());
        let title = self.order.choice.title();
        let lines = self.done.set.as_ref().map_or(&self.done.kept, |set| &set.lines);
        let numbers = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(" and ");
        let place = format!("line {numbers} of {file}");
        let Some(set) = &self.done.set else {
            return format!("unchanged: {name} has this password already ({title}), on {place}\n");
        };
        let sentence = match self.action() {
            "added" => format!("added {name} ({title}) as {place}"),
            _ => format!("changed {name} ({title}) on {place}"),
        };
        let mut text = format!("{}\n", io.style.paint(Role::Good, &sentence));
        if let Some(reason) = self.order.choice.reason() {
            text.push_str(&format!("{reason}.\n"));
        }
        if let Some(seconds) = self.order.choice.slowness() {
            text.push_str(&format!("A login takes {seconds:.1} s here, at every request.\n"));
        }
        for note in &set.notes {
            text.push_str(&format!("{}\n", saving::note(*note)));
        }
        if !set.duplicates.is_empty() {
            let numbers = set.duplicates.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            let lines = count(set.duplicates.len(), "further line", "further lines");
            text.push_str(&format!("{lines} of {name}, which servers pass over, stay as they are: {numbers}.\n"));
        }
        text.push_str(&saving::way(self.outcome));
        if self.outcome.is_some_and(|outcome| outcome.created) {
            text.push_str(&readers(self.order.path));
        }
        for (server, decision) in &self.accepted {
            if decision.verdict != Verdict::Granted {
                let warning = format!("{server} will not let {name} in: {}", decision.reason.title);
                text.push_str(&format!("{}\n", io.style.paint(Role::Bad, &warning)));
            }
        }
        text
    }
}

/// Prints the document with the password of its user, and leaves no copy of that: the one in the document is taken back and
/// wiped, and the text is none but the wiped one.
fn print_with(mut document: Value, password: &Secret, io: &mut Io) -> Result<(), Error> {
    document["users"][0]["password"] = render::json::bytes(password.expose());
    let mut text = Wiped(Secret::with_capacity(4096));
    let written = serde_json::to_writer_pretty(&mut text, &document).map_err(std::io::Error::from);
    if let Value::String(password) = document["users"][0]["password"].take() {
        drop(Secret::from(password.into_bytes()));
    }
    written?;
    text.0.extend(b"\n");
    io.secret(&text.0)
}

/// A secret that is written to.
struct Wiped(Secret);

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Who may read a new file, and how the server comes to be one of them.
fn readers(path: &OsStr) -> String {
    let Ok(file) = std::fs::metadata(path) else { return String::new() };
    let groups = std::fs::read("/etc/group").unwrap_or_default();
    let named = |wanted: &dyn Fn(&[u8], &[u8]) -> bool| {
        groups.split(|&byte| byte == b'\n').find_map(|line| {
            let mut fields = line.split(|&byte| byte == b':');
            let (name, id) = (fields.next()?, fields.nth(1)?);
            wanted(name, id).then(|| printable(name))
        })
    };
    let id = file.gid().to_string();
    let group = named(&|_, number| number == id.as_bytes()).unwrap_or(id);
    let usual = ["www-data", "apache", "nginx", "http", "lighttpd", "_www"];
    let of_a_server = usual.into_iter().find_map(|usual| named(&|name, _| name == usual.as_bytes()));
    let mode = file.mode() & 0o7777;
    if usual.contains(&group.as_str()) {
        return format!("Its mode is {mode:04o}: the server can read it if it runs in the group {group}.\n");
    }
    let server = of_a_server.unwrap_or_else(|| "GROUP".to_owned());
    format!(
        "Its mode is {mode:04o}: only its owner and the group {group} can read it, and the server has to. \
         If that runs in the group {server}:\n    chgrp {server} {}\n",
        quoted(path)
    )
}

/// A path as a word for the shell.
fn quoted(path: &OsStr) -> String {
    let text = printable(path.as_bytes());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+,@%".contains(&byte);
    if text.bytes().all(plain) && !text.is_empty() { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
