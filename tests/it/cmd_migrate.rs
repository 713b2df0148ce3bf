//! `why401 migrate`: no user lost, no password asked for twice.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::sandbox::{Ran, Sandbox};
use crate::support::terminal::Terminal;

/// `secret` as `htpasswd -nb`, `-nbs`, `-nbB -C 4` of apache2-utils 2.4.71 hash it.
const APR1: &str = "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/";
const SHA: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
const BCRYPT: &str = "$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS";

fn migrate(sandbox: &Sandbox, words: &[&str], stdin: &str) -> Ran {
    sandbox.run_with(&[&["migrate", "f", "--json"], words].concat(), stdin.as_bytes(), &[])
}

/// The entries' states, by user.
fn states(document: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    document["entries"].as_array().unwrap().iter().map(|entry| (text(&entry["user"]), text(&entry["state"]))).collect()
}

fn is(user: &str, state: &str) -> (String, String) {
    (user.to_owned(), state.to_owned())
}

fn opens(sandbox: &Sandbox, user: &str, password: &str) -> bool {
    let words = ["verify", "f", user, "--password-stdin", "--json"];
    sandbox.run_with(&words, password.as_bytes(), &[]).json()["match"] == json!(true)
}

#[test]
fn without_passwords_it_tells_what_each_entry_is_and_changes_nothing() {
    let file = format!("# staff\nann:{APR1}\nbob:{SHA}\nfin:{BCRYPT}\n");
    let sandbox = Sandbox::with("f", &file);
    let document = migrate(&sandbox, &["--for", "apache,registry"], "").expect(1).json();
    assert_eq!(states(&document), [is("ann", "unknown"), is("bob", "unknown"), is("fin", "kept")]);
    assert_eq!(document["target"]["scheme"], "bcrypt");
    assert_eq!(document["entries"][0]["from"], "apr1");
    assert_eq!(document["entries"][0]["refused"], json!(["registry"]));
    assert_eq!(document["summary"]["unknown"], 2);
    assert_eq!(document["changed"], false);
    assert_eq!(document["written"], "none");
    assert_eq!(sandbox.read("f"), file.as_bytes());
}

#[test]
fn what_needs_no_password_is_rewritten_and_opens_with_the_same_one() {
    let hex = "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4";
    let doubled = APR1.replace('$', "$$");
    for (field, to, expected) in [
        (BCRYPT.replace('$', "$$"), "bcrypt", BCRYPT.to_owned()),
        (format!("\"{BCRYPT}\""), "bcrypt", BCRYPT.to_owned()),
        (format!("{{BLF-CRYPT}}{BCRYPT}"), "bcrypt", BCRYPT.to_owned()),
        (format!("'{{CRYPT}}{BCRYPT}'  "), "bcrypt", BCRYPT.to_owned()),
        (
            "JDJ5JDA0JEFvcVE1ZTg4am5sZ3pQLllrYkFENS5Uei51dEl1YkZKMjRVS0ZRSElkbzlVSW9IeTl2eXBT".to_owned(),
            "bcrypt",
            BCRYPT.to_owned(),
        ),
        (hex.to_owned(), "sha1", SHA.to_owned()),
        ("{sha}5en6G6MezRroT3XKqkdPOmY/BfQ".to_owned(), "sha1", SHA.to_owned()),
        (doubled, "apr1", APR1.to_owned()),
    ] {
        let sandbox = Sandbox::with("f", format!("ann:{field}\n"));
        let document = migrate(&sandbox, &["--to", to], "").expect(0).json();
        assert_eq!(states(&document), [is("ann", "moved")], "{field}");
        assert_eq!(document["entries"][0]["way"], "rewritten");
        assert_eq!(String::from_utf8(sandbox.read("f")).unwrap(), format!("ann:{expected}\n"), "{field}");
        assert!(opens(&sandbox, "ann", "secret"), "{field}");
    }
}

#[test]
fn labels_of_bcrypt_are_exchanged_only_where_they_say_the_same() {
    let labelled = |label: &str| BCRYPT.replacen("$2y$", label, 1);
    // OpenShift takes $2a$ and $2y$.
    let sandbox = Sandbox::with("f", format!("ann:{}\nbob:{}\n", labelled("$2b$"), labelled("$2a$")));
    let document = migrate(&sandbox, &["--for", "openshift"], "").expect(0).json();
    assert_eq!(states(&document), [is("ann", "moved"), is("bob", "kept")]);
    assert_eq!(sandbox.read("f"), format!("ann:{BCRYPT}\nbob:{}\n", labelled("$2a$")).as_bytes());
}

