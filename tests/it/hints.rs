//! The hints: each names its cause in its cases, is proved on the real servers, and stays silent in what looks alike.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use why401::crypt::Work;
use why401::fault::{FAULTS, Grade};
use why401::hint::candidates::RULES;
use why401::hint::near::{ANOTHER_PASSWORD, OTHER_ENTRY};
use why401::hint::{Action, Finding, HINTS, Strength};
use why401::htpasswd;
use why401::lint::{Demands, LINTS, Linter, Thresholds, mended};
use why401::server::{self, Server};

use crate::support::answer::{Answer, Kind, decide};
use crate::support::case::{self, Case};
use crate::support::hints::{briefly, changed, cured, cures, look, of_many, servers};
use crate::support::observed;
use crate::support::question::{File, Question};

/// What no server shows: a code, `cure` or `case`, and why.
fn without() -> Vec<(&'static str, &'static str)> {
    let rows = include_str!("../cases/hints/without.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|row| match row.split('\t').collect::<Vec<_>>()[..] {
        [code, missing @ ("cure" | "case"), why] if !why.is_empty() => (code, missing),
        _ => panic!("a code, `cure` or `case`, and why: {row}"),
    })
    .collect()
}

/// Whether the table says that `code` has no `missing`.
fn is_without(code: &str, missing: &str) -> bool {
    without().contains(&(code, missing))
}

/// Every recorded answer, by server and question.
fn recorded() -> HashMap<(String, Question), Answer> {
    let tables = observed::all(&observed::files());
    let rows = tables.into_iter().flat_map(|table| {
        let server = table.server;
        table.rows.into_iter().map(move |row| ((server.clone(), row.question), row.answer))
    });
    rows.collect()
}

fn cases() -> Vec<Case> {
    case::all().into_iter().filter(|case| case.name.starts_with("hints/")).collect()
}

fn find<'a>(findings: &'a [Finding], code: &str) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.code.name == code)
}

/// The codes that lint finds in the case's file, for the servers of the case.
fn linted(case: &Case) -> BTreeSet<&'static str> {
    let servers = servers(case);
    let thresholds = Thresholds::default();
    let demands = Demands { servers: &servers, thresholds: &thresholds };
    let mut linter = Linter::new(&demands);
    for line in htpasswd::lines(case.question.file.bytes()) {
        linter.line(&line);
    }
    linter.finish(None).iter().map(|finding| finding.code.name).collect()
}

#[test]
fn each_case_gets_its_hint_and_the_recorded_servers_accept_the_cure() {
    let recorded = recorded();
    let mut wrong = Vec::new();
    let (mut proved, mut shown) = (0, 0);
    for case in cases() {
        let Some(code) = case.expected.hint.as_deref() else { continue };
        let mut fail = |what: String| wrong.push(format!("{}: {what}\n", case.name));
        let looked = look(&case);
        let hinted: Vec<_> = looked.iter().filter_map(|(answer, found)| Some((answer, find(found, code)?))).collect();
        if hinted.is_empty() {
            let said = |((server, decision), found): &((&'static dyn Server, _), Vec<Finding>)| {
                let _: &why401::server::Decision = decision;
                let codes: Vec<_> = found.iter().map(|finding| finding.code.name).collect();
                format!("{} {} {codes:?}", server.info().name, decision.reason.name)
            };
            fail(format!("no hint; {:?}", looked.iter().map(said).collect::<Vec<_>>()));
            continue;
        }
        let mut is_shown = is_without(code, "cure");
        for ((server, decision), finding) in hinted {
            let name = server.info().name;
            if decision.verdict.lets_in() {
                fail(format!("{name} lets the user in"));
            }
            let before = recorded.get(&(name.to_owned(), case.question.clone()));
            if before.is_none_or(|answer| answer.kind == Kind::Accept) {
                fail(format!("{name} is not recorded to refuse"));
            }
            let Some(question) = cured(&case, finding) else { continue };
            let is_proved = finding.strength == Strength::Proved;
            match recorded.get(&(name.to_owned(), question.clone())) {
                Some(answer) if answer.kind == Kind::Accept => {
                    proved += usize::from(is_proved);
                    is_shown = true;
                }
                // Not proved: the cure is needed and may not be enough.
                Some(_) if !is_proved => {}
                Some(answer) => fail(format!("{name} answers the cured question with {answer}: {question}")),
                None => fail(format!("{name}: no answer to the cured question is recorded: {question}")),
            }
            does_what_it_says(&case, *server, finding, &mut fail);
        }
        shown += usize::from(is_shown);
        if !is_shown {
            fail("no server is recorded to accept the cure".to_owned());
        }
    }
    println!("{shown} cases, {proved} proofs held against recorded answers");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.concat());
}

