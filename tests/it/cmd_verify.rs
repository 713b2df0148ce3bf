//! `why401 verify`: a password against an entry, no server involved.

use crate::support::sandbox::Sandbox;

const LOCKOUT: &[u8] = include_bytes!("../samples/lockout.htpasswd");

#[test]
fn blanks_around_the_hash_do_not_matter_here() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    let ran =
        sandbox.run_with(&["verify", "f", "alice", "--password-stdin", "--json"], b"correct horse\n", &[]).expect(0);
    let document = ran.json();
    assert_eq!(document["match"], true);
    assert_eq!(document["reason"], "ok");
    assert_eq!(document["entry"]["line"], 3);
    assert_eq!(document["entry"]["scheme"], "apr1");
}

#[test]
fn a_wrong_password_and_a_missing_user_exit_with_1() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    let ran = sandbox.run_with(&["verify", "f", "alice", "--password-stdin"], b"x", &[]).expect(1);
    assert_eq!(ran.out(), "no match: the password is not that of the hash on line 3 (apr1)\n");
    let ran = sandbox.run(&["verify", "f", "nobody", "--json"]).expect(1);
    assert_eq!(ran.json()["reason"], "user-not-found");
    assert!(ran.json()["entry"].is_null());
}

#[test]
fn what_costs_too_much_is_not_decided() {
    let sandbox = Sandbox::with("f", LOCKOUT);
    let words = ["verify", "f", "bob", "--password-stdin", "--work-limit", "0", "--json"];
    let document = sandbox.run_with(&words, b"hunter2", &[]).expect(4).json();
    assert!(document["match"].is_null());
    assert_eq!(document["reason"], "work-limit");
}

#[test]
fn a_file_that_is_not_there_exits_with_5() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["verify", "missing", "alice"]).expect(5);
    assert!(ran.err().contains("--> missing"), "{}", ran.err());
    sandbox.run(&["verify", ".", "alice"]).expect(5);
}
