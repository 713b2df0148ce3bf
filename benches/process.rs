//! Whole processes beside their peers: each pair in turn, A B A B …, and the ratio pair by pair.
//!
//! `cargo bench --bench process` prints a Markdown table. Files stand on tmpfs where there is one. Quote the ratios: machines are
//! noisy, and the two of a pair share the noise. Peak memory is read with `/usr/bin/time -v`, in runs of their own.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and has nobody to report to"
)]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const WHY401: &str = env!("CARGO_BIN_EXE_why401");
const RUNS: usize = 41;

/// A row of the table.
struct Pair {
    work: &'static str,
    ours: Vec<String>,
    peer: Vec<String>,
    /// Each run begins on a file that nobody has written to for two seconds, as in use; fewer runs.
    rested: bool,
}

fn main() {
    let shm = Path::new("/dev/shm");
    let folder = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() }.join("why401-bench");
    fs::create_dir_all(&folder).unwrap();
    let (ten, million) = (folder.join("ten"), folder.join("million"));
    write_entries(&ten, 9);
    write_entries(&million, 999_999);
    fs::write(folder.join("password"), "secret\n").unwrap();

    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let test = |file: &Path, server: &str| {
        words(&format!("{WHY401} test {} last --password-stdin --server {server}", file.display()))
    };
    let htpasswd = |file: &Path| words(&format!("htpasswd -iv {} last", file.display()));
    let grep = words(&format!("grep -m1 ^last: {}", million.display()));
    let file = million.display();
    let set = words(&format!("{WHY401} set {file} user0500000 --scheme apr1 --rehash --password-stdin"));
    let sed = words(&format!("sed -i s/^user0500000:.*/user0500000:$apr1$00500000$0000000000000000500000/ {file}"));
    let change = words(&format!("htpasswd -bm {file} user0500000 secret"));
    let pairs = [
        Pair {
            work: "start-up and one {SHA} of 10 users",
            ours: test(&ten, "apache"),
            peer: htpasswd(&ten),
            rested: false,
        },
        Pair {
            work: "last of 1,000,000 lines, apache",
            ours: test(&million, "apache"),
            peer: grep.clone(),
            rested: false,
        },
        Pair {
            work: "last of 1,000,000 lines, nginx",
            ours: test(&million, "nginx"),
            peer: grep.clone(),
            rested: false,
        },
        Pair { work: "last of 1,000,000 lines, lighttpd", ours: test(&million, "lighttpd"), peer: grep, rested: false },
        Pair { work: "change one of 1,000,000 lines", ours: set.clone(), peer: sed, rested: true },
        Pair { work: "change one of 1,000,000 lines", ours: set, peer: change, rested: true },
    ];
    println!("| work | peer | why401 ms | peer ms | ratio (median; quartiles) | why401 KiB | peer KiB |");
    println!("|---|---|---|---|---|---|---|");
    for pair in &pairs {
        row(pair, &folder);
    }
    fs::remove_dir_all(&folder).unwrap();
}

/// Entries of other users, then one of `last` with the password `secret`.
fn write_entries(path: &Path, count: usize) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for number in 0..count {
        writeln!(file, "user{number:07}:$apr1${number:08}${number:022}").unwrap();
    }
    file.write_all(b"last:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n").unwrap();
}

fn row(pair: &Pair, folder: &Path) {
    let peer = &pair.peer[0];
    if Command::new(peer).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("| {} | `{peer}` is not installed | | | | | |", pair.work);
        return;
    }
    let (runs, pause) = if pair.rested { (RUNS / 3, Duration::from_millis(2_100)) } else { (RUNS, Duration::ZERO) };
    let timed = |words: &[String]| {
        std::thread::sleep(pause);
        time(words, folder)
    };
    let mut times: Vec<(f64, f64)> = (0..=runs).map(|_| (timed(&pair.ours), timed(&pair.peer))).collect();
    times.remove(0);
    let mut ratios: Vec<f64> = times.iter().map(|(ours, peer)| ours / peer).collect();
    ratios.sort_by(f64::total_cmp);
    let quartiles = (ratios[runs / 4], ratios[runs / 2], ratios[runs * 3 / 4]);
    println!(
        "| {} | `{peer}` | {:.2} | {:.2} | {:.2} ({:.2}–{:.2}) | {} | {} |",
        pair.work,
        median(times.iter().map(|pair| pair.0)),
        median(times.iter().map(|pair| pair.1)),
        quartiles.1,
        quartiles.0,
        quartiles.2,
        memory(&pair.ours, folder),
        memory(&pair.peer, folder),
    );
}

fn median(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn command(words: &[String], folder: &Path) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(File::open(folder.join("password")).unwrap());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Milliseconds from start to end.
fn time(words: &[String], folder: &Path) -> f64 {
    let mut command = command(words, folder);
    let start = Instant::now();
    let status = command.status().unwrap();
    let time = start.elapsed().as_secs_f64() * 1000.0;
    assert!(status.success(), "{words:?}: {status}");
    time
}

/// Peak resident memory in KiB, as `/usr/bin/time -v` has it.
fn memory(words: &[String], folder: &Path) -> String {
    if !PathBuf::from("/usr/bin/time").exists() {
        return "-".to_owned();
    }
    let timed = [&["/usr/bin/time".to_owned(), "-v".to_owned()], words].concat();
    let output = command(&timed, folder).stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Maximum resident")).unwrap_or_default();
    line.rsplit(' ').next().unwrap_or("-").to_owned()
}
