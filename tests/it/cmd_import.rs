//! `why401 import`: many entries at once, and what stood around their hashes.

use serde_json::{Value, json};

use crate::support::sandbox::{Ran, Sandbox};

/// `secret` as apache2-utils 2.4.71 hashes it.
const APR1: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";
const SHA: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";

fn import(sandbox: &Sandbox, source: &str, words: &[&str]) -> Ran {
    let words = [&["import", "f", "-", "--json"], words].concat();
    sandbox.run_with(&words, source.as_bytes(), &[])
}

fn states(document: &Value) -> Vec<String> {
    let row = |entry: &Value| format!("{} {}", entry["user"].as_str().unwrap(), entry["state"].as_str().unwrap());
    document["entries"].as_array().unwrap().iter().map(row).collect()
}

fn opens(sandbox: &Sandbox, user: &str, password: &str) -> bool {
    let words = ["verify", "f", user, "--password-stdin", "--json"];
    sandbox.run_with(&words, password.as_bytes(), &[]).json()["match"] == json!(true)
}

#[test]
fn a_table_of_passwords_is_hashed_and_added_at_once() {
    let before = format!("# staff\nold:{SHA}");
    let sandbox = Sandbox::with("f", &before);
    let document = import(&sandbox, "user,password\nann,\"a,b\"\nbob,x y\n", &["--cost", "4"]).expect(0).json();
    assert_eq!(states(&document), ["ann added", "bob added"]);
    assert_eq!((&document["from"], &document["summary"]["added"]), (&json!("csv"), &json!(2)));
    assert_eq!(document["entries"][1]["line"], 4);
    let after = String::from_utf8(sandbox.read("f")).unwrap();
    assert!(after.starts_with(&format!("{before}\nann:$2y$04$")), "{after}");
    assert!(opens(&sandbox, "ann", "a,b") && opens(&sandbox, "bob", "x y") && opens(&sandbox, "old", "secret"));
    // Again: the passwords are there already.
    let document = import(&sandbox, "user,password\nann,\"a,b\"\nbob,x y\n", &["--cost", "4"]).expect(0).json();
    assert_eq!((states(&document), &document["changed"]), (vec!["ann kept".into(), "bob kept".into()], &json!(false)));
    assert_eq!(sandbox.read("f"), after.as_bytes());
}

#[test]
fn hashes_are_freed_of_what_stood_around_them_and_it_is_told() {
    let doubled = APR1.replace('$', "$$");
    let compose = format!(
        "services:\n  web:\n    labels:\n      - traefik.http.middlewares.x.basicauth.users=ann:{doubled},bob:{SHA}\n"
    );
    let sandbox = Sandbox::new();
    let document = import(&sandbox, &compose, &["--create"]).expect(0).json();
    assert_eq!((&document["from"], &document["created"]), (&json!("compose"), &json!(true)));
    assert_eq!(document["entries"][0]["layers"], json!(["label", "doubled-dollars"]));
    assert_eq!(sandbox.read("f"), format!("ann:{APR1}\nbob:{SHA}\n").as_bytes());
    let ran = sandbox.run_with(&["import", "g", "-", "--create"], compose.as_bytes(), &[]).expect(0);
    assert!(
        ran.out().contains("taken off: the label traefik.http.middlewares.x.basicauth.users, doubled dollars ($$)"),
        "{}",
        ran.out()
    );
}

#[test]
fn another_file_is_merged_by_the_rule_that_is_asked_for() {
    let before = format!("ann:{SHA}:Ann\r\ncyd:{APR1}\r\n");
    let other = format!("# other\nann:{APR1}\nbob:{SHA}\ncyd:{APR1}\n");
    let sandbox = Sandbox::with("f", &before);
    let document = import(&sandbox, &other, &[]).expect(1).json();
    assert_eq!(states(&document), ["ann conflict", "bob added", "cyd kept"]);
    assert_eq!((&document["changed"], &document["written"]), (&json!(false), &json!("none")));
    assert_eq!(sandbox.read("f"), before.as_bytes());
    let document = import(&sandbox, &other, &["--on-conflict", "keep"]).expect(0).json();
    assert_eq!(states(&document), ["ann kept", "bob added", "cyd kept"]);
    assert_eq!(sandbox.read("f"), format!("{before}bob:{SHA}\r\n").as_bytes());
    let document = import(&sandbox, &other, &["--on-conflict", "replace"]).expect(0).json();
    assert_eq!(states(&document), ["ann replaced", "bob kept", "cyd kept"]);
    assert_eq!(sandbox.read("f"), format!("ann:{APR1}:Ann\r\ncyd:{APR1}\r\nbob:{SHA}\r\n").as_bytes());
}

