//! Decisions and their parts as JSON values.

use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::basic::base64;
use crate::hint::Finding;
use crate::render::hints;
use crate::render::value::span;
use crate::server::{Decision, Server};
use crate::trace::{Cite, Fact, LogLine, Step};

/// Bytes: a string where they are UTF-8, `{"bytes": "<base64>"}` where not.
#[must_use]
pub fn bytes(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => json!(text),
        Err(_) => json!({"bytes": String::from_utf8_lossy(&base64::encode(bytes))}),
    }
}

/// One server's decision, with the hints for it.
#[must_use]
pub fn decision(server: &dyn Server, decision: &Decision, found: &[Finding], unmask: bool) -> Value {
    let info = server.info();
    let entry = decision.entry.as_ref().map(|entry| {
        json!({"line": entry.line, "scheme": entry.scheme, "user_span": span(entry.user), "field_span": span(entry.field)})
    });
    json!({
        "server": info.name,
        "version": info.version,
        "evidence": info.evidence.name(),
        "verdict": decision.verdict.name(),
        "status": decision.status,
        "reason": decision.reason.name,
        "log": decision.log.iter().map(|line| log_line(line, unmask)).collect::<Vec<_>>(),
        "entry": entry,
        "trace": trace(decision, unmask),
        "hints": found.iter().map(hints::json).collect::<Vec<_>>(),
    })
}

/// The steps of a decision; credentials in them are masked unless `unmask`.
#[must_use]
pub fn trace(decision: &Decision, unmask: bool) -> Value {
    decision.trace.iter().map(|taken| step(taken, unmask)).collect()
}

/// A log line; credentials in it are masked unless `unmask`.
#[must_use]
pub fn log_line(line: &LogLine, unmask: bool) -> Value {
    let mut value = json!({"level": line.level.name(), "text": bytes(&log_text(line, unmask))});
    if !line.prefix.is_empty() {
        value["prefix"] = bytes(&line.prefix);
    }
    value
}

/// The text of a log line; each byte of credentials in it is one `•` unless `unmask`.
#[must_use]
pub fn log_text(line: &LogLine, unmask: bool) -> Vec<u8> {
    if unmask {
        return line.text.clone();
    }
    let ranges = line.secrets.iter().filter_map(|secret| {
        Some(Range { start: usize::try_from(secret.start).ok()?, end: usize::try_from(secret.end).ok()? })
    });
    let mut text = Vec::with_capacity(line.text.len());
    let mut done = 0;
    for range in ranges.filter(|range| range.end <= line.text.len()) {
        text.extend_from_slice(&line.text[done..range.start]);
        text.extend("•".repeat(range.len()).bytes());
        done = range.end;
    }
    text.extend_from_slice(&line.text[done..]);
    text
}

/// Credentials as they are printed: each byte one `•` unless `unmask`.
#[must_use]
pub fn credentials(text: Vec<u8>, unmask: bool) -> Vec<u8> {
    if unmask { text } else { "•".repeat(text.len()).into_bytes() }
}

/// A step with its facts and source.
fn step((step, cite): &(Step, Cite), unmask: bool) -> Value {
    let (name, facts) = step.facts();
    let mut object = Map::new();
    object.insert("step".to_owned(), json!(name));
    for (key, fact) in facts {
        let value = match fact {
            Fact::Number(number) => json!(number),
            Fact::Word(word) => json!(word),
            Fact::Bytes(text) => bytes(&text),
            Fact::Credentials(text) => bytes(&credentials(text, unmask)),
            Fact::Span(at) => span(at),
            Fact::Flag(flag) => json!(flag),
            Fact::None => Value::Null,
        };
        object.insert(key.to_owned(), value);
    }
    object.insert("source".to_owned(), json!(cite.0));
    Value::Object(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Level;

    #[test]
    fn bytes_that_are_not_utf8_have_a_form_of_their_own() {
        assert_eq!(bytes(b"user"), json!("user"));
        assert_eq!(bytes(b"\xFF"), json!({"bytes": "/w=="}));
    }

    #[test]
    fn credentials_in_a_log_line_are_masked() {
        let line = LogLine::new(Level::Info, "got ").with(b"dXNl", true).with(b"!", false);
        assert_eq!(String::from_utf8_lossy(&log_text(&line, false)), "got ••••!");
        assert_eq!(log_text(&line, true), b"got dXNl!");
    }
}
