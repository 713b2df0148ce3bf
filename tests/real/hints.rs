//! The cures of the cases about hints, asked of the live servers: `WHY401_BLESS=1` records them in `tests/observed/cures/`.
//!
//! `htpasswd -v` is asked too, whether it says what the hint about it says.

use std::collections::BTreeSet;
use std::process::Command;

use crate::driver::{say, start};
use crate::records::{answers, blessing, recording, rename};
use crate::support::answer::{Answer, Kind};
use crate::support::case::{self, Case};
use crate::support::hints::{cures, of, servers};
use crate::support::observed::{self, Row, Table};
use crate::support::question::{File, Question};
use crate::support::tests;

#[test]
fn apache_accepts_the_cures() {
    check("apache");
}

#[test]
fn nginx_accepts_the_cures() {
    check("nginx");
}

#[test]
fn lighttpd_accepts_the_cures() {
    check("lighttpd");
}

#[test]
fn the_servers_whose_cause_it_is_accept_the_cures() {
    let named: BTreeSet<String> = case::all().into_iter().filter_map(|case| case.expected.server).collect();
    assert!(named.len() > 1, "{named:?}");
    for server in named {
        check(&server);
    }
}

/// Asks the live server for the cures, and for the cases themselves where only this server is asked for them; compares or
/// records.
fn check(server: &str) {
    let rows: Vec<Row> = case::all().iter().flat_map(|case| rows(case, server)).collect();
    let _recording = recording();
    let mut files = observed::files();
    let known = observed::all(&files).into_iter().find(|table| table.server == server && is_of_cures(table));
    let Some(mut live) = start(server) else { return };
    let mut table = known.unwrap_or_else(|| new(server));
    let mut wrong = Vec::new();
    let asked = answers(live.as_mut(), server, rows, &table.rows, &mut wrong);
    let is_complete = asked.len() == table.rows.len();
    if blessing() && !(wrong.is_empty() && is_complete) {
        rename(&mut table, live.version());
        table.rows = asked;
        table.write(&mut files);
        observed::write_files(&files);
        return;
    }
    assert!(wrong.is_empty(), "{} cures by {server} {}:\n{}", wrong.len(), live.version(), wrong.concat());
    assert!(is_complete, "{server}: more is recorded than the cases ask");
}

/// What this server is asked for a case.
fn rows(case: &Case, server: &str) -> Vec<Row> {
    let answer = Answer { kind: Kind::Error, status: None, log: None };
    let row =
        |id: String, question: Question, note: &str| Row { id, question, answer: answer.clone(), note: note.into() };
    let mut rows = Vec::new();
    if case.expected.server.as_deref() == Some(server) {
        rows.push(row(case.name.clone(), case.question.clone(), &case.why));
    }
    let cures = cures(case).into_iter().filter(|(name, _)| *name == server);
    rows.extend(cures.map(|(_, question)| row(format!("{}/cured", case.name), question, "cured")));
    rows
}

fn is_of_cures(table: &Table) -> bool {
    table.path.starts_with(tests("observed/cures"))
}

fn new(server: &str) -> Table {
    let path = tests("observed/cures").join("new");
    Table { path, server: server.into(), about: Vec::new(), rows: Vec::new() }
}

#[test]
fn htpasswd_says_what_the_hint_says_that_it_says() {
    let program = "htpasswd";
    if Command::new(program).arg("-h").output().is_err() {
        return crate::driver::skip(program, "not installed");
    }
    let folder = std::env::temp_dir().join(format!("why401-htpasswd-v-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (mut asked, mut correct) = (0, 0);
    for case in case::all() {
        let (File::Bytes(bytes), Some(sent)) = (&case.question.file, why401::hint::Sent::of(&case.question.head))
        else {
            continue;
        };
        let is_plain = |text: &[u8]| !text.is_empty() && !text.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r'));
        if !is_plain(&sent.user) || !is_plain(sent.password.expose()) || sent.user.starts_with(b"-") {
            continue;
        }
        let (found, decided) = of(&case.question, &servers(&case));
        let reasons = ["password-mismatch", "user-not-found", "crypt-failed"];
        if !decided.iter().any(|decision| reasons.contains(&decision.reason.name)) {
            continue;
        }
        let file = folder.join("f");
        std::fs::write(&file, bytes).unwrap();
        let user: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(sent.user.as_slice());
        let mut child = Command::new(program);
        child.arg("-vi").arg(&file).arg(user);
        child.stdin(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let mut child = child.spawn().unwrap();
        // It may have refused the file before it read the password.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), sent.password.expose());
        let output = child.wait_with_output().unwrap();
        let said = found.iter().any(|found| found.iter().any(|one| one.code.name == "htpasswd-says-correct"));
        assert_eq!(said, output.status.success(), "{}: {}", case.name, String::from_utf8_lossy(&output.stderr));
        asked += 1;
        correct += usize::from(said);
    }
    std::fs::remove_dir_all(&folder).unwrap();
    say(&format!("htpasswd -v: {asked} refused cases asked, {correct} called correct"));
    assert!(correct > 2 && asked > 50);
}
