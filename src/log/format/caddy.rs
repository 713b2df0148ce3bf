//! Caddy's logs in JSON.
//!
//! From Caddy modules/caddyhttp/{server,marshalers,logging}.go. Only users that were let in are named; whether credentials came
//! shows in the headers, whose values Caddy leaves out unless it is told not to. They are never kept here.

use std::borrow::Cow;

use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{self, Context, Format};
use crate::log::json::{self, Leaf};
use crate::log::time;
use crate::trace::codes;

/// The row of the table.
pub static FORMAT: Format = Format { name: "caddy", about: "Caddy's logs in JSON", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let mut event = Event::new(FORMAT.name, Kind::Error);
    let (mut level, mut message, mut request, mut sent) = (false, false, false, false);
    let mut peer = None;
    json::leaves(line, &mut |path, leaf| match path {
        b"level" => level = true,
        b"msg" => message = true,
        b"ts" => {
            event.time = match leaf {
                Leaf::Number(text) => time::seconds(text),
                Leaf::Text(text) => time::iso(&text, context.clock).map(|(time, _)| time),
                Leaf::Other => None,
            }
        }
        b"request.remote_ip" => peer = leaf.bytes(),
        b"request.client_ip" => event.client = leaf.bytes(),
        b"request.method" => event.method = leaf.bytes(),
        b"request.uri" => {
            request = true;
            event.path = leaf.bytes().map(path_of);
        }
        b"request.headers.Authorization" => sent = true,
        b"status" => event.status = leaf.bytes().and_then(|text| format::status_of(&text)),
        b"user_id" => event.user = leaf.bytes().filter(|user| !user.is_empty()).map_or(User::Unlogged, User::Name),
        _ => {}
    })?;
    if !level || !message || event.time.is_none() {
        return None;
    }
    event.client = event.client.filter(|client| !client.is_empty()).or(peer);
    if request && event.status.is_some() {
        event.kind = Kind::Access;
        event.cause = match event.status {
            Some(401) if !sent => Some(codes::NO_CREDENTIALS),
            Some(status) => format::cause_of(status, &event.user, None),
            None => None,
        };
        if event.cause == Some(codes::NO_CREDENTIALS) {
            event.user = User::None;
        }
    }
    event.client = event.client.map(|client| match format::without_port(&client) {
        Some(host) if client.starts_with(b"[") => Cow::Owned(host.to_vec()),
        _ => client,
    });
    Some(event)
}
