//! Every recorded answer is decided as the server gave it.
//!
//! Rows that need a scheme that is not built, or more work than [`LIMIT`], must come out undecided, and no more of them than
//! `tests/divergences.toml` allows. A row that differs fails, unless it stands there with a reason; a row that stands there
//! and no longer differs fails too.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use why401::crypt::Work;
use why401::server;

use crate::support::answer::{Judged, decide, judge};
use crate::support::observed::{self, Row, Table};
use crate::support::question::Question;
use crate::support::{case, tests};

/// Seconds of estimated work for one hash.
const LIMIT: f64 = 0.6;

/// How many differences are printed in full.
const SHOWN: usize = 20;

/// What `tests/divergences.toml` says.
#[derive(Default)]
struct Divergences {
    /// Table and id of a row that may differ, and why.
    rows: BTreeMap<(String, String), String>,
    /// Server, and how many of its rows may be undecided.
    undecided: BTreeMap<String, usize>,
}

/// Reads the part of TOML that the file uses: two kinds of tables and `key = value` on a line.
fn divergences() -> Divergences {
    let text = std::fs::read_to_string(tests("divergences.toml")).unwrap();
    let mut found = Divergences::default();
    let (mut section, mut fields) = (String::new(), BTreeMap::new());
    for line in text.lines().chain(["[end]"]) {
        let line = line.trim();
        if line.starts_with('[') {
            if section == "[[row]]" {
                let field = |name: &str| fields.get(name).cloned().unwrap_or_else(|| panic!("a row without `{name}`"));
                found.rows.insert((field("table"), field("id")), field("reason"));
            }
            line.clone_into(&mut section);
            fields.clear();
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let (key, value) = (key.trim().trim_matches('"'), value.trim().trim_matches('"'));
            if section == "[undecided]" {
                found.undecided.insert(key.into(), value.parse().expect("a number of rows"));
            } else {
                fields.insert(key.to_owned(), value.to_owned());
            }
        }
    }
    found
}

/// What was counted for one server.
#[derive(Default)]
struct Count {
    rows: usize,
    equal: usize,
    with_log: usize,
    undecided: BTreeMap<&'static str, usize>,
    different: usize,
}

/// The name of a table: its path below `observed/` without the extension.
fn name(table: &Table) -> String {
    let path = table.path.strip_prefix(tests("observed")).unwrap().with_extension("");
    path.to_str().unwrap().into()
}

/// Judges all rows of the servers that are built, each question once for all of them.
fn judge_all(tables: &[Table]) -> Vec<(&Table, &Row, Judged)> {
    let mut questions: HashMap<&Question, Vec<(&Table, &Row)>> = HashMap::new();
    for table in tables.iter().filter(|table| server::find(&table.server).is_some()) {
        for row in &table.rows {
            questions.entry(&row.question).or_default().push((table, row));
        }
    }
    let questions: Vec<_> = questions.into_iter().collect();
    let judge_some = |questions: &[(&Question, Vec<(&'_ Table, &'_ Row)>)]| {
        let mut judged = Vec::new();
        for (question, rows) in questions {
            let mut work = Work::limited(LIMIT);
            for (table, row) in rows {
                let server = server::find(&table.server).unwrap();
                let decision = decide(server, question, &mut work);
                judged.push((table.path.clone(), row.id.clone(), judge(&table.server, &row.answer, &decision)));
            }
        }
        judged
    };
    let (left, right) = questions.split_at(questions.len() / 2);
    let (left, right) = std::thread::scope(|scope| {
        let right = scope.spawn(|| judge_some(right));
        (judge_some(left), right.join().unwrap())
    });
    let mut judged: HashMap<_, _> =
        left.into_iter().chain(right).map(|(path, id, judged)| ((path, id), judged)).collect();
    let rows = tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row)));
    rows.filter_map(|(table, row)| Some((table, row, judged.remove(&(table.path.clone(), row.id.clone()))?))).collect()
}

