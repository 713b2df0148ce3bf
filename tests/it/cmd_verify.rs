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

/// `secret` as apache2-utils 2.4.71 hashes it.
const APR1: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";

#[test]
fn a_right_password_moves_the_entry_and_a_wrong_one_changes_nothing() {
    let file = format!("# staff\nann:{APR1}:Ann\nbob:{APR1}\n");
    let sandbox = Sandbox::with("f", &file);
    let words = ["verify", "f", "ann", "--password-stdin", "--upgrade", "--to", "bcrypt", "--cost", "4", "--json"];
    let document = sandbox.run_with(&words, b"wrong", &[]).expect(1).json();
    assert!(document.get("upgrade").is_none());
    assert_eq!(sandbox.read("f"), file.as_bytes());
    let document = sandbox.run_with(&words, b"secret", &[]).expect(0).json();
    assert_eq!(document["upgrade"]["state"], "moved");
    assert_eq!((&document["upgrade"]["from"], &document["upgrade"]["to"]), (&"apr1".into(), &"bcrypt".into()));
    let after = String::from_utf8(sandbox.read("f")).unwrap();
    assert!(after.starts_with("# staff\nann:$2y$04$") && after.ends_with(&format!(":Ann\nbob:{APR1}\n")), "{after}");
    let document = sandbox.run_with(&words, b"secret", &[]).expect(0).json();
    assert_eq!(document["upgrade"]["state"], "kept");
    assert_eq!(sandbox.read("f"), after.as_bytes());
}

#[test]
fn without_a_user_the_two_lines_of_mod_authnz_external_are_read() {
    let sandbox = Sandbox::with("f", format!("ann:{APR1}\n"));
    let words = ["verify", "f", "--upgrade", "--cost", "4"];
    for stdin in [&b"ann\nwrong\n"[..], b"zoe\nsecret\n", b"ann\n\n"] {
        let ran = sandbox.run_with(&words, stdin, &[]).expect(1);
        assert_eq!((ran.out(), ran.err()), ("", ""));
    }
    for stdin in [&b""[..], b"ann\n", b"ann\nsecret", b"ann\nsecret\nx\n"] {
        sandbox.run_with(&words, stdin, &[]).expect(2);
    }
    assert_eq!(sandbox.read("f"), format!("ann:{APR1}\n").as_bytes());
    let ran = sandbox.run_with(&words, b"ann\nsecret\n", &[]).expect(0);
    assert_eq!((ran.out(), ran.err()), ("", ""));
    assert!(sandbox.read("f").starts_with(b"ann:$2y$04$"));
    sandbox.run_with(&words, b"ann\nsecret\n", &[]).expect(0);
    sandbox.run(&["verify", "f"]).expect(2);
    sandbox.run(&["verify", "f", "ann", "--to", "bcrypt"]).expect(2);
}

#[test]
fn an_entry_that_can_not_be_moved_still_lets_the_user_in() {
    let sandbox = Sandbox::with("f", format!("ann:{APR1}\n"));
    std::fs::create_dir(sandbox.path().join(".f.lock")).unwrap();
    let ran = sandbox.run_with(&["verify", "f", "--upgrade", "--cost", "4"], b"ann\nsecret\n", &[]).expect(0);
    assert!(ran.err().contains("the password of ann is right, and the entry was not moved"), "{}", ran.err());
    assert!(ran.out().is_empty() && !ran.err().contains("secret"));
}

#[test]
fn what_other_systems_hold_is_verified_as_it_is_meant() {
    let doubled = APR1.replace('$', "$$");
    let compose =
        format!("services:\n  web:\n    labels:\n      - traefik.http.middlewares.x.basicauth.users=ann:{doubled}\n");
    let sandbox = Sandbox::with("c.yml", compose);
    let words = ["verify", "c.yml", "ann", "--password-stdin", "--from", "auto"];
    let ran = sandbox.run_with(&words, b"secret", &[]).expect(0);
    assert!(ran.out().contains("taken off: the label") && ran.out().contains("doubled dollars"), "{}", ran.out());
    let document = sandbox.run_with(&[&words[..], &["--json"]].concat(), b"wrong", &[]).expect(1).json();
    assert_eq!(
        (&document["source"]["format"], &document["source"]["entries"][0]["seen"]),
        (&"compose".into(), &"meant".into())
    );
    sandbox.write("h.cfg", "userlist x\n  user ann insecure-password secret\n");
    let words = ["verify", "h.cfg", "ann", "--password-stdin", "--from", "haproxy"];
    sandbox.run_with(&words, b"secret", &[]).expect(0);
    sandbox.run_with(&words, b"secreT", &[]).expect(1);
    sandbox.run(&["verify", "h.cfg", "zoe", "--from", "haproxy"]).expect(1);
}
