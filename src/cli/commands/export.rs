//! `why401 export`: the entries of a file in another system's container.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::cli::args;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::hashing;
use crate::cli::held;
use crate::cli::io::Io;
use crate::cli::saving::{self, Saving};
use crate::container::{self, Entry, FORMATS, Format, Layer, Names, layer};
use crate::htpasswd::{self, Kind};
use crate::render;
use crate::render::text::{count, printable};
use crate::scheme;
use crate::trace::Verdict;

pub(super) const ROW: Row = Row {
    name: "export",
    about: "Write the entries as another system's container of them",
    after: "The container goes to standard output, with the escaping that its reader needs: doubled dollars for docker compose, \
            base64 for Kubernetes, quotes elsewhere. What a format can't hold or its reader would not start with is left out and \
            told, and then the exit status is 1. Entries that are locked or empty are left out too. compose's rule for dollars \
            is from its documentation; the other formats are held against their readers.",
    args,
    run,
};

fn args(command: Command) -> Command {
    let names = FORMATS.iter().filter(|format| format.write.is_some()).map(|format| format.name);
    command
        .arg(args::file())
        .arg(
            Arg::new("user")
                .value_name("USER")
                .num_args(0..)
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString))
                .help("Only these users"),
        )
        .arg(
            Arg::new("format")
                .long("format")
                .value_name("FORMAT")
                .required(true)
                .value_parser(PossibleValuesParser::new(names))
                .help("The format to write"),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("NAME")
                .default_value("auth")
                .help("Name of the middleware, secret, userlist, service or variable"),
        )
        .arg(
            Arg::new("base")
                .long("base")
                .value_name("DN")
                .default_value("ou=people,dc=example,dc=org")
                .help("Of ldif: the folder of the users"),
        )
}

/// An entry of the file.
struct Item {
    user: Vec<u8>,
    line: u64,
    hash: Vec<u8>,
    layers: Vec<Layer>,
    /// Why it is left out.
    why: Option<String>,
    /// What the reader of the container answers to the right password.
    verdict: Option<Verdict>,
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let path = args::os(matches, "file");
    let name = matches.get_one::<String>("format").map_or("", String::as_str);
    let format = container::find(name).ok_or_else(|| Error::usage("there is no such format"))?;
    let write = format.write.as_ref().ok_or_else(|| Error::usage("the format is only read"))?;
    let names = names(matches, format)?;
    let users: Vec<&[u8]> =
        matches.get_many::<OsString>("user").unwrap_or_default().map(|user| user.as_bytes()).collect();
    let saving = Saving::reading();
    let mut items = saving.look(path, |reader| items(reader, path, &users))?;
    let missing: Vec<&[u8]> =
        users.iter().filter(|user| items.iter().all(|item| item.user != **user)).copied().collect();
    if !missing.is_empty() {
        let texts = ["there is no user % in the file", "there are no users % in the file"];
        return Err(saving::about(&missing, "user-not-found", texts, path));
    }
    for item in &mut items {
        let entry = Entry { user: &item.user, hash: &item.hash };
        item.why = item.why.take().or_else(|| (write.refuses)(entry).map(str::to_owned));
        if let Some(consumer) = format.consumer.filter(|_| item.why.is_none()) {
            let server = args::server(consumer)?;
            let line = [&item.user[..], b":", &item.hash, b"\n"].concat();
            item.verdict = Some(hashing::decide(server, &&line[..], &item.user).verdict);
        }
    }
    let entries: Vec<Entry<'_>> = items
        .iter()
        .filter(|item| item.why.is_none())
        .map(|item| Entry { user: &item.user, hash: &item.hash })
        .collect();
    let text = (write.write)(&entries, &names);
    if io.json {
        let rows: Vec<Value> = items.iter().map(|item| row(item, format)).collect();
        io.document(&json!({"file": render::json::bytes(path.as_bytes()), "format": format.name,
            "text": render::json::bytes(&text), "entries": rows}))?;
    } else {
        io.out().write_all(&text)?;
        say(&items, format, io);
    }
    Ok(if items.iter().any(|item| item.why.is_some()) { Exit::No } else { Exit::Done })
}

