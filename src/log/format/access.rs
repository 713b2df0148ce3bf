//! Access logs in the common format and what is built on it: Apache's common, combined and vhost_combined, nginx's combined,
//! lighttpd's default, HAProxy's and Traefik's CLF.
//!
//! From httpd docs/conf/httpd.conf.in and Debian's apache2.conf; nginx ngx_http_log_module.c:ngx_http_combined_fmt; lighttpd
//! mod_accesslog.c; HAProxy src/log.c:clf_http_log_fmt; Traefik pkg/middlewares/accesslog/logger_formatters.go. A user name
//! may hold blanks, so it is what stands between the fields before it and the time.

use std::borrow::Cow;

use crate::log::escape;
use crate::log::event::{Event, Kind, User};
use crate::log::format::{self, Context, Format};
use crate::log::time;

/// The row of the table.
pub static FORMAT: Format =
    Format { name: "access", about: "access logs: common, combined, with virtual host, lighttpd, CLF", read };

fn read<'a>(line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
    // The time is the first ` [` that is followed by one: a name may hold brackets, and a time can't stand before a name.
    let mut from = 0;
    let (prefix, time, rest) = loop {
        let at = from + memchr::memmem::find(&line[from..], b" [")?;
        from = at + 1;
        if let Some((time, rest)) = time::access(&line[at + 2..], context.clock)
            && let Some(rest) = rest.strip_prefix(b"] ")
        {
            break (&line[..at], time, rest);
        }
    };
    let (client, user) = client_and_user(prefix)?;
    let (request, rest) = escape::quoted(rest)?;
    let rest = rest.strip_prefix(b" ")?;
    let (status, rest) = rest.split_at_checked(3)?;
    let status = format::status_of(status)?;
    if !(rest.is_empty() || rest.starts_with(b" ")) {
        return None;
    }
    let mut event = Event::new(FORMAT.name, Kind::Access);
    event.time = Some(time);
    event.client = Some(Cow::Borrowed(client));
    event.user = user;
    event.request(escape::unescape(request));
    event.status = Some(status);
    event.cause = format::cause_of(status, &event.user, None);
    Some(event)
}

/// The client and the user among the fields before the time.
fn client_and_user(prefix: &[u8]) -> Option<(&[u8], User<'_>)> {
    let mut words = prefix.splitn(3, |byte| *byte == b' ');
    let (first, second, rest) = (words.next()?, words.next()?, words.next()?);
    if rest.is_empty() || !format::is_host(first) {
        return None;
    }
    if second == b"-" {
        // `client ident user`.
        return Some((first, format::logged_user(rest)));
    }
    if !format::is_host(second) {
        return None;
    }
    if let Some(user) = rest.strip_prefix(b"- ")
        && !user.is_empty()
    {
        // `vhost client ident user`, or two addresses of the client.
        let client = if format::is_address(first) { first } else { second };
        return Some((client, format::logged_user(user)));
    }
    if let Some((third, user)) = format::cut(rest, b" - ")
        && [first, second, third].iter().all(|word| format::is_address(word))
        && !user.is_empty()
    {
        // mod_remoteip's three addresses: the first is the client's.
        return Some((first, format::logged_user(user)));
    }
    // lighttpd: `client vhost user`, and it names only users that it let in.
    let user = format::logged_user(rest);
    Some((first, if user == User::None { User::Unlogged } else { user }))
}
