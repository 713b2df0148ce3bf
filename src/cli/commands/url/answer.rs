//! The answer as people and programs read it: the decision, then one part after the other.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::ArgMatches;
use serde_json::json;

use crate::cli::commands::url::Asked;
use crate::cli::commands::url::hints;
use crate::cli::commands::url::part::{Part, Rank};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::file::DiskFile;
use crate::cli::io::Io;
use crate::render;
use crate::render::hints::Hints;
use crate::render::human::{Answer, Report};
use crate::render::style::Role;
use crate::render::text::printable;

/// Prints the answer.
pub(super) fn print(
    matches: &ArgMatches,
    io: &mut Io,
    asked: &Asked,
    parts: Vec<Part>,
    mut unchecked: Vec<String>,
) -> Result<Exit, Error> {
    let unmask = matches.get_flag("unmask");
    let verdict = asked.finding.decision.verdict;
    let (server, user) = (asked.found.server, asked.user.as_deref());
    let file = asked.finding.user_file.as_ref().map(|path| OsString::from(path.as_os_str()));
    let answers: Vec<Answer> = vec![(server, asked.finding.decision.clone())];
    if io.json {
        let hints = hints::find(matches, io, asked, &answers, &mut unchecked);
        let mut decision = render::json::decision(server, &answers[0].1, &hints, unmask);
        for part in parts {
            decision[part.key] = part.value;
        }
        let user = user.map(render::json::bytes);
        let url = matches.get_one::<String>("url");
        let file = file.as_deref().map(|path| render::json::bytes(path.as_bytes()));
        io.document(&json!({"url": url, "file": file, "user": user, "decisions": [decision]}))?;
        return Ok(Exit::of(verdict));
    }
    let shown = file.as_deref().map_or_else(String::new, |path| printable(path.as_bytes()));
    let disk_file = file.as_deref().map(|path| DiskFile::seen_by_server(&asked.disk.real(Path::new(path)), None));
    let name = user.map_or_else(|| "this request".to_owned(), printable);
    let report = Report {
        file: &shown,
        user: &name,
        answers: &answers,
        excerpt: &|entry, at| disk_file.as_ref()?.excerpt(entry, at),
        trace: matches.get_flag("trace"),
        unmask,
        style: io.style,
    };
    let style = io.style;
    let told = |at: Rank| {
        let parts = parts.iter().filter(|part| part.rank == at && !part.lines.is_empty());
        let texts = parts.map(|part| {
            let lines: Vec<String> = part.lines.iter().map(|line| format!("  {line}\n")).collect();
            format!("{}\n{}", style.paint(Role::Strong, part.heading), lines.concat())
        });
        texts.collect::<Vec<String>>()
    };
    let mut text = String::new();
    for part in told(Rank::Above) {
        text.push_str(&part);
        text.push('\n');
    }
    text.push_str(&render::human::report(&report));
    text.extend(told(Rank::Beside).iter().map(|part| format!("\n{part}")));
    io.out().write_all(text.as_bytes())?;
    io.finish()?;
    let found = hints::find(matches, io, asked, &answers, &mut unchecked);
    let mut text = render::hints::text(&Hints {
        found: &[(server.info().name, &found)],
        user: &name,
        file: &shown,
        excerpt: &|at| disk_file.as_ref()?.excerpt(None, at),
        shown: &render::human::lines(&report),
        unmask,
        style,
    });
    text.extend(told(Rank::Below).iter().map(|part| format!("\n{part}")));
    io.out().write_all(text.as_bytes())?;
    let unchecked = render::human::unchecked(&unchecked, io.style);
    io.out().write_all(unchecked.as_bytes())?;
    Ok(Exit::of(verdict))
}
