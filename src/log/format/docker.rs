//! Docker's json-file: a line of another format in `log`.
//!
//! From moby daemon/logger/jsonfilelog/jsonlog. Lines of more than 16 KiB come in parts, which are of no format.

use crate::log::event::Event;
use crate::log::format::journal::inner;
use crate::log::format::{Context, Format};
use crate::log::json;
use crate::log::time;

/// The row of the table.
pub static FORMAT: Format = Format { name: "docker", about: "Docker's json-file", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let (mut log, mut stream, mut time) = (None, false, None);
    json::leaves(line, &mut |path, leaf| match path {
        b"log" => log = leaf.bytes(),
        b"stream" => stream = true,
        b"time" => time = leaf.bytes().and_then(|text| time::iso(&text, context.clock).map(|(time, _)| time)),
        _ => {}
    })?;
    stream.then_some(())?;
    inner(&log?, time, context)
}
