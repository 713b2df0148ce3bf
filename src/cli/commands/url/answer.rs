//! The answer as people and programs read it: the decision, then one part after the other.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use clap::ArgMatches;
use serde_json::{Map, Value, json};

use crate::bytes::Span;
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
use crate::scheme;
use crate::server::Decision;
use crate::trace::{Step, Trace};

/// Bytes of a user or a field that are shown.
const LONGEST: usize = 4096;

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
    let file = asked.finding.user_file.as_ref().or(asked.finding.held.as_ref());
    let file = file.map(|path| OsString::from(path.as_os_str()));
    let disk_file = file.as_deref().map(|path| DiskFile::seen_by_server(&asked.disk.real(Path::new(path)), None));
    let answers: Vec<Answer> = vec![(server, asked.finding.decision.clone())];
    if io.json {
        let hints = hints::find(matches, io, asked, &answers, &mut unchecked);
        let mut decision = render::json::decision(server, &answers[0].1, &hints, unmask);
        if let (Some(disk_file), Some(path)) = (&disk_file, &file)
            && let Some(told) = entry(&answers[0].1, disk_file, path, unmask)
        {
            decision["entry"].as_object_mut().into_iter().for_each(|known| known.extend(told.clone()));
        }
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

/// The entry as it stands in its file: where, whose it is, and the stored text.
fn entry(decision: &Decision, file: &DiskFile, path: &OsStr, unmask: bool) -> Option<Map<String, Value>> {
    let entry = decision.entry.as_ref()?;
    let bytes = |at: Span| file.bytes_at(at.start, usize::try_from(at.len()).unwrap_or(0).min(LONGEST));
    let field = bytes(entry.field);
    let field = if unmask { field } else { scheme::mask(&field) };
    let column = file.excerpt(Some(entry), entry.user).map(|excerpt| excerpt.column(entry.user.start));
    // Where the two stand among escapes, they are one text.
    let is_apart = entry.user.end <= entry.field.start || entry.field.end <= entry.user.start;
    let user = if is_apart { Some(bytes(entry.user)) } else { named(&decision.trace) };
    let told = [
        ("file", render::json::bytes(path.as_bytes())),
        ("column", json!(column)),
        ("user", user.map_or(Value::Null, |user| render::json::bytes(&user))),
        ("field", render::json::bytes(&field)),
    ];
    Some(told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The user that the request names.
fn named(trace: &Trace) -> Option<Vec<u8>> {
    trace.iter().find_map(|(step, _)| match step {
        Step::Decoded { user, is_whole: false, .. } => Some(user.clone()),
        _ => None,
    })
}
