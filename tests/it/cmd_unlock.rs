//! `why401 unlock`: what was locked comes back byte for byte, and over no other entry.

use crate::support::sandbox::Sandbox;

#[test]
fn a_line_comes_back_with_its_odd_bytes() {
    let file = b"a\n ali%3Ace:100% \xFF:\tx \n al\\ice:b:c%0D\r\nbob:1\n";
    let sandbox = Sandbox::with("f", file);
    sandbox.run(&["lock", "f", "ali%3Ace", "al\\ice"]).expect(0);
    assert_ne!(sandbox.read("f"), file);
    let ran = sandbox.run(&["unlock", "f", "al\\ice", "ali%3Ace"]).expect(0);
    assert_eq!(ran.out(), "unlocked al\\ice (line 3) in f\nunlocked ali%3Ace (line 2) in f\nSaved by rename.\n");
    assert_eq!(sandbox.read("f"), file);
}

#[test]
fn who_is_not_locked_or_has_an_entry_again_keeps_all() {
    let file = b"# why401 lock alice%3A1\nbob:1\nalice:2\n# why401 lock carol%3A1\n# why401 lock dave\n";
    let sandbox = Sandbox::with("f", file);
    let ran = sandbox.run(&["unlock", "f", "bob"]).expect(1);
    assert_eq!(ran.err(), "why401: bob is not locked\n  --> f\n");
    let ran = sandbox.run(&["unlock", "f", "carol", "dave"]).expect(1);
    assert_eq!(ran.err(), "why401: there is no user dave in the file\n  --> f\n  help: nothing was unlocked\n");
    let ran = sandbox.run(&["unlock", "f", "alice"]).expect(1);
    assert!(ran.err().starts_with("why401: alice has an entry again, on line 3\n"), "{}", ran.err());
    let ran = sandbox.run(&["lock", "f", "alice"]).expect(1);
    assert!(ran.err().starts_with("why401: alice has an entry, and a locked one (line 1)\n"), "{}", ran.err());
    assert_eq!(sandbox.read("f"), file);
    sandbox.run(&["remove", "f", "alice"]).expect(0);
    assert_eq!(sandbox.read("f"), b"bob:1\n# why401 lock carol%3A1\n# why401 lock dave\n");
}

#[test]
fn a_mark_that_apache_takes_for_a_part_of_another_line_is_left() {
    let file = b"bob:1 \\\n# why401 lock carol%3A1\n";
    let sandbox = Sandbox::with("f", file);
    sandbox.run(&["unlock", "f", "carol"]).expect(1);
    assert_eq!(sandbox.read("f"), file);
}

#[test]
fn a_dry_run_shows_the_line_masked() {
    let file = b"# why401 lock carol%3A{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n";
    let sandbox = Sandbox::with("f", file);
    let ran = sandbox.run(&["unlock", "f", "carol", "--dry-run"]).expect(0);
    let digest = "•".repeat(28);
    assert_eq!(
        ran.out(),
        format!(
            "--- f\n+++ f (not written)\n@@ line 1 @@\n-# why401 lock carol%3A{{SHA}}{digest}\n+carol:{{SHA}}{digest}\n"
        )
    );
    let document = sandbox.run(&["unlock", "f", "carol", "--json"]).expect(0).json();
    assert_eq!(document["users"][0]["action"], "unlocked");
    assert_eq!(document["users"][0]["scheme"], "sha1");
}
