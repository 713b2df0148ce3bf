//! What people see: the output of `test` for forty cases, coloured and plain, beside their bytes in `tests/snapshots/`.
//!
//! `WHY401_BLESS=1` writes them anew; read what changed as one would who has a user on the phone.

use std::path::PathBuf;

use why401::hint::Sent;

use crate::support::case::{self, Case};
use crate::support::question::File;
use crate::support::sandbox::Sandbox;
use crate::support::terminal::Terminal;
use crate::support::tests;

/// The cases whose output is kept: of each sort of cause some, and each server's own ways to refuse.
const SHOWN: &[&str] = &[
    "hints/another-password/found",
    "hints/backup-entry/found",
    "hints/base64-entry/found",
    "hints/base64-wrapped/found",
    "hints/bcrypt-72/found",
    "hints/bcrypt-prefix/found",
    "hints/blank-in-user/zero_width",
    "hints/byte-order-mark/found",
    "hints/caps-lock/found",
    "hints/commented-out/found",
    "hints/continued-line/found",
    "hints/dollar-doubled/found",
    "hints/dollar-expanded/found",
    "hints/duplicate-user/found",
    "hints/duplicate-user/traefik",
    "hints/file-empty/found",
    "hints/file-truncated/found",
    "hints/glued-lines/found",
    "hints/header-no-colon/found",
    "hints/header-quoted/found",
    "hints/htdigest-line/found",
    "hints/keyboard-layout/found",
    "hints/latin1-sent/found",
    "hints/leading-blank/found",
    "hints/line-too-long/found",
    "hints/locked-entry/found",
    "hints/newline-stored/found",
    "hints/no-header/found",
    "hints/nul-byte/found",
    "hints/other-entry/found",
    "hints/other-scheme/found",
    "hints/password-in-clear/found",
    "hints/proxy-authorization/found",
    "hints/quoted-entry/yaml",
    "hints/scheme-unknown-here/envoy_other",
    "hints/scheme-unknown-here/found",
    "hints/scheme-unknown-here/registry",
    "hints/shell-expanded/found",
    "hints/silent/all_well",
    "hints/stale-credentials/found",
    "hints/third-field/found",
    "hints/third-field/traefik",
    "hints/trailing-space/found",
    "hints/typing-slip/found",
    "hints/user-case/found",
    "hints/user-domain/found",
    "hints/user-missing/found",
    "hints/utf16-file/found",
];

/// What a case printed.
struct Shown {
    name: &'static str,
    text: String,
}

fn cases() -> Vec<(&'static str, Case)> {
    let mut all = case::all();
    let take = |name: &&'static str| {
        let at = all.iter().position(|case| case.name == *name).unwrap_or_else(|| panic!("no case {name}"));
        (*name, all.swap_remove(at))
    };
    SHOWN.iter().map(take).collect()
}

/// A folder with the case's file and request, and the words that ask about them.
fn sandbox(case: &Case) -> (Sandbox, Vec<String>) {
    let File::Bytes(bytes) = &case.question.file else { panic!("{}: no bytes", case.name) };
    let sandbox = Sandbox::with(".htpasswd", bytes);
    let mut words: Vec<String> = ["test", ".htpasswd"].map(str::to_owned).to_vec();
    if let (Some(user), Some(sent)) = (&case.user, Sent::of(&case.question.head)) {
        sandbox.write("password", sent.password.expose());
        let user = String::from_utf8(user.clone()).expect("a user in UTF-8");
        words.extend([user, "--password-file".to_owned(), "password".to_owned()]);
    } else {
        sandbox.write("request", &case.question.head);
        words.extend(["--request".to_owned(), "request".to_owned()]);
    }
    words.extend(["--server".to_owned(), case.servers.join(","), "--budget".to_owned(), "60".to_owned()]);
    if let Some(backup) = &case.expected.backup {
        sandbox.write(".htpasswd.bak", backup);
        words.push("--compare-backups".to_owned());
    }
    let options = [("--try-harder", case.expected.harder), ("--compare-users", case.expected.users)];
    words.extend(options.iter().filter(|(_, is_wanted)| *is_wanted).map(|(word, _)| (*word).to_owned()));
    (sandbox, words)
}

