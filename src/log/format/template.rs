//! Access logs of a format of the administrator's own: Apache's LogFormat and nginx's log_format, compiled to a row of fields.
//!
//! From httpd modules/loggers/mod_log_config.c and nginx src/http/modules/ngx_http_log_module.c. A field ends where the text
//! that the format has behind it begins; where that occurs in a value, too, the reading that makes all fields valid is taken.

use std::borrow::Cow;
use std::cell::Cell;

use crate::log::escape;
use crate::log::event::{Event, Kind, User, path_of};
use crate::log::format::{self, Context};
use crate::log::time;

/// The name that events of such a log carry.
pub const NAME: &str = "log-format";

/// Attempts at one line.
const ATTEMPTS: u32 = 20_000;

/// A compiled format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    Field(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Client,
    User,
    /// In brackets.
    BracketTime,
    Time,
    Request,
    Method,
    Path,
    Status,
    Upstream,
    Other,
}

impl Template {
    /// Compiles what stands behind LogFormat, CustomLog or log_format; `None` where it tells neither status nor user.
    #[must_use]
    pub fn new(text: &[u8]) -> Option<Self> {
        let text = match text {
            b"common" => &br#"%h %l %u %t "%r" %>s %b"#[..],
            b"combined" => br#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#,
            b"vhost_combined" => br#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#,
            _ => text,
        };
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((byte, behind)) = rest.split_first() {
            let field = match byte {
                b'%' => apache(behind),
                b'$' => nginx(behind),
                _ => None,
            };
            if let Some((field, behind)) = field {
                // Two fields without text between them are told as one.
                if !matches!(pieces.last(), Some(Piece::Field(_))) {
                    pieces.push(Piece::Field(field));
                }
                rest = behind;
                continue;
            }
            let (byte, behind) = match (byte, behind) {
                (b'%', [b'%', behind @ ..]) => (b'%', behind),
                (b'\\', [b'"', behind @ ..]) => (b'"', behind),
                (b'\\', [b't', behind @ ..]) => (b'\t', behind),
                (b'\\', [b'\\', behind @ ..]) => (b'\\', behind),
                _ => (*byte, behind),
            };
            match pieces.last_mut() {
                Some(Piece::Literal(text)) => text.push(byte),
                _ => pieces.push(Piece::Literal(vec![byte])),
            }
            rest = behind;
        }
        let tells = |field| pieces.contains(&Piece::Field(field));
        (tells(Field::Status) || tells(Field::User)).then_some(Self { pieces })
    }

    /// What a line of the format tells.
    #[must_use]
    pub fn read<'a>(&self, line: &'a [u8], context: &Context<'_>) -> Option<Event<'a>> {
        let mut event = Event::new(NAME, Kind::Access);
        let left = Cell::new(ATTEMPTS);
        Matcher { context, left: &left }.fit(&self.pieces, line, &mut event)?;
        if let Some(status) = event.status {
            event.cause = format::cause_of(status, &event.user, event.upstream);
        }
        Some(event)
    }
}

/// A directive of LogFormat behind its `%`: modifiers, an argument in braces, a letter.
fn apache(text: &[u8]) -> Option<(Field, &[u8])> {
    let modifiers = text.iter().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'!' | b',' | b'<' | b'>'));
    let mut rest = &text[modifiers.count()..];
    let mut argument = None;
    if let Some(inner) = rest.strip_prefix(b"{") {
        let (name, behind) = crate::bytes::split_once(inner, b'}')?;
        argument = Some(name);
        rest = behind;
    }
    let (letter, behind) = rest.split_first()?;
    let field = match (letter, argument) {
        (b'h', _) | (b'a', None) => Field::Client,
        (b'u', _) => Field::User,
        (b't', None) => Field::BracketTime,
        (b't', Some(_)) => Field::Time,
        (b'r', _) => Field::Request,
        (b'm', _) => Field::Method,
        (b'U', _) => Field::Path,
        (b's', _) => Field::Status,
        (letter, _) if letter.is_ascii_alphabetic() => Field::Other,
        (b'^', _) => {
            let rest = behind.get(2..)?;
            return Some((Field::Other, rest));
        }
        _ => return None,
    };
    Some((field, behind))
}

