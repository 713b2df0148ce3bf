//! Access logs in hand-made JSON, as a LogFormat or log_format writes them.
//!
//! The names are the administrator's; those that are usual are known, by their meaning in nginx's variables and in the Elastic
//! common schema. A line without status and request is not of this format.

use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{self, Context, Format};
use crate::log::json::{self, Leaf};
use crate::log::time;

/// The row of the table.
pub static FORMAT: Format = Format { name: "json-access", about: "access logs in hand-made JSON", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let mut event = Event::new(FORMAT.name, Kind::Access);
    let mut foreign = false;
    json::leaves(line, &mut |path, leaf| match path {
        b"time" | b"timestamp" | b"@timestamp" | b"ts" | b"date" | b"time_local" | b"time_iso8601" | b"datetime" => {
            let parsed = stamp(&leaf, context);
            event.time = event.time.or(parsed);
        }
        b"client" | b"client_ip" | b"clientip" | b"remote" | b"remote_addr" | b"remote_ip" | b"remoteip" | b"ip"
        | b"client.ip" | b"client_addr" | b"remote_host" | b"source.ip" => {
            event.client = leaf.bytes().filter(|client| format::is_host(client));
        }
        b"user" | b"remote_user" | b"username" | b"user_name" | b"auth_user" | b"user.name" => {
            event.user = match leaf.bytes() {
                Some(user) if &*user == b"-" || user.is_empty() => User::None,
                Some(user) if &*user == b"\"\"" => User::Name(b""[..].into()),
                Some(user) => User::Name(user),
                None => User::Unlogged,
            };
        }
        b"request" | b"request_line" => {
            if let Some(line) = leaf.bytes() {
                event.request(line);
            }
        }
        b"method" | b"request_method" | b"http.request.method" => event.method = leaf.bytes(),
        b"uri" | b"request_uri" | b"path" | b"url" | b"url.path" => event.path = leaf.bytes().map(path_of),
        b"status" | b"status_code" | b"code" | b"http.response.status_code" => {
            event.status = leaf.bytes().and_then(|text| format::status_of(&text));
        }
        b"upstream_status" => event.upstream = leaf.bytes().and_then(|text| last_status(&text)),
        // Caddy's, Traefik's and the wrappers' own.
        b"msg" | b"DownstreamStatus" | b"MESSAGE" | b"log" => foreign = true,
        _ => {}
    })?;
    if foreign || event.path.is_none() {
        return None;
    }
    event.cause = format::cause_of(event.status?, &event.user, event.upstream);
    Some(event)
}

fn stamp(leaf: &Leaf<'_>, context: &Context<'_>) -> Option<i64> {
    let whole = |found: Option<(i64, &[u8])>| found.map(|(time, _)| time);
    match leaf {
        Leaf::Number(text) => time::seconds(text),
        Leaf::Text(text) => {
            let inner = text.strip_prefix(b"[").unwrap_or(text);
            whole(time::iso(inner, context.clock))
                .or_else(|| whole(time::access(inner, context.clock)))
                .or_else(|| time::seconds(inner))
        }
        Leaf::Other => None,
    }
}

/// nginx lists the statuses of all that it asked; the last is the one that counts.
fn last_status(text: &[u8]) -> Option<u16> {
    let word = |byte: &u8| *byte == b',' || *byte == b' ' || *byte == b':';
    text.rsplit(word).find_map(format::status_of)
}
