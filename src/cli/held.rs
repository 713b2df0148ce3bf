//! Entries that other systems hold, in place of a password file: `--from FORMAT`.

use std::ffi::OsStr;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::source;
use crate::container::{self, FORMATS, Format, Found, Layer, Seen};
use crate::render;
use crate::render::text::printable;
use crate::scheme::sha1;
use crate::secret::Secret;
use crate::server::Server;

/// The word for finding the format out.
pub const AUTO: &str = "auto";

/// Adds `--from`; `default` where it can be left out.
#[must_use]
pub fn args(command: Command, help: &'static str, default: Option<&'static str>) -> Command {
    let names = FORMATS.iter().filter(|format| format.read.is_some()).map(|format| format.name);
    let arg = Arg::new("from")
        .long("from")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(names.chain([AUTO])))
        .help(help);
    command.arg(match default {
        Some(default) => arg.default_value(default),
        None => arg,
    })
}

/// Entries with the format that they were found in.
pub struct Held {
    /// The format.
    pub format: &'static Format,
    /// The entries.
    pub found: Vec<Found>,
}

impl Held {
    /// Reads `path`, or standard input for `-`, in the format that `--from` names; `None` without the option.
    pub fn read(matches: &ArgMatches, path: &OsStr) -> Result<Option<Self>, Error> {
        let Some(name) = matches.get_one::<String>("from") else { return Ok(None) };
        let text = source::read(path)?;
        let format = container::find(name).unwrap_or_else(|| container::detect(text.expose()));
        let name = source::name(path);
        let Some(read) = format.read else { return Err(Error::usage(format!("{} is only written", format.name))) };
        let found = read(text.expose()).map_err(|error| {
            let help = format!("it was read as {}; --from names another format", format.name);
            source::unreadable(&error, &name).help(help)
        })?;
        Ok(Some(Self { format, found }))
    }

    /// A password file of the hashes, as they are meant.
    #[must_use]
    pub fn file(&self) -> Vec<u8> {
        let hash = |found: &Found| match &found.value {
            container::Value::Hash(hash) => line(&found.user, hash.expose()),
            container::Value::Password(_) => Vec::new(),
        };
        self.found.iter().flat_map(hash).collect()
    }

