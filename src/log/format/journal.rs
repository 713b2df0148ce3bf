//! `journalctl -o json`: a line of another format in `MESSAGE`.
//!
//! From systemd docs/JOURNAL_EXPORT_FORMATS.md and man journalctl: `MESSAGE` is an array of bytes where it is not UTF-8, and the time
//! is microseconds, UTC.

use crate::log::event::Event;
use crate::log::format::{self, Context, Format};
use crate::log::json::{self, Leaf};

/// The row of the table.
pub static FORMAT: Format = Format { name: "journal", about: "`journalctl -o json`", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let mut message: Option<Vec<u8>> = None;
    let mut time = None;
    json::leaves(line, &mut |path, leaf| match (path, leaf) {
        (b"MESSAGE", Leaf::Text(text)) => message = Some(text.into_owned()),
        (b"MESSAGE", Leaf::Number(byte)) => {
            let byte = std::str::from_utf8(byte).ok().and_then(|byte| byte.parse::<u8>().ok());
            message.get_or_insert_default().extend(byte);
        }
        (b"__REALTIME_TIMESTAMP", leaf) => {
            time = leaf.bytes().and_then(|text| std::str::from_utf8(&text).ok()?.parse::<i64>().ok());
        }
        _ => {}
    })?;
    let message = message?;
    inner(&message, time, context)
}

/// What the wrapped line tells.
pub(super) fn inner(line: &[u8], time: Option<i64>, context: &Context<'_>) -> Option<Event<'static>> {
    // A wrapper in a wrapper does not occur and must not nest without end.
    if context.outer.is_some() {
        return None;
    }
    let context = Context { outer: Some(time?), ..*context };
    let line = crate::bytes::trim_end(line, b"\r\n");
    let (_, mut event) = format::any(line, &context, None)?;
    event.time = event.time.or(time);
    Some(event.into_owned())
}
