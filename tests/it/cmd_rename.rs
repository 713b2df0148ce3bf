//! `why401 rename`: the name and nothing else.

use serde_json::json;

use crate::support::sandbox::Sandbox;

const FILE: &[u8] = b"# alice\r\nalice:{SHA}one:note\r\nalicex:2\r\n alice:three\n\ncarol:4";

#[test]
fn all_lines_of_the_user_get_the_name_and_no_other_byte_changes() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["rename", "f", "alice", "ann"]).expect(0);
    assert_eq!(ran.out(), "renamed alice to ann (lines 2, 4) in f\nSaved by rename.\n");
    assert_eq!(sandbox.read("f"), b"# alice\r\nann:{SHA}one:note\r\nalicex:2\r\n ann:three\n\ncarol:4");
    let document = sandbox.run(&["rename", "f", "ann", "alice", "--json"]).expect(0).json();
    assert_eq!(
        document,
        json!({"file": "f", "changed": true, "written": "rename",
            "users": [{"user": "ann", "action": "renamed", "to": "alice", "scheme": "sha1", "line": 2, "lines": [2, 4],
                "notes": []}]})
    );
    assert_eq!(sandbox.read("f"), FILE);
}

#[test]
fn a_name_that_is_taken_or_can_not_be_one_is_refused() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["rename", "f", "alice", "carol"]).expect(1);
    assert_eq!(ran.err(), "why401: carol has an entry already, on line 6\n  --> f\n");
    let ran = sandbox.run(&["rename", "f", "dave", "ann"]).expect(1);
    assert_eq!(
        ran.err(),
        "why401: there is no user dave in the file\n  --> f\n  help: `why401 list` tells who is in the file\n"
    );
    for name in ["", "a:b", "#ann", " ann", "a\nb"] {
        sandbox.run(&["rename", "f", "alice", name]).expect(2);
    }
    sandbox.run(&["rename", "f", "alice", "alice"]).expect(2);
    sandbox.run(&["rename", "f", "alice"]).expect(2);
    assert_eq!(sandbox.read("f"), FILE);
}

#[test]
fn a_name_that_one_server_alone_knows_is_taken_too() {
    for (file, server) in [(&b"bob:1\nan\\\nn:2\n"[..], "apache"), (b"bob:{SHA}x\n\"ann\":{SHA}x\n", "")] {
        let sandbox = Sandbox::with("f", file);
        let ran = sandbox.run(&["rename", "f", "bob", "ann"]).expect(1);
        assert!(ran.err().contains(&format!("{server} finds an entry of ann on line 2")), "{}", ran.err());
        assert_eq!(sandbox.read("f"), file);
    }
}

#[test]
fn a_line_that_nginx_would_pass_over_under_the_new_name_is_set_apart() {
    let sandbox = Sandbox::with("f", b"an\nbob:1\n");
    let ran = sandbox.run(&["rename", "f", "bob", "ann", "--json"]).expect(0);
    assert_eq!(ran.json()["users"][0]["notes"], json!(["separated-from-bare-text"]));
    assert_eq!(sandbox.read("f"), b"an\n\nann:1\n");
}

#[test]
fn a_dry_run_shows_the_lines_masked_and_writes_nothing() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["rename", "f", "carol", "caroline", "--dry-run"]).expect(0);
    assert_eq!(ran.out(), "--- f\n+++ f (not written)\n@@ line 6 @@\n-carol:•\n+caroline:•\n");
    assert_eq!(sandbox.read("f"), FILE);
}
