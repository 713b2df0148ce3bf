//! Questions that are one byte, place or limit away from another answer ([`NEAR`]) are answered as recorded, as rows `near/…` of
//! each server's own table; `WHY401_BLESS=1` records them.
//!
//! Each was chosen among random questions since a small change of the emulator answers it otherwise, and made as small as it
//! gets. They tell such changes where no server is at hand.

use crate::driver::{DRIVERS, Live};
use crate::heads::hold;
use crate::support::escape::unescape;
use crate::support::observed::{Row, Table};
use crate::support::question::{File, Question, head_of_cell};

/// The questions: server, escaped file, and head as in the tables.
const NEAR: &str = include_str!("nears.tsv");

/// The questions of one server.
fn questions(server: &str) -> Vec<Question> {
    let lines = NEAR.lines().filter(|line| !line.starts_with('#'));
    let of = lines.map(|line| line.splitn(3, '\t').collect::<Vec<_>>()).filter(|cells| cells[0] == server);
    of.map(|cells| Question {
        file: File::Bytes(unescape(cells[1]).unwrap_or_else(|error| panic!("nears.tsv: {error}"))),
        head: head_of_cell(cells[2]).unwrap_or_else(|error| panic!("nears.tsv: {error}")),
    })
    .collect()
}

/// The rows with the live server's answers.
fn rows(live: &mut dyn Live, questions: Vec<Question>) -> Vec<Row> {
    let answers = live.ask(&questions);
    let numbered = questions.into_iter().zip(answers).enumerate();
    numbered
        .map(|(at, (question, answer))| Row { id: format!("near/{}", at + 1), question, answer, note: String::new() })
        .collect()
}

#[test]
fn near_questions_answers_as_recorded() {
    let servers = DRIVERS.iter().map(|driver| driver.server);
    let asked = servers.map(|server| (server, questions(server))).filter(|(_, questions)| !questions.is_empty());
    let different: String = asked
        .map(|(server, questions)| hold(server, "near", |live: &mut dyn Live, _: &Table| rows(live, questions)))
        .collect();
    assert!(different.is_empty(), "{different}");
}