#[test]
fn a_password_in_clear_is_hashed_and_a_field_of_no_known_form_only_on_request() {
    let file = "ann:{PLAIN}se{c}ret\nbob:secret\ncyd:*\ndan:!x\neva:\n";
    let sandbox = Sandbox::with("f", file);
    let words = ["--to", "bcrypt", "--cost", "4"];
    let document = migrate(&sandbox, &words, "").expect(1).json();
    let locked = [is("cyd", "locked"), is("dan", "locked"), is("eva", "locked")];
    assert_eq!(states(&document), [&[is("ann", "moved"), is("bob", "unknown")], &locked[..]].concat());
    assert!(document["entries"][1]["why"].as_str().unwrap().contains("--plain-text"));
    assert!(opens(&sandbox, "ann", "se{c}ret") && !opens(&sandbox, "bob", "secret"));
    let document = migrate(&sandbox, &[&words[..], &["--plain-text"]].concat(), "").expect(0).json();
    assert_eq!(states(&document), [&[is("ann", "kept"), is("bob", "moved")], &locked[..]].concat());
    assert!(opens(&sandbox, "bob", "secret") && !opens(&sandbox, "cyd", "*"));
}

#[test]
fn known_passwords_are_held_against_the_present_hash_first() {
    let file = format!("# staff\r\nann:{APR1}:Ann\r\nbob:{SHA}\r\n\r\ncyd:{APR1}");
    let sandbox = Sandbox::with("f", &file);
    sandbox.write(
        "known.csv",
        "Title,Url,Username,Password,OTPAuth\nmail,https://x,ann,other,\nsite,https://x,ann,secret,\nsite,https://x,bob,wrong,\n\
         site,https://x,zoe,x,\n",
    );
    let words = ["--to", "bcrypt", "--cost", "4", "--credentials", "known.csv"];
    let document = migrate(&sandbox, &words, "").expect(1).json();
    assert_eq!(states(&document), [is("ann", "moved"), is("bob", "wrong"), is("cyd", "unknown")]);
    assert_eq!(document["entries"][0]["way"], "credentials");
    assert_eq!(
        document["summary"],
        json!({"moved": 1, "kept": 0, "reset": 0, "locked": 0, "unknown": 1, "wrong": 1, "failed": 0})
    );
    assert_eq!(document["strangers"], 1);
    let after = String::from_utf8(sandbox.read("f")).unwrap();
    let ann = after.lines().nth(1).unwrap().strip_prefix("ann:").unwrap().strip_suffix(":Ann").unwrap();
    assert!(ann.starts_with("$2y$04$") && opens(&sandbox, "ann", "secret"));
    assert_eq!(after.replace(ann, APR1), file);
    // Run again with what was missing: it goes on where it ended.
    let document =
        migrate(&sandbox, &["--to", "bcrypt", "--cost", "4", "--credentials", "-"], "bob:secret\ncyd:secret\n");
    assert_eq!(states(&document.expect(0).json()), [is("ann", "kept"), is("bob", "moved"), is("cyd", "moved")]);
    assert!(["ann", "bob", "cyd"].iter().all(|user| opens(&sandbox, user, "secret")));
}

#[test]
fn a_hash_under_layers_is_verified_without_them() {
    let sandbox = Sandbox::with("f", format!("ann:{}\n", APR1.replace('$', "$$")));
    let words = ["--to", "bcrypt", "--cost", "4"];
    // Without the password the layer comes off all the same, and the entry is left.
    let document = migrate(&sandbox, &words, "").expect(1).json();
    assert_eq!(states(&document), [is("ann", "unknown")]);
    assert_eq!(document["entries"][0]["layers"], json!(["doubled-dollars"]));
    assert_eq!(sandbox.read("f"), format!("ann:{APR1}\n").as_bytes());
    let sandbox = Sandbox::with("f", format!("ann:{}\n", APR1.replace('$', "$$")));
    let document =
        migrate(&sandbox, &[&words[..], &["--credentials", "-"]].concat(), "{\"ann\":\"secret\"}").expect(0).json();
    assert_eq!(document["entries"][0]["to"], "bcrypt");
    assert!(opens(&sandbox, "ann", "secret"));
}

