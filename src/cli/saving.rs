//! Editing FILE: the options that all editing commands share, and what they say about how it was saved.

use std::cell::{Cell, RefCell};
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::cli::args;
use crate::cli::effects;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::htpasswd::{Ambiguous, Bar, Barred, Note, ReadError, Splices};
use crate::render;
use crate::render::diff::Change;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::server::SERVERS;
use crate::store;
use crate::store::{Failure, Outcome, Written};
use crate::trace::Verdict;

/// Adds the options.
#[must_use]
pub fn args(command: Command) -> Command {
    command
        .arg(
            Arg::new("dry-run")
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Show what would change, hashes masked, and write nothing"),
        )
        .arg(
            Arg::new("backup")
                .long("backup")
                .value_name("SUFFIX")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("~")
                .value_parser(value_parser!(OsString))
                .help("Keep the old content in FILE with SUFFIX at its end [default: ~]"),
        )
        .arg(
            Arg::new("lock-timeout")
                .long("lock-timeout")
                .value_name("SECONDS")
                .default_value("30")
                .value_parser(args::seconds)
                .help("Wait no longer for other writers"),
        )
}

/// How to save.
pub struct Saving {
    options: store::Options,
    /// Nothing is to be written.
    pub dry_run: bool,
    seen: Cell<Option<State>>,
    /// Servers that take the edited file otherwise than before.
    hurt: RefCell<Vec<(&'static str, Verdict)>>,
    /// The command has an option for making a new file.
    can_create: bool,
}

/// What differs between two states of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    inode: (u64, u64),
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl State {
    fn of(file: &Metadata) -> Self {
        Self {
            inode: (file.dev(), file.ino()),
            length: file.len(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }

    /// The state of a file that has rested: one that was changed just now can be changed again within the same tick of
    /// the kernel's clock, and would look the same.
    fn settled(file: &Metadata) -> Option<Self> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        (file.ctime() + 1 < i64::try_from(now).ok()?).then(|| Self::of(file))
    }
}

impl Saving {
    /// What the options say; `create` is the mode of a new file, `None` where the file has to be there.
    pub fn of(matches: &ArgMatches, create: Option<u32>) -> Result<Self, Error> {
        let seconds = matches.get_one::<f64>("lock-timeout").copied().unwrap_or(30.0);
        let options = store::Options {
            create,
            lock_timeout: Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX),
            backup: matches.get_one::<OsString>("backup").cloned(),
        };
        if options.backup.as_ref().is_some_and(|suffix| suffix.is_empty() || suffix.as_encoded_bytes().contains(&b'/'))
        {
            return Err(Error::usage("the suffix of --backup is not empty and has no `/`"));
        }
        let can_create = matches.try_contains_id("create").is_ok();
        Ok(Self {
            options,
            dry_run: matches.get_flag("dry-run"),
            seen: Cell::new(None),
            hurt: RefCell::default(),
            can_create,
        })
    }

    /// For commands that only read.
    #[must_use]
    pub fn reading() -> Self {
        Self {
            options: store::Options::default(),
            dry_run: true,
            seen: Cell::new(None),
            hurt: RefCell::default(),
            can_create: false,
        }
    }

    /// Lets `look` read the file as it is, without a lock: empty where it is missing and may be created.
    pub fn look<T>(&self, path: &OsStr, look: impl FnOnce(&mut dyn Read) -> Result<T, Error>) -> Result<T, Error> {
        let file = self.open(path)?;
        self.seen.set(file.as_ref().and_then(|file| State::settled(&file.metadata().ok()?)));
        match file {
            Some(mut file) => look(&mut file),
            None => look(&mut std::io::empty()),
        }
    }

    /// The file for reading; `None` where it is missing and may be created.
    fn open(&self, path: &OsStr) -> Result<Option<File>, Error> {
        match store::open(Path::new(path)) {
            Ok(file) => Ok(Some(file)),
            Err(store::Error::Missing { .. }) if self.options.create.is_some() => Ok(None),
            Err(error) => Err(self.told(error)),
        }
    }

    fn told(&self, error: store::Error) -> Error {
        let is_missing = matches!(error, store::Error::Missing { .. });
        let told = Error::from(error);
        if is_missing && self.can_create { told.help("check the path; --create makes a new file") } else { told }
    }

    /// Whether the file is still what [`Self::look`] was given, so that it need not be read again. To be asked with the
    /// lock held, in an edit; what changes later, the save itself notices.
    #[must_use]
    pub fn is_as_seen(&self, path: &OsStr) -> bool {
        self.seen.get().is_some_and(|seen| std::fs::metadata(path).is_ok_and(|now| State::of(&now) == seen))
    }

    /// Tells of servers that the edit keeps from the file, in one line beside the results.
    pub fn warn(&self, io: &Io) {
        if let Some(sentence) = effects::sentence(&self.hurt.borrow()) {
            io.say(&format!("{}\n", io.style.paint(Role::Bad, &format!("warning: {sentence}"))));
        }
    }

    /// Edits the file and saves it; `None` in a dry run, for which `edit` is called once.
    pub fn edit(
        &self,
        path: &OsStr,
        mut edit: impl FnMut(&mut dyn Read) -> Result<Splices, Error>,
    ) -> Result<Option<Outcome>, Error> {
        let mut edit = |reader: &mut dyn Read| {
            let splices = edit(reader)?;
            self.hurt.replace(hurt(path, &splices));
            Ok(splices)
        };
        if self.dry_run {
            match self.open(path)? {
                Some(mut file) => edit(&mut file)?,
                None => edit(&mut std::io::empty())?,
            };
            return Ok(None);
        }
        store::update(Path::new(path), &self.options, edit).map(Some).map_err(|failure| match failure {
            Failure::Store(error) => self.told(error),
            Failure::Edit(error) => error,
        })
    }
}

/// A longer file is not asked about.
const LONGEST_TO_ASK_ABOUT: u64 = 1 << 16;

/// The servers that took the file as it is and would not take it edited.
fn hurt(path: &OsStr, splices: &Splices) -> Vec<(&'static str, Verdict)> {
    if std::fs::metadata(path).is_ok_and(|file| file.len() > LONGEST_TO_ASK_ABOUT) {
        return Vec::new();
    }
    let Ok(before) = std::fs::read(path) else { return Vec::new() };
    // Another writer may have made it shorter meanwhile; the edit begins anew then.
    if splices.end() > before.len() as u64 {
        return Vec::new();
    }
    effects::changed(SERVERS, &before, &splices.apply(&before))
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        let place = Self::new(Exit::CouldNot, error.code(), error.to_string());
        match error.hint() {
            Some(hint) => place.help(hint),
            None => place,
        }
    }
}

