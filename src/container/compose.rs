//! docker compose files, and what `docker inspect` prints: labels for Traefik and for caddy-docker-proxy, and variables with
//! `user:hash`.
//!
//! compose replaces `$NAME` and `${…}` in every value, and `$$` by `$`; another `$` it refuses. So a hash has its dollars
//! doubled there and nowhere else. The rule is from compose's documentation (Compose file reference, Interpolation), not held
//! against compose itself.

use super::label::{caddy_user, is_entry, is_key, is_users_key, list};
use super::layer::undoubled;
use super::{Entry, Format, Found, Layer, Names, Seen, Value, Write, caddy, quoted, traefik};
use crate::bytes::split_once;
use crate::node::{self, Node};
use crate::secret::Secret;

pub(super) static FORMAT: Format = Format {
    name: "compose",
    title: "docker compose, labels of Traefik or caddy-docker-proxy",
    consumer: None,
    looks: |text| {
        let begins =
            |line: &[u8]| line.starts_with(b"services:") || line.starts_with(b"x-") || line.starts_with(b"version:");
        text.split(|&byte| byte == b'\n').any(begins) && memchr::memmem::find(text, b"services:").is_some()
    },
    read: Some(|text| {
        let documents = node::yaml(text)?;
        Ok(documents.iter().flat_map(|document| found(document, true)).collect())
    }),
    write: Some(Write { refuses: traefik::refuses_in_list, write }),
};

pub(super) static INSPECT: Format = Format {
    name: "docker-inspect",
    title: "what `docker inspect` prints, with the same labels",
    consumer: None,
    looks: |text| {
        let has = |name: &[u8]| memchr::memmem::find(text, name).is_some();
        text.trim_ascii_start().starts_with(b"[") && has(b"\"Labels\"") && has(b"\"Config\"")
    },
    read: Some(|text| {
        let documents = node::json(text)?;
        Ok(documents.iter().flat_map(|document| found(document, false)).collect())
    }),
    write: None,
};

/// The entries in labels and variables anywhere in a document.
fn found(document: &Node, is_interpolated: bool) -> Vec<Found> {
    let mut all = Vec::new();
    document.walk(&mut Vec::new(), &mut |path, node, text| {
        let text = text.expose();
        let last = path.last().copied().unwrap_or_default();
        // `KEY: value`, or `- KEY=value`.
        let split = split_once(text, b'=').filter(|(key, _)| is_key(key));
        let (key, value) = match split {
            Some((key, value)) if !is_users_key(last.as_bytes()) && caddy_user(last).is_none() => {
                (String::from_utf8_lossy(key).into_owned(), value)
            }
            _ => (last.to_owned(), text),
        };
        let place = node.line.map_or_else(|| key.clone(), |line| format!("line {line}, {key}"));
        let (found, is_list) = match caddy_user(&key) {
            Some(user) => (vec![caddy::entry(user.as_bytes(), value, &place)], false),
            None if is_users_key(key.as_bytes()) || value.split(|&byte| byte == b',').all(is_entry) => {
                (list(value, &place), true)
            }
            None => return,
        };
        all.extend(found.into_iter().map(|found| {
            let found = if is_interpolated { interpolated(found, value, is_list) } else { found };
            found.under(Layer::Label(key.clone()))
        }));
    });
    all
}

/// An entry as compose hands it on. `value` is all of the value that it stands in.
fn interpolated(found: Found, value: &[u8], is_list: bool) -> Found {
    if !value.contains(&b'$') {
        return found;
    }
    // A name has its dollars doubled too.
    let user = undoubled(value).and_then(|_| undoubled(&found.user)).unwrap_or_else(|| found.user.clone());
    let of_user = |text: &[u8]| -> Option<Vec<u8>> {
        text.split(|&byte| byte == b',').find_map(|pair| {
            let (name, hash) = split_once(pair.trim_ascii(), b':')?;
            (name == user).then(|| hash.to_vec())
        })
    };
    let seen = match interpolate(value) {
        Err(why) => Seen::Refused(why),
        Ok(text) => {
            let got = if is_list { of_user(&text).unwrap_or_default() } else { text };
            match &found.value {
                Value::Hash(hash) if hash.expose() == got => Seen::Meant,
                _ => Seen::Other(Secret::from(got)),
            }
        }
    };
    Found { user, seen, ..found }
}

/// What compose makes of a value, no variable being set.
fn interpolate(text: &[u8]) -> Result<Vec<u8>, &'static str> {
    if let Some(text) = undoubled(text) {
        return Ok(text);
    }
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'$', rest) {
        result.extend_from_slice(&rest[..at]);
        rest = match &rest[at + 1..] {
            [b'$', after @ ..] => {
                result.push(b'$');
                after
            }
            [b'{', after @ ..] => memchr::memchr(b'}', after).map_or(&after[after.len()..], |end| &after[end + 1..]),
            [b'a'..=b'z' | b'A'..=b'Z' | b'_', ..] => {
                let after = &rest[at + 1..];
                let name = after.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                &after[name..]
            }
            _ => return Err("compose refuses a `$` that is neither doubled nor before a name"),
        };
    }
    result.extend_from_slice(rest);
    Ok(result)
}

fn write(entries: &[Entry<'_>], names: &Names) -> Vec<u8> {
    let label = format!("traefik.http.middlewares.{}.basicauth.users={}", names.name, traefik::list(entries));
    let label = quoted(label.replace('$', "$$").as_bytes());
    format!("services:\n  {}:\n    labels:\n      - {label}\n", names.name).into_bytes()
}
