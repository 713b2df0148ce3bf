//! The sentence under the verdict: what the trace of a refusal says, in words.
//!
//! Nothing is found out here; every sentence retells a step that the deciding code pushed.

use crate::bytes::Span;
use crate::server::Decision;
use crate::trace::{Step, Verdict};

/// Why a decision is as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The clause after `SERVER would refuse USER: `, without full stop.
    pub clause: String,
    /// The deciding bytes of the file, where there are some.
    pub at: Option<Span>,
    /// What the marked bytes are.
    pub label: &'static str,
}

impl Cause {
    fn new(clause: impl Into<String>) -> Self {
        Self { clause: clause.into(), at: None, label: "" }
    }

    fn at(mut self, at: Span, label: &'static str) -> Self {
        self.at = Some(at);
        self.label = label;
        self
    }
}

/// Bytes of the file at a span, for sentences that depend on what stands there.
pub type Look<'a> = &'a dyn Fn(Span) -> Vec<u8>;

/// The cause of a decision that does not let the user in; `None` for one that does.
#[must_use]
pub fn of(decision: &Decision, look: Look<'_>) -> Option<Cause> {
    if decision.verdict.lets_in() {
        return None;
    }
    decision.trace.iter().rev().find_map(|(step, _)| of_step(step, decision, look))
}

fn of_step(step: &Step, decision: &Decision, look: Look<'_>) -> Option<Cause> {
    let line = decision.entry.as_ref().map_or(0, |entry| entry.line);
    let field = decision.entry.as_ref().map_or_else(Span::default, |entry| entry.field);
    let scheme = decision.entry.as_ref().and_then(|entry| entry.scheme);
    Some(match step {
        Step::Mismatch { why, at } => mismatch(why, line, at.unwrap_or(field), scheme, look),
        Step::CheckFailed { .. } => Cause::new(format!(
            "the hash on line {line}{} can't be computed there, which is an error and no mismatch",
            of_scheme(scheme)
        ))
        .at(field, "this hash"),
        Step::Crash => {
            Cause::new(format!("checking the hash on line {line} ends the server's process")).at(field, "this hash")
        }
        Step::NotComputed { scheme, milliseconds } => not_computed(scheme, *milliseconds, line).at(field, "this hash"),
        Step::UserNotFound { .. } => not_found(decision),
        Step::FileFailed { what } => Cause::new(file_failed(what)),
        Step::FileRejected { line, why, at } => {
            Cause::new(format!("the whole file is refused for line {line} ({})", words(why))).at(*at, "this line")
        }
        Step::NoHeader => Cause::new("the request carries no Authorization header"),
        Step::WrongScheme { .. } => {
            Cause::new("the Authorization header does not begin with `Basic` and a blank in a way that is taken")
        }
        Step::Malformed { why, .. } => {
            Cause::new(format!("what follows `Basic` is not taken for credentials ({})", words(why)))
        }
        Step::HeadRefused { why, .. } => Cause::new(format!("the request itself is refused ({})", words(why))),
        _ => return None,
    })
}

fn mismatch(why: &str, line: u64, at: Span, scheme: Option<&str>, look: Look<'_>) -> Cause {
    let kind = of_scheme(scheme);
    match why {
        "trailing-bytes" => {
            let bytes = look(at);
            let blank = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_whitespace);
            match (blank, bytes.len()) {
                (true, 1) => Cause::new(format!("the hash on line {line} ends in a blank, and the blank is compared too"))
                    .at(at, "this blank"),
                (true, _) => Cause::new(format!("the hash on line {line} ends in blanks, and they are compared too"))
                    .at(at, "these blanks"),
                _ => Cause::new(format!("more text follows the hash on line {line}, and it is compared too")).at(at, "this text"),
            }
        }
        "too-short" => Cause::new(format!("the hash on line {line} is cut short")).at(at, "the rest is missing"),
        "spelling" => Cause::new(format!(
            "salt, cost or padding of the hash on line {line} is spelled otherwise than the check writes it, and the texts are compared"
        ))
        .at(at, "from here on"),
        "empty" => Cause::new(format!("line {line} holds no hash")).at(at, "nothing here"),
        "unknown-scheme" => Cause::new(format!("the hash on line {line} is of a kind that is not known there{kind}")).at(at, "this hash"),
        "forbidden-byte" => Cause::new(format!("a byte in the hash on line {line} makes the hash function refuse the whole"))
            .at(at, "this byte"),
        "cost-out-of-range" => Cause::new(format!("the cost of the hash on line {line} is outside what is taken")).at(at, "this cost"),
        "malformed" => Cause::new(format!("the hash on line {line} is malformed{kind}")).at(at, "this hash"),
        "password-too-long" => Cause::new("the password is longer than the hash function takes").at(at, "this hash"),
        "text" => Cause::new(format!("the text on line {line} is not the password")).at(at, "this text"),
        _ => Cause::new(format!("the password does not match the hash on line {line}{kind}")).at(at, "this hash"),
    }
}

fn of_scheme(scheme: Option<&str>) -> String {
    scheme.map_or_else(String::new, |scheme| format!(" ({scheme})"))
}

fn not_computed(scheme: &str, milliseconds: Option<u64>, line: u64) -> Cause {
    Cause::new(match milliseconds {
        Some(time) => format!(
            "the hash on line {line} ({scheme}) takes about {} s to check, which is more than the work limit",
            time.div_ceil(1000)
        ),
        None => format!("the hash on line {line} ({scheme}) is of a kind that is not computed here"),
    })
}

/// A user that is not found, with the line that hides it where one does.
fn not_found(decision: &Decision) -> Cause {
    let hiding = decision.trace.iter().rev().find_map(|(step, _)| match step {
        Step::Line { number, effect, at } => {
            let clause = match *effect {
                "over-long" => format!("line {number} is longer than is read, which hides lines"),
                "swallows-next" => {
                    format!("line {number} has no colon and begins the user's name, so the next line is skipped")
                }
                "continued" => format!("line {number} ends in a backslash, so the next line is part of it"),
                "nul-ends-file" => format!("a NUL on line {number} ends the file"),
                _ => return None,
            };
            Some((clause, *at))
        }
        _ => None,
    });
    match hiding {
        Some((clause, at)) => Cause::new(format!("no line of this user is found; {clause}")).at(at, "this line"),
        None => Cause::new("no line of this user is found"),
    }
}

fn file_failed(what: &str) -> String {
    match what {
        "missing" => "the user file is missing".to_owned(),
        "directory" => "a directory stands where the user file should be".to_owned(),
        "fifo" => "the user file is a FIFO, and opening it waits for a writer".to_owned(),
        "permission-denied" => "the server's identity may not read the user file".to_owned(),
        "symlink-loop" => "the user file's links lead in a circle".to_owned(),
        other => format!("the user file can't be used ({})", words(other)),
    }
}

/// A kebab-case word as plain words.
fn words(word: &str) -> String {
    word.replace('-', " ")
}

/// How the sentence begins: `nginx would refuse alice`.
#[must_use]
pub fn beginning(verdict: Verdict, status: Option<u16>, servers: &str, user: &str) -> String {
    match (verdict, status) {
        (Verdict::Undecided, _) => format!("{servers}: not decided"),
        (Verdict::RefusedToStart, _) => format!("{servers} would not start"),
        (Verdict::Failed, None) => format!("{servers} would not answer"),
        (Verdict::Failed, Some(status)) => format!("{servers} would answer {status}"),
        _ => format!("{servers} would refuse {user}"),
    }
}