#[test]
fn recorded_answers_are_decided_as_the_servers_gave_them() {
    let tables = observed::all(&observed::files());
    let divergences = divergences();
    let (mut counts, mut wrong) = (BTreeMap::<String, Count>::new(), Vec::new());
    let mut used = BTreeSet::new();
    for (table, row, judged) in judge_all(&tables) {
        let count = counts.entry(table.server.clone()).or_default();
        count.rows += 1;
        count.with_log += usize::from(row.answer.log.iter().flatten().any(|line| line.level != "raw"));
        let key = (name(table), row.id.clone());
        match judged {
            Judged::Equal => count.equal += 1,
            Judged::Undecided(reason @ ("scheme-not-built" | "work-limit")) => {
                *count.undecided.entry(reason).or_default() += 1;
            }
            Judged::Different(_) | Judged::Undecided(_) if divergences.rows.contains_key(&key) => {
                used.insert(key);
            }
            Judged::Undecided(reason) => {
                count.different += 1;
                wrong.push(format!("{} {}: undecided, {reason}\n", key.0, key.1));
            }
            Judged::Different(said) => {
                count.different += 1;
                wrong.push(format!(
                    "{} {}\n  server: {}\n  why401: {said}\n  asked:  {}\n",
                    key.0, key.1, row.answer, row.question
                ));
            }
        }
    }
    for table in tables.iter().filter(|table| server::find(&table.server).is_none()) {
        println!("{:24} {:5} rows, server not built", table.server, table.rows.len());
    }
    for (server, count) in &counts {
        println!(
            "{server:24} {:5} rows, {} equal ({} log lines), {:?} undecided, {} different",
            count.rows, count.equal, count.with_log, count.undecided, count.different
        );
        let undecided: usize = count.undecided.values().sum();
        let allowed = divergences.undecided.get(server).copied().unwrap_or(0);
        if undecided > allowed {
            wrong.push(format!("{server}: {undecided} rows undecided, {allowed} allowed\n"));
        } else if undecided < allowed {
            println!("{server}: {undecided} rows undecided; lower the {allowed} in tests/divergences.toml");
        }
    }
    for key in divergences.rows.keys().filter(|key| !used.contains(*key)) {
        wrong.push(format!("{} {} is in divergences.toml and does not differ\n", key.0, key.1));
    }
    let more = wrong.len().saturating_sub(SHOWN);
    wrong.truncate(SHOWN);
    assert!(wrong.is_empty(), "{}… and {more} more", wrong.concat());
}

#[test]
fn without_any_work_each_answer_is_the_servers_or_left_open() {
    let (tables, divergences) = (observed::all(&observed::files()), divergences());
    let (mut wrong, mut open) = (Vec::new(), BTreeMap::<&str, usize>::new());
    for table in &tables {
        let Some(server) = server::find(&table.server) else { continue };
        for row in &table.rows {
            let decision = decide(server, &row.question, &mut Work::limited(0.0));
            match judge(&table.server, &row.answer, &decision) {
                Judged::Equal => {}
                Judged::Undecided("work-limit") => *open.entry(&table.server).or_default() += 1,
                _ if divergences.rows.contains_key(&(name(table), row.id.clone())) => {}
                Judged::Undecided(said) => wrong.push(format!("{} {}: undecided, {said}\n", table.server, row.id)),
                Judged::Different(said) => wrong.push(format!("{} {}: {said}\n", table.server, row.id)),
            }
        }
    }
    assert!(wrong.is_empty(), "{} answers\n{}", wrong.len(), wrong.concat());
    let built = tables.iter().map(|table| table.server.as_str()).filter(|name| server::find(name).is_some());
    let never: BTreeSet<_> = built.filter(|name| !open.contains_key(name)).collect();
    assert!(never.is_empty(), "all hashes of {never:?} are computed with no work allowed");
}

#[test]
fn every_case_has_an_answer_from_each_server_that_it_is_asked_of() {
    let tables: Vec<_> =
        observed::all(&observed::files()).into_iter().filter(|t| name(t).starts_with("cases/")).collect();
    let cases = case::all();
    for case in &cases {
        for server in &case.servers {
            let mut rows = tables.iter().filter(|table| table.server == *server).flat_map(|table| &table.rows);
            let recorded = rows.any(|row| row.id == case.name && row.question == case.question);
            assert!(recorded, "{}: no answer of {server}; see tests/README.md on recording", case.name);
        }
    }
    for (table, row) in tables.iter().flat_map(|table| table.rows.iter().map(move |row| (table, row))) {
        let asked = cases.iter().any(|case| case.name == row.id && case.servers.contains(&table.server));
        assert!(asked, "{} of {}: an answer without a case", row.id, table.server);
    }
}
