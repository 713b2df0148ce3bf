//! `why401 remove`: all lines of the users go, or nothing does.

use std::fs;

use serde_json::json;

use crate::support::sandbox::Sandbox;

const FILE: &[u8] = b"# staff\r\nalice:{SHA}one:note\r\nbob:2\r\n alice:three\n\ncarol:4";

#[test]
fn all_lines_of_the_users_go_and_no_other_byte() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["remove", "f", "alice", "carol"]).expect(0);
    assert_eq!(ran.out(), "removed alice (lines 2, 4) from f\nremoved carol (line 6) from f\nSaved by rename.\n");
    assert_eq!(sandbox.read("f"), b"# staff\r\nbob:2\r\n\n");
}

#[test]
fn one_user_who_is_not_there_keeps_all() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["remove", "f", "alice", "dave", "eve"]).expect(1);
    assert_eq!(ran.err(), "why401: there are no users dave, eve in the file\n  --> f\n  help: nothing was removed\n");
    let ran = sandbox.run(&["remove", "f", "dave", "--json"]).expect(1);
    assert_eq!(ran.json()["error"]["code"], "user-not-found");
    for name in ["a:b", "", "#", "alice "] {
        sandbox.run(&["remove", "f", name]).expect(1);
    }
    assert_eq!(sandbox.read("f"), FILE);
}

#[test]
fn what_was_done_is_told_in_json() {
    let sandbox = Sandbox::with("f", FILE);
    let document = sandbox.run(&["remove", "f", "alice", "alice", "--json"]).expect(0).json();
    assert_eq!(
        document,
        json!({"file": "f", "changed": true, "written": "rename",
            "users": [{"user": "alice", "action": "removed", "scheme": "sha1", "line": 2, "lines": [2, 4]}]})
    );
}

#[test]
fn a_dry_run_shows_the_lines_masked_and_writes_nothing() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["remove", "f", "alice", "--dry-run"]).expect(0);
    assert_eq!(
        ran.out(),
        "--- f\n+++ f (not written)\n@@ line 2 @@\n-alice:{SHA}•••:note\n@@ line 4 @@\n- alice:•••••\n"
    );
    let document = sandbox.run(&["remove", "f", "alice", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(document["written"], "none");
    assert_eq!(document["diff"][0], json!({"line": 2, "old": "alice:{SHA}•••:note", "new": []}));
    assert_eq!(sandbox.read("f"), FILE);
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 1);
}

#[test]
fn a_comment_that_runs_on_does_not_swallow_the_next_entry() {
    let sandbox = Sandbox::with("f", b"# old \\\nalice:1\nbob:2\n");
    sandbox.run(&["remove", "f", "alice"]).expect(0);
    assert_eq!(sandbox.read("f"), b"# old \\\n\nbob:2\n");
}

#[test]
fn a_missing_file_exits_with_5_and_stays_missing() {
    let sandbox = Sandbox::new();
    sandbox.run(&["remove", "f", "alice"]).expect(5);
    sandbox.run(&["remove", "f"]).expect(2);
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 0);
}