    /// The server that reads this, in the table of servers, for `user` or all users; `None` where that depends.
    #[must_use]
    pub fn consumer(&self, user: Option<&[u8]>) -> Option<&'static str> {
        let mut asked = self.found.iter().filter(|found| user.is_none_or(|user| user == found.user));
        match self.clear() {
            Clear::Hashed if asked.any(|found| matches!(found.value, container::Value::Password(_))) => Some(TRAEFIK),
            _ => self.format.consumer,
        }
    }

    /// What `servers` get of the entries, as a password file in place of the one at `path`. It is an error where that is not
    /// known for the entry of `user`, or without a user for any.
    pub fn seen(&self, path: &OsStr, user: Option<&[u8]>, servers: &[&dyn Server]) -> Result<DiskFile, Error> {
        let (mut file, mut clear) = (Vec::new(), Vec::new());
        let mut count = 0;
        for found in &self.found {
            let is_asked = user.is_none_or(|user| user == found.user);
            let text = match (&found.value, &found.seen) {
                (container::Value::Password(_), Seen::Meant) if !is_asked => continue,
                (container::Value::Password(password), Seen::Meant) => match self.clear() {
                    Clear::Compared => {
                        clear.push(count + 1);
                        password.clone()
                    }
                    Clear::Hashed if servers.iter().all(|server| server.info().name.starts_with(TRAEFIK)) => {
                        Secret::from(sha1::text(&sha1::digest(b"", password.expose())))
                    }
                    Clear::Hashed => {
                        let why = "which Traefik alone is known to read there (--server traefik)";
                        return Err(undecided(found, why));
                    }
                    Clear::Unread(why) => return Err(undecided(found, why)),
                },
                (_, Seen::Refused(why)) => {
                    let text = format!("the consumer does not take {}: {why}", found.place);
                    return Err(Error::new(Exit::Failed, "container-refused", text).help("double every `$` there"));
                }
                (_, Seen::Other(text)) | (container::Value::Hash(text), Seen::Meant) => text.clone(),
            };
            let is_clear = clear.last() == Some(&(count + 1));
            if is_clear && !is_a_line(&found.user, text.expose()) {
                return Err(undecided(found, "and no line of a password file holds its name or its text"));
            }
            let line = line(&found.user, text.expose());
            count += memchr::memchr_iter(b'\n', &line).count() as u64;
            file.extend(line);
        }
        Ok(DiskFile::holding(path, file, clear))
    }

    /// What becomes of passwords in clear.
    fn clear(&self) -> Clear {
        match self.format.name {
            "haproxy" => Clear::Compared,
            "k8s-secret" => Clear::Hashed,
            "ldif" => Clear::Unread("which a directory compares, and none is among the servers"),
            _ => Clear::Unread("and no server is known that reads such a list"),
        }
    }

    /// The entry of a user.
    #[must_use]
    pub fn of(&self, user: &[u8]) -> Option<&Found> {
        self.found.iter().find(|found| found.user == user)
    }

    /// What was taken off, and what the consumer gets in place of what is meant, as sentences.
    #[must_use]
    pub fn notes(&self, user: Option<&[u8]>) -> Vec<String> {
        self.found.iter().filter(|found| user.is_none_or(|user| user == found.user)).flat_map(notes).collect()
    }

    /// The same in JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({"format": self.format.name, "entries": self.found.iter().map(row).collect::<Vec<_>>()})
    }
}

/// What becomes of passwords that a container holds in clear.
enum Clear {
    /// Its consumer compares them as they are; others would find them in the place of hashes.
    Compared,
    /// Traefik hashes them on reading (`pkg/provider/kubernetes/crd/kubernetes.go:loadBasicAuthCredentials`).
    Hashed,
    /// Nothing is known, for this reason.
    Unread(&'static str),
}

/// Traefik in the table of servers.
const TRAEFIK: &str = "traefik";

fn line(user: &[u8], text: &[u8]) -> Vec<u8> {
    [user, b":", text, b"\n"].concat()
}

/// Whether a line says the same.
fn is_a_line(user: &[u8], text: &[u8]) -> bool {
    let breaks = |byte: &u8| matches!(byte, b'\n' | b'\r' | 0);
    !user.iter().chain(text).any(breaks) && !user.contains(&b':') && !user.starts_with(b"#") && !user.is_empty()
}

fn undecided(found: &Found, why: &str) -> Error {
    let text = format!("{} holds a password in clear, {why}", found.place);
    Error::new(Exit::Undecided, "not-modelled", text).help("`why401 verify` compares it, `why401 import` hashes it")
}

/// What there is to say of an entry.
fn notes(found: &Found) -> Vec<String> {
    let name = format!("{} ({})", printable(&found.user), found.place);
    let mut notes = Vec::new();
    if !found.layers.is_empty() {
        notes.push(format!("{name}: taken off: {}", layers(&found.layers)));
    }
    match &found.seen {
        Seen::Meant => {}
        Seen::Other(_) => notes.push(format!("{name}: what is meant is not what its consumer gets")),
        Seen::Refused(why) => notes.push(format!("{name}: {why}")),
    }
    notes
}

/// Layers in words.
#[must_use]
pub fn layers(layers: &[Layer]) -> String {
    layers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn row(found: &Found) -> Value {
    let seen = match found.seen {
        Seen::Meant => "meant",
        Seen::Other(_) => "other",
        Seen::Refused(_) => "refused",
    };
    json!({"user": render::json::bytes(&found.user), "place": found.place,
        "layers": found.layers.iter().map(Layer::code).collect::<Vec<_>>(), "seen": seen})
}
