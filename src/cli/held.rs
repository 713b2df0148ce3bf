//! Entries that other systems hold, in place of a password file: `--from FORMAT`.

use std::ffi::OsStr;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::source;
use crate::container::{self, FORMATS, Format, Found, Layer, Seen};
use crate::render;
use crate::render::text::printable;

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

    /// A password file of the entries: as their consumer gets them, or as they are meant.
    pub fn file(&self, is_seen: bool, user: Option<&[u8]>) -> Result<Vec<u8>, Error> {
        let mut file = Vec::new();
        for found in &self.found {
            let is_asked = user.is_none_or(|user| user == found.user);
            let text = match (&found.value, &found.seen) {
                (_, Seen::Refused(why)) if is_seen => {
                    let text = format!("the consumer does not start with {}: {why}", found.place);
                    return Err(Error::new(Exit::Failed, "container-refused", text).help("double every `$` there"));
                }
                (_, Seen::Other(text)) if is_seen => text.expose(),
                (container::Value::Hash(hash), _) => hash.expose(),
                (container::Value::Password(_), _) if is_seen && is_asked => {
                    let text = format!(
                        "{} holds a password in clear, and what a server makes of that is not modelled",
                        found.place
                    );
                    return Err(Error::new(Exit::Undecided, "not-modelled", text).help("`why401 verify` compares it"));
                }
                (container::Value::Password(_), _) => continue,
            };
            file.extend([&found.user[..], b":", text, b"\n"].concat());
        }
        Ok(file)
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
