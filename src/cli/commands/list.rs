//! `why401 list`: the entries of a file, and which servers accept each.

use std::collections::HashSet;
use std::os::unix::ffi::OsStrExt;

use clap::{ArgMatches, Command};
use serde_json::{Map, Value, json};

use crate::basic::head;
use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::io::Io;
use crate::crypt::Work;
use crate::htpasswd;
use crate::htpasswd::{Line, Lines};
use crate::lint;
use crate::render;
use crate::render::style::Role;
use crate::render::text::printable;
use crate::scheme;
use crate::secret::Secret;
use crate::server::{Decision, Inputs, Server};
use crate::trace::Verdict;

pub(super) const ROW: Row = Row {
    name: "list",
    about: "List the entries: line, user, scheme, cost, problems",
    after: "With --for, each entry is held against each server on its own, with the right password: ✓ it gets in, ✗ it is refused \
            (401), or the status where that is another; `-` where the server would not start or not answer.",
    args,
    run,
};

fn args(command: Command) -> Command {
    command
        .arg(args::file())
        .arg(args::servers("for", "Add which of these servers accept the entry; `all` adds every one"))
}

/// An entry as listed.
struct Listed {
    line: u64,
    user: Vec<u8>,
    scheme: Option<&'static str>,
    cost: Option<u64>,
    problems: Vec<&'static str>,
    locked: bool,
    accepted: Vec<Decision>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let servers = args::named_servers(matches, "for")?.unwrap_or_default();
    let file = DiskFile::look(path, None)?;
    let entries = read(&file, &servers)?;
    if io.json {
        let rows: Vec<Value> = entries.iter().map(|entry| entry.json(&servers)).collect();
        io.document(&json!({"file": render::json::bytes(path.as_bytes()), "entries": rows}))?;
        return Ok(Exit::Done);
    }
    print(&entries, &servers, io)?;
    Ok(Exit::Done)
}

fn read(file: &DiskFile, servers: &[&'static dyn Server]) -> Result<Vec<Listed>, Error> {
    let mut lines = Lines::new(file.reader()?);
    let mut names = HashSet::new();
    let mut entries = Vec::new();
    while let Some(line) = lines.next_line().map_err(|error| file.trouble(&error))? {
        if let Some(listed) = Listed::of(&line, &mut names, servers) {
            entries.push(listed);
        }
    }
    file.check()?;
    Ok(entries)
}

impl Listed {
    fn of(line: &Line<'_>, names: &mut HashSet<Vec<u8>>, servers: &[&'static dyn Server]) -> Option<Self> {
        if let Some(held) = htpasswd::lock::unlocked(line.text()) {
            return Self::of_locked(line, &held, servers);
        }
        let entry = line.entry()?;
        let field = entry.field.trim_ascii_end();
        let scheme = scheme::identify(field);
        let mut problems: Vec<&str> = lint::faults(line).iter().map(|fault| fault.code.name).collect();
        if !names.insert(entry.name.to_vec()) {
            problems.push("duplicate");
        }
        let accepted = servers.iter().map(|server| right_password(*server, line, entry.name)).collect();
        Some(Self {
            line: line.number,
            user: entry.name.to_vec(),
            scheme: scheme.map(|scheme| scheme.name),
            cost: scheme.and_then(|scheme| (scheme.cost.as_ref()?.of)(field)),
            problems,
            locked: false,
            accepted,
        })
    }

    /// A comment that holds an entry.
    fn of_locked(line: &Line<'_>, held: &[u8], servers: &[&'static dyn Server]) -> Option<Self> {
        let held = htpasswd::lines(held).next()?;
        let entry = held.entry()?;
        let field = entry.field.trim_ascii_end();
        let scheme = scheme::identify(field);
        // Beside an entry of the kind that the file has, since some servers refuse a file without any.
        let beside = [&line.raw, &b"somebody else:"[..], entry.field, b"\n"].concat();
        let accepted = servers.iter().map(|server| right_password_in(*server, &beside, entry.name)).collect();
        Some(Self {
            line: line.number,
            user: entry.name.to_vec(),
            scheme: scheme.map(|scheme| scheme.name),
            cost: scheme.and_then(|scheme| (scheme.cost.as_ref()?.of)(field)),
            problems: vec!["locked-entry"],
            locked: true,
            accepted,
        })
    }

    fn json(&self, servers: &[&'static dyn Server]) -> Value {
        let mut row = json!({"line": self.line, "user": render::json::bytes(&self.user), "scheme": self.scheme,
            "cost": self.cost, "problems": self.problems, "locked": self.locked});
        if !servers.is_empty() {
            let accepted: Map<String, Value> = servers
                .iter()
                .zip(&self.accepted)
                .map(|(server, decision)| (server.info().name.to_owned(), json!(decision.verdict.name())))
                .collect();
            row["accepted"] = Value::Object(accepted);
        }
        row
    }
}

