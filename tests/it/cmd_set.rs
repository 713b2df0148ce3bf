//! `why401 set`: one entry created or changed, everything else as it was.

use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::json;

use crate::support::sandbox::{Ran, Sandbox};

/// Comments, CRLF, a third field, odd bytes, duplicates, no line end at the end.
const ODD: &[u8] = b"\xef\xbb\xbf# staff\r\nalice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=:Alice, 2019\r\n\r\n  # indented\nbob:x\0y\nalice:second\nno colon\ncarol:{SHA}z";

fn set(sandbox: &Sandbox, password: &str, words: &[&str]) -> Ran {
    let words = [&["set"], words, &["--password-stdin"]].concat();
    sandbox.run_with(&words, password.as_bytes(), &[])
}

fn matches(sandbox: &Sandbox, user: &str, password: &str) -> bool {
    let words = ["verify", "f", user, "--password-stdin", "--json"];
    sandbox.run_with(&words, password.as_bytes(), &[]).json()["match"] == json!(true)
}

#[test]
fn a_changed_entry_keeps_every_other_byte_of_the_file() {
    let sandbox = Sandbox::with("f", ODD);
    let document = set(&sandbox, "new\n", &["f", "alice", "--cost", "4", "--json"]).expect(0).json();
    let after = sandbox.read("f");
    let at = ODD.windows(2).position(|pair| pair == b":{").unwrap() + 1;
    let field = &after[at..at + 60];
    assert!(field.starts_with(b"$2y$04$"));
    assert_eq!([&ODD[..at], field, &ODD[at + 33..]].concat(), after);
    assert!(matches(&sandbox, "alice", "new"));
    assert_eq!(document["changed"], true);
    assert_eq!(document["written"], "rename");
    let user = &document["users"][0];
    assert_eq!(user["action"], "changed");
    assert_eq!(user["line"], 2);
    assert_eq!(user["scheme"], "bcrypt");
    assert_eq!(user["duplicates"], json!([6]));
    // lighttpd takes the third field for a part of the hash.
    assert_eq!(user["accepted"]["apache"], "granted");
    assert_eq!(user["accepted"]["lighttpd"], "denied");
}

#[test]
fn a_new_entry_is_put_at_the_end_and_never_glued() {
    let sandbox = Sandbox::with("f", ODD);
    let document = set(&sandbox, "new\n", &["f", "dave", "--cost", "4", "--json"]).expect(0).json();
    let after = sandbox.read("f");
    let added = after.strip_prefix(ODD).unwrap();
    assert!(added.starts_with(b"\ndave:$2y$04$") && added.ends_with(b"\n") && added.len() == 67, "{}", added.len());
    assert_eq!(document["users"][0]["action"], "added");
    assert_eq!(document["users"][0]["line"], 9);
    assert_eq!(document["users"][0]["notes"], json!(["newline-added"]));
}

#[test]
fn a_missing_file_is_not_made_without_being_asked_for() {
    let sandbox = Sandbox::new();
    let ran = set(&sandbox, "pw", &["f", "alice"]).expect(5);
    assert_eq!(ran.err(), "why401: f does not exist\n  help: check the path; --create makes a new file\n");
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 0);

    let ran = set(&sandbox, "pw", &["f", "alice", "--cost", "4", "--create"]).expect(0);
    assert!(
        ran.out().starts_with("added alice (bcrypt, cost 4) as line 1 of f\nSaved as a new file.\n"),
        "{}",
        ran.out()
    );
    assert!(ran.out().contains("Its mode is 0640"), "{}", ran.out());
    assert_eq!(fs::metadata(sandbox.path().join("f")).unwrap().mode() & 0o7777, 0o640);
    // An existing one is not made anew.
    set(&sandbox, "pw", &["f", "bob", "--cost", "4", "--create"]).expect(0);
    assert!(matches(&sandbox, "alice", "pw"));
}

