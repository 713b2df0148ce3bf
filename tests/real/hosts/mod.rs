//! A Debian host with one thing wrong: `why401 url` must name that first, and say what the real server answers.
//!
//! Each host is a mount, network and process namespace (`host.sh`) with Debian's own configuration of apache2 or nginx, in which
//! `intranet.example` is served on port 80. What was said stands in `docs/cookbook.md`; `WHY401_BLESS=1` writes it.

mod apache;
mod nginx;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::driver::{find, skip, version};
use crate::support::sandbox::{Ran, ran};

/// One thing that is wrong.
struct Fault {
    /// A heading.
    name: &'static str,
    /// What people see of it.
    seen: &'static str,
    /// Shell commands that make it, before the server starts.
    plant: &'static str,
    /// Shell commands after the server has started.
    later: &'static str,
    /// The path asked for.
    path: &'static str,
    /// Who asks; nobody where this is empty.
    user: &'static str,
    /// What the first cause that is named must say.
    named: &'static str,
}

/// A server on its host.
struct Kind {
    name: &'static str,
    title: &'static str,
    programs: &'static [&'static str],
    config: &'static str,
    baseline: &'static str,
    start: &'static str,
    faults: &'static [Fault],
}

const USERS: &[u8] = include_bytes!("../../samples/lockout.htpasswd");

/// Password and `Authorization` value of the users that ask.
fn credentials(user: &str) -> (&'static str, &'static str) {
    match user {
        "alice" => ("correct horse", "YWxpY2U6Y29ycmVjdCBob3JzZQ=="),
        "carol" => ("secret", "Y2Fyb2w6c2VjcmV0"),
        _ => ("", ""),
    }
}

/// What a host showed.
struct Shown {
    command: String,
    text: String,
    json: Value,
    status: u64,
}

const MARK: &str = "\n=====\n";

fn show(kind: &Kind, fault: &Fault) -> Shown {
    let (password, token) = credentials(fault.user);
    let url = format!("http://intranet.example{}", fault.path);
    let command = match fault.user {
        "" => format!("why401 url {url} --anonymous"),
        user => format!("echo '{password}' | why401 url {url} {user} --password-stdin"),
    };
    let script = format!(
        "{}\n{}\n{}\n{}\nstarted\n{}\n{command}\nprintf '{mark}'\n{command} --json --probe\nprintf '{mark}'\nstatus {} {token}\n",
        include_str!("host.sh"),
        kind.baseline,
        fault.plant,
        kind.start,
        fault.later,
        fault.path,
        mark = MARK.replace('\n', "\\n"),
    );
    let mut shell = Command::new("unshare");
    let binary = Path::new(env!("CARGO_BIN_EXE_why401")).parent().unwrap();
    shell
        .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", &script, "bash"])
        .arg(binary);
    let Ran { out, err, .. } = ran(shell, USERS);
    let out = String::from_utf8(out).unwrap();
    let parts: Vec<&str> = out.split(MARK).collect();
    assert_eq!(parts.len(), 3, "{}: {out}\n{}", fault.name, String::from_utf8_lossy(&err));
    let json = serde_json::from_str(parts[1]).unwrap_or_else(|error| panic!("{}: {error}: {out}", fault.name));
    let status = parts[2].trim().parse().unwrap_or_else(|error| panic!("{}: {error}: {out}", fault.name));
    Shown { command, text: parts[0].to_owned(), json, status }
}

/// The paragraphs that name a cause: not the table of verdicts, nor the sentence that says it in words.
fn causes(text: &str) -> Vec<&str> {
    let is_table =
        |part: &str| part.lines().count() == 1 && part.split_whitespace().nth(1).is_some_and(|word| word.len() == 3);
    text.split("\n\n").filter(|part| !is_table(part)).collect()
}