#[test]
fn those_that_are_left_get_new_passwords_which_are_told_once() {
    let file = format!("ann:{APR1}\nbob:{BCRYPT}\n");
    let sandbox = Sandbox::with("f", &file);
    let words = ["migrate", "f", "--to", "bcrypt", "--cost", "4", "--reset"];
    let ran = sandbox.run(&words).expect(0);
    let (user, password) = ran.out().trim_end().split_once(':').unwrap();
    assert_eq!((user, ran.out().lines().count()), ("ann", 1));
    assert!(opens(&sandbox, "ann", password) && !ran.err().contains(password));
    assert!(ran.err().contains("1 with a new password, nothing left"), "{}", ran.err());

    sandbox.write("f", &file);
    let ran = sandbox.run(&[&words[..], &["--reset-file", "new"]].concat()).expect(0);
    let new = String::from_utf8(sandbox.read("new")).unwrap();
    let password = new.trim_end().strip_prefix("ann:").unwrap();
    assert!(opens(&sandbox, "ann", password) && !ran.out().contains(password));
    assert_eq!(std::fs::metadata(sandbox.path().join("new")).unwrap().permissions().mode() & 0o777, 0o600);

    // A file that is there is not overwritten, and then nothing is changed.
    sandbox.write("f", &file);
    sandbox.run(&[&words[..], &["--reset-file", "new"]].concat()).expect(5);
    assert_eq!(sandbox.read("f"), file.as_bytes());
    assert_eq!(String::from_utf8(sandbox.read("new")).unwrap(), new);
}

#[test]
fn a_dry_run_shows_masked_lines_and_writes_nothing() {
    let file = format!("ann:{APR1}\nbob:{}\n", BCRYPT.replace('$', "$$"));
    let sandbox = Sandbox::with("f", &file);
    let words = ["migrate", "f", "--to", "bcrypt", "--cost", "4", "--dry-run", "--reset"];
    let ran = sandbox.run(&words).expect(0);
    assert!(ran.out().contains("-ann:$apr1$••••••••$") && ran.out().contains("+ann:$2y$04$•••"), "{}", ran.out());
    assert!(!ran.out().contains("ub9G84Hw"));
    assert_eq!(sandbox.read("f"), file.as_bytes());
    assert_eq!(std::fs::read_dir(sandbox.path()).unwrap().count(), 1);
}

#[test]
fn a_backup_is_kept_on_request() {
    let file = format!("ann:{}\n", BCRYPT.replace('$', "$$"));
    let sandbox = Sandbox::with("f", &file);
    sandbox.run(&["migrate", "f", "--to", "bcrypt", "--backup=.old"]).expect(0);
    assert_eq!(sandbox.read("f.old"), file.as_bytes());
}

#[test]
fn targets_and_credentials_have_to_be_readable() {
    let sandbox = Sandbox::with("f", format!("ann:{APR1}\n"));
    sandbox.run(&["migrate", "f", "--to", "nonsense"]).expect(2);
    sandbox.run(&["migrate", "f", "--for", "registry", "--to", "sha1"]).expect(1);
    sandbox.write("known", "ann secret\n");
    let ran = sandbox.run(&["migrate", "f", "--to", "sha1", "--credentials", "known"]).expect(5);
    assert!(ran.err().contains("known:1") && !ran.err().contains("secret"), "{}", ran.err());
    sandbox.run(&["migrate", "f", "--to", "sha1", "--credentials", "-", "--credentials", "-"]).expect(2);
    let ran = sandbox.run(&["migrate", "missing", "--to", "sha1"]).expect(5);
    assert!(!ran.err().contains("--create"), "{}", ran.err());
}

#[test]
fn a_password_that_the_target_can_not_keep_is_not_cut() {
    let long = "p".repeat(80);
    let sandbox = Sandbox::with("f", format!("ann:{{PLAIN}}{long}\n"));
    let document = migrate(&sandbox, &["--to", "bcrypt", "--cost", "4"], "").expect(1).json();
    assert_eq!(states(&document), [is("ann", "failed")]);
    assert!(document["entries"][0]["why"].as_str().unwrap().contains("80 bytes"));
    migrate(&sandbox, &["--to", "sha512crypt"], "").expect(0);
    assert!(opens(&sandbox, "ann", &long));
}

