//! Hints for people and as JSON: what is wrong, how sure it is and for which servers, and the one thing to do.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::bytes::Span;
use crate::hint::{Action, Finding, Place, Strength};
use crate::render::excerpt::Excerpt;
use crate::render::style::{Role, Style};
use crate::render::value::span;

/// A finding and the names of the servers for which it holds.
pub(super) struct Told<'a> {
    pub(super) finding: &'a Finding,
    pub(super) servers: Vec<&'a str>,
}

/// What is to be printed, and how.
pub struct Hints<'a> {
    /// The findings of each server, in the order in which the servers were asked.
    pub found: &'a [(&'a str, &'a [Finding])],
    /// Whose login it is, for sentences.
    pub user: &'a str,
    /// FILE as the caller named it.
    pub file: &'a str,
    /// The line of the file around a span.
    pub excerpt: &'a dyn Fn(Span) -> Option<Excerpt>,
    /// Lines of the file that were shown already.
    pub shown: &'a [u64],
    /// Whether hashes are shown.
    pub unmask: bool,
    /// Colours.
    pub style: Style,
}

/// The findings of several servers, each told once, in order of strength.
#[must_use]
pub fn text(hints: &Hints<'_>) -> String {
    let style = hints.style;
    let mut text = String::new();
    let mut shown = hints.shown.to_vec();
    let told = told(hints.found);
    // The sentence under the verdict says already that another server lets the user in.
    let is_explained = told.iter().any(|told| told.finding.strength == Strength::Proved);
    for Told { finding, servers } in told {
        if is_explained && finding.code.name == "other-server-grants" {
            continue;
        }
        let heading = format!("hint[{}]", finding.code.name);
        let heading = style.paint(Role::Good, &heading);
        let _ = writeln!(text, "\n{heading}: {}", style.paint(Role::Strong, &finding.message));
        match finding.place {
            Place::File { line, column, at } => {
                let excerpt = (hints.excerpt)(at).filter(|_| !shown.contains(&line));
                let gutter = excerpt.as_ref().map_or_else(String::new, |_| " ".repeat(line.to_string().len()));
                let gutter = if gutter.is_empty() { " ".to_owned() } else { gutter };
                let arrow = style.paint(Role::Frame, "-->");
                let _ = writeln!(text, "{gutter}{arrow} {}:{line}:{column}", hints.file);
                if let Some(excerpt) = excerpt {
                    let at = Span::new(at.start, at.end.min(excerpt.start + excerpt.bytes.len() as u64));
                    text.push_str(&excerpt.marked(Some(excerpt.field_span()), at, "", hints.unmask, style));
                    shown.push(line);
                }
            }
            Place::Head(at) => {
                let arrow = style.paint(Role::Frame, "-->");
                let _ = writeln!(text, " {arrow} request head, bytes {} to {}", at.start + 1, at.end);
            }
            Place::None => {}
        }
        let mut note = |label: &str, what: &str| {
            let _ = writeln!(text, "  {} {what}", style.paint(Role::Frame, &format!("= {label}:")));
        };
        note(finding.strength.name(), &shown_by(finding, &servers, hints.user));
        if let Some(fix) = &finding.fix {
            let (Action::Command(what) | Action::Edit(what)) = &fix.what;
            note(&format!("fix ({})", fix.grade.words()), what);
        }
    }
    text
}

/// Groups what is the same for several servers.
pub(super) fn told<'a>(found: &[(&'a str, &'a [Finding])]) -> Vec<Told<'a>> {
    let mut all: Vec<Told<'a>> = Vec::new();
    for (server, findings) in found {
        for finding in *findings {
            let same = all.iter_mut().find(|told| {
                let known = told.finding;
                known.code == finding.code
                    && known.strength == finding.strength
                    && known.message == finding.message
                    && known.fix == finding.fix
            });
            match same {
                Some(told) => told.servers.push(server),
                None => all.push(Told { finding, servers: vec![server] }),
            }
        }
    }
    all.sort_by_key(|told| told.finding.strength);
    all
}

/// How sure it is, in words.
fn shown_by(finding: &Finding, servers: &[&str], user: &str) -> String {
    let names = list(servers);
    let (lets, refuses) = if servers.len() == 1 { ("lets", "refuses") } else { ("let", "refuse") };
    match finding.strength {
        Strength::Proved => format!("with this mended {names} {lets} {user} in"),
        Strength::Consistent if finding.change.is_some() => {
            format!("as things stand {names} {refuses} every password; whether this one is right is not shown")
        }
        Strength::Consistent => format!("it fits the answer of {names}"),
        Strength::Unchecked => "nothing was held against it".to_owned(),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(names: &[&str]) -> String {
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

/// A finding as JSON.
#[must_use]
pub fn json(finding: &Finding) -> Value {
    let (line, column, header) = match finding.place {
        Place::None => (None, None, None),
        Place::File { line, column, .. } => (Some(line), Some(column), None),
        Place::Head(at) => (None, None, Some(span(at))),
    };
    let fix = finding.fix.as_ref().map(|fix| match &fix.what {
        Action::Command(command) => json!({"grade": fix.grade.name(), "command": command}),
        Action::Edit(edit) => json!({"grade": fix.grade.name(), "edit": edit}),
    });
    let mut value = json!({
        "code": finding.code.name,
        "strength": finding.strength.name(),
        "message": finding.message,
        "line": line,
        "column": column,
        "fix": fix,
    });
    if let Some(header) = header {
        value["header"] = header;
    }
    value
}
