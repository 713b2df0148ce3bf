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

/// Appends the start of the line for a credential.
pub fn begin(out: &mut Vec<u8>, place: Place, user: Option<&[u8]>) {
    start(out, place);
    out.extend_from_slice(b",\"user\":");
    match user {
        Some(user) => text(out, user),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"decisions\":[");
}

/// Appends a decision; the first comes after [`begin`].
pub fn decision(out: &mut Vec<u8>, server: &dyn Server, decision: &Decision, manner: Manner) {
    if !out.ends_with(b"[") {
        out.push(b',');
    }
    one(out, server, decision, manner);
}

/// Appends the end of the line.
pub fn end(out: &mut Vec<u8>) {
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
            if line.secrets.is_empty() {
                text(out, &line.text);
            } else {
                text(out, &json::log_text(line, manner.unmask));
            }
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
    while left >= 100 {
        at -= 2;
        let two = usize::try_from(left % 100).unwrap_or(0) * 2;
        digits[at..at + 2].copy_from_slice(&TWO_DIGITS[two..two + 2]);
        left /= 100;
    }
    let two = usize::try_from(left).unwrap_or(0) * 2;
    let last = if left < 10 { &TWO_DIGITS[two + 1..two + 2] } else { &TWO_DIGITS[two..two + 2] };
    at -= last.len();
    digits[at..at + last.len()].copy_from_slice(last);
    out.extend_from_slice(&digits[at..]);
}

/// `00`, `01` and so on up to `99`.
static TWO_DIGITS: [u8; 200] = {
    let mut digits = [0; 200];
    let mut number = 0_u8;
    while number < 100 {
        digits[number as usize * 2] = b'0' + number / 10;
        digits[number as usize * 2 + 1] = b'0' + number % 10;
        number += 1;
    }
    digits
};

/// Bytes as a text, or as `{"bytes": "<base64>"}`.
fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    // No early end: all bytes at once.
    let is_foreign = bytes.iter().fold(false, |found, byte| found | !matches!(byte, b' '..=b'~'));
    if is_foreign {
        return value(out, &json::bytes(bytes));
    }
    out.push(b'"');
    let mut rest = bytes;
    while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[b'\\', rest[at]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn value(out: &mut Vec<u8>, value: &Value) {
    out.extend_from_slice(value.to_string().as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_those_of_json() {
        for number in [0, 7, 10, 99, 100, 101, 999, 1000, 12345, 1_234_567, u64::MAX] {
            let mut out = Vec::new();
            super::number(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
        for bytes in [&b""[..], b"plain", b"\"", b"a\"b\\c\\\"", b"\x7F", b"\n", "\u{e4}".as_bytes(), b"\xFF"] {
            let mut out = Vec::new();
            text(&mut out, bytes);
            assert_eq!(out, json::bytes(bytes).to_string().into_bytes());
        }
    }
}
