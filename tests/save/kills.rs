//! Killed at any moment: the old file or the new, and the next run cleans up.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::host;
use crate::support::sandbox::Sandbox;

/// Numbers that differ from run to run no more than asked: xorshift from a fixed seed.
struct Random(u64);

impl Random {
    /// A number from 0 up to 1.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        f64::from(u32::try_from(self.0 >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// Starts `set`, kills it after a while unless it has ended, and waits for the end.
fn killed_after(mut command: Command, password: &str, delay: Duration) -> bool {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    !child.wait().unwrap().success()
}

fn set(sandbox: &Sandbox, password: &str) -> (Command, String) {
    (host::command(sandbox, host::why401(), &host::set_words("f", "user0500000")), password.to_owned())
}

#[test]
fn killed_at_random_moments_a_large_file_is_the_old_one_or_the_new() {
    let old = host::entries(1_000_000);
    let sandbox = Sandbox::with("f", &old);
    let line = memchr::memmem::find(&old, b"user0500000:").unwrap();
    let at = line + "user0500000:".len();
    let end = at + memchr::memchr(b'\n', &old[at..]).unwrap();
    let with = |password: &str| [&old[..at], &host::field(password), &old[end..]].concat();
    let states = [with("first"), with("second")];
    drop(old);
    let passwords = ["first", "second"];

    let start = Instant::now();
    host::set(&sandbox, "f", "user0500000", "first").expect(0);
    let whole = start.elapsed();
    let mut now = 0;
    let mut random = Random(0x1234_5678_9abc_def1);
    let (mut killed, mut written, mut left) = (0, 0, 0);
    for round in 0..host::times(40, 500) {
        let next = 1 - now;
        let (command, password) = set(&sandbox, passwords[next]);
        killed += usize::from(killed_after(command, &password, whole.mul_f64(random.fraction() * 1.2)));
        let after = sandbox.read("f");
        assert!(after == states[now] || after == states[next], "round {round}: {} bytes", after.len());
        if after == states[next] {
            (now, written) = (next, written + 1);
        }
        let leftovers = host::leftovers(sandbox.path(), "f");
        left += leftovers.len();
        if !leftovers.is_empty() && round % 4 == 0 {
            host::set(&sandbox, "f", "user0500000", passwords[1 - now]).expect(0);
            now = 1 - now;
            assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
        }
    }
    println!("killed {killed} times; the new file {written} times, else the old; {left} temporary files seen");
    assert!(killed > 5, "{killed}");
    host::set(&sandbox, "f", "user0500000", passwords[1 - now]).expect(0);
    assert!(sandbox.read("f") == states[1 - now]);
    assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
}

#[test]
fn a_write_in_place_that_is_killed_is_finished_by_the_next_writer() {
    // The first entry changes its length, so that every byte after it moves.
    let tail = host::entries(100_000);
    let states = ["short", "longer"].map(|name| [format!("x:{{PLAIN}}{name}\n").as_bytes(), &tail].concat());
    let words = ["set", "f", "x", "--scheme", "plain", "--password-stdin"];
    let sandbox = Sandbox::with("f", &states[0]);
    std::fs::hard_link(sandbox.path().join("f"), sandbox.path().join("other")).unwrap();
    let passwords = ["short", "longer"];

    let start = Instant::now();
    sandbox.run_with(&words, passwords[1].as_bytes(), &[]).expect(0);
    sandbox.run_with(&words, passwords[0].as_bytes(), &[]).expect(0);
    let whole = start.elapsed() / 2;
    let mut now = 0;
    let mut random = Random(0x9876_5432_1fed_cba1);
    let (mut killed, mut torn, mut journals) = (0, 0, 0);
    for round in 0..host::times(40, 500) {
        let next = 1 - now;
        let command = host::command(&sandbox, host::why401(), &words);
        killed += usize::from(killed_after(command, passwords[next], whole.mul_f64(random.fraction() * 1.2)));
        let seen = sandbox.read("f");
        torn += usize::from(!states.contains(&seen));
        journals += usize::from(host::leftovers(sandbox.path(), "f").contains(&".f.why401-journal".to_owned()));
        // Another edit, of another user; what it finds must be one of the two.
        host::set(&sandbox, "f", "user0000007", &round.to_string()).expect(0);
        let after = sandbox.read("f");
        assert_eq!(sandbox.read("other"), after);
        let changed = memchr::memmem::find(&after, b"user0000007:").unwrap();
        let found = states.iter().position(|state| state[..changed] == after[..changed]).expect("old or new");
        assert_eq!(host::leftovers(sandbox.path(), "f"), ["other"]);
        std::fs::write(sandbox.path().join("f"), &states[found]).unwrap();
        now = found;
    }
    println!("killed {killed} times, {journals} journals left, {torn} files torn and finished");
    assert!(killed > 5, "{killed}");
}

#[test]
fn killed_at_every_write_of_an_in_place_save_the_file_is_finished() {
    if !host::has(&["strace"]) {
        return;
    }
    let tail = host::entries(10_000);
    let old = [&b"x:{PLAIN}short\n"[..], &tail].concat();
    let new = [&b"x:{PLAIN}longer\n"[..], &tail].concat();
    let words = ["set", "f", "x", "--scheme", "plain", "--password-stdin"];
    let mut torn = 0;
    let mut finished = false;
    for number in 1..100 {
        let sandbox = Sandbox::with("f", &old);
        std::fs::hard_link(sandbox.path().join("f"), sandbox.path().join("other")).unwrap();
        let inject = format!("inject=pwrite64:signal=KILL:when={number}");
        let strace = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", &inject, host::why401()];
        let mut command = host::command(&sandbox, "strace", &[&strace[..], &words].concat());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"longer").unwrap();
        if child.wait().unwrap().success() {
            assert!(number > 2, "no write was met");
            finished = true;
            break;
        }
        let seen = sandbox.read("f");
        torn += usize::from(seen != old && seen != new);
        let ran = host::set(&sandbox, "f", "user0000007", "pw").expect(0);
        assert!(
            ran.out().contains("An earlier write in place that had been cut off was finished first.\n"),
            "{}",
            ran.out()
        );
        let changed = memchr::memmem::find(&new, b"user0000007:").unwrap();
        assert!(sandbox.read("f")[..changed] == new[..changed]);
        assert_eq!(host::leftovers(sandbox.path(), "f"), ["other"]);
    }
    assert!(finished);
    println!("{torn} files torn and finished");
    assert!(torn > 2, "{torn}");
}
