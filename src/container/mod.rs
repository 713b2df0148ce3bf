//! Entries held outside of password files: other systems' containers of them, read and written.
//!
//! Pure functions over bytes. A reader says for each entry which layers it took off, since that is often the diagnosis:
//! doubled dollars, quotes and base64 that a consumer would have needed, or that were one too many. Where the consumer
//! itself gets something else than the hash that is meant, the reader says what ([`Seen`]). Nothing here decides whether a
//! login succeeds, and no hash is computed.
//!
//! A format is one file and one row of [`FORMATS`].

mod caddy;
mod compose;
pub mod credentials;
mod csv;
mod env;
mod haproxy;
mod k8s_secret;
mod label;
pub mod layer;
mod ldif;
mod lines;
pub mod presented;
mod shadow;
mod table;
mod traefik;

pub use layer::Layer;

pub use crate::node::Unreadable;
use crate::secret::Secret;

/// An entry as it was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The user.
    pub user: Vec<u8>,
    /// What is stored for the user, as it is meant.
    pub value: Value,
    /// What was taken off, from the outside in.
    pub layers: Vec<Layer>,
    /// What the consumer of the container gets.
    pub seen: Seen,
    /// Where it was found: a line, a label, a key.
    pub place: String,
}

/// What is stored for a user. Both are kept from being shown.
#[derive(Clone, Debug)]
pub enum Value {
    /// A hash, as it would stand in a password file.
    Hash(Secret),
    /// A password.
    Password(Secret),
}

/// What the consumer of a container gets for an entry.
#[derive(Clone, Debug)]
pub enum Seen {
    /// What is meant.
    Meant,
    /// This text in place of it.
    Other(Secret),
    /// Nothing: it refuses the container, for this reason.
    Refused(&'static str),
}

impl Found {
    /// An entry whose consumer gets what is meant.
    fn new(user: impl Into<Vec<u8>>, value: Value, place: impl Into<String>) -> Self {
        Self { user: user.into(), value, layers: Vec::new(), seen: Seen::Meant, place: place.into() }
    }

    /// An entry with a hash, which is freed of its layers; the consumer gets it with them.
    fn hash(user: impl Into<Vec<u8>>, text: &[u8], place: impl Into<String>) -> Self {
        let (hash, layers) = layer::taken_off(text).unwrap_or_else(|| (text.to_vec(), Vec::new()));
        let seen = if layers.is_empty() { Seen::Meant } else { Seen::Other(Secret::from(text)) };
        Self { layers, seen, ..Self::new(user, Value::Hash(Secret::from(hash)), place) }
    }

    /// The same with a layer that the consumer takes off too, outside of those that are known.
    fn under(mut self, layer: Layer) -> Self {
        self.layers.insert(0, layer);
        self
    }
}

/// An entry to be written.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// The user.
    pub user: &'a [u8],
    /// The hash.
    pub hash: &'a [u8],
}

/// Names that a written container has.
#[derive(Clone, Debug)]
pub struct Names {
    /// Of the middleware, secret, userlist or variable.
    pub name: String,
    /// Of the folder of users in a directory (LDAP): `ou=people,dc=example,dc=org`.
    pub base: String,
}

/// A row of [`FORMATS`].
pub struct Format {
    /// Its name.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// The server, in the table of servers, that reads it; `None` where that depends.
    pub consumer: Option<&'static str>,
    /// Whether a text is likely to be of this format.
    pub looks: fn(&[u8]) -> bool,
    /// Reads it.
    pub read: Option<Read>,
    /// Writes it.
    pub write: Option<Write>,
}

/// Reads all entries of a text.
pub type Read = fn(&[u8]) -> Result<Vec<Found>, Unreadable>;

/// How a format is written.
pub struct Write {
    /// Why an entry can't be written in it.
    pub refuses: fn(Entry<'_>) -> Option<&'static str>,
    /// Writes entries, none of which is refused.
    pub write: fn(&[Entry<'_>], &Names) -> Vec<u8>,
}

/// The formats, in the order in which a text is held against them; the last takes every text.
pub static FORMATS: &[&Format] = &[
    &compose::INSPECT,
    &k8s_secret::FORMAT,
    &compose::FORMAT,
    &traefik::FORMAT,
    &traefik::TOML,
    &caddy::FORMAT,
    &table::JSON,
    &haproxy::FORMAT,
    &ldif::FORMAT,
    &shadow::FORMAT,
    &env::FORMAT,
    &table::CSV,
    &lines::PASSWORDS,
    &label::FORMAT,
    &lines::HTPASSWD,
];

/// The format of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}

/// The format that a text is likely to be of.
#[must_use]
pub fn detect(text: &[u8]) -> &'static Format {
    FORMATS.iter().copied().find(|format| format.read.is_some() && (format.looks)(text)).unwrap_or(&lines::HTPASSWD)
}

/// Why a user can't stand in a text of UTF-8.
fn not_utf8(entry: Entry<'_>) -> Option<&'static str> {
    (std::str::from_utf8(entry.user).is_err() || std::str::from_utf8(entry.hash).is_err())
        .then_some("the name or the hash is not UTF-8")
}

/// A text in double quotes, as JSON, YAML and TOML read it alike.
fn quoted(text: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            // TOML has no other short form that all share.
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
