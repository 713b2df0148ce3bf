//! Files of variables (`.env`): `NAME=user:hash,user:hash`.
//!
//! docker compose and shells take single quotes literally; in double quotes and bare, `$NAME` is a variable.

use super::label::{is_entry, list, unquoted};
use super::{Entry, Format, Found, Layer, Names, Seen, Write, not_utf8, traefik};
use crate::bytes::split_once;
use crate::secret::Secret;

pub(super) static FORMAT: Format = Format {
    name: "env",
    title: "a file of variables, NAME=user:hash,user:hash",
    consumer: None,
    looks: |text| lines(text).next().is_some() && lines(text).all(|(_, line)| variable(line).is_some()),
    read: Some(|text| {
        Ok(lines(text).filter_map(|(number, line)| Some((number, variable(line)?))).flat_map(of_line).collect())
    }),
    write: Some(Write {
        refuses: |entry| {
            let has_quote = entry.user.contains(&b'\'') || entry.hash.contains(&b'\'');
            not_utf8(entry)
                .or(traefik::refuses_in_list(entry))
                .or(has_quote.then_some("a single quote ends the value"))
                .or((!matches!(entry.hash.first(), Some(b'$' | b'{')))
                    .then_some("a hash without prefix can't be told from a word"))
                .or(entry.user.iter().any(u8::is_ascii_control).then_some("the name has a control character"))
        },
        write,
    }),
};

fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
}

/// The name and the value of a line.
fn variable(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let (name, value) = split_once(line, b'=')?;
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    (!name.is_empty() && name.iter().all(is_name) && !name[0].is_ascii_digit()).then_some((name, value))
}

fn of_line((at, (name, value)): (usize, (&[u8], &[u8]))) -> Vec<Found> {
    let name = String::from_utf8_lossy(name).into_owned();
    let (inner, quote) = unquoted(value.trim_ascii());
    if !inner.split(|&byte| byte == b',').any(is_entry) {
        return Vec::new();
    }
    let is_literal = quote == Some('\'') || !inner.contains(&b'$');
    let found = list(inner, &format!("line {}, {name}", at + 1)).into_iter().map(|found| {
        // A doubled or escaped dollar is meant for the reader of the file; a bare one is not what it gets.
        let has_escapes = found.layers.iter().any(|layer| matches!(layer, Layer::Dollars | Layer::Backslashes));
        let seen = match (is_literal, has_escapes) {
            (false, true) => Seen::Meant,
            (false, false) => Seen::Other(Secret::from(&b""[..])),
            (true, _) => found.seen.clone(),
        };
        let found = Found { seen, ..found };
        let found = match quote {
            Some(quote) => found.under(Layer::Quotes(quote)),
            None => found,
        };
        found.under(Layer::Key(name.clone()))
    });
    found.collect()
}

fn write(entries: &[Entry<'_>], names: &Names) -> Vec<u8> {
    format!("{}='{}'\n", names.name, traefik::list(entries)).into_bytes()
}
