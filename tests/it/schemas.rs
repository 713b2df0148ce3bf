//! What commands print as JSON fits the schemas in `docs/schema/`, one for each command.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use why401::cli::commands::COMMANDS;

use crate::support::sandbox::Sandbox;
use crate::support::schema::misfits;

fn schema(name: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(format!("{name}.json"));
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

/// Commands that print no JSON: a script, and what Apache's own program prints.
const SCRIPTS: &[&str] = &["completions", "htpasswd"];

#[test]
fn every_command_has_a_schema() {
    for row in COMMANDS.iter().filter(|row| !SCRIPTS.contains(&row.name)) {
        assert!(schema(row.name).is_object());
    }
}

#[test]
fn documents_fit_their_schemas() {
    let sandbox = Sandbox::with("f", include_bytes!("../samples/lockout.htpasswd"));
    sandbox.write("n.conf", "http { server { auth_basic x; auth_basic_user_file f; } }");
    sandbox.write("odd", b"\xFF:{SHA}x:y\nplain\n");
    let log = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs/nginx-error.log");
    let log = log.to_str().unwrap();
    let runs: &[(&str, &[&str])] = &[
        ("test", &["f", "alice", "--password-stdin", "--server", "all"]),
        ("test", &["odd", "--authorization", "Basic /zp4", "--server", "all"]),
        ("test", &["missing", "--authorization", "Basic eDp4", "--server", "all"]),
        ("test", &["f", "--anonymous", "--server", "all"]),
        ("url", &["http://localhost/x", "--anonymous", "--config", "n.conf"]),
        ("verify", &["f", "alice", "--password-stdin"]),
        ("verify", &["f", "nobody"]),
        ("list", &["f"]),
        ("lint", &["f", "--fix", "--dry-run"]),
        ("lint", &["f", "odd", "--for", "all"]),
        ("list", &["odd", "--for", "all"]),
        ("set", &["f", "new", "--password-stdin", "--cost", "4"]),
        ("set", &["f", "new", "--password-stdin", "--cost", "4"]),
        ("set", &["f", "newer", "--generate", "--cost", "4"]),
        ("set", &["odd", "plain", "--password-stdin", "--dry-run", "--scheme", "sha1"]),
        ("remove", &["f", "newer"]),
        ("remove", &["odd", "plain", "--dry-run"]),
        ("lock", &["f", "new"]),
        ("list", &["f"]),
        ("unlock", &["f", "new", "--dry-run"]),
        ("unlock", &["f", "new"]),
        ("rename", &["f", "new", "newest"]),
        ("rename", &["f", "newest", "new", "--dry-run"]),
        ("migrate", &["f", "--for", "apache,nginx", "--cost", "4"]),
        ("migrate", &["odd", "--to", "sha1", "--plain-text", "--dry-run"]),
        ("migrate", &["f", "--to", "bcrypt", "--cost", "4", "--reset"]),
        ("import", &["new", "odd", "--create", "--from", "htpasswd"]),
        ("import", &["f", "new", "--dry-run", "--on-conflict", "keep"]),
        ("export", &["f", "--format", "traefik"]),
        ("export", &["odd", "--format", "csv"]),
        ("verify", &["f", "alice", "--password-stdin", "--from", "auto"]),
        ("test", &["f", "alice", "--password-stdin", "--from", "htpasswd"]),
        ("log", &[log]),
        ("log", &[log, "f"]),
        ("log", &[log, "--events"]),
        ("log", &["f"]),
        ("explain", &[]),
        ("explain", &["ok"]),
        ("servers", &[]),
        ("servers", &["nginx"]),
        ("schemes", &[]),
    ];
    for (command, words) in runs {
        let ran = sandbox.run_with(&[&[command, "--json"], *words].concat(), b"correct horse", &[]);
        let schema = schema(command);
        assert_eq!(misfits(&ran.json(), &schema, &schema), Vec::<String>::new(), "{command} {words:?}");
    }
}

#[test]
fn errors_fit_their_schema() {
    let sandbox = Sandbox::new();
    let schema = schema("error");
    for words in [&["test", "f"][..], &["verify", "missing", "u"], &["explain", "x"], &["nonsense"], &["list", "."]] {
        let ran = sandbox.run(&[words, &["--json"]].concat());
        assert_eq!(misfits(&ran.json(), &schema, &schema), Vec::<String>::new(), "{words:?}");
    }
}

#[test]
fn the_reader_of_schemas_finds_what_does_not_fit() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"],
        "additionalProperties": false});
    assert!(misfits(&json!({"a": 1}), &schema, &schema).is_empty());
    for wrong in [json!({"a": "x"}), json!({}), json!({"a": 1, "b": 2}), json!([])] {
        assert_eq!(misfits(&wrong, &schema, &schema).len(), 1, "{wrong}");
    }
}
