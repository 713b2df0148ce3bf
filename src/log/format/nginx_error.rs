//! nginx's error log.
//!
//! From nginx src/core/ngx_log.c, src/http/ngx_http_request.c:ngx_http_log_error_handler and
//! src/http/modules/ngx_http_auth_basic_module.c. The user name stands there raw, line feeds too: the parts are put together
//! before they come here. It holds no colon, so what follows the first one is the server's.

use std::borrow::Cow;

use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{Context, Format, cut, cut_last, is_host};
use crate::log::time;
use crate::trace::codes;

/// The row of the table.
pub static FORMAT: Format = Format { name: "nginx-error", about: "nginx's error log", read };

/// The longest record that nginx writes (`NGX_MAX_ERROR_STR`); it cuts longer ones.
const LONGEST: usize = 2048;

const LEVELS: [&[u8]; 8] = [b"emerg", b"alert", b"crit", b"error", b"warn", b"notice", b"info", b"debug"];

/// Time, level and what follows `pid#tid: `.
struct Lead<'a> {
    time: i64,
    level: &'a [u8],
    message: &'a [u8],
}

fn lead<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Lead<'a>> {
    // Syslog's copy has the level first; journald's may have both.
    let (time, rest) = match time::iso(line, context.clock) {
        Some((time, rest)) if line.get(4) == Some(&b'/') => (time, rest.strip_prefix(b" ")?),
        _ => (context.outer?, line),
    };
    let (level, rest) = cut(rest.strip_prefix(b"[")?, b"] ")?;
    LEVELS.contains(&level).then_some(())?;
    let (process, rest) = cut(rest, b": ")?;
    let (pid, thread) = crate::bytes::split_once(process, b'#')?;
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    (digits(pid) && digits(thread)).then_some(())?;
    let message = match rest.strip_prefix(b"*").and_then(|rest| crate::bytes::split_once(rest, b' ')) {
        Some((number, message)) if digits(number) => message,
        _ => rest,
    };
    Some(Lead { time, level, message })
}

/// Whether a line begins a record that a line feed in the user's name has cut.
#[must_use]
pub(in crate::log) fn is_open(line: &[u8], context: &Context<'_>) -> bool {
    line.len() < LONGEST - 64
        && lead(line, context).is_some_and(|lead| lead.message.starts_with(b"user \"") && !lead.message.contains(&b':'))
}

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let lead = lead(line, context)?;
    let mut event = Event::new(FORMAT.name, Kind::Error);
    event.time = Some(lead.time);
    let message = lead.message;
    let tail = if message.starts_with(b"user \"") { cut(message, b", client: ") } else { tail_of(message) };
    let (message, tail) = tail.unwrap_or((message, b""));
    about(message, lead.level, context, &mut event);
    let client = cut(tail, b", ").map_or(tail, |(client, _)| client);
    if is_host(client) {
        event.client = Some(Cow::Borrowed(client));
    } else if client.starts_with(b"unix:") {
        event.client = Some(Cow::Borrowed(b"unix:"));
    }
    if let Some((_, request)) = cut(tail, b", request: \"") {
        let line = cut(request, b"\", ").map_or(request, |(line, _)| line);
        let line = line.strip_suffix(b"\"").unwrap_or(line);
        event.request(Cow::Borrowed(line));
    }
    Some(event)
}

/// A message of fixed words ends where the client is named first; one that holds a path, at the error in brackets.
fn tail_of(message: &[u8]) -> Option<(&[u8], &[u8])> {
    if message.starts_with(b"open() \"") || message.starts_with(b"pread() \"") {
        return cut(message, b"), client: ");
    }
    cut(message, b", client: ")
}

/// Takes user and file out of a message, and the cause.
fn about<'a>(message: &'a [u8], level: &[u8], context: &Context<'_>, event: &mut Event<'a>) {
    if let Some(rest) = message.strip_prefix(b"user \"") {
        if let Some((user, file)) = cut_last(rest, b"\" was not found in \"") {
            event.user = User::Name(Cow::Borrowed(user));
            event.file = Some(Cow::Borrowed(file.strip_suffix(b"\"").unwrap_or(file)));
            event.cause = Some(codes::USER_NOT_FOUND);
        } else if let Some(user) = rest.strip_suffix(b"\": password mismatch") {
            event.user = User::Name(Cow::Borrowed(user));
            event.cause = Some(codes::PASSWORD_MISMATCH);
        }
        return;
    }
    if let Some(rest) = message.strip_prefix(b"PAM: user '") {
        if let Some((user, _)) = cut(rest, b"' - not authenticated") {
            event.user = User::Name(Cow::Borrowed(user));
            event.cause = Some(codes::CREDENTIALS_REFUSED);
        }
        return;
    }
    event.cause = match message {
        b"no user/password was provided for basic authentication" => {
            event.user = User::None;
            Some(codes::NO_CREDENTIALS)
        }
        b"delaying unauthorized request" => Some(codes::REFUSAL_DELAYED),
        b"access forbidden by rule" => Some(codes::ADDRESS_DENIED),
        _ if message.starts_with(b"limiting requests, excess: ")
            || message.starts_with(b"limiting connections by zone ") =>
        {
            Some(codes::RATE_LIMITED)
        }
        _ if message.starts_with(b"crypt_r() failed (") => Some(codes::CRYPT_FAILED),
        _ if message.starts_with(b"auth request unexpected status: ") => Some(codes::MISCONFIGURED),
        _ => None,
    };
    // A user file that can't be opened reads like any other file: it is one by its name, or a known one.
    let opened = message.strip_prefix(b"open() \"").or_else(|| message.strip_prefix(b"pread() \""));
    if let Some((file, error)) = opened.and_then(|rest| cut_last(rest, b"\" failed ("))
        && context.is_user_file(file)
        && matches!(level, b"error" | b"crit")
    {
        event.file = Some(Cow::Borrowed(file));
        event.cause = match error.split(|byte| *byte == b':').next() {
            Some(b"2") => Some(codes::FILE_MISSING),
            Some(b"21") => Some(codes::FILE_NOT_REGULAR),
            _ => Some(codes::FILE_UNREADABLE),
        };
    }
    event.path = event.path.take().map(path_of);
}