/// Names that need no quoting anywhere, so that none is needed.
fn names(matches: &ArgMatches, format: &Format) -> Result<Names, Error> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let mut names = Names { name: text("name"), base: text("base") };
    if format.name == "env" {
        names.name = names.name.to_uppercase();
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || (byte == b'-' && format.name != "env");
    if names.name.is_empty() || !names.name.bytes().all(is_plain) {
        return Err(Error::usage("--name is letters, digits, `_` and, but for env, `-`"));
    }
    if names.base.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(Error::usage("--base has no line breaks"));
    }
    Ok(names)
}

/// The entries, of each user the one that servers use.
fn items(reader: &mut dyn Read, path: &std::ffi::OsStr, users: &[&[u8]]) -> Result<Vec<Item>, Error> {
    let survey = htpasswd::survey(reader, |_| true).map_err(|error| saving::unread(&error, path))?;
    let mut seen = std::collections::HashSet::new();
    let mut items = Vec::new();
    for line in survey.lines().filter(|line| line.kind() == Kind::Entry) {
        let Some(entry) = line.entry() else { continue };
        let is_asked = users.is_empty() || users.contains(&entry.name);
        if !is_asked || !seen.insert(entry.name.to_vec()) {
            continue;
        }
        let used = survey.used(entry.name).map_err(|at| saving::ambiguous(at, path))?;
        let Some(line) = used.first() else { continue };
        let field = line.entry().map_or(&b""[..], |entry| entry.field).to_vec();
        let (hash, layers) = layer::taken_off(&field).unwrap_or_else(|| (field.clone(), Vec::new()));
        let why = match hash.trim_ascii() {
            [] | [b'*' | b'!', ..] => Some("no password opens it".to_owned()),
            _ if used.len() > 1 => Some("servers use different lines of it".to_owned()),
            _ if layer::plain(&hash).is_some() => {
                Some("it is a password in clear; `why401 migrate` hashes it".to_owned())
            }
            hash if scheme::identify(hash).is_none() => Some("its scheme is not known".to_owned()),
            _ => None,
        };
        items.push(Item { user: entry.name.to_vec(), line: line.number, hash, layers, why, verdict: None });
    }
    Ok(items)
}

fn row(item: &Item, format: &Format) -> Value {
    let mut row = json!({"user": render::json::bytes(&item.user), "line": item.line,
        "scheme": scheme::identify(&item.hash).map(|scheme| scheme.name), "written": item.why.is_none(), "why": item.why,
        "layers": item.layers.iter().map(Layer::code).collect::<Vec<_>>()});
    if let (Some(consumer), Some(verdict)) = (format.consumer, item.verdict) {
        row["accepted"] = json!({consumer: verdict.name()});
    }
    row
}

/// What is to be known of entries, on stderr.
fn say(items: &[Item], format: &Format, io: &Io) {
    let mut text = String::new();
    for item in items {
        let name = printable(&item.user);
        if let Some(why) = &item.why {
            text.push_str(&format!("left out: {name} (line {}): {why}\n", item.line));
            continue;
        }
        if !item.layers.is_empty() {
            text.push_str(&format!("{name} (line {}): taken off: {}\n", item.line, held::layers(&item.layers)));
        }
        if let (Some(consumer), Some(verdict)) = (format.consumer, item.verdict)
            && verdict != Verdict::Granted
        {
            let of = scheme::identify(&item.hash).map_or("its scheme", |scheme| scheme.name);
            text.push_str(&format!("{name} (line {}): {consumer} does not accept {of}\n", item.line));
        }
    }
    let written = items.iter().filter(|item| item.why.is_none()).count();
    text.push_str(&format!("{} written as {}\n", count(written, "entry", "entries"), format.title));
    io.say(&text);
}