#[test]
fn the_password_that_is_there_already_changes_nothing() {
    let sandbox = Sandbox::with("f", b"");
    set(&sandbox, "pw", &["f", "alice", "--cost", "4"]).expect(0);
    let before = (sandbox.read("f"), fs::metadata(sandbox.path().join("f")).unwrap().ino());
    let state = || (sandbox.read("f"), fs::metadata(sandbox.path().join("f")).unwrap().ino());
    let ran = set(&sandbox, "pw", &["f", "alice", "--cost", "4"]).expect(0);
    assert_eq!(ran.out(), "unchanged: alice has this password already (bcrypt, cost 4), on line 1 of f\n");
    let document = set(&sandbox, "pw", &["f", "alice", "--cost", "4", "--json"]).expect(0).json();
    assert_eq!((&document["changed"], &document["written"]), (&json!(false), &json!("none")));
    assert_eq!(document["users"][0]["action"], "unchanged");
    assert_eq!(state(), before);

    for words in [
        &["f", "alice", "--cost", "4", "--rehash"][..],
        &["f", "alice", "--cost", "5"],
        &["f", "alice", "--scheme", "sha1"],
    ] {
        let before = state();
        set(&sandbox, "pw", words).expect(0);
        assert_ne!(state(), before, "{words:?}");
        assert!(matches(&sandbox, "alice", "pw"));
    }
}

#[test]
fn the_same_password_mends_an_entry_that_not_every_server_sees() {
    let sandbox = Sandbox::with("f", b"");
    set(&sandbox, "pw", &["f", "alice", "--cost", "4"]).expect(0);
    let entry = sandbox.read("f");
    sandbox.write("f", [b"  ", &entry[..]].concat());
    let document = set(&sandbox, "pw", &["f", "alice", "--cost", "4", "--json"]).expect(0).json();
    assert_eq!(document["users"][0]["notes"], json!(["indent-removed"]));
    assert!(sandbox.read("f").starts_with(b"alice:"));
}

#[test]
fn preconditions_that_are_not_met_exit_with_1_and_ask_no_password() {
    let sandbox = Sandbox::with("f", b"alice:x\n");
    // There is no terminal: a prompt would be a usage error.
    let ran = sandbox.run(&["set", "f", "alice", "--only-new"]).expect(1);
    assert_eq!(ran.err(), "why401: alice has an entry already\n  --> f\n");
    sandbox.run(&["set", "f", "bob", "--only-existing"]).expect(1);
    assert_eq!(sandbox.read("f"), b"alice:x\n");
    set(&sandbox, "pw", &["f", "bob", "--only-new", "--scheme", "sha1"]).expect(0);
    set(&sandbox, "pw", &["f", "alice", "--only-existing", "--scheme", "sha1"]).expect(0);
}

#[test]
fn names_that_no_entry_can_have_are_refused() {
    let sandbox = Sandbox::with("f", b"");
    for name in ["a:b", "a\nb", "a\rb", "#a", " a", "\ta", ""] {
        let ran = sandbox.run(&["set", "f", name]).expect(2);
        assert!(ran.err().contains("name"), "{name:?}: {}", ran.err());
    }
    assert_eq!(sandbox.read("f"), b"");
}

#[test]
fn passwords_that_are_not_stored_as_they_are_have_to_be_allowed() {
    let sandbox = Sandbox::with("f", b"");
    let long = "x".repeat(73);
    for (password, words, flag) in [
        ("", &["f", "a", "--cost", "4"][..], "--allow-empty"),
        (&long, &["f", "b", "--cost", "4"], "--allow-truncation"),
        ("ninebytes", &["f", "c", "--scheme", "descrypt"], "--allow-truncation"),
    ] {
        let ran = set(&sandbox, password, words).expect(2);
        assert!(ran.err().contains(flag), "{}", ran.err());
        assert_eq!(sandbox.read("f"), b"");
        set(&sandbox, password, &[words, &[flag, "--dry-run"]].concat()).expect(0);
    }
    set(&sandbox, &"x".repeat(72), &["f", "b", "--cost", "4"]).expect(0);
    set(&sandbox, "two\nlines", &["f", "a"]).expect(2);
}

#[test]
fn a_cost_that_makes_every_login_slow_has_to_be_forced() {
    let sandbox = Sandbox::with("f", b"");
    let ran = set(&sandbox, "pw", &["f", "a", "--cost", "17"]).expect(2);
    assert!(ran.err().contains("--force"), "{}", ran.err());
    set(&sandbox, "pw", &["f", "a", "--cost", "3"]).expect(2);
    set(&sandbox, "pw", &["f", "a", "--rounds", "5000"]).expect(2);
    set(&sandbox, "pw", &["f", "a", "--scheme", "apr1", "--cost", "5"]).expect(2);
    set(&sandbox, "pw", &["f", "a", "--scheme", "nonesuch"]).expect(2);
    let document =
        set(&sandbox, "pw", &["f", "a", "--scheme", "sha256crypt", "--rounds", "1000", "--json"]).expect(0).json();
    assert_eq!(document["users"][0]["cost"], 1000);
    assert!(matches(&sandbox, "a", "pw"));
}

