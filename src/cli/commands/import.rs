//! `why401 import`: many entries at once, from tables of users, other password files and other systems' containers.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value as Json, json};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::commands::set::refuse_name;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::hashing::{self, Choice};
use crate::cli::held::{self, AUTO, Held};
use crate::cli::io::Io;
use crate::cli::parallel;
use crate::cli::saving::{self, Saving};
use crate::container::{Format, Found, Layer, Value};
use crate::crypt::{Check, Work, any};
use crate::htpasswd::{self, Splices, Survey};
use crate::render;
use crate::render::diff::{self, Change};
use crate::render::style::Role;
use crate::render::text::{count, printable};
use crate::scheme;
use crate::secret::Secret;
use crate::store::Outcome;
use crate::trace::Verdict;

pub(super) const ROW: Row = Row {
    name: "import",
    about: "Take over many entries: from tables, other files, other systems' containers",
    after: "Hashes are taken as they are, freed of what stood around them (doubled dollars, quotes, base64, tags): what was taken off is told, \
            since it is often why a login failed. Passwords are hashed on all cores. Users who are in FILE already make it an \
            error, unless --on-conflict says to keep or to replace them; users who are locked there are kept or an error. Everything is saved at once, or nothing.\n\nThe exit \
            status is 1 where there is no entry, or one was not taken: no hash that is known, a name that no entry can have, a conflict.",
    args,
    run,
};

/// Permission bits of a new file: for its owner, and for the group that the server is in.
const NEW_MODE: u32 = 0o640;

fn args(command: Command) -> Command {
    let command = command
        .arg(args::file())
        .arg(
            Arg::new("source")
                .value_name("SOURCE")
                .required(true)
                .value_parser(value_parser!(OsString))
                .help("Where the entries are; `-` reads standard input"),
        )
        .arg(
            Arg::new("on-conflict")
                .long("on-conflict")
                .value_name("RULE")
                .default_value("fail")
                .value_parser(PossibleValuesParser::new(["fail", "keep", "replace"]))
                .help("What becomes of users who are in FILE already"),
        )
        .arg(Arg::new("create").long("create").action(ArgAction::SetTrue).help("Create FILE if it is missing"));
    let command = held::args(command, "The format of SOURCE; auto: what it looks like", Some(AUTO));
    saving::args(hashing::args(command))
}

/// Why no rule replaces an entry: a second one beside it would let the user in, and another hash under the lock would be news
/// to whoever unlocks it.
const LOCKED: &str = "the user is locked in the file";

/// What becomes of an entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Added,
    Replaced,
    Kept,
    /// It holds no hash of a known scheme.
    Unknown,
    /// It can't be taken.
    Refused,
    /// The user is in the file.
    Conflict,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Kept => "kept",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Conflict => "conflict",
        }
    }

    const fn is_taken(self) -> bool {
        matches!(self, Self::Added | Self::Replaced)
    }
}

/// An entry on its way.
struct Item {
    found: Found,
    state: State,
    why: String,
    line: Option<u64>,
    /// The field to store.
    field: Option<Vec<u8>>,
}

impl Item {
    fn leave(&mut self, state: State, why: impl Into<String>) {
        self.state = state;
        self.why = why.into();
        self.field = None;
    }

