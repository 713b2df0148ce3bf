//! Whole processes beside their peers: each pair in turn, A B A B …, and the ratio pair by pair.
//!
//! `cargo bench --bench process` prints a Markdown table; words choose rows. Quote the ratios: machines are noisy, and the two of
//! a pair share the noise. Peak memory is read with `/usr/bin/time -v`, in runs of their own.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and has nobody to report to"
)]

#[allow(dead_code, unreachable_pub, reason = "shared; each uses its part")]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use support::{Folder, WHY401, median, memory, time, words};

/// A row of the table.
struct Pair {
    work: &'static str,
    /// What has to hold, and what is tried for, of the ratio.
    bounds: &'static str,
    ours: Vec<String>,
    peer: Vec<String>,
    runs: usize,
    /// Each run begins on a file that nobody has written to for two seconds, as in use.
    rested: bool,
}

impl Pair {
    fn new(work: &'static str, bounds: &'static str, ours: Vec<String>, peer: Vec<String>) -> Self {
        Self { work, bounds, ours, peer, runs: 41, rested: false }
    }
}

fn main() {
    let folder = Folder::new("bench");
    let ten = folder.entries("ten", 10);
    let million = folder.entries("million", 1_000_000);
    let (small, large) = (ten.display(), million.display());
    let test = |file: &Path, server: &str| {
        words(&format!("{WHY401} test {} last --password-stdin --server {server}", file.display()))
    };
    let grep = words(&format!("grep -m1 ^last: {large}"));
    let set = words(&format!("{WHY401} set {large} user0500000 --scheme sha1 --rehash --password-stdin"));
    let sed = words(&format!("sed -i s/^user0500000:.*/user0500000:{{SHA}}5en6G6MezRroT3XKqkdPOmY0000=/ {large}"));
    let change = words(&format!("htpasswd -bs {large} user0500000 secret"));
    let pairs = [
        Pair {
            runs: 201,
            ..Pair::new(
                "start-up and one {SHA} of 10 users",
                "1.15, 1.0",
                test(&ten, "apache"),
                words(&format!("htpasswd -iv {small} last")),
            )
        },
        Pair::new("last of 1,000,000 lines, apache", "1.5, 1.0", test(&million, "apache"), grep.clone()),
        Pair::new("last of 1,000,000 lines, nginx", "1.2, 1.0", test(&million, "nginx"), grep.clone()),
        Pair::new("last of 1,000,000 lines, lighttpd", "–", test(&million, "lighttpd"), grep),
        Pair {
            runs: 11,
            ..Pair::new(
                "lint of 1,000,000 lines",
                "40, 15",
                words(&format!("{WHY401} lint {large}")),
                words(&format!("wc -l {large}")),
            )
        },
        Pair { runs: 11, rested: true, ..Pair::new("change one of 1,000,000 lines", "0.6, 0.3", set.clone(), sed) },
        Pair { runs: 9, rested: true, ..Pair::new("change one of 1,000,000 lines", "0.15, –", set, change) },
    ];
    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!("| work | peer | why401 ms | peer ms | ratio (quartiles) | must, goal | why401 KiB | peer KiB |");
    println!("|---|---|---|---|---|---|---|---|");
    for pair in pairs.iter().filter(|pair| chosen.is_empty() || chosen.iter().any(|word| pair.work.contains(word))) {
        row(pair, &folder);
    }
}

fn row(pair: &Pair, folder: &Folder) {
    let peer = &pair.peer[0];
    if Command::new(peer).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("| {} | `{peer}` is not installed | | | | | | |", pair.work);
        return;
    }
    // What is changed gets another password each time, or there would be nothing to write.
    let passwords = [folder.0.join("password"), folder.0.join("another")];
    fs::write(&passwords[0], "secret\n").unwrap();
    fs::write(&passwords[1], if pair.rested { "another\n" } else { "secret\n" }).unwrap();
    let mut times: Vec<(f64, f64)> = (0..=pair.runs)
        .map(|run| {
            let timed = |words: &[String]| {
                if pair.rested {
                    std::thread::sleep(Duration::from_millis(2_100));
                }
                time(words, &passwords[run % 2])
            };
            (timed(&pair.ours), timed(&pair.peer))
        })
        .collect();
    times.remove(0);
    let mut ratios: Vec<f64> = times.iter().map(|(ours, peer)| ours / peer).collect();
    ratios.sort_by(f64::total_cmp);
    println!(
        "| {} | `{peer}` | {:.2} | {:.2} | {:.2} ({:.2}–{:.2}) | {} | {} | {} |",
        pair.work,
        median(times.iter().map(|pair| pair.0)),
        median(times.iter().map(|pair| pair.1)),
        ratios[pair.runs / 2],
        ratios[pair.runs / 4],
        ratios[pair.runs * 3 / 4],
        pair.bounds,
        memory(&pair.ours, &passwords[1]),
        memory(&pair.peer, &passwords[0]),
    );
}