/// The error for a file that can't be read to its end.
#[must_use]
pub fn unread(error: &ReadError, path: &OsStr) -> Error {
    Error::new(Exit::CouldNot, "read", format!("can't read the file: {error}"))
        .at(Path::new(path).display().to_string())
}

/// The error for a line that no edit is right for.
#[must_use]
pub fn ambiguous(at: Ambiguous, path: &OsStr) -> Error {
    let text = "this line is a part of the entry before it for Apache, since that ends in a backslash, and an entry of its own \
                for other servers: no edit of it is right for both";
    Error::new(Exit::No, "ambiguous-line", text)
        .help("take the backslash off the end of the line before, or put the two on one line, with an editor")
        .at(format!("{}:{}", Path::new(path).display(), at.line))
}

/// The error for a line that is left as it is.
#[must_use]
pub fn barred(at: Barred, path: &OsStr) -> Error {
    let (text, help) = match at.bar {
        Bar::Continues => return ambiguous(Ambiguous { line: at.line }, path),
        Bar::RunsOn => (
            "this line ends in a backslash, so that the next is a part of it for Apache and for no other server: no edit of \
             it is right for all",
            "take the backslash off the end of the line with an editor",
        ),
        Bar::NoColon => (
            "this line has no colon and is an entry for Apache only",
            "`why401 set` gives it its colon and a password; or remove it",
        ),
        Bar::ControlByte => (
            "there is a carriage return or a NUL in this line: for some servers it ends there, or another begins",
            "`why401 lint` tells what it is; take it out with an editor",
        ),
        _ => ("the line would be longer than some servers read", "shorten it with an editor"),
    };
    Error::new(Exit::No, "ambiguous-line", text).help(format!("{help}; nothing was changed")).at(format!(
        "{}:{}",
        Path::new(path).display(),
        at.line
    ))
}

/// Refuses an edit after which a server still finds an entry of `user`, put together from lines that are no entry of the user.
pub fn refuse_others(after: &[u8], user: &[u8], path: &OsStr) -> Result<(), Error> {
    let Some((server, line)) = effects::finding(after, user) else { return Ok(()) };
    let text = format!("{server} finds another entry of {} here, where the others find none", printable(user));
    Err(Error::new(Exit::No, "ambiguous-line", text)
        .help("`why401 lint` tells what is wrong with the line; nothing was changed")
        .at(format!("{}:{line}", Path::new(path).display())))
}

