//! `why401 import` of users in clear text beside `htpasswd` for each of them: `cargo bench --bench import` prints a Markdown table.
//!
//! 2,000 users of a CSV, hashed with bcrypt; `htpasswd` in a loop of the shell, as the table is read. It works on one core, so the
//! ratio falls with the number of cores, which the table names.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and has nobody to report to"
)]

#[allow(dead_code, unreachable_pub, reason = "shared; each uses its part")]
mod support;

use std::fs;
use std::process::{Command, Stdio};

use support::{Folder, WHY401, median, memory, time};

const USERS: usize = 2_000;
const COST: usize = 8;
const RUNS: usize = 3;

fn main() {
    if Command::new("htpasswd").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("SKIP: htpasswd is not installed (Debian: apache2-utils)");
        return;
    }
    let folder = Folder::new("import");
    let path = |name: &str| folder.0.join(name).display().to_string();
    let (file, rows, none) = (path("file"), path("rows.csv"), folder.0.join("none"));
    let table = (0..USERS).fold(String::new(), |all, number| all + &format!("user{number:07},secret{number}\n"));
    fs::write(&rows, format!("user,password\n{table}")).unwrap();
    fs::write(&none, "").unwrap();
    let cost = COST.to_string();
    let ours = [WHY401, "import", &file, &rows, "--create", "--scheme", "bcrypt", "--cost", &cost].map(str::to_owned);
    let shell = format!(
        "tail -n +2 {rows} | while IFS=, read -r user password; do htpasswd -bB -C {cost} {file} \"$user\" \"$password\"; done"
    );
    let peer = ["sh".to_owned(), "-c".to_owned(), shell];
    let run = |words: &[String]| {
        fs::write(&file, "").unwrap();
        let time = time(words, &none);
        assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), USERS);
        time
    };
    let pairs: Vec<(f64, f64)> = (0..RUNS).map(|_| (run(&ours), run(&peer))).collect();
    fs::write(&file, "").unwrap();
    let memory = memory(&ours, &none);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("| {USERS} users, bcrypt of cost {COST}, {cores} cores | ours | htpasswd | ratio | must, goal | KiB |");
    println!("|---|---|---|---|---|---|");
    println!(
        "| wall time | {:.0} ms | {:.0} ms | {:.2} | 0.55, 0.25 | {memory} |",
        median(pairs.iter().map(|pair| pair.0)),
        median(pairs.iter().map(|pair| pair.1)),
        median(pairs.iter().map(|pair| pair.0 / pair.1)),
    );
}