/// A variable of nginx behind its `$`.
fn nginx(text: &[u8]) -> Option<(Field, &[u8])> {
    let (braced, inner) = text.strip_prefix(b"{").map_or((false, text), |inner| (true, inner));
    let length = inner.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let (name, rest) = inner.split_at(length);
    let rest = if braced { rest.strip_prefix(b"}")? } else { rest };
    let field = match name {
        b"" => return None,
        b"remote_addr" => Field::Client,
        b"remote_user" => Field::User,
        b"time_local" | b"time_iso8601" | b"msec" => Field::Time,
        b"request" => Field::Request,
        b"request_method" => Field::Method,
        b"request_uri" | b"uri" | b"document_uri" => Field::Path,
        b"status" => Field::Status,
        b"upstream_status" => Field::Upstream,
        _ => Field::Other,
    };
    Some((field, rest))
}

struct Matcher<'m> {
    context: &'m Context<'m>,
    left: &'m Cell<u32>,
}

impl Matcher<'_> {
    fn fit<'a>(&self, pieces: &[Piece], line: &'a [u8], event: &mut Event<'a>) -> Option<()> {
        self.left.set(self.left.get().checked_sub(1)?);
        let Some((piece, behind)) = pieces.split_first() else { return line.is_empty().then_some(()) };
        let field = match piece {
            Piece::Literal(text) => return self.fit(behind, line.strip_prefix(text.as_slice())?, event),
            Piece::Field(field) => *field,
        };
        let Some(Piece::Literal(end)) = behind.first() else {
            return self.set(field, line, event);
        };
        let in_quotes = end.starts_with(b"\"");
        let mut from = 0;
        loop {
            let at = from + memchr::memmem::find(&line[from..], end)?;
            // An escaped quote ends nothing.
            let escaped = in_quotes && line[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
            if !escaped
                && self.set(field, &line[..at], event).is_some()
                && self.fit(behind, &line[at..], event).is_some()
            {
                return Some(());
            }
            from = at + 1;
        }
    }

    fn set<'a>(&self, field: Field, value: &'a [u8], event: &mut Event<'a>) -> Option<()> {
        match field {
            Field::Client => {
                (value == b"-" || format::is_host(value)).then_some(())?;
                if event.client.is_none() || format::is_address(value) {
                    event.client = Some(Cow::Borrowed(value)).filter(|client| **client != *b"-");
                }
            }
            Field::User => {
                event.user = format::logged_user(value);
                if event.user == User::Name(Cow::Borrowed(b"")) && value.is_empty() {
                    event.user = User::None;
                }
            }
            Field::BracketTime => {
                let inner = value.strip_prefix(b"[")?.strip_suffix(b"]")?;
                event.time = Some(self.time(inner)?);
            }
            Field::Time => event.time = self.time(value).or(event.time),
            Field::Request => event.request(escape::unescape(value)),
            Field::Method => event.method = Some(Cow::Borrowed(value)),
            Field::Path => event.path = Some(path_of(escape::unescape(value))),
            Field::Status => {
                event.status = format::status_of(value);
                (event.status.is_some() || value == b"-").then_some(())?;
            }
            Field::Upstream => {
                event.upstream = value.rsplit(|byte| matches!(byte, b',' | b' ' | b':')).find_map(format::status_of);
            }
            Field::Other => {}
        }
        Some(())
    }

    fn time(&self, text: &[u8]) -> Option<i64> {
        let whole = |found: Option<(i64, &[u8])>| found.filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time);
        whole(time::access(text, self.context.clock))
            .or_else(|| whole(time::iso(text, self.context.clock)))
            .or_else(|| time::apache(text, self.context.clock))
            .or_else(|| time::seconds(text))
    }
}
