//! Apache's error log, of 2.2 and 2.4, and most of what an ErrorLogFormat makes of it.
//!
//! From httpd 2.4.x server/log.c:do_errorlog_default and 2.2.x server/log.c:log_error_core; texts from modules/aaa/. The message
//! holds what the client sent, so the client is the first that is named, and a user name of Basic ends at its first colon.

use std::borrow::Cow;

use crate::log::apache_codes;
use crate::log::escape;
use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{Context, Format, cut, cut_last, is_host, without_port};
use crate::log::time;
use crate::trace::Code;
use crate::trace::codes;

/// The row of the table.
pub static FORMAT: Format = Format { name: "apache-error", about: "Apache's error log, 2.2 and 2.4", read };

const LEVELS: [&[u8]; 16] = [
    b"emerg", b"alert", b"crit", b"error", b"warn", b"notice", b"info", b"debug", b"trace1", b"trace2", b"trace3",
    b"trace4", b"trace5", b"trace6", b"trace7", b"trace8",
];

/// What the brackets before a message tell.
#[derive(Default)]
struct Lead<'a> {
    module: &'a [u8],
    level: &'a [u8],
    errno: Option<u32>,
    client: Option<&'a [u8]>,
}

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    let mut rest = line;
    let mut event = Event::new(FORMAT.name, Kind::Error);
    event.time = context.outer;
    if let Some((time, behind)) = stamp(rest, context) {
        event.time = Some(time);
        rest = behind;
    } else if context.outer.is_none() {
        return None;
    }
    let mut lead = Lead::default();
    let mut groups = 0;
    loop {
        if let Some(behind) = group(rest, &mut lead) {
            groups += 1;
            rest = behind;
        } else if let Some((errno, behind)) = system_error(rest) {
            lead.errno = Some(errno);
            rest = behind;
        } else if let Some(behind) = source_line(rest) {
            rest = behind;
        } else {
            break;
        }
    }
    // Behind another program's wrapper, a bracket alone does not make it Apache's.
    if groups == 0 || (context.outer.is_some() && lead.level.is_empty()) {
        return None;
    }
    event.client = lead.client.map(Cow::Borrowed);
    let text = match number(rest) {
        Some((number, text)) => {
            event.ah = Some(number);
            text
        }
        None => rest,
    };
    let known = message(text, &lead, &mut event);
    event.cause = match event.ah.and_then(apache_codes::find) {
        Some(row) if row.cause == Some(codes::FILE_UNREADABLE) => Some(unopened(lead.errno)),
        Some(row) => row.cause,
        None => known,
    };
    Some(event)
}

