//! What logs tell, for people and as JSON. Lines that are shown have their credentials masked.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::log::ban::rule::Ban;
use crate::log::pattern::Found;
use crate::log::summary::{Cause, Person, Tally};
use crate::log::{Clock, Event, Kind, Micros, Place, Summary, User};
use crate::render::json::bytes;
use crate::render::style::{Role, Style};
use crate::render::text::{count, printable};
use crate::trace::codes;

/// Users that are told in full.
const USERS: usize = 20;

/// A summary and what belongs to it.
pub struct Report<'a> {
    /// The files, as they are called.
    pub files: &'a [Vec<u8>],
    /// What their records tell.
    pub summary: &'a Summary,
    /// Patterns.
    pub patterns: &'a [Found],
    /// Lines read.
    pub lines: u64,
    /// Lines of no known format, and where the first of each file stands.
    pub unknown: u64,
    /// The first such line.
    pub first_unknown: Option<(usize, u64)>,
    /// The zone that times are shown in.
    pub clock: &'a Clock,
    /// Colour.
    pub style: Style,
    /// Columns for the histogram; `None` for no histogram.
    pub columns: Option<usize>,
    /// What fail2ban would have done.
    pub bans: &'a [Jailed],
    /// When the user files that messages name were last written.
    pub user_files: &'a [(Vec<u8>, Option<Micros>)],
}

/// What one jail of fail2ban would have done.
#[derive(Debug)]
pub struct Jailed {
    /// The jail.
    pub jail: String,
    /// Whether a client that was banned before is banned for longer.
    pub grows: bool,
    /// The bans, each with the last lines that counted: file and number.
    pub bans: Vec<(Ban, Vec<(usize, u64)>)>,
    /// What keeps us from telling.
    pub unmodelled: Option<String>,
}

/// The summary for people.
#[must_use]
pub fn text(report: &Report<'_>) -> String {
    let summary = report.summary;
    let mut text = heading(report);
    if let Some(columns) = report.columns
        && let Some(drawn) = histogram(summary, report.clock, columns)
    {
        text.push_str(&report.style.paint(Role::Frame, &drawn));
    }
    let ranked = summary.ranked();
    for (name, person) in ranked.iter().take(USERS) {
        text.push('\n');
        text.push_str(&self::person(report, *name, person));
    }
    if ranked.len() > USERS {
        let _ = writeln!(text, "\nand {} (--json tells all)", count(ranked.len() - USERS, "other user", "other users"));
    }
    if !report.patterns.is_empty() {
        text.push('\n');
    }
    text.push_str(&patterns(report.patterns, report.style));
    text.push_str(&bans_text(report.bans, report.files, report.clock, report.style));
    if summary.beyond > 0 {
        let _ = writeln!(text, "\nnot told apart: {} records of further users and clients", summary.beyond);
    }
    if let Some((file, line)) = report.first_unknown {
        let lines = count(usize::try_from(report.unknown).unwrap_or(usize::MAX), "line is", "lines are");
        let place = report.files.get(file).map_or_else(String::new, |file| printable(file));
        let _ = writeln!(text, "\n{lines} of no known format, the first is {place}:{line}");
    }
    text
}

/// Patterns, a line each.
#[must_use]
pub fn patterns(found: &[Found], style: Style) -> String {
    let mut text = String::new();
    for found in found {
        let who = match (&found.user, &found.client) {
            (Some(user), Some(client)) => format!("{} from {}", printable(user), printable(client)),
            (Some(user), None) => printable(user),
            (None, Some(client)) => printable(client),
            (None, None) => String::from("all"),
        };
        let heading = style.paint(Role::Open, &format!("pattern[{}]", found.code.name));
        let _ = writeln!(text, "{heading}: {who}: {}", printable(found.message.as_bytes()));
    }
    text
}

