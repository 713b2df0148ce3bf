//! A large log searched beside grep: `cargo bench --bench logs` prints a Markdown table.
//!
//! `WHY401_LOG_MB` is its size, 64 without it; a bound is that of a search for one user against `grep` for the name. Memory has to stay
//! where it is for a log of any size.

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

use support::{Folder, WHY401, median, memory, time_read, words};

/// An access log of `megabytes`, one line in a thousand of alice.
fn access(folder: &Path, megabytes: usize) -> PathBuf {
    let path = folder.join("access.log");
    let mut file = BufWriter::new(File::create(&path).unwrap());
    let (mut written, mut number) = (0, 0_usize);
    while written < megabytes << 20 {
        number += 1;
        let user = if number.is_multiple_of(1000) { "alice".to_owned() } else { format!("user{:04}", number % 1777) };
        let status = if number.is_multiple_of(7) { 401 } else { 200 };
        let (hour, minute, second) = (number / 360_000 % 24, number / 6000 % 60, number / 100 % 60);
        let line = format!(
            "192.0.{}.{} - {user} [24/Nov/2026:{hour:02}:{minute:02}:{second:02} +0000] \"GET /staff/{}/page.html HTTP/1.1\" {status} 5123 \
             \"https://host.example/staff/\" \"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\"\n",
            number % 3,
            number % 251,
            number % 97
        );
        file.write_all(line.as_bytes()).unwrap();
        written += line.len();
    }
    path
}

fn main() {
    let megabytes = std::env::var("WHY401_LOG_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(64);
    let folder = Folder::new("logs");
    let password = folder.0.join("password");
    fs::write(&password, "").unwrap();
    let log = access(&folder.0, megabytes);
    let name = log.display();
    println!("| work, {megabytes} MB | bound | ours | grep | ratio | KiB |");
    println!("|---|---|---|---|---|---|");
    for (work, bound, options) in
        [("one user", "3", "--user alice"), ("one client", "3", "--client 192.0.1.77"), ("all", "-", "")]
    {
        let ours = words(format!("{WHY401} log {name} --fail2ban /nonexistent {options}").trim_end());
        let needle = options.split(' ').next_back().filter(|needle| !needle.is_empty()).unwrap_or("401");
        let grep = words(&format!("grep -c {needle} {name}"));
        let pairs: Vec<(f64, f64)> =
            (0..7).map(|_| (time_read(&ours, &password), time_read(&grep, &password))).collect();
        let (our, peer) = (median(pairs.iter().map(|pair| pair.0)), median(pairs.iter().map(|pair| pair.1)));
        let ratio = median(pairs.iter().map(|pair| pair.0 / pair.1));
        println!("| {work} | {bound} | {our:.0} ms | {peer:.0} ms | {ratio:.2} | {} |", memory(&ours, &password));
    }
}
