//! Random configurations of a real server, asked for several paths, users and hosts: `why401 url` reads the same configuration and
//! never says otherwise. What it does not decide is counted.
//!
//! `WHY401_SEED` and `WHY401_CONFIGS` (default [`CONFIGS`]) choose the configurations.

mod caddy;
mod haproxy;
mod lighttpd;
mod records;
mod traefik;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use why401::conf::{Files, Kind};
use why401::crypt::Work;
use why401::inquiry::{Finding, Means, Request};
use why401::server::{self, UserFile};

use crate::driver::{number, say};
use crate::support::question::File;
use crate::support::urls::{Ask, fits};

/// How many configurations are asked without `WHY401_CONFIGS`.
const CONFIGS: u64 = 25;

/// This machine's files.
struct Disk;

impl Files for Disk {
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        fs::read(path).ok()
    }

    fn list(&self, folder: &Path) -> Vec<OsString> {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        names
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let metadata = fs::metadata(path).ok()?;
        Some(if metadata.is_dir() { Kind::Folder } else { Kind::File })
    }
}

/// One request for one configuration.
#[derive(Clone, Debug)]
struct Asked {
    host: &'static str,
    target: &'static str,
    /// The user, whose password is `secret`; `None` asks without credentials.
    user: Option<&'static str>,
}

impl Asked {
    fn ask(&self) -> Ask {
        let credentials = self.user.map(|user| format!("{user}:secret"));
        Ask { host: self.host.to_owned(), target: self.target.to_owned(), credentials }
    }

    fn head(&self) -> Vec<u8> {
        self.ask().head()
    }

    fn request(&self, port: u16) -> Request {
        self.ask().request(port)
    }
}

/// What `why401 url` makes of a request, where `ask` reads the configuration.
fn found(server: &str, ask: impl FnOnce(&Means<'_>, &mut Work) -> Finding) -> Finding {
    let users = |path: &Path| -> Box<dyn UserFile> { Box::new(fs::read(path).map_or(File::Missing, File::Bytes)) };
    let means = Means { server: server::find(server).unwrap(), files: &Disk, users: &users };
    ask(&means, &mut Work::limited(1.0))
}

/// What was counted.
#[derive(Default)]
struct Count {
    /// Configurations that the server does not take.
    refused: usize,
    verdicts: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Count {
    fn add(&mut self, finding: &Finding, status: Option<u16>, told: impl FnOnce() -> String) {
        *self.verdicts.entry(finding.decision.verdict.name()).or_default() += 1;
        if fits(finding, status) == Some(false) {
            let chain: Vec<_> = finding.chain.iter().map(|link| &link.text).collect();
            let said = (finding.decision.verdict.name(), finding.decision.status);
            self.wrong.push(format!("{}\n  server: {status:?}\n  why401: {said:?} {chain:?}\n", told()));
        }
    }

    fn finish(self, name: &str) {
        say(&format!("{name}: {:?}, {} configurations refused", self.verdicts, self.refused));
        let asked: usize = self.verdicts.values().sum();
        let undecided = self.verdicts.get("undecided").copied().unwrap_or(0);
        assert!(
            self.wrong.is_empty(),
            "{} of {asked} are wrong:\n{}",
            self.wrong.len(),
            self.wrong[..self.wrong.len().min(5)].concat()
        );
        assert!(asked > 0 && undecided * 4 < asked, "{undecided} of {asked} undecided");
    }
}

/// As few of these lines as still show what all of them show; blocks go as a whole where their lines do not.
fn fewer(text: &str, mut shows: impl FnMut(&str) -> bool) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let mut size = lines.len().div_ceil(2);
    while size > 0 {
        let mut start = 0;
        while start < lines.len() {
            let mut smaller = lines.clone();
            smaller.drain(start..(start + size).min(lines.len()));
            if shows(&(smaller.join("\n") + "\n")) {
                lines = smaller;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    lines.join("\n") + "\n"
}

fn chosen(name: &str) -> (u64, u64) {
    let (seed, configs) = (number("WHY401_SEED", 401), number("WHY401_CONFIGS", CONFIGS));
    say(&format!("{name}: WHY401_SEED={seed} WHY401_CONFIGS={configs}"));
    (seed, configs)
}
