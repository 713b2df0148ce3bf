//! Fuzzing without a fuzzer: each target is given what the tests hold already, changed at random, for a few seconds.
//!
//! `WHY401_FUZZ_SECONDS` says how long each is run (2), `WHY401_SEED` which changes are made; `WHY401_FUZZ_SEEDS=DIR` writes what
//! is begun with to a folder per target, for cargo-fuzz. Inputs that once failed are kept in `fuzz/found/TARGET/`; all of them are
//! run first.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it counted")]

#[allow(dead_code, reason = "shared with tests/real; each uses its part")]
#[path = "../real/rng.rs"]
mod rng;
mod seeds;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use rng::Rng;
use targets::TARGETS;

/// The longest input.
const LONGEST: usize = 4096;
/// No input may take longer, even here where nothing is optimized and much else may run.
const PATIENCE: Duration = Duration::from_secs(20);
/// Kibibytes of memory that no target comes near to.
const MOST_MEMORY: u64 = 1 << 20;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a folder, in order; none where there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths
}

/// Some bytes of `pool`, changed in one to six places.
fn changed(pool: &[Vec<u8>], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = rng.pick(pool).clone();
    for _ in 0..=rng.below(6) {
        let at = rng.below(bytes.len() + 1);
        let most = 1 << rng.below(8);
        let length = rng.below(1 + (bytes.len() - at).min(most));
        match rng.below(8) {
            0 => bytes.insert(at, rng.byte()),
            1 if at < bytes.len() => bytes[at] = rng.byte(),
            2 if at < bytes.len() => bytes[at] ^= 1 << rng.below(8),
            3 => drop(bytes.drain(at..at + length)),
            4 => {
                let piece = bytes[at..at + length].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let other = rng.pick(pool);
                let from = rng.below(other.len() + 1);
                let to = from + rng.below(1 + (other.len() - from).min(200));
                bytes.splice(at..at + length, other[from..to].iter().copied());
            }
            6 => bytes.truncate(at),
            _ => {
                let piece = rng.text(seeds::PIECES);
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

/// Runs a target on what it is given, and watches that it comes back.
fn fuzz(name: &str) {
    let target = TARGETS.iter().find(|(known, _)| *known == name).unwrap().1;
    let mut pool: Vec<Vec<u8>> = seeds::of(name);
    assert!(pool.len() >= 10, "{} seeds", pool.len());
    if let Some(root) = std::env::var_os("WHY401_FUZZ_SEEDS") {
        let into = Path::new(&root).join(name);
        fs::create_dir_all(&into).unwrap();
        for (number, seed) in pool.iter().enumerate() {
            fs::write(into.join(format!("{number:05}")), seed).unwrap();
        }
        return;
    }
    let kept = files(&folder("fuzz/found").join(name)).into_iter().map(|path| fs::read(path).unwrap());
    let first: Vec<Vec<u8>> = kept.chain(pool.iter().cloned()).collect();
    let seconds = Duration::from_secs(number("WHY401_FUZZ_SECONDS", 2));
    let mut rng = Rng::new(number("WHY401_SEED", 401), name.bytes().map(u64::from).sum());

    // What is being run, for the message.
    let current = Mutex::new(Vec::new());
    let (done, is_done) = mpsc::channel();
    let count = std::thread::scope(|scope| {
        let current = &current;
        let worker = scope.spawn(move || {
            let run = |input: &[u8]| {
                current.lock().unwrap().clone_from(&input.to_vec());
                target(input);
                let _ = done.send(());
            };
            for input in &first {
                run(input);
            }
            let (start, mut count) = (Instant::now(), first.len());
            while start.elapsed() < seconds {
                let input = changed(&pool, &mut rng);
                run(&input);
                count += 1;
                // Changes of changes, now and then.
                if count.is_multiple_of(50) {
                    let at = rng.below(pool.len());
                    pool[at] = input;
                }
            }
            count
        });
        loop {
            match is_done.recv_timeout(PATIENCE) {
                Ok(()) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    println!("{name} hangs on b\"{}\"", current.lock().unwrap().escape_ascii());
                    // It can't be stopped otherwise.
                    std::process::abort();
                }
            }
        }
        worker.join().unwrap_or_else(|_| panic!("{name}: b\"{}\"", current.lock().unwrap().escape_ascii()))
    });
    println!("{name}: {count} inputs");
    if let Ok(status) = fs::read_to_string("/proc/self/status") {
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < MOST_MEMORY, "{name}: {peak} KiB");
    }
}

macro_rules! targets {
    ($($name:ident)+) => {
        /// The tests below.
        const TESTED: &[&str] = &[$(stringify!($name)),+];
        $(#[test]
        fn $name() {
            fuzz(stringify!($name));
        })+
    };
}

targets! { header scan setting document lint apache_conf nginx_conf url_conf container log sqlite }

#[test]
fn every_target_is_run_here_and_by_cargo_fuzz() {
    let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, TESTED);
    let manifest = fs::read_to_string(folder("fuzz/Cargo.toml")).unwrap();
    for name in names {
        let file = format!("fuzz/fuzz_targets/{name}.rs");
        let text = fs::read_to_string(folder(&file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(&format!("targets::{name}(data)")), "{file}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "fuzz/Cargo.toml: {name}");
    }
}