/// What `print` makes of each case, a few at a time.
fn all(print: impl Fn(&Case) -> String + Sync) -> Vec<Shown> {
    let cases = cases();
    let print = &print;
    std::thread::scope(|scope| {
        let size = cases.len().div_ceil(4);
        let parts = cases.chunks(size).map(|part| {
            scope.spawn(move || part.iter().map(|(name, case)| Shown { name, text: print(case) }).collect::<Vec<_>>())
        });
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

fn plain(case: &Case) -> String {
    let (sandbox, words) = sandbox(case);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ran = sandbox.run(&words);
    assert_eq!(ran.err(), "", "{}", case.name);
    ran.out().to_owned()
}

fn path(name: &str, ending: &str) -> PathBuf {
    let name = name.trim_start_matches("hints/").trim_end_matches("/found").replace('/', "-");
    tests("snapshots").join(format!("{name}.{ending}"))
}

/// Holds the texts against the files, or writes these.
fn hold(shown: &[Shown], ending: &str) {
    let is_blessing = std::env::var_os("WHY401_BLESS").is_some_and(|value| value == "1");
    let mut wrong = Vec::new();
    for Shown { name, text } in shown {
        let path = path(name, ending);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if kept == *text {
            continue;
        }
        if is_blessing {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
        } else {
            wrong.push(format!("{}\n{text}\n", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} differ; WHY401_BLESS=1 writes them anew:\n{}", wrong.len(), wrong.concat());
}

#[test]
fn plain_output_is_what_was_read_and_found_good() {
    assert!(SHOWN.len() >= 40);
    hold(&all(plain), "txt");
}

#[test]
fn coloured_output_is_the_same_with_colours() {
    let coloured = all(|case| {
        let (sandbox, words) = sandbox(case);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (_, text) = Terminal::start(sandbox.path(), &words).end();
        // The progress of a search is erased when it ends.
        text.rsplit("\r\x1b[K").next().map_or_else(String::new, |last| {
            let first = text.split("\rnear misses").next().unwrap_or_default();
            if first.len() < text.len() { format!("{first}{last}") } else { text.clone() }
        })
    });
    hold(&coloured, "ansi");
    for Shown { name, text } in &coloured {
        let kept = std::fs::read_to_string(path(name, "txt")).unwrap();
        assert_eq!(without_colours(text), kept, "{name}");
        assert!(text.contains("\x1b[31m") || text.contains("\x1b[32m"), "{name}");
    }
}

fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = behind.split_once('m').expect("an escape sequence for colours").1;
    }
    plain + rest
}

#[test]
fn no_snapshot_shows_a_password_a_candidate_or_a_hash() {
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let kept = std::fs::read(path(name, "txt")).unwrap();
        let mut secrets: Vec<Vec<u8>> = hashes(case.question.file.bytes());
        secrets.extend(Sent::of(&case.question.head).map(|sent| sent.password.expose().to_vec()));
        // What the hashes of the cases are of.
        secrets.extend([&b"secret"[..], b"Secret1", b"longpass", b"zaubery"].map(<[u8]>::to_vec));
        for secret in secrets.iter().filter(|secret| secret.len() > 3) {
            if memchr::memmem::find(&kept, secret).is_some() {
                wrong.push(format!("{name}: {}\n", secret.escape_ascii()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// What in a file may be a salt or a digest: runs of their letters, of eight and more.
fn hashes(file: &[u8]) -> Vec<Vec<u8>> {
    let is_of_hash = |byte: &u8| byte.is_ascii_alphanumeric() || b"./+=".contains(byte);
    let runs = file.split(|byte| !is_of_hash(byte));
    runs.filter(|run| run.len() >= 8 && run.iter().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase()))
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn the_verdict_stands_first_and_what_was_not_checked_last() {
    for (name, case) in cases() {
        let kept = std::fs::read_to_string(path(name, "txt")).unwrap();
        let first = kept.lines().next().unwrap();
        assert!(first.starts_with(case.servers[0].as_str()), "{name}: {first}");
        assert!(kept.lines().last().unwrap().starts_with("not checked: "), "{name}");
        let places = ["would ", "hint["].map(|word| kept.find(word));
        assert!(places.is_sorted() || name.contains("all_well"), "{name}: {places:?}");
        if let Some(hint) = &case.expected.hint {
            assert!(kept.contains(&format!("hint[{hint}]: ")), "{name}");
        }
    }
}
