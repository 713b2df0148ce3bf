//! Caddyfiles: the blocks of `basic_auth`, which was `basicauth` until 2.8; and Caddy's own JSON.
//!
//! A hash that does not begin with `$` is base64 to Caddy (2.11 `modules/caddyhttp/caddyauth/basicauth.go:Provision`). It takes
//! bcrypt, and argon2id where the block says so.

use super::{Entry, Format, Found, Layer, Names, Seen, Unreadable, Write, not_utf8};
use crate::node::{self, Node};

pub(super) static FORMAT: Format = Format {
    name: "caddy",
    title: "a Caddyfile's basic_auth, or Caddy's JSON",
    consumer: Some("caddy"),
    looks: |text| {
        let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
        has(b"http_basic") || ((has(b"basic_auth") || has(b"basicauth")) && text.contains(&b'{') && !has(b"services:"))
    },
    read: Some(|text| if text.trim_ascii_start().starts_with(b"{\"") { of_json(text) } else { of_caddyfile(text) }),
    write: Some(Write { refuses, write }),
};

fn of_json(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    for document in node::json(text)? {
        accounts(&document, &mut found);
    }
    Ok(found)
}

fn accounts(node: &Node, found: &mut Vec<Found>) {
    for account in node.get("http_basic").and_then(|basic| basic.get("accounts")).map(Node::values).unwrap_or_default()
    {
        if let (Some(user), Some(hash)) =
            (account.get("username").and_then(Node::text), account.get("password").and_then(Node::text))
        {
            found.push(entry(user.expose(), hash.expose(), "an account of http_basic"));
        }
    }
    node.members().iter().for_each(|(_, value)| accounts(value, found));
    node.values().iter().for_each(|value| accounts(value, found));
}

/// An entry: Caddy itself takes base64 off.
pub(super) fn entry(user: &[u8], text: &[u8], place: &str) -> Found {
    let found = Found::hash(user, text, place);
    if matches!(found.layers[..], [Layer::Base64]) { Found { seen: Seen::Meant, ..found } } else { found }
}

fn of_caddyfile(text: &[u8]) -> Result<Vec<Found>, Unreadable> {
    let mut found = Vec::new();
    let mut blocks = 0;
    let mut inside = false;
    for (at, line) in text.split(|&byte| byte == b'\n').enumerate() {
        let number = at as u64 + 1;
        let words = words(line).map_err(|what| Unreadable::at(what, number))?;
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        match words[..] {
            [] => {}
            [b"}", ..] => inside = false,
            [user, hash] if inside => found.push(entry(user, hash, &format!("line {number}"))),
            _ if inside => return Err(Unreadable::at("this is no user with a hash", number)),
            [b"basic_auth" | b"basicauth", .., b"{"] => {
                inside = true;
                blocks += 1;
            }
            _ => {}
        }
    }
    if blocks == 0 { Err(Unreadable::new("there is no block basic_auth { … }")) } else { Ok(found) }
}

/// The words of a line: in quotes, in backticks or bare; `#` at the start of a word begins a comment.
fn words(line: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii();
    while let Some(&first) = rest.first() {
        if first == b'#' {
            break;
        }
        if matches!(first, b'"' | b'`') {
            let mut word = Vec::new();
            let mut at = 1;
            loop {
                match rest.get(at..) {
                    Some([b'\\', b'"', ..]) if first == b'"' => {
                        word.push(b'"');
                        at += 2;
                    }
                    Some([byte, ..]) if *byte == first => break,
                    Some([byte, ..]) => {
                        word.push(*byte);
                        at += 1;
                    }
                    _ => return Err("a quote is not closed on its line"),
                }
            }
            words.push(word);
            rest = rest[at + 1..].trim_ascii_start();
        } else {
            let length = rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
            words.push(rest[..length].to_vec());
            rest = rest[length..].trim_ascii_start();
        }
    }
    Ok(words)
}

fn is_argon2(hash: &[u8]) -> bool {
    hash.starts_with(b"$argon2id$")
}

fn refuses(entry: Entry<'_>) -> Option<&'static str> {
    let is_taken = is_argon2(entry.hash) || (entry.hash.starts_with(b"$2") && entry.hash.len() >= 60);
    let is_plain = |byte: u8| byte > b' ' && byte != 0x7f && byte != b'`';
    not_utf8(entry)
        .or((!is_taken).then_some("Caddy takes bcrypt and argon2id only, and does not start with anything else"))
        .or((entry.user.is_empty() || !entry.user.iter().chain(entry.hash).all(|byte| is_plain(*byte)))
            .then_some("Caddy has no empty names, and none with blanks or backticks are written here"))
        // Placeholders: `{env.X}`.
        .or(entry.user.contains(&b'{').then_some("a brace in a name is a placeholder to Caddy"))
}

/// A block for each algorithm that is there.
fn write(entries: &[Entry<'_>], _: &Names) -> Vec<u8> {
    let mut text = String::new();
    for (argon2, head) in [(false, "basic_auth {\n"), (true, "basic_auth argon2id {\n")] {
        let of: Vec<_> = entries.iter().filter(|entry| is_argon2(entry.hash) == argon2).collect();
        if of.is_empty() {
            continue;
        }
        text.push_str(head);
        for entry in of {
            let name = String::from_utf8_lossy(entry.user);
            text.push_str(&format!("\t`{name}` {}\n", String::from_utf8_lossy(entry.hash)));
        }
        text.push_str("}\n");
    }
    text.into_bytes()
}