    /// What it was: a scheme, or a password.
    fn from(&self) -> Option<&'static str> {
        match &self.found.value {
            Value::Hash(hash) => scheme::identify(hash.expose()).map(|scheme| scheme.name),
            Value::Password(_) => Some("password"),
        }
    }
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let choice = Choice::of(matches, b"user")?;
    let rule = matches.get_one::<String>("on-conflict").map_or("fail", String::as_str);
    let saving = Saving::of(matches, matches.get_flag("create").then_some(NEW_MODE))?;
    let Some(Held { format, found }) = Held::read(matches, args::os(matches, "source"))? else {
        return Err(Error::usage("no format"));
    };
    let survey = saving.look(path, |reader| survey(reader, path))?;
    let mut items = items(found);
    judge(&mut items, &choice);
    compare(&mut items, &survey, &choice, rule);
    let conflict = items.iter().any(|item| item.state == State::Conflict);
    if !conflict {
        hash(&mut items, &choice, io);
    }
    let mut changes = Vec::new();
    let taken = !conflict && items.iter().any(|item| item.state.is_taken());
    let outcome = if taken { save(&saving, path, &mut items, rule, &mut changes)? } else { None };
    saving.warn(io);
    let report =
        Report { path, format, items: &items, outcome: outcome.as_ref(), changes: &changes, dry_run: saving.dry_run };
    report.print(conflict, io)?;
    let is_left = items.iter().any(|item| matches!(item.state, State::Unknown | State::Refused | State::Conflict));
    Ok(if is_left || items.is_empty() { Exit::No } else { Exit::Done })
}

fn survey(reader: &mut dyn std::io::Read, path: &OsStr) -> Result<Survey, Error> {
    htpasswd::survey(reader, |_| true).map_err(|error| saving::unread(&error, path))
}

/// The entries in order; of a user with several, the first.
fn items(found: Vec<Found>) -> Vec<Item> {
    let mut first: HashMap<Vec<u8>, String> = HashMap::new();
    let item = |found: Found| {
        let known = first.get(&found.user).cloned();
        first.entry(found.user.clone()).or_insert_with(|| found.place.clone());
        let mut item = Item { found, state: State::Added, why: String::new(), line: None, field: None };
        if let Some(place) = known {
            item.leave(State::Refused, format!("the user is at {place} already"));
        }
        item
    };
    found.into_iter().map(item).collect()
}

/// Leaves out what can't be an entry.
fn judge(items: &mut [Item], choice: &Choice) {
    for item in items.iter_mut().filter(|item| item.state == State::Added) {
        if let Err(error) = refuse_name(&item.found.user) {
            item.leave(State::Refused, error.message);
            continue;
        }
        let Value::Hash(hash) = &item.found.value else { continue };
        let hash = hash.expose().trim_ascii().to_vec();
        if hash.iter().any(|byte| matches!(byte, b':' | b'\n' | b'\r' | 0)) {
            item.leave(State::Refused, "the hash has a colon or a line break");
        } else if scheme::identify(&hash).is_none() {
            item.leave(State::Unknown, "no hash of a known scheme; --from passwords reads passwords in clear");
        } else if let Some(server) = choice.servers().iter().find(|server| {
            let line = [&item.found.user[..], b":", &hash, b"\n"].concat();
            hashing::decide(**server, &&line[..], &item.found.user).verdict != Verdict::Granted
        }) {
            item.leave(State::Refused, format!("{} does not accept it", server.info().name));
        } else {
            item.field = Some(hash);
        }
    }
}

/// Holds the entries against those of the file.
fn compare(items: &mut [Item], survey: &Survey, choice: &Choice, rule: &str) {
    for item in items.iter_mut().filter(|item| item.state == State::Added) {
        let Some(fields) = fields(survey, &item.found.user) else {
            item.leave(State::Refused, "its line in the file is a part of the one before for Apache");
            continue;
        };
        let locked = survey.locked_lines_of(&item.found.user).next().map(|line| line.number);
        if locked.is_some() {
            let (state, why) = match rule {
                "keep" => (State::Kept, LOCKED),
                _ => (State::Conflict, LOCKED),
            };
            item.line = locked;
            item.leave(state, why);
            continue;
        }
        if fields.is_empty() {
            continue;
        }
        item.line = survey.lines_of(&item.found.user).next().map(|line| line.number);
        if item.field.as_ref().is_some_and(|new| fields.iter().all(|field| field == new)) {
            item.leave(State::Kept, "");
            continue;
        }
        if let Value::Password(password) = &item.found.value
            && fields.iter().all(|field| choice.is_of(field) && opens(field, password))
        {
            item.leave(State::Kept, "");
            continue;
        }
        match rule {
            "keep" => item.leave(State::Kept, "the user is in the file"),
            "replace" => item.state = State::Replaced,
            _ => item.leave(State::Conflict, "the user is in the file"),
        }
    }
}