fn named_first(kind: &Kind, fault: &Fault, shown: &Shown) {
    let causes = causes(&shown.text);
    let verdict = |part: &&&str| part.contains(" would ") && !part.contains(fault.named);
    let first = causes.iter().find(|part| !verdict(part)).unwrap_or(&"");
    assert!(first.contains(fault.named), "{} {}: not `{}` but\n{}", kind.name, fault.name, fault.named, shown.text);
    let decision = &shown.json["decisions"][0];
    let agrees = decision["status"] == shown.status;
    let stale =
        decision["stale"].as_array().is_some_and(|stale| stale.iter().any(|one| one["code"] == "edited-since-reload"));
    assert_eq!(agrees, !stale, "{} {}: the server says {}\n{}", kind.name, fault.name, shown.status, shown.text);
    assert_eq!(decision["probe"]["status"], shown.status, "{} {}: {decision}", kind.name, fault.name);
    assert_eq!(decision["probe"]["agrees"], !stale, "{} {}: {decision}", kind.name, fault.name);
}

/// Without what differs from run to run.
fn steady(text: &str) -> String {
    let lines = text.lines().map(|line| {
        if [" ago, ", "(or kill -", "/proc/"].iter().any(|part| line.contains(part)) {
            line.chars().filter(|char| !char.is_ascii_digit()).collect()
        } else {
            line.to_owned()
        }
    });
    lines.collect::<Vec<String>>().join("\n")
}

fn every_fault_is_named_first(kind: &Kind) {
    let missing = kind.programs.iter().chain(&["unshare", "bash", "ip", "setfacl"]).find(|name| find(&[name]).is_err());
    if let Some(missing) = missing {
        return skip(kind.name, &format!("{missing} is not installed"));
    }
    if !rustix::process::geteuid().is_root() {
        return skip(kind.name, "needs root");
    }
    if !Path::new(kind.config).exists() {
        return skip(kind.name, &format!("no {}: this is not Debian's layout", kind.config));
    }
    let trial =
        Command::new("unshare").args(["--mount", "--net", "--pid", "--fork", "true"]).stderr(Stdio::null()).status();
    if !trial.is_ok_and(|status| status.success()) {
        return skip(kind.name, "no namespaces here");
    }
    let mut page = String::new();
    for fault in kind.faults {
        let shown = show(kind, fault);
        named_first(kind, fault, &shown);
        let _ =
            write!(page, "\n### {}\n\n{}\n\n```text\n$ {}\n{}```\n", fault.name, fault.seen, shown.command, shown.text);
    }
    println!("{}: {} faults, each named first, each answer the server's", kind.name, kind.faults.len());
    keep(kind, &page);
}

/// Writes or compares one server's part of the page.
fn keep(kind: &Kind, part: &str) {
    static PAGE: Mutex<()> = Mutex::new(());
    let _alone = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/cookbook.md");
    let number = version(&find(kind.programs).unwrap(), "-v");
    let heading = format!("## {} {number}\n", kind.title);
    let (begin, end) = (format!("<!-- {} -->\n", kind.name), format!("<!-- end of {} -->\n", kind.name));
    let whole = format!("{begin}{heading}{part}{end}");
    let page = fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(&begin).unwrap();
    let (old, after) = rest.split_once(&end).unwrap();
    if std::env::var_os("WHY401_BLESS").is_some() {
        fs::write(&path, format!("{before}{whole}{after}")).unwrap();
    } else if old.starts_with(&heading) {
        assert_eq!(steady(&format!("{begin}{old}{end}")), steady(&whole), "WHY401_BLESS=1 writes docs/cookbook.md");
    } else {
        println!("the page was made with another version than {number}: not compared");
    }
}

#[test]
fn on_a_debian_host_with_apache_every_fault_is_named_first() {
    every_fault_is_named_first(&apache::KIND);
}

#[test]
fn on_a_debian_host_with_nginx_every_fault_is_named_first() {
    every_fault_is_named_first(&nginx::KIND);
}