#[test]
fn the_strongest_scheme_that_all_named_servers_accept_is_taken() {
    let sandbox = Sandbox::with("f", b"");
    let scheme = |servers: &str| {
        let document = set(&sandbox, "pw", &["f", "a", "--dry-run", "--json", "--for", servers]).expect(0).json();
        document["users"][0]["scheme"].as_str().unwrap().to_owned()
    };
    assert_eq!(scheme("nginx/musl"), "bcrypt");
    // glibc has no bcrypt.
    assert_eq!(scheme("apache,nginx/glibc"), "sha512crypt");
    let ran = set(&sandbox, "pw", &["f", "a", "--scheme", "bcrypt", "--for", "apache,nginx/glibc"]).expect(1);
    assert!(ran.err().starts_with("why401: nginx/glibc does not accept bcrypt"), "{}", ran.err());
    set(&sandbox, "pw", &["f", "a", "--for", "apache,nonesuch"]).expect(2);
}

#[test]
fn servers_that_accept_nothing_in_common_are_told_with_what_they_accept() {
    let sandbox = Sandbox::with("f", b"");
    let ran = set(&sandbox, "pw", &["f", "a", "--for", "traefik,registry,envoy"]).expect(1);
    let told = "no scheme that is made here is accepted by both registry and envoy\n  help: registry accepts bcrypt\n";
    assert!(ran.err().contains(told) && ran.err().ends_with("envoy accepts sha1\n"), "{}", ran.err());
    assert!(sandbox.run(&["list", "f", "--json"]).expect(0).json()["entries"].as_array().unwrap().is_empty());
}

#[test]
fn every_scheme_that_is_made_verifies() {
    let sandbox = Sandbox::with("f", b"");
    let mut made = 0;
    // `verify` does not compute these yet.
    let unchecked = ["yescrypt", "gost-yescrypt", "scrypt", "argon2id", "argon2i"];
    for scheme in why401::scheme::SCHEMES.iter().filter(|scheme| scheme.make.is_some()) {
        let cost = scheme.cost.as_ref().map(|cost| {
            let option = if cost.unit == "rounds" { "--rounds" } else { "--cost" };
            (option, cost.min.to_string())
        });
        let mut words = vec!["f", "alice", "--scheme", scheme.name];
        words.extend(cost.iter().flat_map(|(option, cost)| [*option, cost.as_str()]));
        set(&sandbox, "pässword", &[&words[..], &["--allow-truncation"]].concat()).expect(0);
        if matches(&sandbox, "alice", "pässword") {
            made += 1;
        } else {
            assert!(unchecked.contains(&scheme.name), "{}", scheme.name);
        }
        assert!(!matches(&sandbox, "alice", "passwort"), "{}", scheme.name);
    }
    assert!(made >= 8, "{made}");
}

#[test]
fn a_generated_password_is_all_of_stdout_and_is_the_entry_s() {
    let sandbox = Sandbox::with("f", b"");
    let ran = sandbox.run(&["set", "f", "alice", "--generate", "--scheme", "sha1"]).expect(0);
    let password = ran.out().strip_suffix('\n').unwrap();
    assert_eq!(password.len(), 20);
    assert!(ran.err().starts_with("added alice"), "{}", ran.err());
    assert!(matches(&sandbox, "alice", password));
    let document = sandbox.run(&["set", "f", "alice", "--generate", "--json"]).expect(0).json();
    assert!(matches(&sandbox, "alice", document["users"][0]["password"].as_str().unwrap()));
}

#[test]
fn a_dry_run_shows_the_change_masked_and_writes_nothing() {
    let sandbox = Sandbox::with("f", b"alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=:note\n");
    let ran = set(&sandbox, "pw", &["f", "alice", "--scheme", "apr1", "--dry-run"]).expect(0);
    assert_eq!(
        ran.out(),
        format!(
            "--- f\n+++ f (not written)\n@@ line 1 @@\n-alice:{{SHA}}{}:note\n+alice:$apr1${}${}:note\n",
            "•".repeat(28),
            "•".repeat(8),
            "•".repeat(22)
        )
    );
    let document = set(&sandbox, "pw", &["f", "bob", "--scheme", "apr1", "--dry-run", "--json"]).expect(0).json();
    assert_eq!((&document["changed"], &document["written"]), (&json!(true), &json!("none")));
    assert_eq!(document["diff"][0]["line"], 2);
    assert!(document["diff"][0]["old"].is_null());
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 1, "no lock in a dry run");
    set(&sandbox, "pw", &["missing", "bob", "--create", "--dry-run"]).expect(0);
    assert_eq!(fs::read_dir(sandbox.path()).unwrap().count(), 1);
}

