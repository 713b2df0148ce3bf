//! lighttpd's error log.
//!
//! From lighttpd 1.4 src/log.c and src/mod_auth.c; before 1.4.46 the file was http_auth.c and a comma stood before `IP:`. One line
//! stands for an unknown user, a wrong password and a user that `require` does not name.

use std::borrow::Cow;

use crate::log::escape;
use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{Context, Format, cut, cut_last, is_host};
use crate::log::time;
use crate::trace::codes;

/// The row of the table.
pub static FORMAT: Format = Format { name: "lighttpd-error", about: "lighttpd's error log", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let (time, rest) = match time::iso(line, context.clock) {
        Some((time, rest)) if line.get(4) == Some(&b'-') => (time, rest.strip_prefix(b": ")?),
        _ => (context.outer?, line),
    };
    let (place, message) = cut(rest.strip_prefix(b"(")?, b") ")?;
    let (file, number) = cut_last(place, b".")?;
    let known = file.ends_with(b".c") && !file.contains(&b' ') && number.iter().all(u8::is_ascii_digit);
    known.then_some(())?;
    let mut event = Event::new(FORMAT.name, Kind::Error);
    event.time = Some(time);
    about(file, message, &mut event);
    Some(event)
}

fn about<'a>(place: &[u8], message: &'a [u8], event: &mut Event<'a>) {
    let client = |event: &mut Event<'a>, address: &'a [u8]| {
        if is_host(address) {
            event.client = Some(Cow::Borrowed(address));
        }
    };
    if let Some(rest) = message.strip_prefix(b"password doesn't match for ") {
        // The name holds no colon, so the last words that end in one are the server's; the path may hold any.
        let Some((rest, address)) = cut_last(rest, b" IP: ") else { return };
        let Some((path, user)) = cut_last(rest, b" username: ") else { return };
        event.path = Some(path_of(escape::unescape(path)));
        event.user = User::Name(escape::unescape(user.strip_suffix(b",").unwrap_or(user)));
        event.cause = Some(codes::CREDENTIALS_REFUSED);
        client(event, address);
    } else if let Some(rest) = message.strip_prefix(b"digest: auth failed") {
        event.cause = Some(codes::DIGEST_REFUSED);
        if let Some((_, address)) = cut_last(rest, b", IP: ") {
            client(event, address);
        }
        if let Some((user, _)) = rest.strip_prefix(b" for ").and_then(|rest| cut_last(rest, b": wrong password")) {
            event.user = User::Name(escape::unescape(user));
            event.cause = Some(codes::PASSWORD_MISMATCH);
        }
    } else if let Some(address) = message.strip_prefix(b"get_password failed, IP: ") {
        event.cause = Some(codes::CREDENTIALS_REFUSED);
        client(event, address);
    } else if message.starts_with(b"decoding base64-string failed") || message.starts_with(b"missing ':' in ") {
        event.cause = Some(codes::MALFORMED_CREDENTIALS);
    } else if let Some(rest) = message.strip_prefix(b"fdevent_load_file() ")
        && place == b"fdevent.c"
        && let Some((file, error)) = cut_last(rest, b": ")
    {
        event.file = Some(escape::unescape(file));
        event.cause = Some(match error {
            b"No such file or directory" => codes::FILE_MISSING,
            b"Is a directory" => codes::FILE_NOT_REGULAR,
            _ => codes::FILE_UNREADABLE,
        });
    }
}