/// The users named by the argument `user`, each once.
#[must_use]
pub fn users(matches: &ArgMatches) -> Vec<&[u8]> {
    let mut users: Vec<&[u8]> = Vec::new();
    for user in matches.get_many::<OsString>("user").unwrap_or_default() {
        if !users.contains(&user.as_bytes()) {
            users.push(user.as_bytes());
        }
    }
    users
}

/// `line 3`, `lines 3, 7`.
#[must_use]
pub fn numbers(lines: &[u64]) -> String {
    let list = lines.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    if lines.len() == 1 { format!("line {list}") } else { format!("lines {list}") }
}

/// An error about users, `which` of them: `there is no user %`, with `%` for the name, or the plural with `%` for the names.
#[must_use]
pub fn about(which: &[&[u8]], code: &'static str, texts: [&str; 2], path: &OsStr) -> Error {
    let names = which.iter().map(|user| printable(user)).collect::<Vec<_>>().join(", ");
    let text = texts[usize::from(which.len() > 1)].replacen('%', &names, 1);
    let help = if code == "user-not-found" { "`why401 list` tells who is in the file" } else { "" };
    Error::new(Exit::No, code, text).help(help).at(Path::new(path).display().to_string())
}

/// `written` in JSON.
#[must_use]
pub fn written(outcome: Option<&Outcome>) -> &'static str {
    outcome.map_or("none", |outcome| outcome.written.name())
}

/// How it was saved, as sentences for people; empty where nothing was written.
#[must_use]
pub fn way(outcome: Option<&Outcome>) -> String {
    let Some(outcome) = outcome else { return String::new() };
    let mut text = match &outcome.written {
        Written::None => String::new(),
        Written::Rename if outcome.created => "Saved as a new file.\n".to_owned(),
        Written::Rename => "Saved by rename.\n".to_owned(),
        Written::InPlace(why) => format!("Saved in place, behind a journal: {why}.\n"),
    };
    if outcome.replayed {
        text.push_str("An earlier write in place that had been cut off was finished first.\n");
    }
    if let Some(backup) = &outcome.backup {
        text.push_str(&format!("The old content is in {}.\n", backup.display()));
    }
    text
}

/// A note as a sentence.
#[must_use]
pub fn note(note: Note) -> String {
    match note {
        Note::NewlineAdded => "The last line had no line end and got one.".to_owned(),
        Note::SeparatedFromContinuation { line } => format!(
            "An empty line was put before line {line}: the line before ends in a backslash, and Apache would read on."
        ),
        Note::SeparatedFromBareText { line } => format!(
            "An empty line was put before line {line}: the line before has no colon, and nginx would pass over this one."
        ),
        Note::IndentRemoved { line } => {
            format!("Blanks before the name on line {line}, which only Apache passes over, were removed.")
        }
        Note::ColonAdded { line } => {
            format!("Line {line} was the bare name, an entry to Apache only, and got its colon.")
        }
        Note::ColonsRemoved { line } => {
            format!("Of several colons after the name on line {line} one was kept: nginx takes what is between them.")
        }
    }
}

/// The changes as JSON.
#[must_use]
pub fn diff_json(changes: &[Change]) -> Value {
    let row = |change: &Change| {
        json!({"line": change.line, "old": change.old.as_deref().map(render::json::bytes),
            "new": change.new.iter().map(|line| render::json::bytes(line)).collect::<Vec<_>>()})
    };
    changes.iter().map(row).collect()
}

/// Prints the changes for people.
pub fn print_diff(path: &OsStr, changes: &[Change], io: &mut Io) -> Result<(), Error> {
    let style = io.style;
    let name = Path::new(path).display();
    let heading = style.paint(Role::Strong, &format!("--- {name}\n+++ {name} (not written)"));
    writeln!(io.out(), "{heading}")?;
    for change in changes {
        writeln!(io.out(), "{}", style.paint(Role::Frame, &format!("@@ line {} @@", change.line)))?;
        if let Some(old) = &change.old {
            writeln!(io.out(), "{}", style.paint(Role::Bad, &format!("-{}", printable(old))))?;
        }
        for new in &change.new {
            writeln!(io.out(), "{}", style.paint(Role::Good, &format!("+{}", printable(new))))?;
        }
    }
    Ok(())
}
