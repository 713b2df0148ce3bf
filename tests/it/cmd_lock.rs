//! `why401 lock`: the entry is kept, and none to any server.

use serde_json::json;

use crate::support::sandbox::Sandbox;

const FILE: &[u8] = b"# staff\r\nalice:{SHA}one:note\r\nbob:2\r\nalice:three\n\ncarol:4";

#[test]
fn all_lines_of_the_users_become_comments_and_no_other_byte_changes() {
    let sandbox = Sandbox::with("f", FILE);
    let ran = sandbox.run(&["lock", "f", "alice", "carol"]).expect(0);
    assert_eq!(ran.out(), "locked alice (lines 2, 4) in f\nlocked carol (line 6) in f\nSaved by rename.\n");
    let locked = b"# staff\r\n# why401 lock alice%3A{SHA}one%3Anote\r\nbob:2\r\n# why401 lock alice%3Athree\n\n# why401 lock carol%3A4";
    assert_eq!(sandbox.read("f"), locked);
    sandbox.run(&["unlock", "f", "carol", "alice"]).expect(0);
    assert_eq!(sandbox.read("f"), FILE);
}

#[test]
fn who_is_locked_or_not_there_keeps_all() {
    let sandbox = Sandbox::with("f", FILE);
    sandbox.run(&["lock", "f", "alice"]).expect(0);
    let locked = sandbox.read("f");
    let ran = sandbox.run(&["lock", "f", "alice"]).expect(1);
    assert_eq!(ran.err(), "why401: alice is locked already\n  --> f\n");
    let ran = sandbox.run(&["lock", "f", "bob", "dave", "eve"]).expect(1);
    assert_eq!(ran.err(), "why401: there are no users dave, eve in the file\n  --> f\n  help: nothing was locked\n");
    assert_eq!(sandbox.run(&["lock", "f", "alice", "--json"]).expect(1).json()["error"]["code"], "locked-entry");
    for name in ["a:b", "", "#", "alice ", "# why401 lock alice"] {
        sandbox.run(&["lock", "f", name]).expect(1);
    }
    sandbox.run(&["lock", "f"]).expect(2);
    sandbox.run(&["lock", "missing", "alice"]).expect(5);
    assert_eq!(sandbox.read("f"), locked);
}

#[test]
fn a_line_that_is_not_the_same_to_all_servers_is_left() {
    for (file, why) in [
        (&b"bob:1\\\nalice:2\n"[..], "part of the entry before"),
        (b"alice:2\\\nbob:1\n", "ends in a backslash"),
        (b"alice\nbob:1\n", "no colon"),
        (b"alice:1\rbob:1\n", "carriage return"),
        (b"bob:1\nalice\\\n:2\nalice:3\n", "apache finds another entry of alice"),
    ] {
        let sandbox = Sandbox::with("f", file);
        let ran = sandbox.run(&["lock", "f", "alice"]).expect(1);
        assert!(ran.err().contains(why), "{}", ran.err());
        assert_eq!(sandbox.read("f"), file);
    }
    let long = [b"alice:", &[b'x'; 1000][..], b"\nbob:1\n"].concat();
    let sandbox = Sandbox::with("f", &long);
    assert!(sandbox.run(&["lock", "f", "alice"]).expect(1).err().contains("longer than some servers read"));
}

#[test]
fn what_was_done_is_told_in_json_and_a_dry_run_masks_the_hash() {
    let sandbox = Sandbox::with("f", FILE);
    let document = sandbox.run(&["lock", "f", "alice", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(
        document,
        json!({"file": "f", "changed": true, "written": "none",
            "users": [{"user": "alice", "action": "locked", "scheme": "sha1", "line": 2, "lines": [2, 4]}],
            "entries_left": 2, "servers": {},
            "diff": [
                {"line": 2, "old": "alice:{SHA}•••:note", "new": ["# why401 lock alice%3A{SHA}•••%3Anote"]},
                {"line": 4, "old": "alice:•••••", "new": ["# why401 lock alice%3A•••••"]}]})
    );
    assert_eq!(sandbox.read("f"), FILE);
}

#[test]
fn without_any_entry_left_it_is_said_what_that_does_to_servers() {
    let sandbox = Sandbox::with("f", b"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    let ran = sandbox.run(&["lock", "f", "alice", "--dry-run"]).expect(0);
    let warning = ran.out().lines().last().unwrap();
    assert!(
        warning.starts_with("warning: no entry is left that is not locked. These would let everybody in: "),
        "{warning}"
    );
    assert!(warning.contains("dufs") && warning.contains("traefik"), "{warning}");
    let ran = sandbox.run(&["lock", "f", "alice", "--for", "apache,dufs"]).expect(1);
    assert_eq!(ran.err(), "why401: dufs would let everybody in\n  --> f\n  help: nothing was locked\n");
    sandbox.run(&["lock", "f", "alice", "--for", "apache,nginx"]).expect(0);
    let sandbox = Sandbox::with("f", b"alice:x\nbob:y\n");
    let ran = sandbox.run_with(&["lock", "f", "alice"], b"", &[("WHY401_SERVER", "miniserve")]).expect(0);
    assert!(ran.out().contains("warning: These would not start or not answer: miniserve."), "{}", ran.out());
}

#[test]
fn the_other_commands_know_a_locked_user() {
    let sandbox =
        Sandbox::with("f", b"alice:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
    sandbox.run(&["lock", "f", "alice"]).expect(0);
    let listed = sandbox.run(&["list", "f", "--for", "apache,registry"]).expect(0);
    assert!(listed.out().contains("     1  alice  sha1                    ✗    ✗  locked-entry\n"), "{}", listed.out());
    let listed = sandbox.run(&["list", "f", "--json"]).expect(0).json();
    assert_eq!(listed["entries"][0]["locked"], true);
    assert_eq!(listed["entries"][1]["locked"], false);
    let linted = sandbox.run(&["lint", "f", "--json", "--min-scheme", "sha1"]).json();
    let codes: Vec<_> =
        linted["findings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"locked-entry"), "{codes:?}");
    let ran = sandbox.run_with(&["set", "f", "alice", "--password-stdin", "--cost", "4"], b"new", &[]).expect(1);
    assert!(ran.err().starts_with("why401: alice is locked, on line 1\n"), "{}", ran.err());
    sandbox.run(&["rename", "f", "alice", "ann"]).expect(1);
    sandbox.run(&["rename", "f", "bob", "alice"]).expect(1);
    sandbox.run(&["remove", "f", "alice"]).expect(0);
    assert_eq!(sandbox.read("f"), b"bob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n");
}
