//! `why401 test --batch` beside passlib's `HtpasswdFile`: `cargo bench --bench batch` prints a Markdown table.
//!
//! 100,000 credentials against 1,000,000 entries of `{SHA}`, one server, the file read anew in each run. `WHY401_PASSLIB` is a
//! Python with passlib, `python3` without it. passlib works on one core: so the ratio is told in CPU time, too.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and has nobody to report to"
)]

#[allow(dead_code, unreachable_pub, reason = "shared; each uses its part")]
mod support;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::{Folder, WHY401, median, memory, time};
use why401::scheme::sha1;

const ENTRIES: usize = 1_000_000;
const CREDENTIALS: usize = 100_000;
const RUNS: usize = 5;

/// Entries of many users, and credentials of some of them in no order, every second one right.
fn files(folder: &Path) -> (PathBuf, PathBuf) {
    let (file, rows) = (folder.join("file"), folder.join("rows.csv"));
    let mut out = BufWriter::new(File::create(&file).unwrap());
    for number in 0..ENTRIES {
        let field = sha1::text(&sha1::digest(b"", format!("secret{number}").as_bytes()));
        writeln!(out, "user{number:07}:{}", String::from_utf8(field).unwrap()).unwrap();
    }
    out.flush().unwrap();
    let mut out = BufWriter::new(File::create(&rows).unwrap());
    writeln!(out, "user,password").unwrap();
    for row in 0..CREDENTIALS {
        // A prime: no user is asked twice.
        let number = row * 611_953 % ENTRIES;
        let word = if row.is_multiple_of(2) { "secret" } else { "wrong" };
        writeln!(out, "user{number:07},{word}{number}").unwrap();
    }
    out.flush().unwrap();
    (file, rows)
}

/// Milliseconds of CPU that ended children have used, by `/proc/self/stat`.
fn children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat[stat.rfind(')').unwrap()..].split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap();
    // Of user and kernel, in hundredths of a second.
    (ticks(14) + ticks(15)) * 10.0
}

/// Wall and CPU time of a run.
fn both(words: &[String], none: &Path) -> (f64, f64) {
    let before = children();
    let wall = time(words, none);
    (wall, children() - before)
}

fn main() {
    let python = std::env::var("WHY401_PASSLIB").unwrap_or_else(|_| "python3".to_owned());
    let version = Command::new(&python).args(["-c", "import passlib; print(passlib.__version__)"]).output();
    let Some(version) = version.ok().filter(|output| output.status.success()) else {
        println!("SKIP: {python} has no passlib (Debian: python3-passlib); WHY401_PASSLIB names a Python that has");
        return;
    };
    let folder = Folder::new("batch");
    let (file, rows) = files(&folder.0);
    let none = folder.0.join("none");
    fs::write(&none, "").unwrap();
    let text = |path: &Path| path.display().to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/passlib_batch.py");
    let ours = ["test", &text(&file), "--batch", &text(&rows), "--server", "nginx"].map(str::to_owned);
    let ours = [&[WHY401.to_owned()], &ours[..]].concat();
    let peer = [python, script.to_owned(), text(&file), text(&rows)];
    // Both have to come to the same answers.
    let count = |words: &[String], what: &str| {
        let output = Command::new(&words[0]).args(&words[1..]).stderr(Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().filter(|line| line.contains(what)).count()
    };
    assert_eq!(count(&ours, "\"verdict\":\"granted\""), CREDENTIALS / 2);
    assert_eq!(count(&peer, "\"answer\":true"), CREDENTIALS / 2);
    let pairs: Vec<_> = (0..RUNS).map(|_| (both(&ours, &none), both(&peer, &none))).collect();
    println!(
        "| {CREDENTIALS} credentials, {ENTRIES} entries | bound | ours | passlib {} | ratio | KiB |",
        String::from_utf8_lossy(&version.stdout).trim()
    );
    println!("|---|---|---|---|---|---|");
    let row = |what: &str, bound: &str, memory: &str, part: fn((f64, f64)) -> f64| {
        let (our, peer) =
            (median(pairs.iter().map(|pair| part(pair.0))), median(pairs.iter().map(|pair| part(pair.1))));
        let ratio = median(pairs.iter().map(|pair| part(pair.1) / part(pair.0)));
        println!("| {what} | {bound} | {our:.0} ms | {peer:.0} ms | {ratio:.1} | {memory} |");
    };
    row("wall time", "20, 100", &memory(&ours, &none), |times| times.0);
    row("CPU time", "-", "", |times| times.1);
}
