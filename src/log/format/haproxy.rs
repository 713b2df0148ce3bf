//! HAProxy's HTTP log.
//!
//! From HAProxy src/log.c:default_http_log_format and doc/configuration.txt 8.2.3. It names no user; a 401 without a server
//! (`<NOSRV>`) is HAProxy's own.

use std::borrow::Cow;

use crate::log::event::{Event, Kind};
use crate::log::format::{self, Context, Format, without_port};
use crate::log::time;

/// The row of the table.
pub static FORMAT: Format = Format { name: "haproxy", about: "HAProxy's HTTP log", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let (client, rest) = format::cut(line, b" [")?;
    let client = without_port(client)?;
    let (time, rest) = time::access(rest, context.clock)?;
    let mut words = rest.strip_prefix(b"] ")?.split(|byte| *byte == b' ');
    let _frontend = words.next()?;
    let (_, server) = crate::bytes::split_once(words.next()?, b'/')?;
    let timers = words.next()?;
    (timers.split(|byte| *byte == b'/').count() == 5).then_some(())?;
    let status = words.next()?;
    let mut event = Event::new(FORMAT.name, Kind::Access);
    event.status = format::status_of(status);
    if event.status.is_none() && status != b"-1" {
        return None;
    }
    // The request stands in the last quotes; captured headers may stand before it.
    let (_, request) = format::cut(rest, b" \"")?;
    let request = request.strip_suffix(b"\"").unwrap_or(request);
    event.time = Some(time);
    event.client = Some(Cow::Borrowed(client));
    event.request(Cow::Borrowed(request));
    event.upstream = event.status.filter(|_| server != b"<NOSRV>");
    event.cause = event.status.and_then(|status| format::cause_of(status, &event.user, event.upstream));
    Some(event)
}
