//! A line of another format behind a syslog header: `journalctl -o short`, `-o short-iso`, `/var/log/syslog`.
//!
//! From RFC 3164 section 4 and RFC 3339. `docker logs -t` has a time and no host, which is taken too.

use crate::log::event::Event;
use crate::log::format::journal::inner;
use crate::log::format::{Context, Format, cut, is_host};
use crate::log::time;

/// The row of the table.
pub static FORMAT: Format = Format { name: "syslog", about: "another format behind a syslog header", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let line = priority(line);
    let (time, rest) = match time::syslog(line, context.clock) {
        Some(found) => found,
        None if line.get(10) == Some(&b'T') => time::iso(line, context.clock)?,
        None => return None,
    };
    let rest = rest.strip_prefix(b" ")?;
    if let Some((host, tagged)) = cut(rest, b" ")
        && is_host(host)
        && let Some((tag, message)) = cut(tagged, b": ")
        && is_tag(tag)
    {
        return inner(message, Some(time), context);
    }
    inner(rest, Some(time), context)
}

/// Without `<34>`.
fn priority(line: &[u8]) -> &[u8] {
    match line.strip_prefix(b"<").and_then(|rest| cut(rest, b">")) {
        Some((number, rest)) if !number.is_empty() && number.iter().all(u8::is_ascii_digit) => rest,
        _ => line,
    }
}

/// `nginx`, `nginx[123]`.
fn is_tag(tag: &[u8]) -> bool {
    let name = match cut(tag, b"[") {
        Some((name, pid)) if pid.ends_with(b"]") => name,
        Some(_) => return false,
        None => tag,
    };
    let part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'@');
    !name.is_empty() && name.iter().all(part)
}
