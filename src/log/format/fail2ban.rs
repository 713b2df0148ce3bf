//! fail2ban's own log: which clients it banned.
//!
//! From fail2ban 1.0.2 server/actions.py and server/filter.py. A ban is told by `Ban`, `Restore Ban` and `Increase Ban`.

use std::borrow::Cow;

use crate::log::event::{Event, Kind};
use crate::log::format::{Context, Format, cut, is_host};
use crate::log::time;
use crate::trace::codes;

/// The row of the table.
pub static FORMAT: Format = Format { name: "fail2ban", about: "fail2ban's own log", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let (time, rest) = match time::iso(line, context.clock) {
        Some((time, rest)) if line.get(4) == Some(&b'-') => (time, rest.strip_prefix(b" ")?),
        _ => (context.outer?, line),
    };
    let rest = rest.strip_prefix(b"fail2ban.")?;
    let (_, rest) = cut(rest, b"]: ")?;
    let (level, message) = cut(crate::bytes::trim_start(rest, b" "), b" ")?;
    matches!(level, b"CRITICAL" | b"ERROR" | b"WARNING" | b"NOTICE" | b"INFO" | b"DEBUG" | b"MSG").then_some(())?;
    let mut event = Event::new(FORMAT.name, Kind::Error);
    event.time = Some(time);
    let message = crate::bytes::trim_start(message, b" ");
    if let Some((_, words)) = message.strip_prefix(b"[").and_then(|rest| cut(rest, b"] "))
        && let Some(client) =
            [&b"Ban "[..], b"Restore Ban ", b"Increase Ban "].iter().find_map(|verb| words.strip_prefix(*verb))
    {
        let client = client.split(|byte| *byte == b' ').next().unwrap_or(client);
        if is_host(client) {
            event.client = Some(Cow::Borrowed(client));
            event.cause = Some(codes::CLIENT_BANNED);
        }
    }
    Some(event)
}
