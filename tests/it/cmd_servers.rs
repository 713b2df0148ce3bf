//! `why401 servers`: the table, and each row in full.

use crate::support::sandbox::Sandbox;

/// What every page tells.
const TOPICS: [&str; 10] =
    ["header", "file", "lines", "comments", "duplicates", "fields", "line-limit", "schemes", "reload", "statuses"];

#[test]
fn every_server_has_its_rules_with_sources() {
    let sandbox = Sandbox::new();
    let table = sandbox.run(&["servers", "--json"]).expect(0).json();
    let rows = table["servers"].as_array().unwrap();
    assert!(rows.len() >= 6);
    for row in rows {
        let name = row["name"].as_str().unwrap();
        let one = sandbox.run(&["servers", name, "--json"]).expect(0).json();
        let rules = one["rules"].as_array().unwrap();
        for topic in TOPICS {
            assert!(rules.iter().any(|rule| rule["topic"] == topic), "{name}: no rule about {topic}");
        }
        assert!(rules.iter().all(|rule| rule["source"].as_str().is_some_and(|source| !source.is_empty())), "{name}");
        assert!(sandbox.run(&["servers", name]).expect(0).out().starts_with(&format!("{name}: ")));
    }
}

#[test]
fn an_unknown_server_is_a_usage_error() {
    let ran = Sandbox::new().run(&["servers", "ngin"]).expect(2);
    assert!(ran.err().contains("did you mean nginx"), "{}", ran.err());
}