#[test]
fn a_user_who_is_locked_gets_no_second_line_by_any_rule() {
    let sandbox = Sandbox::with("f", format!("ann:{APR1}\nbob:{APR1}\n"));
    sandbox.run(&["lock", "f", "ann"]).expect(0);
    let locked = sandbox.read("f");
    sandbox.write("s", format!("ann:{APR1}\ncyd:{APR1}\n"));
    sandbox.write("p.csv", "user,password\nann,secret\n");
    for words in [&["s"][..], &["s", "--on-conflict", "replace"], &["p.csv"], &["p.csv", "--on-conflict", "replace"]] {
        let ran = sandbox.run(&[&["import", "f"], words].concat()).expect(1);
        assert!(ran.out().contains("conflict: the user is locked in the file ["), "{}", ran.out());
        assert!(ran.out().contains("`why401 unlock`"), "{}", ran.out());
        assert_eq!(sandbox.read("f"), locked);
    }
    let ran = sandbox.run(&["import", "f", "s", "--on-conflict", "keep", "--json"]).expect(0);
    assert_eq!(states(&ran.json()), ["ann kept", "cyd added"]);
    assert_eq!(sandbox.read("f"), [&locked[..], format!("cyd:{APR1}\n").as_bytes()].concat());
    // Unlocked, it is a user as any other.
    sandbox.run(&["unlock", "f", "ann"]).expect(0);
    sandbox.run(&["import", "f", "p.csv", "--on-conflict", "replace", "--cost", "4"]).expect(0);
    assert!(opens(&sandbox, "ann", "secret"));
}

#[test]
fn a_source_without_an_entry_is_no_success() {
    let sandbox = Sandbox::with("f", format!("ann:{APR1}\n"));
    for source in ["", "garbage\n", "# none\n"] {
        let ran = sandbox.run_with(&["import", "f", "-"], source.as_bytes(), &[]).expect(1);
        assert!(ran.out().contains("There is no entry in it; --from"), "{}", ran.out());
    }
}

#[test]
fn what_can_be_no_entry_is_left_out_and_told() {
    let sandbox = Sandbox::new();
    let source = format!(
        "[{{\"user\":\"#ann\",\"hash\":\"{SHA}\"}},{{\"user\":\"bob\",\"hash\":\"gutted\"}},\
                          {{\"user\":\"cyd\",\"hash\":\"{SHA}\"}},{{\"user\":\"cyd\",\"hash\":\"{APR1}\"}},\
                          {{\"user\":\"d:n\",\"hash\":\"{SHA}\"}}]"
    );
    let document = import(&sandbox, &source, &["--create"]).expect(1).json();
    assert_eq!(states(&document), ["#ann refused", "bob unknown", "cyd added", "cyd refused", "d:n refused"]);
    assert_eq!(
        document["summary"],
        json!({"moved": 1, "added": 1, "replaced": 0, "kept": 0, "unknown": 1, "wrong": 3})
    );
    assert_eq!(sandbox.read("f"), format!("cyd:{SHA}\n").as_bytes());
    // The registry takes bcrypt only.
    let document = import(&sandbox, &format!("ann:{APR1}\n"), &["--for", "registry"]).expect(1).json();
    assert_eq!(states(&document), ["ann refused"]);
}

#[test]
fn a_dry_run_writes_nothing_and_a_missing_file_needs_create() {
    let sandbox = Sandbox::new();
    sandbox.write("s", format!("ann:{APR1}\n"));
    sandbox.run(&["import", "f", "s"]).expect(5);
    sandbox.write("f", "");
    let ran = sandbox.run(&["import", "f", "s", "--dry-run"]).expect(0);
    assert!(ran.out().contains("+ann:$apr1$••••••••$") && !ran.out().contains("ub9G84Hw"), "{}", ran.out());
    assert_eq!(sandbox.read("f"), b"");
    let ran = sandbox.run(&["import", "f", "s", "--from", "k8s-secret"]).expect(5);
    assert!(ran.err().contains("--> s") && ran.err().contains("--from"), "{}", ran.err());
    sandbox.run(&["import", "f", "missing"]).expect(5);
    sandbox.run(&["import", "f", "s", "--from", "nonsense"]).expect(2);
}

#[test]
fn passwords_hashed_together_are_those_of_their_users() {
    let sandbox = Sandbox::new();
    let rows = (0..21).fold("user,password\n".to_owned(), |rows, at| rows + &format!("u{at},{}\n", "x".repeat(at + 1)));
    sandbox.write("rows.csv", rows);
    sandbox.run(&["import", "f", "rows.csv", "--create", "--cost", "4"]).expect(0);
    for at in [0, 7, 8, 20] {
        let password = "x".repeat(at + 1);
        let user = format!("u{at}");
        sandbox.run_with(&["verify", "f", &user, "--password-stdin"], password.as_bytes(), &[]).expect(0);
        sandbox.run_with(&["verify", "f", &user, "--password-stdin"], b"y", &[]).expect(1);
    }
}