/// The bans that there would have been, with the lines and the command that ends one.
#[must_use]
pub fn bans_text(jails: &[Jailed], files: &[Vec<u8>], clock: &Clock, style: Style) -> String {
    let mut text = String::new();
    for jailed in jails {
        let jail = printable(jailed.jail.as_bytes());
        if let Some(why) = &jailed.unmodelled {
            let _ = writeln!(text, "\nnot told: what jail {jail} would have done, for {}", printable(why.as_bytes()));
        }
        let passed = jailed.bans.len().saturating_sub(USERS);
        for (ban, lines) in &jailed.bans[passed..] {
            let end = ban.end.map_or_else(|| "for ever".to_owned(), |end| format!("until {}", clock.shown(end)));
            let client = printable(ban.client.as_bytes());
            let said = format!("{client} banned by {jail} from {} {end}", clock.shown(ban.start));
            let _ = writeln!(text, "\n{}, if that was running", style.paint(Role::Bad, &said));
            let number = usize::try_from(ban.failures).unwrap_or(usize::MAX);
            let places: Vec<String> = lines
                .iter()
                .map(|(file, line)| {
                    format!("{}:{line}", files.get(*file).map_or_else(String::new, |file| printable(file)))
                })
                .collect();
            let from = clock.shown(ban.first);
            let _ = writeln!(text, "  {} since {from}: {}", count(number, "failure", "failures"), places.join(", "));
            if jailed.grows {
                text.push_str("  longer, if it was banned before (bantime.increment)\n");
            }
            if ban.end.is_none_or(|end| end > clock.now()) {
                let _ = writeln!(text, "  to end it: fail2ban-client set {jail} unbanip {client}");
            }
        }
    }
    text
}

/// The same as JSON.
#[must_use]
pub fn bans_json(jails: &[Jailed], files: &[Vec<u8>], clock: &Clock) -> Value {
    let one = |jailed: &Jailed| {
        let bans: Vec<Value> = jailed
            .bans
            .iter()
            .map(|(ban, lines)| {
                let lines: Vec<Value> = lines
                    .iter()
                    .map(|(file, line)| json!({"log": files.get(*file).map(|file| bytes(file)), "line": line}))
                    .collect();
                json!({
                    "client": ban.client,
                    "failures": ban.failures,
                    "first": clock.rfc3339(ban.first),
                    "start": clock.rfc3339(ban.start),
                    "end": ban.end.map(|end| clock.rfc3339(end)),
                    "in_force": ban.end.is_none_or(|end| end > clock.now()),
                    "lines": lines,
                    "command": format!("fail2ban-client set {} unbanip {}", jailed.jail, ban.client),
                })
            })
            .collect();
        json!({"jail": jailed.jail, "grows": jailed.grows, "bans": bans, "not_modelled": jailed.unmodelled})
    };
    jails.iter().map(one).collect()
}

fn heading(report: &Report<'_>) -> String {
    let summary = report.summary;
    let files = match report.files {
        [one] => printable(one),
        many => count(many.len(), "file", "files"),
    };
    let span = match (summary.first, summary.last) {
        (Some(first), Some(last)) => format!(", {}", span(report.clock, first, last)),
        _ => String::new(),
    };
    let said = match summary.refused() {
        0 => report.style.paint(Role::Good, "nothing refused"),
        refused => {
            let nameless = summary.people.get(&None).map_or(0, Person::refused);
            let of = match nameless {
                0 => String::new(),
                _ => format!(", {nameless} of them without a user name"),
            };
            let refused = usize::try_from(refused).unwrap_or(usize::MAX);
            report.style.paint(Role::Bad, &(count(refused, "request refused", "requests refused") + &of))
        }
    };
    let lines = usize::try_from(report.lines).unwrap_or(usize::MAX);
    format!("{files}: {said} ({}{span})\n", count(lines, "line", "lines"))
}

/// `2026-11-24 05:56:05 to 10:04:40`.
fn span(clock: &Clock, first: Micros, last: Micros) -> String {
    let (from, to) = (clock.shown(first), clock.shown(last));
    if from == to {
        return from;
    }
    match to.strip_prefix(from.get(..11).unwrap_or(&from)) {
        Some(time) => format!("{from} to {time}"),
        None => format!("{from} to {to}"),
    }
}

