//! Decisions for people: the verdicts first, then for each cause one sentence, the place, the marked line and the log line.

use std::fmt::Write;

use crate::bytes::Span;
use crate::render::cause::{self, Cause};
use crate::render::excerpt::Excerpt;
use crate::render::json::credentials;
use crate::render::json::log_text;
use crate::render::style::{Role, Style};
use crate::render::text::printable;
use crate::server::{Decision, Entry, Server};
use crate::trace::{Fact, LogLine, Step, Trace, Verdict};

/// One server's answer.
pub type Answer = (&'static dyn Server, Decision);

/// What is to be printed, and how.
pub struct Report<'a> {
    /// FILE as the caller named it.
    pub file: &'a str,
    /// Whose login it is, for sentences.
    pub user: &'a str,
    /// The answers, in the order asked.
    pub answers: &'a [Answer],
    /// The line of the file around a span; the entry, where there is one, says which line number its offset has.
    pub excerpt: &'a dyn Fn(Option<&Entry>, Span) -> Option<Excerpt>,
    /// Whether steps are printed.
    pub trace: bool,
    /// Whether hashes and credentials are shown.
    pub unmask: bool,
    /// Colours.
    pub style: Style,
}

/// The verdicts, and for each cause one sentence, the place and the log lines.
#[must_use]
pub fn report(report: &Report<'_>) -> String {
    let mut text = table(report);
    let causes = causes(report);
    for (servers, cause) in &causes {
        text.push('\n');
        text.push_str(&explanation(report, servers, cause));
    }
    if report.trace {
        for (server, decision) in report.answers {
            let _ = writeln!(text, "\n{}", report.style.paint(Role::Strong, server.info().name));
            text.push_str(&steps(&decision.trace, report.unmask));
        }
    }
    text
}

/// The numbers of the lines that [`report`] shows.
#[must_use]
pub fn lines(report: &Report<'_>) -> Vec<u64> {
    let line = |(servers, cause): (Vec<&Answer>, Cause)| {
        (report.excerpt)(servers[0].1.entry.as_ref(), cause.at?).map(|excerpt| excerpt.line)
    };
    causes(report).into_iter().filter_map(line).collect()
}

/// What was not checked, each on its line.
#[must_use]
pub fn unchecked(unchecked: &[String], style: Style) -> String {
    let mut text = String::new();
    if !unchecked.is_empty() {
        text.push('\n');
        for unchecked in unchecked {
            let _ = writeln!(text, "{} {unchecked}", style.paint(Role::Frame, "not checked:"));
        }
    }
    text
}

