//! The near-miss search as the command runs it: a budget of time, all cores, progress on a terminal, and backups on disk.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::cli::args;
use crate::cli::file::DiskFile;
use crate::cli::io::Io;
use crate::hint::candidates::{Search, TOGETHER, Typed};
use crate::hint::{Finding, Inquest};
use crate::render::text::printable;

/// Adds the options of the search.
#[must_use]
pub fn args(command: Command) -> Command {
    let flag = |name: &'static str, help| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    command
        .arg(args::budget())
        .arg(flag("try-harder", "Try slips of the finger too: a character exchanged, left out or doubled"))
        .arg(flag("compare-backups", "Try older copies beside FILE too (`FILE~`, `FILE.bak`, `FILE.dpkg-old`, …)"))
        .arg(flag("compare-users", "Try the password against the other entries of FILE too"))
}

/// Older copies of the file at `path`, with their names: what lies beside it and begins with its name.
#[must_use]
pub fn backups(path: &OsStr) -> Vec<(String, DiskFile)> {
    let path = Path::new(path);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Some(name), Ok(entries)) = (path.file_name(), std::fs::read_dir(folder)) else { return Vec::new() };
    let mut names: Vec<_> = entries
        .flatten()
        .map(|entry| entry.file_name())
        .filter(|other| is_copy(name.as_bytes(), other.as_bytes()))
        .collect();
    names.sort();
    let open = |other: &std::ffi::OsString| {
        let path = folder.join(other);
        let is_file = std::fs::metadata(&path).is_ok_and(|found| found.is_file());
        let file = DiskFile::look(path.as_os_str(), None).ok().filter(|_| is_file)?;
        let shown = path.strip_prefix(".").unwrap_or(&path);
        Some((printable(shown.as_os_str().as_bytes()), file))
    };
    names.iter().filter_map(open).collect()
}

/// Whether `other` is a name that editors and package managers give to an older `name`.
fn is_copy(name: &[u8], other: &[u8]) -> bool {
    let behind = other.strip_prefix(name).and_then(<[u8]>::first);
    let wrapped = other.strip_prefix(b"#").and_then(|rest| rest.strip_suffix(b"#"));
    matches!(behind, Some(b'~' | b'.' | b'-' | b'_')) || wrapped == Some(name)
}

/// Searches near misses for what `found` does not explain, and adds them; what was left undone is said in `unchecked`.
pub fn search(
    matches: &ArgMatches,
    io: &Io,
    inquest: &Inquest<'_>,
    found: &mut [Vec<Finding>],
    unchecked: &mut Vec<String>,
) {
    let budget = matches.get_one::<f64>("budget").copied().unwrap_or(3.0);
    let Some(sent) = inquest.sent() else { return };
    let targets = inquest.targets(found);
    let clock = Clock::new(budget, io);
    if !targets.is_empty() {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let hashes: Vec<&[u8]> = targets.iter().map(|target| target.hash.as_slice()).collect();
        let outcome = Search {
            typed: Typed::new(sent.password.expose(), &sent.user),
            hashes: &hashes,
            harder: matches.get_flag("try-harder"),
            threads,
            go_on: &|tried, of, seconds| clock.go_on(tried, of, TOGETHER * threads, seconds),
        }
        .run();
        clock.clear();
        if let Some(hit) = &outcome.hit {
            inquest.explain(hit, &targets[hit.hash], found);
        } else {
            inquest.tell_missed(&outcome, &targets, found);
        }
        if outcome.hit.is_none() && outcome.tried < outcome.of {
            let left = outcome.of - outcome.tried;
            unchecked.push(format!(
                "{left} of {} near misses of the password, for which the budget was too small (--budget SECONDS)",
                outcome.of
            ));
        }
    }
    if matches.get_flag("compare-users") {
        let ended = std::cell::Cell::new(false);
        let go_on = |tried: usize, seconds: f64| {
            let go_on = clock.go_on(tried, 0, 1, seconds);
            ended.set(!go_on);
            go_on
        };
        inquest.compare_users(&go_on, found);
        clock.clear();
        if ended.get() {
            unchecked
                .push("some entries of other users, for which the budget was too small (--budget SECONDS)".to_owned());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of candidates are small")]
fn share(part: usize, of: usize) -> f64 {
    part as f64 / of as f64
}

/// The budget, and the progress line.
struct Clock {
    start: Instant,
    budget: Duration,
    shown: Option<AtomicU64>,
}

impl Clock {
    fn new(budget: f64, io: &Io) -> Self {
        let is_seen = !io.json && io::stderr().is_terminal();
        let budget = Duration::try_from_secs_f64(budget).unwrap_or(Duration::MAX);
        Self { start: Instant::now(), budget, shown: is_seen.then(|| AtomicU64::new(0)) }
    }

    /// Whether there is time for another candidate that takes `seconds` by estimate; `at_once` are tried at a time.
    fn go_on(&self, tried: usize, of: usize, at_once: usize, seconds: f64) -> bool {
        let spent = self.start.elapsed();
        let next = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        if let Some(shown) = &self.shown {
            // Twenty times a second, and not before it takes long enough to be noticed.
            let tick = u64::try_from(spent.as_millis() / 50).unwrap_or(0);
            if tick > 4 && shown.swap(tick, Ordering::Relaxed) < tick {
                let of = if of > 0 { format!(" of {of}") } else { String::new() };
                let _ = io::Write::write_all(
                    &mut io::stderr().lock(),
                    format!("\rnear misses: {tried}{of}\x1b[K").as_bytes(),
                );
            }
        }
        // What the last took tells more than an estimate, on a machine that has other work.
        let last = if tried < at_once { Duration::ZERO } else { spent.mul_f64(share(at_once, tried)) };
        spent.saturating_add(next.max(last)) <= self.budget
    }

    /// Takes the progress line off the terminal.
    fn clear(&self) {
        if self.shown.as_ref().is_some_and(|shown| shown.swap(0, Ordering::Relaxed) > 0) {
            let _ = io::Write::write_all(&mut io::stderr().lock(), b"\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_copy;

    #[test]
    fn copies_are_told_from_other_files() {
        for other in [".htpasswd~", ".htpasswd.bak", ".htpasswd.dpkg-old", ".htpasswd-2026", "#.htpasswd#"] {
            assert!(is_copy(b".htpasswd", other.as_bytes()), "{other}");
        }
        for other in [".htpasswd", ".htpasswd2", "..htpasswd.lock", "htpasswd.bak"] {
            assert!(!is_copy(b".htpasswd", other.as_bytes()), "{other}");
        }
    }
}