/// The fields of the lines that servers use; `None` where no edit is right for all of them.
fn fields(survey: &Survey, user: &[u8]) -> Option<Vec<Vec<u8>>> {
    let used = survey.used(user).ok()?;
    Some(used.iter().map(|line| line.entry().map_or_else(Vec::new, |entry| entry.field.to_vec())).collect())
}

fn opens(field: &[u8], password: &Secret) -> bool {
    any::ANY.check(field, password.expose(), &mut Work::limited(10.0)).check == Check::Match
}

/// Hashes the passwords.
fn hash(items: &mut [Item], choice: &Choice, io: &Io) {
    let jobs: Vec<(usize, Vec<u8>, Secret)> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| item.state.is_taken())
        .filter_map(|(at, item)| match &item.found.value {
            Value::Password(password) => Some((at, item.found.user.clone(), password.clone())),
            Value::Hash(_) => None,
        })
        .collect();
    // Eight together take less time than eight alone.
    let chunks: Vec<_> = jobs.chunks(8).collect();
    let made = parallel::map(&chunks, "hashing, eight at a time", io, |chunk| {
        let asked: Vec<_> = chunk.iter().map(|(_, user, password)| (&user[..], password)).collect();
        choice.make_together(&asked)
    });
    let made: Vec<_> = made.into_iter().flatten().map(|made| made.map_err(|error| error.message)).collect();
    for ((at, ..), made) in jobs.into_iter().zip(made) {
        match made {
            Ok(field) => items[at].field = Some(field),
            Err(why) => items[at].leave(State::Refused, why),
        }
    }
}

/// Saves all at once; what came into the file meanwhile is judged anew.
fn save(
    saving: &Saving,
    path: &OsStr,
    items: &mut [Item],
    rule: &str,
    changes: &mut Vec<Change>,
) -> Result<Option<Outcome>, Error> {
    let mut lines: Vec<(usize, Option<u64>, bool)> = Vec::new();
    let outcome = saving.edit(path, |reader| {
        let survey = survey(reader, path)?;
        let mut editor = survey.edit();
        lines.clear();
        let mut first_added = None;
        for (at, item) in items.iter().enumerate() {
            let Some(field) = item.field.as_ref().filter(|_| item.state.is_taken()) else { continue };
            let is_locked = survey.locked_lines_of(&item.found.user).next().is_some();
            let is_new = !is_locked && fields(&survey, &item.found.user).is_some_and(|fields| fields.is_empty());
            if !is_new && item.state == State::Added && (is_locked || rule != "replace") {
                if rule != "keep" {
                    let text = format!("{} came into the file meanwhile", printable(&item.found.user));
                    return Err(Error::new(Exit::No, "user-exists", text).help("nothing was written; run this again"));
                }
                continue;
            }
            let set = editor.set(&item.found.user, field).map_err(|at| saving::ambiguous(at, path))?;
            if set.added {
                first_added = first_added.or(set.lines.first().copied());
            }
            lines.push((at, set.lines.first().copied(), set.added));
        }
        let splices: Splices = editor.finish();
        *changes = diff::changes(survey.lines(), &splices, first_added.unwrap_or_default());
        Ok(splices)
    })?;
    let set: HashMap<usize, (Option<u64>, bool)> =
        lines.into_iter().map(|(at, line, added)| (at, (line, added))).collect();
    for (at, item) in items.iter_mut().enumerate().filter(|(_, item)| item.state.is_taken()) {
        match set.get(&at) {
            Some((line, added)) => {
                item.line = *line;
                item.state = if *added { State::Added } else { State::Replaced };
            }
            None => item.leave(State::Kept, "the user came into the file meanwhile"),
        }
    }
    Ok(outcome)
}

struct Report<'a> {
    path: &'a OsStr,
    format: &'static Format,
    items: &'a [Item],
    outcome: Option<&'a Outcome>,
    changes: &'a [Change],
    dry_run: bool,
}