#[test]
fn no_password_source_and_no_terminal_is_a_usage_error() {
    let sandbox = Sandbox::with("f", b"");
    let ran = sandbox.run(&["set", "f", "alice"]).expect(2);
    assert!(ran.err().contains("--password-stdin"), "{}", ran.err());
    sandbox.run(&["set", "f", "alice", "--generate", "--password-stdin"]).expect(2);
    sandbox.run(&["set", "f", "alice", "--only-new", "--only-existing"]).expect(2);
}

#[test]
fn the_lock_that_another_holds_is_an_error_after_the_timeout() {
    let sandbox = Sandbox::with("f", b"");
    sandbox.write(".f.lock", b"");
    let lock = fs::File::open(sandbox.path().join(".f.lock")).unwrap();
    lock.lock().unwrap();
    let ran = set(&sandbox, "pw", &["f", "a", "--cost", "4", "--lock-timeout", "0.05", "--json"]).expect(5);
    assert_eq!(ran.json()["error"]["code"], "lock-held");
    assert!(ran.err().is_empty());
}

#[test]
fn a_backup_is_made_where_asked_for() {
    let sandbox = Sandbox::with("f", b"a:1\n");
    let ran = set(&sandbox, "pw", &["f", "a", "--scheme", "sha1", "--backup=.old"]).expect(0);
    assert!(ran.out().ends_with("Saved by rename.\nThe old content is in ./f.old.\n"), "{}", ran.out());
    assert_eq!(sandbox.read("f.old"), b"a:1\n");
    set(&sandbox, "pw", &["f", "a", "--scheme", "apr1", "--backup"]).expect(0);
    assert!(sandbox.read("f~").starts_with(b"a:{SHA}"));
    set(&sandbox, "pw", &["f", "a", "--backup=/x"]).expect(2);
}

#[test]
fn a_line_that_means_two_things_is_not_edited() {
    let sandbox = Sandbox::with("f", b"bob:x\\\nalice:y\n");
    let ran = set(&sandbox, "pw", &["f", "alice", "--scheme", "sha1"]).expect(1);
    assert!(ran.err().contains("--> f:2"), "{}", ran.err());
}

#[test]
fn what_a_server_will_not_take_is_said() {
    let sandbox = Sandbox::with("f", b"a:1:third\n");
    let ran = set(&sandbox, "pw", &["f", "a", "--cost", "4"]).expect(0);
    assert!(ran.out().contains("\nlighttpd will not let a in: "), "{}", ran.out());
    assert!(!ran.out().contains("apache"), "{}", ran.out());
}

#[test]
fn the_strongest_scheme_that_all_servers_accept_is_taken_and_told_or_what_each_accepts() {
    let sandbox = Sandbox::with("f", "");
    let words = ["set", "f", "alice", "--password-stdin", "--for", "traefik,registry", "--cost", "5"];
    let ran = sandbox.run_with(&words, b"secret\n", &[]).expect(0);
    assert!(ran.out().contains("bcrypt is the strongest scheme"), "{}", ran.out());
    let words = ["set", "f", "alice", "--password-stdin", "--for", "envoy,registry"];
    let ran = sandbox.run_with(&words, b"secret\n", &[]).expect(1);
    assert!(
        ran.err().contains("envoy accepts sha1\n") && ran.err().contains("registry accepts bcrypt\n"),
        "{}",
        ran.err()
    );
}

#[test]
fn servers_that_the_edit_keeps_from_the_file_are_named() {
    let lines = "a:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=:x\nb:{SHA}nU4eI71bcnBGqeO0t9tXvY1u5oQ=:y\n";
    let sandbox = Sandbox::with("users", lines);
    let words = ["set", "users", "c", "--scheme", "apr1", "--password-stdin"];
    let ran = sandbox.run_with(&words, b"secret", &[]).expect(0);
    let told = "warning: These would not start or not answer: rclone, rclone@1.60, rest-server.\n";
    assert_eq!(ran.err(), told);
    // It is so already: nothing gets worse.
    let ran =
        sandbox.run_with(&["set", "users", "d", "--scheme", "apr1", "--password-stdin"], b"secret", &[]).expect(0);
    assert_eq!(ran.err(), "");
    let sandbox = Sandbox::with("users", "a:$apr1$7.xKJKKo$lboMQqpkPVNcTpEM1.arP.\n");
    let ran = sandbox.run_with(&words, b"secret", &[]).expect(0);
    assert_eq!(ran.err(), "");
}
