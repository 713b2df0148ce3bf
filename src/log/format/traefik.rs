//! Traefik's access log in JSON.
//!
//! From Traefik pkg/middlewares/accesslog/logdata.go. The status that a service behind it answered stands apart from the one
//! that the client got.

use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{self, Context, Format};
use crate::log::json;
use crate::log::time;

/// The row of the table.
pub static FORMAT: Format = Format { name: "traefik", about: "Traefik's access log in JSON", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let mut event = Event::new(FORMAT.name, Kind::Access);
    json::leaves(line, &mut |path, leaf| match path {
        b"ClientHost" => event.client = leaf.bytes(),
        b"ClientUsername" => {
            event.user = match leaf.bytes() {
                Some(user) if &*user == b"-" || user.is_empty() => User::None,
                Some(user) => User::Name(user),
                None => User::Unlogged,
            }
        }
        b"RequestMethod" => event.method = leaf.bytes(),
        b"RequestPath" => event.path = leaf.bytes().map(path_of),
        b"DownstreamStatus" => event.status = leaf.bytes().and_then(|text| format::status_of(&text)),
        b"OriginStatus" => event.upstream = leaf.bytes().and_then(|text| format::status_of(&text)),
        b"StartUTC" | b"time" => {
            if let Some(time) = leaf.bytes().and_then(|text| time::iso(&text, context.clock).map(|(time, _)| time))
                && (path == b"StartUTC" || event.time.is_none())
            {
                event.time = Some(time);
            }
        }
        _ => {}
    })?;
    event.cause = format::cause_of(event.status?, &event.user, event.upstream.filter(|status| *status != 0));
    event.client.is_some().then_some(event)
}