/// The command of a hint, run on the file, makes the server let the user in.
fn does_what_it_says(case: &Case, server: &dyn Server, finding: &Finding, fail: &mut impl FnMut(String)) {
    let Some(Action::Command(command)) = finding.fix.as_ref().map(|fix| &fix.what) else { return };
    let Some(words) = command.strip_prefix("why401 lint ") else { return };
    let File::Bytes(file) = &case.question.file else { return };
    let words: Vec<&str> = words.split(' ').collect();
    let only = words.iter().position(|word| *word == "--only").map(|at| words[at + 1]);
    let boldest = if words.contains(&"--fix-unsafe") { Grade::Consent } else { Grade::Safe };
    let thresholds = Thresholds::default();
    let asked = servers(case);
    let demands = Demands { servers: &asked, thresholds: &thresholds };
    let (made, _) =
        mended(file, &demands, |finding, grade| grade <= boldest && only.is_none_or(|code| code == finding.code.name));
    let question = Question { file: File::Bytes(made), head: case.question.head.clone() };
    let lets_in = decide(server, &question, &mut Work::limited(5.0)).verdict.lets_in();
    if finding.strength == Strength::Proved && !lets_in {
        fail(format!("{}: `{command}` does not mend it", server.info().name));
    }
}

#[test]
fn what_lint_finds_is_recorded_to_be_refused_and_accepted_once_mended() {
    let recorded = recorded();
    let of_lint = |case: &Case| case.expected.lint.clone().filter(|code| LINTS.iter().any(|row| row.code.name == code));
    let cases: Vec<_> = cases().into_iter().filter_map(|case| Some((of_lint(&case)?, case))).collect();
    let (mut wrong, mut shown) = (Vec::new(), BTreeSet::new());
    for (code, case) in &cases {
        let kind = |server: &str, question: &Question| {
            recorded.get(&(server.to_owned(), question.clone())).map(|answer| answer.kind == Kind::Accept)
        };
        for (server, question) in cures(case) {
            match (kind(server, &case.question), kind(server, &question)) {
                (Some(false), Some(true)) => _ = shown.insert(code.as_str()),
                other => wrong.push(format!("{}: {server}: accepted before and after: {other:?}\n", case.name)),
            }
            let mended = Case { question, ..case.clone() };
            if linted(&mended).contains(code.as_str()) {
                wrong.push(format!("{}: lint finds {code} in the mended file\n", case.name));
            }
        }
    }
    for code in LINTS.iter().map(|row| row.code.name) {
        let is_excused = is_without(code, "cure") || is_without(code, "case");
        if !shown.contains(code) && !is_excused {
            wrong.push(format!("{code}: no cure is recorded\n"));
        }
        if shown.contains(code) && is_excused {
            wrong.push(format!("{code}: a cure is recorded and the table says that there is none\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn a_code_that_is_said_to_have_no_case_or_no_cure_exists_and_has_none() {
    let cases = cases();
    let mut rows = BTreeSet::new();
    for (code, missing) in without() {
        assert!(rows.insert(code), "{code} twice");
        assert!(why401::cli::codes::find(code).is_some(), "{code}");
        let is = |expected: &Option<String>| expected.as_deref() == Some(code);
        let mut of_code = cases.iter().filter(|case| is(&case.expected.hint) || is(&case.expected.lint));
        match missing {
            "case" => assert!(of_code.next().is_none(), "{code} has a case"),
            _ => assert!(of_code.all(|case| cures(case).is_empty()), "{code} has a cure"),
        }
    }
}

#[test]
fn each_look_alike_stays_silent() {
    let mut wrong = Vec::new();
    for case in cases() {
        let linted = linted(&case);
        let lint = case.expected.lint.as_deref();
        if lint.is_some_and(|code| !linted.contains(code)) {
            wrong.push(format!("{}: lint does not find {lint:?} but {linted:?}\n", case.name));
        }
        let looked = look(&case);
        for code in &case.expected.silent {
            if let Some(((server, _), _)) = looked.iter().find(|(_, found)| find(found, code).is_some()) {
                wrong.push(format!("{}: {code} is said of {}\n", case.name, server.info().name));
            }
            // Only where the file is clean: it may have a fault that does not matter to this login.
            if case.name.ends_with("/lint") && lint.is_none() && linted.contains(code.as_str()) {
                wrong.push(format!("{}: lint finds {code}\n", case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn every_code_has_a_case_that_gets_it_and_one_that_does_not() {
    let cases = cases();
    let hints = FAULTS.iter().map(|row| row.code).chain(HINTS.iter().map(|row| row.code));
    let hints = hints.chain(RULES.iter().map(|rule| rule.code)).chain([OTHER_ENTRY, ANOTHER_PASSWORD]);
    let codes = hints.chain(LINTS.iter().map(|row| row.code));
    let mut wrong = Vec::new();
    for code in codes.filter(|code| !is_without(code.name, "case")) {
        let is = |expected: &Option<String>| expected.as_deref() == Some(code.name);
        if !cases.iter().any(|case| is(&case.expected.hint) || is(&case.expected.lint)) {
            wrong.push(format!("{}: no case gets it\n", code.name));
        }
        if !cases.iter().any(|case| case.expected.silent.iter().any(|silent| silent == code.name)) {
            wrong.push(format!("{}: no case in which it is silent\n", code.name));
        }
    }
    for case in &cases {
        let expected = case.expected.hint.iter().chain(&case.expected.lint).chain(&case.expected.silent);
        let unknown = expected.filter(|code| why401::cli::codes::find(code).is_none());
        wrong.extend(unknown.map(|code| format!("{}: there is no code {code}\n", case.name)));
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn no_hint_is_given_where_a_recorded_server_lets_the_user_in_and_no_proof_is_recorded_to_fail() {
    let recorded = recorded();
    let mut questions: HashMap<&Question, Vec<(&'static dyn Server, &Answer)>> = HashMap::new();
    for ((name, question), answer) in &recorded {
        if let Some(server) = server::find(name) {
            questions.entry(question).or_default().push((server, answer));
        }
    }
    let questions: Vec<_> = questions.into_iter().collect();
    // Nearly all the time goes into hashes, and the same are asked for again and again.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let (questions, recorded) = (&questions, &recorded);
        let share = |first: usize| {
            move || {
                let (mut tally, work) = (Tally::default(), briefly());
                questions.iter().skip(first).step_by(threads).for_each(|(question, answers)| {
                    tally.add(question, answers, recorded, &work);
                });
                tally
            }
        };
        let running: Vec<_> = (0..threads).map(|first| scope.spawn(share(first))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (granted, refused, held) = (sum(|tally| tally.granted), sum(|tally| tally.refused), sum(|tally| tally.held));
    let wrong: Vec<String> = tallies.into_iter().flat_map(|tally| tally.wrong).collect();
    println!("{granted} granted rows without a hint, {refused} refused, {held} proofs were recorded");
    assert!(granted > 1000 && held > 100, "{granted} {held}");
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// What was counted of recorded answers.
#[derive(Default)]
struct Tally {
    granted: usize,
    refused: usize,
    held: usize,
    wrong: Vec<String>,
}

impl Tally {
    /// Counts the answers to a question, and holds the proofs against other recorded answers.
    fn add(
        &mut self,
        question: &Question,
        answers: &[(&'static dyn Server, &Answer)],
        recorded: &HashMap<(String, Question), Answer>,
        work: &RefCell<Work>,
    ) {
        let asked: Vec<&'static dyn Server> = answers.iter().map(|(server, _)| *server).collect();
        let (found, decided) = of_many(question, &asked, work);
        for (((server, answer), findings), decision) in answers.iter().zip(found).zip(decided) {
            let name = server.info().name;
            if answer.kind == Kind::Accept {
                self.granted += 1;
                if !findings.is_empty() && decision.verdict.lets_in() {
                    self.wrong.push(format!("{name}: a hint where it lets in: {question}\n"));
                }
                continue;
            }
            self.refused += 1;
            for finding in findings.iter().filter(|finding| finding.strength == Strength::Proved) {
                let Some(change) = &finding.change else { continue };
                if let Some(answer) = recorded.get(&(name.to_owned(), changed(change, question))) {
                    self.held += 1;
                    if answer.kind != Kind::Accept {
                        self.wrong.push(format!("{name} {}: {answer}\n", finding.code.name));
                    }
                }
            }
        }
    }
}