/// What is told of one user: a line with the name, the causes, since when.
#[must_use]
pub fn person(report: &Report<'_>, name: Option<&[u8]>, person: &Person) -> String {
    let style = report.style;
    let title = match name {
        Some(b"") => "an empty user name".to_owned(),
        Some(name) => printable(name),
        None => "no user name".to_owned(),
    };
    let mut text = style.paint(Role::Strong, &title);
    let refused = person.refused();
    let mut parts = Vec::new();
    if refused > 0 {
        parts.push(style.paint(Role::Bad, &format!("refused {}", times(refused))));
    }
    if person.granted.count > 0 {
        parts.push(style.paint(Role::Good, &format!("let in {}", times(person.granted.count))));
    }
    let _ = writeln!(text, ": {}", parts.join(", "));
    for cause in &person.causes {
        let again = cause.kind == Kind::Access
            && cause.code == codes::CREDENTIALS_REFUSED
            && person.refused_in(Kind::Error) > 0;
        text.push_str(&cause_text(report, cause, again));
    }
    if name.is_some()
        && let Some((since, number)) = person.since
    {
        match person.granted.last {
            Some(last) => {
                let _ = writeln!(
                    text,
                    "  let in until {}, refused since {} ({})",
                    report.clock.shown(last),
                    report.clock.shown(since),
                    times(number)
                );
                for (file, written) in report.user_files {
                    if let Some(written) = written.filter(|written| (last..=since).contains(written)) {
                        let _ = writeln!(
                            text,
                            "  between the two, at {}, {} was changed",
                            report.clock.shown(written),
                            printable(file)
                        );
                    }
                }
            }
            None => {
                let _ = writeln!(text, "  refused since {}; no success is logged", report.clock.shown(since));
            }
        }
    } else if name.is_some() && refused > 0 && person.granted.count > 0 {
        let last =
            person.granted.last.map_or_else(String::new, |last| format!(", last at {}", report.clock.shown(last)));
        let _ = writeln!(text, "  let in since the last refusal{last}");
    }
    text
}

/// One cause; `again` where error logs tell the same refusals more exactly.
fn cause_text(report: &Report<'_>, cause: &Cause, again: bool) -> String {
    let style = report.style;
    let code = style.paint(Role::Bad, &format!("[{}]", cause.code.name));
    let lead = if again { "in access logs: " } else { "" };
    let mut text = format!("  {lead}{} {code}: {}", cause.code.title, times(cause.tally.count));
    if let (Some(first), Some(last)) = (cause.tally.first, cause.tally.last) {
        let _ = write!(text, ", {}", span(report.clock, first, last));
    }
    let _ = writeln!(text, "{}", clients(&cause.tally));
    let file = report.files.get(cause.place.file).map_or_else(String::new, |file| printable(file));
    let place = style.paint(Role::Frame, &format!("{file}:{}", cause.place.line));
    let _ = writeln!(text, "    {place}: {}", printable(&cause.line));
    text
}

fn clients(tally: &Tally) -> String {
    let names: Vec<String> = tally.clients.iter().take(3).map(|client| printable(client)).collect();
    match tally.clients.len() {
        0 => String::new(),
        all if all > names.len() || tally.more_clients => {
            let more = if tally.more_clients { "more than " } else { "" };
            format!(", from {more}{} clients: {}, …", all, names.join(", "))
        }
        _ => format!(", from {}", names.join(", ")),
    }
}

fn times(number: u64) -> String {
    match number {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{number} times"),
    }
}

/// Refusals over time: a row of blocks with its two ends.
fn histogram(summary: &Summary, clock: &Clock, columns: usize) -> Option<String> {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let (start, width, counts) = summary.refusals.columns(columns)?;
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    if counts.len() < 2 {
        return None;
    }
    let drawn: String = counts
        .iter()
        .map(|number| match number {
            0 => ' ',
            number => BLOCKS[usize::try_from(number * 7 / most).unwrap_or(7).min(7)],
        })
        .collect();
    let end = start + width * i64::try_from(counts.len()).ok()?;
    let ends = format!("{} to {}", clock.shown(start), clock.shown(end));
    let unit = width / 1_000_000;
    Some(format!("  {drawn}\n  {ends},\n  {unit} s a column, at most {most} refused in one\n"))
}

