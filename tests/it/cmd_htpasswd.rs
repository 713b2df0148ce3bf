//! `why401 htpasswd`: Apache's own command line. The recorded runs of the real program are done again by ours; `tests/real` does
//! the same with random ones beside the real program.

use std::collections::BTreeSet;
use std::path::Path;

use crate::support::htpasswd::{Stage, tables};
use crate::support::sandbox::Sandbox;
use crate::support::terminal::Terminal;

#[test]
fn ours_does_what_the_real_one_was_recorded_to_do() {
    let stage = Stage::new("htpasswd-it");
    let program = stage.program("ours", Path::new(env!("CARGO_BIN_EXE_why401")));
    let mut wrong = String::new();
    let mut statuses = BTreeSet::new();
    for (path, _, rows) in tables() {
        for row in rows {
            let ran = stage.run(&row.setup, &program);
            statuses.insert(row.ran.status);
            if let Err(what) = row.setup.compare(&row.ran, &ran) {
                wrong.push_str(&format!(
                    "{}, {}: {what}\n{:?}\n  recorded: {:?}\n  ours:     {ran:?}\n",
                    path.display(),
                    row.about,
                    row.setup,
                    row.ran
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 5, 6, 7, 9]);
}

#[test]
fn called_as_a_command_it_is_the_same_program() {
    let sandbox = Sandbox::with("f", b"a:x\n");
    let ran = sandbox.run(&["htpasswd", "-bs", "f", "b", "p"]).expect(0);
    assert_eq!((ran.out(), ran.err()), ("", "Adding password for user b\n"));
    assert_eq!(sandbox.read("f"), b"a:x\nb:{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=\n");
    let ran = sandbox.run(&["htpasswd", "--json", "f", "b", "p"]).expect(2);
    assert!(ran.err().starts_with("Usage:\n\thtpasswd"), "{}", ran.err());
    let ran = sandbox.run(&["htpasswd", "-b", "none", "b", "p"]).expect(1);
    assert_eq!(ran.err(), "htpasswd: cannot modify file none; use '-c' to create it\n");
}

#[test]
fn an_entry_is_not_joined_to_a_line_without_its_end() {
    let sandbox = Sandbox::with("f", b"a:x\nc:y");
    sandbox.run(&["htpasswd", "-bs", "f", "b", "p"]).expect(0);
    assert_eq!(sandbox.read("f"), b"a:x\nc:y\nb:{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=\n");
}

#[test]
fn rounds_that_no_hash_has_and_names_of_two_lines_are_refused() {
    let sandbox = Sandbox::with("f", b"a:x\n");
    for words in [["-b2", "-r", "999"], ["-b5", "-C", "1000000000"], ["-b2", "-r", "2147483648"]] {
        let ran = sandbox.run(&[&["htpasswd"], &words[..], &["f", "a", "p"]].concat()).expect(2);
        assert_eq!(ran.err(), "htpasswd: rounds (-r, -C) must be from 1000 to 999999999 for this algorithm\n");
    }
    for user in ["a\nb", "a\r"] {
        let ran = sandbox.run(&["htpasswd", "-bs", "f", user, "p"]).expect(6);
        assert_eq!(ran.err(), "htpasswd: username contains a line break\n");
    }
    assert_eq!(sandbox.read("f"), b"a:x\n");
}

#[test]
fn what_the_store_refuses_is_said_and_exits_with_1() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path().join(".f.lock")).unwrap();
    sandbox.write("f", b"a:x\n");
    let ran = sandbox.run(&["htpasswd", "-bs", "f", "b", "p"]).expect(1);
    assert!(
        ran.err().ends_with("htpasswd: unable to update file f\n") && ran.err().contains(".f.lock"),
        "{}",
        ran.err()
    );
    assert_eq!(sandbox.read("f"), b"a:x\n");
}

/// As observed of the real one on a terminal.
#[test]
fn questions_are_asked_on_the_terminal_and_ctrl_c_is_a_byte_there() {
    let sandbox = Sandbox::new();
    let mut terminal = Terminal::start(sandbox.path(), &["htpasswd", "-cs", "f", "u"]);
    terminal.answer("New password: ", b"pw\n").answer("Re-type new password: ", b"pw\n");
    let (status, seen) = terminal.end();
    assert_eq!((status, &*seen), (Some(0), "New password: \nRe-type new password: \nAdding password for user u\n"));
    let mut terminal = Terminal::start(sandbox.path(), &["htpasswd", "-c", "new", "u"]);
    terminal.answer("New password: ", b"pw\n").answer("Re-type new password: ", b"other\n");
    let (status, seen) = terminal.end();
    let expected = "New password: \nRe-type new password: \nhtpasswd: password verification error\n";
    assert_eq!((status, &*seen), (Some(3), expected));
    assert_eq!(sandbox.read("new"), b"");
    let mut terminal = Terminal::start(sandbox.path(), &["htpasswd", "-v", "f", "u"]);
    terminal.answer("Enter password: ", b"\x03\n");
    let (status, seen) = terminal.end();
    assert_eq!((status, &*seen), (Some(3), "Enter password: \npassword verification failed\n"));
    let mut terminal = Terminal::start(sandbox.path(), &["htpasswd", "-v", "f", "u"]);
    terminal.answer("Enter password: ", b"pw\n");
    let (status, seen) = terminal.end();
    assert_eq!((status, &*seen), (Some(0), "Enter password: \nPassword for user u correct.\n"));
}
