//! The answers of a batch: one line of JSON for each credential.

use serde_json::{Value, json};

use crate::render::json;
use crate::server::{Decision, Server};

/// Where a credential stands.
#[derive(Clone, Copy)]
pub struct Place {
    /// Number of the row, from 1.
    pub row: u64,
    /// Number of its first line, from 1.
    pub line: u64,
}

/// How decisions are told.
#[derive(Clone, Copy)]
pub struct Manner {
    /// With all steps.
    pub trace: bool,
    /// With credentials in log lines unmasked.
    pub unmask: bool,
}

/// Appends the line for a credential, and its line feed.
pub fn decisions(
    out: &mut Vec<u8>,
    place: Place,
    user: Option<&[u8]>,
    decisions: &[(&'static dyn Server, Decision)],
    manner: Manner,
) {
    start(out, place);
    out.extend_from_slice(b",\"user\":");
    match user {
        Some(user) => text(out, user),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"decisions\":[");
    for (at, (server, decision)) in decisions.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        one(out, *server, decision, manner);
    }
    out.extend_from_slice(b"]}\n");
}

/// Appends the line for a row that presents nothing.
pub fn error(out: &mut Vec<u8>, place: Place, code: &str, message: &str) {
    start(out, place);
    out.extend_from_slice(b",\"error\":");
    value(out, &json!({"code": code, "message": message}));
    out.extend_from_slice(b"}\n");
}

fn start(out: &mut Vec<u8>, place: Place) {
    out.extend_from_slice(b"{\"row\":");
    number(out, place.row);
    out.extend_from_slice(b",\"line\":");
    number(out, place.line);
}

fn one(out: &mut Vec<u8>, server: &dyn Server, decision: &Decision, manner: Manner) {
    let info = server.info();
    // Of these names none has a byte that JSON escapes.
    for (key, word) in [
        ("{\"server\":\"", info.name),
        ("\",\"version\":\"", info.version),
        ("\",\"evidence\":\"", info.evidence.name()),
        ("\",\"verdict\":\"", decision.verdict.name()),
    ] {
        out.extend_from_slice(key.as_bytes());
        out.extend_from_slice(word.as_bytes());
    }
    out.extend_from_slice(b"\",\"status\":");
    match decision.status {
        Some(status) => number(out, status.into()),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"reason\":\"");
    out.extend_from_slice(decision.reason.name.as_bytes());
    out.extend_from_slice(b"\",\"log\":[");
    for (at, line) in decision.log.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if line.prefix.is_empty() {
            out.extend_from_slice(b"{\"level\":\"");
            out.extend_from_slice(line.level.name().as_bytes());
            out.extend_from_slice(b"\",\"text\":");
            text(out, &json::log_text(line, manner.unmask));
            out.push(b'}');
        } else {
            value(out, &json::log_line(line, manner.unmask));
        }
    }
    out.extend_from_slice(b"],\"entry\":");
    match &decision.entry {
        None => out.extend_from_slice(b"null"),
        Some(entry) => {
            out.extend_from_slice(b"{\"line\":");
            number(out, entry.line);
            out.extend_from_slice(b",\"scheme\":");
            match entry.scheme {
                Some(scheme) => text(out, scheme.as_bytes()),
                None => out.extend_from_slice(b"null"),
            }
            for (key, span) in
                [(",\"user_span\":{\"start\":", entry.user), (",\"field_span\":{\"start\":", entry.field)]
            {
                out.extend_from_slice(key.as_bytes());
                number(out, span.start);
                out.extend_from_slice(b",\"end\":");
                number(out, span.end);
                out.push(b'}');
            }
            out.push(b'}');
        }
    }
    if manner.trace {
        out.extend_from_slice(b",\"trace\":");
        value(out, &json::trace(decision, manner.unmask));
    }
    out.push(b'}');
}

fn number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0; 20];
    let (mut at, mut left) = (digits.len(), number);
    loop {
        at -= 1;
        digits[at] = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        if left == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

/// Bytes as a text, or as `{"bytes": "<base64>"}`.
fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
        out.push(b'"');
        out.extend_from_slice(bytes);
        out.push(b'"');
    } else {
        value(out, &json::bytes(bytes));
    }
}

fn value(out: &mut Vec<u8>, value: &Value) {
    out.extend_from_slice(value.to_string().as_bytes());
}
