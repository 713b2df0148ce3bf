//! The answers as Markdown for a ticket: what `test` prints, with users, paths and addresses masked and no line of the file.

use std::fmt::Write;

use crate::hint::{Action, Finding, Strength};
use crate::render::cause;
use crate::render::hints::told;
use crate::render::human::{Report, causes, list};
use crate::render::json::log_text;
use crate::render::mask::Mask;
use crate::render::text::printable;

/// The Markdown. `report.user` and `report.file` are not used: what stands for them is in `mask`.
#[must_use]
pub fn markdown(report: &Report<'_>, found: &[(&str, &[Finding])], unchecked: &[String], mask: &Mask) -> String {
    let mut text =
        String::from("### Login refused: what each server answers\n\n| server | status | answer |\n|---|---|---|\n");
    if report.answers.iter().all(|(_, decision)| decision.verdict.lets_in()) {
        text = text.replace("Login refused: what", "What");
    }
    for (server, decision) in report.answers {
        let info = server.info();
        let status = decision.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
        let _ = writeln!(text, "| {} ({}) | {status} | {} |", info.name, info.version, decision.reason.title);
    }
    for (servers, cause) in causes(report) {
        let (_, first) = servers[0];
        let names = list(servers.iter().map(|(server, _)| server.info().name));
        let beginning = cause::beginning(first.verdict, first.status, &names, "USER");
        let _ = writeln!(text, "\n**{beginning}: {}.**\n", mask.apply(&cause.clause));
        let place = cause.at.and_then(|at| {
            let excerpt = (report.excerpt)(first.entry.as_ref(), at)?;
            Some(format!("- place: FILE, line {}, column {}", excerpt.line, excerpt.column(at.start)))
        });
        text.extend(place.map(|place| place + "\n"));
        let mut known = Vec::new();
        for line in servers.iter().flat_map(|(_, decision)| &decision.log) {
            let line = mask.apply(&printable(&[&line.prefix[..], &log_text(line, false)].concat()));
            if !known.contains(&line) {
                let _ = writeln!(text, "- log: {}", code(&line));
                known.push(line);
            }
        }
    }
    let told = told(found);
    if !told.is_empty() {
        text.push_str("\n### Causes\n\n");
    }
    for told in told {
        let Finding { code: row, strength, message, fix, .. } = told.finding;
        let sure = match strength {
            Strength::Proved => format!("proved for {}", list(told.servers.iter().copied())),
            other => other.name().to_owned(),
        };
        let _ = writeln!(text, "- `{}` ({sure}): {}", row.name, mask.apply(message));
        if let Some(fix) = fix {
            let what = match &fix.what {
                Action::Command(command) => code(&mask.apply(command)),
                Action::Edit(edit) => mask.apply(edit),
            };
            let _ = writeln!(text, "  - fix ({}): {what}", fix.grade.words());
        }
    }
    if !unchecked.is_empty() {
        text.push_str("\n### Not checked\n\n");
    }
    for unchecked in unchecked {
        let _ = writeln!(text, "- {}", mask.apply(unchecked));
    }
    let _ = writeln!(text, "\nwhy401 {}; users, paths and addresses are masked.", env!("CARGO_PKG_VERSION"));
    text
}

/// `text` as code in Markdown.
fn code(text: &str) -> String {
    let ticks = if text.contains('`') { "``" } else { "`" };
    format!("{ticks}{text}{ticks}")
}