#[test]
fn hundreds_of_entries_move_at_once_and_none_is_mixed_up() {
    let users: Vec<String> = (0..300).map(|number| format!("user{number}")).collect();
    let file: String = users.iter().flat_map(|user| [user, ":{PLAIN}of-", user, "\n"]).collect();
    let sandbox = Sandbox::with("f", file);
    let document = migrate(&sandbox, &["--to", "apr1"], "").expect(0).json();
    assert_eq!(document["summary"]["moved"], 300);
    for user in users.iter().step_by(37) {
        assert!(opens(&sandbox, user, &format!("of-{user}")));
    }
}

#[test]
fn passwords_are_asked_for_one_by_one_and_what_was_moved_is_kept() {
    let file: String = ["ann", "bob", "cyd", "dan"].iter().flat_map(|user| [user, ":", APR1, "\n"]).collect();
    let sandbox = Sandbox::with("f", &file);
    let words = ["migrate", "f", "--to", "bcrypt", "--cost", "4", "--interactive"];
    let mut terminal = Terminal::start(sandbox.path(), &words);
    terminal
        .answer("[1/4] Password for ann (apr1): ", b"wrong\n")
        .answer("[1/4] Password for ann (apr1): ", b"secret\n")
        .answer("[2/4] Password for bob (apr1): ", b"\n")
        .answer("[3/4] Password for cyd (apr1): ", b"\x04");
    let (status, seen) = terminal.end();
    assert_eq!(status, Some(1));
    assert!(seen.contains("ann: that is not the password; try again") && seen.contains("ann: moved"), "{seen}");
    assert!(seen.contains("1 entry moved") && !seen.contains("secret"), "{seen}");
    let after = String::from_utf8(sandbox.read("f")).unwrap();
    assert!(after.starts_with("ann:$2y$04$") && after.ends_with(&file[file.find("bob").unwrap()..]), "{after}");
    assert!(opens(&sandbox, "ann", "secret"));

    // Ctrl-C too keeps what was moved.
    let mut terminal = Terminal::start(sandbox.path(), &words);
    terminal.answer("[1/3] Password for bob (apr1): ", b"secret\n").answer("[2/3] Password for cyd (apr1): ", b"\x03");
    assert_eq!(terminal.end().0, Some(130));
    assert!(opens(&sandbox, "bob", "secret"));
}

#[test]
fn without_a_terminal_asking_names_what_this_command_has_in_place_of_it() {
    let file = format!("ann:{APR1}\n");
    let sandbox = Sandbox::with("f", &file);
    // In a session of its own there is none to open.
    let mut command = std::process::Command::new("setsid");
    command.args(["--wait", env!("CARGO_BIN_EXE_why401"), "migrate", "f", "--to", "bcrypt", "--interactive"]);
    let output = command.current_dir(sandbox.path()).stdin(std::process::Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("why401: there is no terminal") && said.contains("--credentials PATH"), "{said}");
    assert!(!said.contains("--password-stdin"), "{said}");
    assert_eq!(sandbox.read("f"), file.as_bytes());
}

#[test]
fn without_a_target_it_only_tells() {
    let file = b"alice:{PLAIN}secret\nbob:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\ncarol:$2b$12$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS\n";
    let sandbox = Sandbox::with("f", file);
    let ran = sandbox.run(&["migrate", "f"]).expect(1);
    assert!(
        ran.out().contains("not written") && ran.out().ends_with("no target is named (--to SCHEME, --for SERVER,…).\n")
    );
    assert_eq!(sandbox.run(&["migrate", "f", "--json"]).expect(1).json()["written"], "none");
    for moves in [&["--reset"][..], &["--reset-file", "new"], &["--interactive"], &["--credentials", "f"]] {
        let ran = sandbox.run(&[&["migrate", "f"], moves].concat()).expect(2);
        assert!(ran.err().contains("add --to SCHEME or --for SERVER"), "{}", ran.err());
    }
    assert_eq!(sandbox.read("f"), file);
    assert_eq!(std::fs::read_dir(sandbox.path()).unwrap().count(), 1);
}
