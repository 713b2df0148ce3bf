//! The live servers answer the recorded configurations as recorded; `WHY401_BLESS=1` records what they answer.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::caddy::Caddy;
use super::traefik::Traefik;
use crate::driver::{say, today};
use crate::support::tests;
use crate::support::urls::Ask;

/// A server that is given configurations.
pub(super) trait Live {
    /// Its version.
    fn version(&self) -> String;

    /// The statuses of requests to it with the files of a row; `None` where it does not take them.
    fn ask(&mut self, row: &Value, asks: &[Ask]) -> Option<Vec<Option<u16>>>;
}

fn table(name: &str) -> (PathBuf, Vec<Value>) {
    let path = tests("observed/config").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Asks the servers of a table, of which those that are not there are left out.
fn check(name: &str, mut lives: Vec<(&str, Box<dyn Live>)>) {
    let (path, mut rows) = table(name);
    let servers: Vec<String> = rows[0]["servers"].as_object().unwrap().keys().cloned().collect();
    let mut changed = Vec::new();
    for (server, live) in &mut lives {
        let column = 3 + servers.iter().position(|own| own == server).unwrap();
        rows[0]["servers"][&**server] = json!(live.version());
        for row in &mut rows[1..] {
            let why = row["why"].clone();
            let asks: Vec<Ask> = row["asks"].as_array().unwrap().iter().map(Ask::of).collect();
            let statuses = live.ask(row, &asks).unwrap_or_else(|| vec![None; asks.len()]);
            for (at, status) in statuses.into_iter().enumerate() {
                let ask = row["asks"][at].as_array_mut().unwrap();
                ask.resize(ask.len().max(column + 1), Value::Null);
                if ask[column] != json!(status) {
                    changed.push(format!("{server}, {why}: {ask:?}: now {status:?}"));
                    row["asks"][at][column] = json!(status);
                }
            }
        }
    }
    say(&format!(
        "{name}: {} rows, {} of {} servers, {} answers otherwise",
        rows.len() - 1,
        lives.len(),
        servers.len(),
        changed.len()
    ));
    if std::env::var_os("WHY401_BLESS").is_some() {
        rows[0]["recorded"] = json!(today());
        let lines: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
        return std::fs::write(&path, lines.concat()).unwrap();
    }
    assert!(changed.is_empty(), "these differ:\n{}", changed.join("\n"));
}

#[test]
fn caddy_answers_the_recorded_configurations_as_recorded() {
    let lives = Caddy::all().into_iter().map(|live| (live.server, Box::new(live) as Box<dyn Live>));
    check("caddy.jsonl", lives.collect());
}

#[test]
fn traefik_answers_the_recorded_configurations_as_recorded() {
    check(
        "traefik.jsonl",
        Traefik::start().into_iter().map(|live| ("traefik", Box::new(live) as Box<dyn Live>)).collect(),
    );
}
