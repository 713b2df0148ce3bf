//! What is left of a password: nothing in memory at the point of exit, in `/proc`, in what is written, or in a core dump.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::host;
use crate::support::sandbox::{Ran, Sandbox, ran};

/// Sixteen bytes that nothing else holds, halves included.
const PASSWORD: &str = "Zq7xWp3vKd9yTb5m";

/// The schemes that `set` makes, at costs that a test can bear.
const SCHEMES: &[(&str, &[&str])] = &[
    ("bcrypt", &["--cost", "4"]),
    ("apr1", &[]),
    ("md5crypt", &[]),
    ("sha1", &[]),
    ("ssha", &[]),
    ("sha256crypt", &["--rounds", "1000"]),
    ("sha512crypt", &["--rounds", "1000"]),
    ("yescrypt", &[]),
    ("argon2id", &[]),
];

/// Runs a command and says what of the password its memory holds at its end, a line for each place. `-` is the password that
/// it prints.
fn run(sandbox: &Sandbox, password: &str, words: &[&str], stdin: &str) -> (Vec<String>, Ran) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/save/remains.py");
    let words = [&[script, password, host::why401()], words].concat();
    let ran = ran(host::command(sandbox, "python3", &words), stdin.as_bytes()).expect(0);
    let places = ran.err().lines().filter(|line| line.starts_with("remains: ")).map(str::to_owned).collect();
    (places, ran)
}

/// Fails where anything is left, or the command did not end with `status`.
fn leaves_nothing(sandbox: &Sandbox, words: &[&str], stdin: &str, status: i32) {
    let (places, ran) = run(sandbox, PASSWORD, words, stdin);
    assert!(ran.err().ends_with(&format!("status {status}\n")), "{words:?}: {}{}", ran.out(), ran.err());
    assert!(places.is_empty(), "{words:?}:\n{}", places.join("\n"));
}

fn is_possible() -> bool {
    if !cfg!(target_os = "linux") {
        host::skip("looks at memory as Linux shows it");
        return false;
    }
    host::has_root_and(&["python3"])
}

#[test]
fn a_password_that_is_kept_is_found() {
    if !is_possible() {
        return;
    }
    // The arguments of a process are its memory too.
    let sandbox = Sandbox::with("f", "last:x\n");
    let (places, _) = run(&sandbox, PASSWORD, &["list", "f", "--for", PASSWORD], "");
    assert!(places.iter().any(|place| place.contains("password in [stack]")), "{places:?}");
}

#[test]
fn set_and_verify_leave_nothing_of_the_password_in_memory() {
    if !is_possible() {
        return;
    }
    let sandbox = Sandbox::with("f", "first:x\n");
    let line = format!("{PASSWORD}\n");
    for (scheme, cost) in SCHEMES {
        let set = ["set", "f", "last", "--password-stdin", "--scheme", scheme];
        leaves_nothing(&sandbox, &[&set[..], cost].concat(), &line, 0);
        leaves_nothing(&sandbox, &["verify", "f", "last", "--password-stdin"], &line, 0);
    }
    leaves_nothing(&sandbox, &["set", "f", "last", "--password-stdin", "--dry-run", "--json"], &line, 0);
    leaves_nothing(&sandbox, &["verify", "f", "first", "--password-stdin", "--json"], &line, 1);
    leaves_nothing(&sandbox, &["verify", "f", "nobody", "--password-stdin"], &line, 1);
}

#[test]
fn set_leaves_nothing_of_the_password_that_it_makes_in_memory() {
    if !is_possible() {
        return;
    }
    let sandbox = Sandbox::with("f", "first:x\n");
    for json in [&[][..], &["--json"]] {
        let words = [&["set", "f", "last", "--generate", "--scheme", "sha1"], json].concat();
        let (places, ran) = run(&sandbox, "-", &words, "");
        assert!(ran.err().ends_with("status 0\n"), "{}{}", ran.out(), ran.err());
        assert!(ran.out().len() > 20 && places.is_empty(), "{words:?}:\n{}", places.join("\n"));
    }
}

#[test]
fn test_and_htpasswd_leave_nothing_of_the_password_in_memory() {
    if !is_possible() {
        return;
    }
    let sandbox = Sandbox::with("f", "first:x\n");
    let line = format!("{PASSWORD}\n");
    sandbox.run_with(&["set", "f", "last", "--password-stdin", "--scheme", "apr1"], line.as_bytes(), &[]).expect(0);
    leaves_nothing(&sandbox, &["test", "f", "last", "--password-stdin"], &line, 0);
    leaves_nothing(&sandbox, &["test", "f", "last", "--password-stdin", "--json", "--trace"], &line, 0);
    leaves_nothing(&sandbox, &["htpasswd", "-iv", "f", "last"], &line, 0);
    leaves_nothing(&sandbox, &["htpasswd", "-i", "f", "last"], &line, 0);
}

#[test]
fn proc_and_files_hold_nothing_of_the_password() {
    if !is_possible() || !host::has(&["strace"]) {
        return;
    }
    let sandbox = Sandbox::with("f", "first:x\n");
    let set = [&["-f", "-s", "65536", "-o", "calls", host::why401()], &host::set_words("f", "last")[..]].concat();
    ran(host::command(&sandbox, "strace", &set), PASSWORD.as_bytes()).expect(0);
    let calls = fs::read_to_string(sandbox.path().join("calls")).unwrap();
    // It comes in by one read and goes out by nothing.
    let seen: Vec<_> = calls.lines().filter(|line| line.contains(PASSWORD)).collect();
    assert!(matches!(seen[..], [read] if read.contains("read(")), "{seen:#?}");
    for entry in fs::read_dir(sandbox.path()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "calls" {
            let bytes = fs::read(entry.path()).unwrap();
            assert!(memchr::memmem::find(&bytes, PASSWORD.as_bytes()).is_none(), "{}", entry.path().display());
        }
    }
}

#[test]
fn while_a_password_is_asked_for_no_core_would_be_dumped() {
    if !is_possible() || !host::has(&["setpriv"]) {
        return;
    }
    let sandbox = Sandbox::with("f", "last:x\n");
    let mut command = host::as_nobody(&sandbox, &["verify", "f", "last", "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let folder = Path::new("/proc").join(child.id().to_string());
    // It comes to wait for the password; until then it is on its way there.
    let is_safe = || {
        std::thread::sleep(Duration::from_millis(10));
        let limits = fs::read_to_string(folder.join("limits")).unwrap();
        let words: Vec<_> = limits.lines().find(|line| line.starts_with("Max core file size"))?.split(' ').collect();
        let are_limited = words.iter().filter(|word| **word == "0").count() == 2;
        // What would not be dumped belongs to root, whoever runs it.
        let is_roots = fs::metadata(folder.join("mem")).unwrap().uid() == 0;
        let is_nobodys = fs::read_to_string(folder.join("status")).unwrap().contains("\nUid:\t65534\t65534\t");
        (are_limited && is_roots && is_nobodys).then_some(())
    };
    let seen = (0..500).find_map(|_| is_safe());
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(seen.is_some());
}