/// `[Tue Nov 24 05:56:04.841531 2026] `, or the same in ISO form.
fn stamp<'a>(line: &'a [u8], context: &Context<'_>) -> Option<(i64, &'a [u8])> {
    let (text, rest) = cut(line.strip_prefix(b"[")?, b"]")?;
    let time = time::apache(text, context.clock).or_else(|| {
        let (time, rest) = time::iso(text, context.clock)?;
        rest.is_empty().then_some(time)
    })?;
    Some((time, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// One bracket of the lead; what follows it.
fn group<'a>(line: &'a [u8], lead: &mut Lead<'a>) -> Option<&'a [u8]> {
    let (text, rest) = cut(line.strip_prefix(b"[")?, b"]")?;
    let word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if let Some(client) = text.strip_prefix(b"client ").or_else(|| text.strip_prefix(b"remote ")) {
        if lead.client.is_some() {
            return None;
        }
        // 2.2 logs no port; an IPv6 address without one would lose its last group.
        let with_port =
            !lead.module.is_empty() || !lead.level.is_empty() && text.split(|byte| *byte == b':').count() == 2;
        let client = if with_port { without_port(client).unwrap_or(client) } else { client };
        if !is_host(client) {
            return None;
        }
        lead.client = Some(client);
    } else if let Some((module, level)) = cut(text, b":")
        && LEVELS.contains(&level)
        && module.iter().all(word)
    {
        lead.module = if module.is_empty() { b"-" } else { module };
        lead.level = level;
    } else if LEVELS.contains(&text) {
        lead.level = text;
    } else if !text.iter().any(u8::is_ascii_alphanumeric) {
        return None;
    }
    Some(rest.strip_prefix(b" ").unwrap_or(rest))
}

/// `(13)Permission denied: `.
fn system_error(line: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = cut(line.strip_prefix(b"(")?, b")")?;
    let number = std::str::from_utf8(number).ok()?.parse().ok()?;
    let (_, rest) = cut(rest, b": ")?;
    Some((number, rest))
}

/// `mod_authz_core.c(815): `.
fn source_line(line: &[u8]) -> Option<&[u8]> {
    let (head, rest) = cut(line, b"): ")?;
    let (name, number) = cut(head, b"(")?;
    let fits = name.ends_with(b".c") && !name.contains(&b' ') && number.iter().all(u8::is_ascii_digit);
    fits.then_some(rest)
}

/// `AH01617: `.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.strip_prefix(b"AH")?.split_at_checked(5)?;
    let rest = rest.strip_prefix(b": ")?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

const fn unopened(errno: Option<u32>) -> Code {
    match errno {
        Some(2) => codes::FILE_MISSING,
        Some(9 | 21) => codes::FILE_NOT_REGULAR,
        _ => codes::FILE_UNREADABLE,
    }
}

/// Takes user, path and file out of a message; the cause, for logs without codes.
fn message<'a>(text: &'a [u8], lead: &Lead<'_>, event: &mut Event<'a>) -> Option<Code> {
    let text = text.strip_prefix(b"Digest: ").unwrap_or(text);
    if lead.module == b"evasive20" {
        return Some(codes::RATE_LIMITED);
    }
    if let Some((file, _)) = cut(text, b".htaccess: ")
        && event.ah.is_none()
        && lead.level == b"alert"
    {
        event.file = Some(Cow::Borrowed(&text[..file.len() + b".htaccess".len()]));
        return Some(codes::MISCONFIGURED);
    }
    if let Some(rest) = text.strip_prefix(b"user ") {
        return about_user(rest, event);
    }
    if let Some(rest) = text.strip_prefix(b"Authorization of user ") {
        let (user, rest) = cut(rest, b" to access ")?;
        let (path, _) = cut_last(rest, b" failed, reason: ")?;
        told(event, user, path);
        return Some(codes::USER_NOT_AUTHORIZED);
    }
    if let Some(rest) = text.strip_prefix(b"access to ")
        && let Some((path, reason)) = cut_last(rest, b" failed, reason: user ")
        && let Some((user, _)) = cut(reason, b" does not meet ")
    {
        let user = user.strip_prefix(b"'").and_then(|user| user.strip_suffix(b"'")).unwrap_or(user);
        told(event, user, path);
        return Some(codes::USER_NOT_AUTHORIZED);
    }
    if let Some(rest) = text.strip_prefix(b"auth_ldap authenticate: user ") {
        let (user, rest) = cut(rest, b" authentication failed; URI ")?;
        told(event, user, cut(rest, b" [").map_or(rest, |(path, _)| path));
        return Some(codes::CREDENTIALS_REFUSED);
    }
    if let Some(rest) = text.strip_prefix(b"client used wrong authentication scheme") {
        let path = cut(rest, b": ")?.1;
        event.path = Some(path_of(escape::unescape(without_referer(path))));
        return Some(codes::WRONG_SCHEME);
    }
    if let Some(path) = text.strip_prefix(b"need AuthName: ") {
        event.path = Some(path_of(escape::unescape(without_referer(path))));
        return Some(codes::MISCONFIGURED);
    }
    if let Some(file) = text.strip_prefix(b"Could not open password file: ") {
        event.file = Some(escape::unescape(without_referer(file)));
        return Some(unopened(lead.errno));
    }
    if let Some(file) = text.strip_prefix(b"Could not open group file: ") {
        event.file = Some(escape::unescape(without_referer(file)));
        return Some(codes::MISCONFIGURED);
    }
    if let Some(file) = text.strip_prefix(b"client denied by server configuration: ") {
        match file.strip_prefix(b"uri ") {
            Some(uri) => event.path = Some(path_of(escape::unescape(without_referer(uri)))),
            None => event.file = Some(escape::unescape(without_referer(file))),
        }
        return Some(codes::ADDRESS_DENIED);
    }
    None
}

/// What follows `user `.
fn about_user<'a>(rest: &'a [u8], event: &mut Event<'a>) -> Option<Code> {
    // mod_auth_digest and mod_auth_form quote the name.
    if let Some(rest) = rest.strip_prefix(b"`")
        && let Some((user, rest)) = cut(rest, b"' in realm `")
        && let Some((_, end)) = cut(rest, b"' ")
    {
        let refused = end.starts_with(b"denied by provider");
        let path = cut(end, b": ").map_or(&b""[..], |(_, path)| path);
        told(event, user, path);
        return Some(if refused { codes::CREDENTIALS_REFUSED } else { codes::USER_NOT_FOUND });
    }
    for (middle, cause) in [
        (&b": authentication failure for \""[..], codes::PASSWORD_MISMATCH),
        (b": authorization failure for \"", codes::USER_NOT_AUTHORIZED),
        (b" not found: ", codes::USER_NOT_FOUND),
        (b": password mismatch: ", codes::PASSWORD_MISMATCH),
        (b": nonce expired", codes::DIGEST_REFUSED),
        (b": one-time-nonce mismatch", codes::DIGEST_REFUSED),
    ] {
        // The name of Basic holds no colon: where the words stand behind one, they are the client's.
        let Some((user, path)) = cut(rest, middle) else { continue };
        if user.contains(&b':') && !middle.starts_with(b": password") {
            continue;
        }
        let path = match cut_last(path, b"\": ") {
            Some((path, _)) if middle.ends_with(b"\"") => path,
            _ => path,
        };
        let path = if middle.ends_with(b"\"") || middle.ends_with(b": ") { path } else { b"" };
        let user = user.strip_prefix(b"'").and_then(|user| user.strip_suffix(b"'")).unwrap_or(user);
        told(event, user, path);
        return Some(cause);
    }
    None
}

fn told<'a>(event: &mut Event<'a>, user: &'a [u8], path: &'a [u8]) {
    event.user = User::Name(escape::unescape(user));
    if !path.is_empty() {
        event.path = Some(path_of(escape::unescape(without_referer(path))));
    }
}

fn without_referer(text: &[u8]) -> &[u8] {
    cut(text, b", referer: ").map_or(text, |(text, _)| text)
}
