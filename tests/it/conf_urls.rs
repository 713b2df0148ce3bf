//! Configurations of servers that `why401 url` reads, held against what the servers answered.

use std::path::Path;

use serde_json::Value;

use crate::support::tests;
use crate::support::urls::{Ask, Memory, files, findings, fits};

const FOLDER: &str = "/etc/server";
const PORT: u16 = 8080;

/// What is wrong with a row for the server in this column.
fn wrong(row: &Value, server: &str, column: usize) -> Vec<String> {
    let laid = files(row, Path::new(FOLDER), PORT, 8443);
    let path = |name: &str| Path::new(FOLDER).join(name);
    let main = path(&laid[0].0);
    let memory = Memory(laid.into_iter().map(|(name, text)| (path(&name), text.into_bytes())).collect());
    let asks: Vec<&Value> = row["asks"].as_array().unwrap().iter().collect();
    let requests: Vec<_> = asks.iter().map(|ask| Ask::of(ask).request(PORT)).collect();
    let status = |ask: &Value| ask[3 + column].as_u64().and_then(|status| u16::try_from(status).ok());
    let undecided = row["undecided"] == true || row["undecided"] == server;
    let said = |what: String| format!("{} ({server}): {what}", row["why"]);
    match findings(server, &main, &memory, &requests) {
        Err(trouble) => {
            let takes = asks.iter().filter(|ask| status(ask).is_some());
            takes.map(|ask| said(format!("{ask}: {} {}", trouble.place, trouble.message))).collect()
        }
        Ok(findings) => {
            let all = asks.iter().zip(findings);
            all.filter_map(|(ask, finding)| {
                let decision = &finding.decision;
                let expected = if undecided { None } else { Some(true) };
                let chain: Vec<_> =
                    finding.chain.iter().map(|link| (link.place.as_ref().map(|p| p.line), &link.text)).collect();
                (fits(&finding, status(ask)) != expected)
                    .then(|| said(format!("{ask}: {} {:?} {chain:?}", decision.verdict.name(), decision.status)))
            })
            .collect()
        }
    }
}

fn check(name: &str) {
    let text = std::fs::read_to_string(tests("observed/config").join(name)).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let servers: Vec<String> = rows[0]["servers"].as_object().unwrap().keys().cloned().collect();
    let mut all = Vec::new();
    for row in &rows[1..] {
        for (column, server) in servers.iter().enumerate() {
            all.extend(wrong(row, server, column));
        }
    }
    assert!(rows.len() > 10 && all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn recorded_caddyfiles_are_answered_as_caddy_answered() {
    check("caddy.jsonl");
}

#[test]
fn recorded_routers_answer_as_traefiks_did() {
    check("traefik.jsonl");
}
