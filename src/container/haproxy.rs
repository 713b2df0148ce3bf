//! HAProxy's userlists: `user NAME password HASH`, or `insecure-password TEXT`.
//!
//! Words are those of [`crate::conf::haproxy::lex`].

use super::{Entry, Format, Found, Names, Seen, Unreadable, Write, lines};
use crate::conf::haproxy::lex::words;
use crate::secret::Secret;

pub(super) static FORMAT: Format = Format {
    name: "haproxy",
    title: "HAProxy's userlist",
    consumer: Some("haproxy"),
    looks: |text| text.split(|&byte| byte == b'\n').any(|line| line.starts_with(b"userlist ")),
    read: Some(read),
    write: Some(Write { refuses, write }),
};

fn read(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut lists = 0;
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let number = at as u64 + 1;
        let words = words(line).map_err(|what| Unreadable::at(what, number))?;
        let texts: Vec<&[u8]> = words.iter().map(|word| word.text.as_slice()).collect();
        match texts[..] {
            [b"userlist", ..] => {
                inside = true;
                lists += 1;
            }
            [b"user", user, ref rest @ ..] if inside => {
                let value = |name: &[u8]| rest.iter().position(|word| *word == name).map(|at| at + 1);
                let place = format!("line {number}");
                if let Some(hash) = value(b"password").and_then(|at| rest.get(at)) {
                    let mut entry = Found::hash(user, hash, place);
                    if value(b"password").is_some_and(|at| words[at + 2].has_variable) {
                        entry.seen = Seen::Other(Secret::from(&b""[..]));
                    }
                    found.push(entry);
                } else if let Some(password) = value(b"insecure-password").and_then(|at| rest.get(at)) {
                    found.push(lines::password(user, password, &place));
                }
            }
            [word, ..]
                if !line.starts_with(b" ") && !line.starts_with(b"\t") && word != b"user" && word != b"group" =>
            {
                inside = false;
            }
            _ => {}
        }
    }
    if lists == 0 { Err(Unreadable::new("there is no userlist")) } else { Ok(found) }
}

fn refuses(entry: Entry<'_>) -> Option<&'static str> {
    let breaks = |text: &[u8]| text.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0));
    if entry.user.is_empty() || breaks(entry.user) || breaks(entry.hash) {
        return Some("HAProxy has no empty names, and none with line breaks");
    }
    // Anything else is accepted by the parser and never matches.
    let is_crypt =
        !entry.hash.starts_with(b"{") && !entry.hash.starts_with(b"$apr1$") && !entry.hash.starts_with(b"$argon2");
    (!is_crypt).then_some("HAProxy checks with crypt(3), which does not know this scheme")
}

fn write(entries: &[Entry<'_>], names: &Names) -> Vec<u8> {
    let mut text = format!("userlist {}\n", names.name).into_bytes();
    for entry in entries {
        let word = |word: &[u8]| -> Vec<u8> {
            let inner: Vec<u8> =
                word.iter().flat_map(|&byte| if byte == b'\'' { b"'\\''".to_vec() } else { vec![byte] }).collect();
            [b"'", &inner[..], b"'"].concat()
        };
        for part in [&b"  user "[..], &word(entry.user), b" password ", &word(entry.hash), b"\n"] {
            text.extend_from_slice(part);
        }
    }
    text
}