/// What `server` answers to the right password of the entry, if the file held this line only.
fn right_password(server: &dyn Server, line: &Line<'_>, user: &[u8]) -> Decision {
    right_password_in(server, &line.raw, user)
}

fn right_password_in(server: &dyn Server, file: &[u8], user: &[u8]) -> Decision {
    let head = head::with_user_pass(user, &Secret::from(&b"right password"[..]));
    server.decide(&Inputs { head: head.expose(), path: b"FILE", file: &file, uri: b"/" }, &mut Work::assuming())
}

fn print(entries: &[Listed], servers: &[&'static dyn Server], io: &mut Io) -> Result<(), Error> {
    let users: Vec<String> = entries.iter().map(|entry| printable(&entry.user)).collect();
    let user_width = users.iter().map(|user| user.chars().count()).max().unwrap_or(0).clamp(4, 32);
    let groups = groups(entries, servers);
    if !entries.is_empty() {
        let mut heading = format!("{:>6}  {:user_width$}  {:14} {:>5}", "line", "user", "scheme", "cost");
        for (at, _) in groups.iter().enumerate() {
            heading.push_str(&format!("  {:>3}", letter(at)));
        }
        let heading = io.style.paint(Role::Strong, heading.trim_end());
        writeln!(io.out(), "{heading}")?;
    }
    for (entry, user) in entries.iter().zip(&users) {
        let cost = entry.cost.map_or_else(String::new, |cost| cost.to_string());
        let mut row = format!("{:>6}  {user:user_width$}  {:14} {cost:>5}", entry.line, entry.scheme.unwrap_or("?"));
        for (_, at) in &groups {
            let (mark, role) = mark(&entry.accepted[at[0]]);
            row.push_str("  ");
            row.push_str(&io.style.paint(role, &format!("{mark:>3}")));
        }
        if !entry.problems.is_empty() {
            row.push_str(&io.style.paint(Role::Open, &format!("  {}", entry.problems.join(", "))));
        }
        writeln!(io.out(), "{}", row.trim_end())?;
    }
    for (at, (names, _)) in groups.iter().enumerate() {
        writeln!(io.out(), "{}{:>3}: {}", if at == 0 { "\n" } else { "" }, letter(at), names.join(", "))?;
    }
    if entries.is_empty() {
        io.say("no entries\n");
    }
    Ok(())
}

/// Servers whose columns agree, each group with the indices of its servers.
fn groups(entries: &[Listed], servers: &[&'static dyn Server]) -> Vec<(Vec<&'static str>, Vec<usize>)> {
    let mut groups: Vec<(Vec<&'static str>, Vec<usize>)> = Vec::new();
    for (at, server) in servers.iter().enumerate() {
        let same = |other: usize| entries.iter().all(|entry| mark(&entry.accepted[at]) == mark(&entry.accepted[other]));
        match groups.iter_mut().find(|(_, members)| same(members[0])) {
            Some((names, members)) => {
                names.push(server.info().name);
                members.push(at);
            }
            None => groups.push((vec![server.info().name], vec![at])),
        }
    }
    groups
}

/// A name for a column: `A`, `B`, …, `AA`.
fn letter(at: usize) -> String {
    let last = char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
    if at < 26 { last.to_string() } else { format!("{}{last}", letter(at / 26 - 1)) }
}

fn mark(decision: &Decision) -> (String, Role) {
    match (decision.verdict, decision.status) {
        (Verdict::Granted | Verdict::Open, _) => ("✓".to_owned(), Role::Good),
        (Verdict::Undecided, _) => ("?".to_owned(), Role::Open),
        (_, Some(401)) => ("✗".to_owned(), Role::Bad),
        (_, Some(status)) => (status.to_string(), Role::Bad),
        (_, None) => ("-".to_owned(), Role::Bad),
    }
}
