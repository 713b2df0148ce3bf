//! What a decision tells besides the answer: the places of the deciding bytes, what was decoded, the words of every log line.
//!
//! No server says these, so they are kept as they were read and found right: `tests/snapshots/decisions.tsv`, one row for each
//! way a server has to decide a recorded question, and each that was chosen for being near another answer.
//! `WHY401_BLESS=1` writes it anew; read what changed as one would who looks for that byte in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use why401::crypt::Work;
use why401::server::{self, Decision};
use why401::trace::{Fact, Verdict, codes};

use crate::support::answer::decide;
use crate::support::escape::escape;
use crate::support::observed;
use crate::support::tests;

const TABLE: &str = "snapshots/decisions.tsv";

/// Seconds of estimated work for one hash.
const LIMIT: f64 = 0.1;

/// A decision as text, and its way: the text without what depends on lengths and bytes.
fn told(decision: &Decision) -> (String, String) {
    let status = decision.status.map_or("-".into(), |status| status.to_string());
    let mut text = format!("{} {status} {}", decision.verdict.name(), decision.reason.name);
    let mut way = text.clone();
    for (step, _) in decision.trace.iter() {
        let (name, facts) = step.facts();
        let _ = write!(text, "\t{name}");
        let _ = write!(way, " {name}");
        for (key, fact) in facts {
            let value = match fact {
                Fact::Number(number) => number.to_string(),
                Fact::Word(word) => word.to_owned(),
                Fact::Bytes(bytes) | Fact::Credentials(bytes) => format!("`{}`", escape(&bytes)),
                Fact::Span(span) => format!("{}..{}", span.start, span.end),
                Fact::Flag(flag) => flag.to_string(),
                Fact::None => "-".into(),
            };
            let _ = write!(text, " {key}={value}");
            if !matches!(value.bytes().next(), Some(b'0'..=b'9' | b'`')) {
                let _ = write!(way, " {value}");
            }
        }
    }
    for line in &decision.log {
        let _ = write!(text, "\t[{}] {}", line.level.name(), escape(&line.text));
        let _ = write!(way, " [{}]", line.level.name());
    }
    (text, way)
}

/// The rows that are kept, by table and id: the first of each way of each server, and the near ones.
fn rows() -> BTreeMap<(String, String), String> {
    let (mut seen, mut rows) = (BTreeSet::new(), BTreeMap::new());
    for table in observed::all(&observed::files()) {
        let Some(server) = server::find(&table.server) else { continue };
        let path = table.path.strip_prefix(tests("observed")).unwrap().with_extension("");
        for row in &table.rows {
            let decision = decide(server, &row.question, &mut Work::limited(LIMIT));
            let (text, way) = told(&decision);
            let is_first = seen.insert((table.server.clone(), way));
            // What is not modelled is told, too; what takes too long for a test is another thing where it does not.
            let is_settled = decision.verdict != Verdict::Undecided || decision.reason == codes::NOT_MODELLED;
            if is_settled && (is_first || row.id.starts_with("near/")) {
                rows.insert((path.to_str().unwrap().to_owned(), row.id.clone()), text);
            }
        }
    }
    rows
}

#[test]
fn places_and_words_are_told_as_before() {
    let mut now = String::from(
        "# What a decision tells: table and id in tests/observed, the answer, each step, each line of the log.\n",
    );
    for ((table, id), text) in rows() {
        let _ = writeln!(now, "{table}\t{id}\t{text}");
    }
    if std::env::var_os("WHY401_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(tests(TABLE), &now).unwrap();
    }
    let before = std::fs::read_to_string(tests(TABLE)).unwrap();
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.lines().collect(), now.lines().collect());
    let mut changed = String::new();
    for (sign, line) in
        old.difference(&new).map(|line| ('-', line)).chain(new.difference(&old).map(|line| ('+', line))).take(40)
    {
        let _ = writeln!(changed, "{sign} {line}");
    }
    assert!(changed.is_empty(), "told otherwise, see WHY401_BLESS above:\n{changed}");
}
