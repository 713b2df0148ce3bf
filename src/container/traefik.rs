//! Traefik's dynamic configuration of its file provider, YAML or TOML: `http.middlewares.NAME.basicAuth.users`.

use super::label::entry;
use super::{Entry, Format, Found, Unreadable, Write, not_utf8, quoted};
use crate::node::{self, Node};

pub(super) static FORMAT: Format = Format {
    name: "traefik",
    title: "Traefik's dynamic configuration in YAML",
    consumer: Some("traefik"),
    looks: |text| has(text, b"basicauth") && has(text, b"middlewares:"),
    read: Some(|text| {
        let documents = node::yaml(text)?;
        documents.iter().map(of_document).collect::<Result<Vec<_>, _>>().map(|all| all.into_iter().flatten().collect())
    }),
    write: Some(Write {
        refuses,
        write: |entries, names| {
            let users: String =
                entries.iter().flat_map(|entry| ["          - ".to_owned(), pair(*entry), "\n".to_owned()]).collect();
            format!("http:\n  middlewares:\n    {}:\n      basicAuth:\n        users:\n{users}", names.name)
                .into_bytes()
        },
    }),
};

pub(super) static TOML: Format = Format {
    name: "traefik-toml",
    title: "the same in TOML",
    consumer: Some("traefik"),
    looks: |text| has(text, b"basicauth") && has(text, b"middlewares.") && text.contains(&b'['),
    read: Some(|text| of_document(&node::toml(text)?)),
    write: Some(Write {
        refuses,
        write: |entries, names| {
            let users: String =
                entries.iter().flat_map(|entry| ["  ".to_owned(), pair(*entry), ",\n".to_owned()]).collect();
            format!("[http.middlewares.{}.basicAuth]\nusers = [\n{users}]\n", names.name).into_bytes()
        },
    }),
};

fn has(text: &[u8], word: &[u8]) -> bool {
    memchr::memmem::find(&text.to_ascii_lowercase(), word).is_some()
}

fn of_document(document: &Node) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    let mut is_there = false;
    for (name, middleware) in document.at(&["http", "middlewares"]).map(Node::members).unwrap_or_default() {
        let Some(auth) = middleware.get("basicAuth") else { continue };
        is_there = true;
        for user in auth.get("users").map(Node::values).unwrap_or_default() {
            let place = user.line.map_or_else(|| name.clone(), |line| format!("line {line}, {name}"));
            let text = user.text().ok_or_else(|| Unreadable::new("a user is no text"))?;
            match entry(text.expose(), &place) {
                Some(entry) => found.push(entry),
                None => return Err(Unreadable { what: "a user is no text user:hash".into(), line: user.line }),
            }
        }
        if found.is_empty() && auth.get("usersFile").is_some() {
            return Err(Unreadable::new("the users are in usersFile; name that file in place of this one"));
        }
    }
    if is_there { Ok(found) } else { Err(Unreadable::new("there is no http.middlewares.NAME.basicAuth")) }
}

/// Why Traefik would not read an entry as it is meant.
fn refuses(entry: Entry<'_>) -> Option<&'static str> {
    let has_colon = entry.user.contains(&b':') || entry.hash.contains(&b':');
    let has_blank = entry.user.trim_ascii().len() < entry.user.len();
    not_utf8(entry)
        .or(has_colon.then_some("Traefik takes exactly one colon"))
        .or(has_blank.then_some("the name begins or ends with a blank"))
}

/// The same for a list with commas, as a label holds it.
pub(super) fn refuses_in_list(entry: Entry<'_>) -> Option<&'static str> {
    let has_comma = entry.user.contains(&b',') || entry.hash.contains(&b',');
    refuses(entry).or(has_comma.then_some("Traefik splits the label at commas"))
}

fn pair(entry: Entry<'_>) -> String {
    quoted(&[entry.user, b":", entry.hash].concat())
}

/// `user:hash,user:hash`.
pub(super) fn list(entries: &[Entry<'_>]) -> String {
    let pairs: Vec<Vec<u8>> = entries.iter().map(|entry| [entry.user, b":", entry.hash].concat()).collect();
    String::from_utf8_lossy(&pairs.join(&b","[..])).into_owned()
}
