//! How time and memory grow with the file: `cargo bench --bench growth` prints a Markdown table.
//!
//! Time has to grow with the number of lines and not faster; memory has to stay where it is, but for `lint`, which keeps a few words
//! of each entry to hold others against.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and has nobody to report to"
)]

#[allow(dead_code, unreachable_pub, reason = "shared; each uses its part")]
mod support;

use std::fs;
use std::time::Duration;

use support::{Folder, WHY401, median, memory, time, words};

const COUNTS: [usize; 5] = [1_000, 10_000, 100_000, 1_000_000, 10_000_000];

fn main() {
    let folder = Folder::new("growth");
    let password = folder.0.join("password");
    println!("| lines | `test`, apache | `test`, nginx | `set` | `lint` |");
    println!("|---|---|---|---|---|");
    for count in COUNTS {
        let file = folder.entries("file", count);
        let name = file.display();
        let mut cells = vec![count.to_string()];
        for (command, rested) in [
            (format!("test {name} last --password-stdin --server apache"), false),
            (format!("test {name} last --password-stdin --server nginx"), false),
            (format!("set {name} user0000500 --scheme sha1 --rehash --password-stdin"), true),
            (format!("lint {name}"), false),
        ] {
            let words = words(&format!("{WHY401} {command}"));
            let runs = 5;
            let timed = |run: usize| {
                if rested {
                    fs::write(&password, format!("secret{run}\n")).unwrap();
                    std::thread::sleep(Duration::from_millis(2_100));
                } else {
                    fs::write(&password, "secret\n").unwrap();
                }
                time(&words, &password)
            };
            let time = median((0..runs).map(timed));
            cells.push(format!("{time:.1} ms, {} KiB", memory(&words, &password)));
        }
        fs::remove_file(&file).unwrap();
        println!("| {} |", cells.join(" | "));
    }
}