impl Report<'_> {
    fn count(&self, states: &[State]) -> usize {
        self.items.iter().filter(|item| states.contains(&item.state)).count()
    }

    fn print(&self, conflict: bool, io: &mut Io) -> Result<(), Error> {
        if io.json {
            return io.document(&self.json(conflict));
        }
        let text = self.text(conflict, io);
        io.out().write_all(text.as_bytes())?;
        if self.dry_run && !self.changes.is_empty() {
            saving::print_diff(self.path, self.changes, io)?;
        }
        Ok(())
    }

    fn json(&self, conflict: bool) -> Json {
        let row = |item: &Item| {
            json!({"user": render::json::bytes(&item.found.user), "line": item.line, "from": item.from(),
                "to": item.field.as_ref().and_then(|field| scheme::identify(field)).map(|scheme| scheme.name),
                "state": item.state.name(), "place": item.found.place, "why": item.why,
                "layers": item.found.layers.iter().map(Layer::code).collect::<Vec<_>>()})
        };
        let (added, replaced) = (self.count(&[State::Added]), self.count(&[State::Replaced]));
        let mut document = json!({
            "file": render::json::bytes(self.path.as_bytes()),
            "from": self.format.name,
            "changed": !conflict && added + replaced > 0,
            "created": self.outcome.is_some_and(|outcome| outcome.created),
            "written": saving::written(self.outcome),
            "summary": {"moved": added + replaced, "added": added, "replaced": replaced, "kept": self.count(&[State::Kept]),
                "unknown": self.count(&[State::Unknown]), "wrong": self.count(&[State::Refused, State::Conflict])},
            "entries": self.items.iter().map(row).collect::<Vec<_>>(),
        });
        if self.dry_run {
            document["diff"] = saving::diff_json(self.changes);
        }
        document
    }

    fn text(&self, conflict: bool, io: &Io) -> String {
        let users: Vec<String> = self.items.iter().map(|item| printable(&item.found.user)).collect();
        let width = users.iter().map(|user| user.chars().count()).max().unwrap_or(0).clamp(4, 32);
        let mut text = format!("read as {}\n", self.format.title);
        for (item, user) in self.items.iter().zip(&users) {
            let (mut how, role) = match item.state {
                State::Added if conflict => ("not added".to_owned(), Role::Frame),
                State::Replaced if conflict => ("not replaced".to_owned(), Role::Frame),
                State::Added => ("added".to_owned(), Role::Good),
                State::Replaced => ("replaced".to_owned(), Role::Good),
                State::Kept => ("kept".to_owned(), Role::Frame),
                State::Unknown | State::Refused => ("left out".to_owned(), Role::Bad),
                State::Conflict => ("conflict".to_owned(), Role::Bad),
            };
            if !item.why.is_empty() {
                how.push_str(&format!(": {}", item.why));
            }
            if !item.found.layers.is_empty() {
                how.push_str(&format!("; taken off: {}", held::layers(&item.found.layers)));
            }
            let row = format!("{user:width$}  {:14} ", item.from().unwrap_or("?"));
            text.push_str(&format!("{row}{} [{}]\n", io.style.paint(role, &how), item.found.place));
        }
        let taken = if conflict { 0 } else { self.count(&[State::Added, State::Replaced]) };
        let left = self.count(&[State::Unknown, State::Refused, State::Conflict]);
        let kept = self.count(&[State::Kept]);
        text.push_str(&format!(
            "{}, {kept} kept, {left} left out.\n",
            count(taken, "entry taken over", "entries taken over")
        ));
        if self.items.is_empty() {
            text.push_str("There is no entry in it; --from names the format where this one is not meant.\n");
        }
        if conflict {
            let is_locked = self.items.iter().any(|item| item.why == LOCKED);
            text.push_str("Nothing was written: ");
            text.push_str(if is_locked {
                "--on-conflict keep passes over users who are locked; `why401 unlock` or `remove` makes way for them.\n"
            } else {
                "--on-conflict keep or replace decides.\n"
            });
        }
        text + &saving::way(self.outcome)
    }
}
