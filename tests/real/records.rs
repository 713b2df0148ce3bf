//! The live servers still answer as recorded; `WHY401_BLESS=1` records their answers anew.
//!
//! Asked are the rows of the server's own table and the cases of `tests/cases/`, except those whose hash takes longer than
//! [`LIMIT`]: they keep the answer they have.

use std::path::PathBuf;
use std::sync::Mutex;

use why401::crypt::Work;
use why401::server;

use crate::driver::{Live, say, start, today};
use crate::support::answer::{Judged, decide, judge};
use crate::support::observed::{self, Row, Table};
use crate::support::{case, tests};

/// Seconds of estimated work beyond which a question is not asked again.
pub(crate) const LIMIT: f64 = 0.6;

/// How many differences are printed.
const SHOWN: usize = 20;

/// Held while recording: all servers write the one table of files.
static RECORDING: Mutex<()> = Mutex::new(());

#[test]
fn apache_answers_as_recorded() {
    check("apache");
}

#[test]
fn nginx_answers_as_recorded() {
    check("nginx");
}

#[test]
fn lighttpd_answers_as_recorded() {
    check("lighttpd");
}

#[test]
fn h2o_answers_as_recorded() {
    check("h2o");
}

#[test]
fn radicale_answers_as_recorded() {
    check("radicale");
}

#[test]
fn pypiserver_answers_as_recorded() {
    check("pypiserver");
}

#[test]
fn mitmproxy_answers_as_recorded() {
    check("mitmproxy");
}

#[test]
fn miniserve_answers_as_recorded() {
    check("miniserve");
}

#[test]
fn dufs_answers_as_recorded() {
    check("dufs");
}

#[test]
fn static_web_server_answers_as_recorded() {
    check("static-web-server");
}

#[test]
fn http_auth_answers_as_recorded() {
    check("http-auth");
}

#[test]
fn verdaccio_answers_as_recorded() {
    check("verdaccio");
}

/// Asks the live server for the rows of its tables, and compares or records.
fn check(server: &str) {
    let Some(mut live) = start(server) else { return };
    let _recording = recording();
    let mut files = observed::files();
    let mut wrong = Vec::new();
    let is_own = |table: &Table| table.server == server && table.path.parent() == Some(&tests("observed"));
    for mut table in observed::all(&files).into_iter().filter(is_own) {
        let rows = table.rows.clone();
        let answered = answers(live.as_mut(), server, rows, &table.rows, &mut wrong);
        if wrong.is_empty() || !blessing() {
            continue;
        }
        rename(&mut table, live.version());
        table.rows = answered;
        table.write(&mut files);
        wrong.clear();
    }
    if blessing() {
        observed::write_files(&files);
    }
    let shown: String = wrong.iter().take(SHOWN).cloned().collect();
    assert!(wrong.is_empty(), "{} answers of {server} {}:\n{shown}", wrong.len(), live.version());
    let rows = case::of(server).into_iter().map(Row::of_case).collect();
    hold(live.as_mut(), server, "observed/cases", rows);
}

/// Asks the live server for `rows`, all that its table in `folder` has to hold, and compares or records.
pub(crate) fn hold(live: &mut dyn Live, server: &str, folder: &str, rows: Vec<Row>) {
    let mut files = observed::files();
    let known = observed::all(&files)
        .into_iter()
        .find(|table| table.server == server && table.path.parent() == Some(&tests(folder)));
    let path = tests(folder).join("new");
    let mut table = known.unwrap_or(Table { path, server: server.into(), about: Vec::new(), rows: Vec::new() });
    let is_complete = table.rows.len() == rows.len();
    let mut wrong = Vec::new();
    let answered = answers(live, server, rows, &table.rows, &mut wrong);
    if blessing() && !(is_complete && wrong.is_empty()) {
        rename(&mut table, live.version());
        table.rows = answered;
        table.write(&mut files);
        observed::write_files(&files);
        return;
    }
    let shown: String = wrong.iter().take(SHOWN).cloned().collect();
    assert!(wrong.is_empty(), "{} answers of {server} {} in {folder}:\n{shown}", wrong.len(), live.version());
    assert!(is_complete, "{server}: {folder} holds more than the cases ask");
}

/// `rows` with the live server's answers; says in `wrong` where one is not the answer that `known` has.
fn answers(live: &mut dyn Live, server: &str, mut rows: Vec<Row>, known: &[Row], wrong: &mut Vec<String>) -> Vec<Row> {
    let is_settled = |at: &usize| find(known, &rows[*at]).is_some() && is_dear(server, &rows[*at]);
    let (dear, cheap): (Vec<_>, Vec<_>) = (0..rows.len()).partition(is_settled);
    let questions: Vec<_> = cheap.iter().map(|&at| rows[at].question.clone()).collect();
    let answers = live.ask(&questions);
    say(&format!("{server} {}: {} answers asked for, {} too dear", live.version(), cheap.len(), dear.len()));
    for at in dear {
        rows[at].answer = find(known, &rows[at]).map_or_else(|| rows[at].answer.clone(), |known| known.answer.clone());
    }
    for (at, answer) in cheap.into_iter().zip(answers) {
        let row = &mut rows[at];
        match find(known, row) {
            Some(known) if known.answer.is_the_same(&answer) => row.answer = known.answer.clone(),
            Some(known) => {
                wrong.push(format!("{}\n  recorded {}\n  now      {answer}\n", row.id, known.answer));
                row.answer = answer;
            }
            None => {
                wrong.push(format!("{}\n  not recorded\n  now      {answer}\n", row.id));
                row.answer = answer;
            }
        }
    }
    rows
}

/// The row of this name that asks the same.
fn find<'a>(known: &'a [Row], row: &Row) -> Option<&'a Row> {
    known.iter().find(|known| known.id == row.id && known.question == row.question)
}

/// Whether the emulator knows that the server would work for long on it.
fn is_dear(server: &str, row: &Row) -> bool {
    let Some(found) = server::find(server) else { return false };
    let decision = decide(found, &row.question, &mut Work::limited(LIMIT));
    judge(server, &row.answer, &decision) == Judged::Undecided("work-limit")
}

/// Held by whoever writes tables, while it does.
pub(crate) fn recording() -> Option<std::sync::MutexGuard<'static, ()>> {
    blessing().then(|| RECORDING.lock().unwrap())
}

/// Whether answers are to be recorded.
pub(crate) fn blessing() -> bool {
    std::env::var_os("WHY401_BLESS").is_some_and(|value| value == "1")
}

/// Gives the table the name of this version and the provenance of a recording made now.
fn rename(table: &mut Table, version: &str) {
    let old: PathBuf = table.path.clone();
    table.path.set_file_name(format!("{}@{version}.tsv", table.server.replace('/', "-")));
    if old != table.path {
        let _ = std::fs::remove_file(old);
    }
    table.about = vec![
        ("server".into(), table.server.clone()),
        ("program".into(), format!("{} {version}, as installed", table.server)),
        ("recorded".into(), format!("{}, on loopback, from the running program by tests/real", today())),
    ];
}