/// One line a server: name, status, title.
fn table(report: &Report<'_>) -> String {
    let width = report.answers.iter().map(|(server, _)| server.info().name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (server, decision) in report.answers {
        let status = decision.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
        let title =
            if decision.verdict == Verdict::Open { "open: no authentication applies" } else { decision.reason.title };
        let role = match decision.verdict {
            Verdict::Granted | Verdict::Open => Role::Good,
            Verdict::Undecided => Role::Open,
            _ => Role::Bad,
        };
        let name = server.info().name;
        let answer = report.style.paint(role, &format!("{status}  {title}"));
        let _ = writeln!(text, "{name:width$}  {answer}");
    }
    text
}

/// The causes with the answers that share them, in order of first appearance.
pub(super) fn causes<'a>(report: &Report<'a>) -> Vec<(Vec<&'a Answer>, Cause)> {
    let mut causes: Vec<(Vec<&'a Answer>, Cause)> = Vec::new();
    for answer in report.answers {
        let look = |at: Span| {
            let excerpt = (report.excerpt)(answer.1.entry.as_ref(), at);
            excerpt.map_or_else(Vec::new, |excerpt| part(&excerpt, at))
        };
        let Some(cause) = cause::of(&answer.1, &look) else { continue };
        let same = causes.iter_mut().find(|(servers, known)| {
            *known == cause && servers[0].1.verdict == answer.1.verdict && servers[0].1.status == answer.1.status
        });
        match same {
            Some((servers, _)) => servers.push(answer),
            None => causes.push((vec![answer], cause)),
        }
    }
    causes
}

fn part(excerpt: &Excerpt, at: Span) -> Vec<u8> {
    let index = |offset: u64| {
        usize::try_from(offset.saturating_sub(excerpt.start)).unwrap_or(usize::MAX).min(excerpt.bytes.len())
    };
    excerpt.bytes[index(at.start)..index(at.end)].to_vec()
}

fn explanation(report: &Report<'_>, servers: &[&Answer], cause: &Cause) -> String {
    let (_, first) = servers[0];
    let names = list(servers.iter().map(|(server, _)| server.info().name));
    let beginning = cause::beginning(first.verdict, first.status, &names, report.user);
    let mut text = format!("{beginning}: {}.", cause.clause);
    if let Some(others) = others(report, cause) {
        let _ = write!(text, " {others}");
    }
    text = report.style.paint(Role::Strong, &text);
    text.push('\n');
    let excerpt = cause.at.and_then(|at| Some(((report.excerpt)(first.entry.as_ref(), at)?, at)));
    if let Some((excerpt, at)) = excerpt {
        let arrow = report.style.paint(Role::Frame, "-->");
        let gutter = " ".repeat(excerpt.line.to_string().len());
        let _ = writeln!(text, "{gutter}{arrow} {}:{}:{}", report.file, excerpt.line, excerpt.column(at.start));
        let field = first.entry.as_ref().map_or_else(|| excerpt.field_span(), |entry| entry.field);
        text.push_str(&excerpt.marked(Some(field), at, cause.label, report.unmask, report.style));
    } else if cause.at.is_none() {
        let _ = writeln!(text, " {} {}", report.style.paint(Role::Frame, "-->"), report.file);
    }
    let mut logged: Vec<(&LogLine, Vec<&str>)> = Vec::new();
    for (server, decision) in servers {
        for line in &decision.log {
            match logged.iter_mut().find(|(known, _)| *known == line) {
                Some((_, names)) => names.push(server.info().name),
                None => logged.push((line, vec![server.info().name])),
            }
        }
    }
    let several = servers.len() > 1;
    for (line, names) in logged {
        let whose = if several { format!(" of {}", list(names.into_iter())) } else { String::new() };
        let log = printable(&[&line.prefix[..], &log_text(line, report.unmask)].concat());
        let _ = writeln!(text, "  {} {log}", report.style.paint(Role::Frame, &format!("= log{whose}:")));
    }
    text
}

/// What the servers that let the user in do with the deciding bytes.
fn others(report: &Report<'_>, cause: &Cause) -> Option<String> {
    let granting: Vec<&Answer> = report.answers.iter().filter(|(_, decision)| decision.verdict.lets_in()).collect();
    if granting.is_empty() {
        return None;
    }
    let names = list(granting.iter().map(|(server, _)| server.info().name));
    let cut = granting[0].1.trace.iter().find_map(|(step, _)| match step {
        Step::FieldCut { why, at }
            if cause.at.is_some_and(|deciding| at.start <= deciding.start && deciding.start <= at.end) =>
        {
            Some(*why)
        }
        _ => None,
    });
    let (one, many) = match cut {
        Some("blanks") => ("trims it", "trim it"),
        Some("third-field") => ("ends the hash at the second colon", "end the hash at the second colon"),
        Some("nul") => ("stops at the NUL", "stop at the NUL"),
        _ => ("would let them in", "would let them in"),
    };
    Some(format!("{names} {}.", if granting.len() == 1 { one } else { many }))
}

/// `a`, `a and b`, `a, b and c`. Three and more rows of one product are one: `nginx (9 rows)`; of a long list the first are
/// named and the others counted.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const LONGEST: usize = 5;
    let names: Vec<&str> = names.collect();
    let product = |name: &'a str| name.split(['/', '@']).next().unwrap_or(name);
    let mut shown: Vec<String> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    for name in &names {
        let rows = names.iter().filter(|other| product(other) == product(name)).count();
        if rows < 3 {
            shown.push((*name).to_owned());
        } else if !done.contains(&product(name)) {
            done.push(product(name));
            shown.push(format!("{} ({rows} rows)", product(name)));
        }
    }
    if shown.len() > LONGEST + 1 {
        let others = shown.len() - LONGEST;
        shown.truncate(LONGEST);
        shown.push(format!("{others} others"));
    }
    let last = shown.pop().unwrap_or_default();
    if shown.is_empty() { last } else { format!("{} and {last}", shown.join(", ")) }
}

/// The steps, one a line, with their sources.
fn steps(trace: &Trace, unmask: bool) -> String {
    let mut text = String::new();
    for (step, cite) in trace.iter() {
        let (name, facts) = step.facts();
        let mut line = format!("  {name}");
        for (key, fact) in facts {
            let value = match fact {
                Fact::Number(number) => number.to_string(),
                Fact::Word(word) => word.to_owned(),
                Fact::Bytes(bytes) => format!("`{}`", printable(&bytes)),
                Fact::Credentials(bytes) => format!("`{}`", printable(&credentials(bytes, unmask))),
                Fact::Span(at) => format!("{}..{}", at.start, at.end),
                Fact::Flag(flag) => flag.to_string(),
                Fact::None => continue,
            };
            let _ = write!(line, " {key}={value}");
        }
        let _ = writeln!(text, "{line}  [{}]", cite.0);
    }
    text
}