/// The summary as JSON.
#[must_use]
pub fn json(report: &Report<'_>, files: &Value) -> Value {
    let summary = report.summary;
    let time = |time: Option<Micros>| time.map(|time| report.clock.rfc3339(time));
    let tally = |tally: &Tally| {
        json!({
            "count": tally.count,
            "first": time(tally.first),
            "last": time(tally.last),
            "clients": tally.clients.iter().map(|client| bytes(client)).collect::<Vec<_>>(),
            "more_clients": tally.more_clients,
        })
    };
    let users: Vec<Value> = summary
        .ranked()
        .iter()
        .map(|(name, person)| {
            let causes: Vec<Value> = person
                .causes
                .iter()
                .map(|cause| {
                    let mut value = json!({"code": cause.code.name, "log": cause.kind.name()});
                    merge(&mut value, tally(&cause.tally));
                    value["path"] = json!(cause.path.as_deref().map(bytes));
                    value["status"] = json!(cause.status);
                    value["file"] = json!(cause.file.as_deref().map(bytes));
                    value["example"] = json!({
                        "log": report.files.get(cause.place.file).map(|file| bytes(file)),
                        "line": cause.place.line,
                        "offset": cause.place.offset,
                        "text": bytes(&cause.line),
                    });
                    value
                })
                .collect();
            let since = person.since.map(|(first, number)| {
                json!({"last_success": time(person.granted.last), "first_refusal": time(Some(first)), "refusals": number})
            });
            json!({"user": name.map(bytes), "refused": person.refused(), "granted": tally(&person.granted), "since": since, "causes": causes})
        })
        .collect();
    let patterns: Vec<Value> = report
        .patterns
        .iter()
        .map(|found| {
            json!({"code": found.code.name, "user": found.user.as_deref().map(bytes), "client": found.client.as_deref().map(bytes),
                "count": found.count, "message": found.message})
        })
        .collect();
    let histogram = summary.refusals.columns(60).map(|(start, width, counts)| {
        json!({"start": report.clock.rfc3339(start), "seconds": width / 1_000_000, "refused": counts})
    });
    json!({
        "files": files,
        "records": summary.records,
        "refused": summary.refused(),
        "first": time(summary.first),
        "last": time(summary.last),
        "users": users,
        "patterns": patterns,
        "histogram": histogram,
        "jails": bans_json(report.bans, report.files, report.clock),
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

/// One record for people, on one line.
#[must_use]
pub fn event_text(event: &Event<'_>, clock: &Clock, style: Style) -> String {
    let time = event.time.map_or_else(|| "?".to_owned(), |time| clock.shown(time));
    let client = event.client.as_deref().map_or_else(|| "?".to_owned(), printable);
    let user = match &event.user {
        User::Name(name) if name.is_empty() => "\"\"".to_owned(),
        User::Name(name) => printable(name),
        User::None | User::Unlogged => "-".to_owned(),
    };
    let status = event.status.map_or_else(String::new, |status| format!("{status} "));
    let method = event.method.as_deref().map_or_else(String::new, |method| format!("{} ", printable(method)));
    let path = event.path.as_deref().or(event.file.as_deref()).map_or_else(String::new, printable);
    let cause = event.cause.map_or_else(String::new, |cause| {
        let role = if cause.name == "ok" { Role::Good } else { Role::Bad };
        format!("  {} {}", cause.title, style.paint(role, &format!("[{}]", cause.name)))
    });
    format!(
        "{}  {client}  {}  {status}{method}{path}{cause}",
        style.paint(Role::Frame, &time),
        style.paint(Role::Strong, &user)
    )
}

/// One record as JSON.
#[must_use]
pub fn event_json(event: &Event<'_>, file: &[u8], place: Place, clock: &Clock) -> Value {
    json!({
        "time": event.time.map(|time| clock.rfc3339(time)),
        "client": event.client.as_deref().map(bytes),
        "user": event.name().map(bytes),
        "method": event.method.as_deref().map(bytes),
        "path": event.path.as_deref().map(bytes),
        "status": event.status,
        "upstream_status": event.upstream,
        "cause": event.cause.map(|cause| cause.name),
        "message": event.ah.map(|number| format!("AH{number:05}")),
        "user_file": event.file.as_deref().map(bytes),
        "format": event.format,
        "log": bytes(file),
        "line": place.line,
        "offset": place.offset,
    })
}
