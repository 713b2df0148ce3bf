//! The manual pages are what the program generates; the README's and the manual's examples do what they say.
//!
//! `WHY401_BLESS=1 cargo test --test it docs` writes the pages anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use why401::cli::doc;

use crate::support::sandbox::{Sandbox, ran};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn is_generated(path: &str, page: &[u8]) {
    let path = root().join(path);
    if std::env::var_os("WHY401_BLESS").is_some() {
        fs::write(&path, page).unwrap();
    }
    let kept = fs::read(&path).unwrap_or_default();
    assert!(
        kept == page,
        "{} is not what the program generates; `WHY401_BLESS=1 cargo test --test it docs` writes it",
        path.display()
    );
}

#[test]
fn the_manual_is_what_the_program_generates() {
    is_generated("man/why401.1", &doc::manual().unwrap());
    is_generated("man/why401-codes.7", &doc::codes());
}

#[test]
fn the_manual_has_a_section_for_every_command_and_code() {
    let manual = String::from_utf8(doc::manual().unwrap()).unwrap();
    for command in why401::cli::commands::COMMANDS {
        assert!(manual.contains(&format!("\n.SH {}\n", command.name.to_uppercase())), "{}", command.name);
    }
    let codes = String::from_utf8(doc::codes()).unwrap();
    for code in why401::trace::codes::REASONS {
        assert!(codes.contains(&code.name.replace('-', "\\-")), "{}", code.name);
    }
}

/// The blocks between fences of this kind.
fn blocks(text: &str, kind: &str) -> Vec<String> {
    let fence = format!("```{kind}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The commands of a transcript with the output that each is said to have.
fn transcript(block: &str) -> Vec<(String, String)> {
    let mut steps: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push((command.to_owned(), String::new()));
        } else {
            let output = &mut steps.last_mut().expect("a transcript begins with a command").1;
            output.push_str(line);
            output.push('\n');
        }
    }
    steps
}

/// A folder in which transcripts run: the samples, and `why401` on the path.
fn stage() -> (Sandbox, std::ffi::OsString) {
    let stage = Sandbox::new();
    let samples = root().join("tests/samples");
    for entry in fs::read_dir(samples).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), stage.path().join(entry.file_name())).unwrap();
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_why401")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(binary.to_owned()).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    (stage, path.unwrap())
}

fn transcripts_do_what_they_say(document: &str) -> usize {
    let text = fs::read_to_string(root().join(document)).unwrap();
    let mut count = 0;
    for block in blocks(&text, "console") {
        let (stage, path) = stage();
        for (command, expected) in transcript(&block) {
            let mut shell = Command::new("setsid");
            shell.args(["--wait", "sh", "-c", &format!("{{ {command}\n}} 2>&1")]).current_dir(stage.path());
            let got = ran(
                {
                    shell.env("PATH", &path).env("WHY401_SERVER", why401::cli::args::DEFAULT_SERVERS);
                    shell.env_remove("NO_COLOR");
                    shell
                },
                b"",
            );
            assert_eq!(got.out(), expected, "{document}: $ {command}");
            count += 1;
        }
    }
    count
}

#[test]
fn the_readmes_transcripts_do_what_they_say() {
    assert!(transcripts_do_what_they_say("README.md") >= 4);
}

/// The two commands that set everything up are the first block of the README.
fn two_commands() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let block = blocks(&readme, "sh").into_iter().next().unwrap();
    block.lines().map(str::to_owned).collect()
}

#[test]
fn the_readmes_first_command_explains_a_lockout() {
    let mut shell = Command::new("sh");
    shell.args(["-c", &two_commands()[0]]).current_dir(root());
    let got = ran(shell, b"").expect(0);
    assert!(got.out().contains("this blank") && got.out().contains("exit status 1"), "{}", got.out());
}

#[test]
fn the_readmes_second_command_runs_these_tests() {
    let command = &two_commands()[1];
    assert_eq!(command.split_whitespace().next(), Some("cargo"));
    let mut shell = Command::new("sh");
    // Listing, not running: this test is one of them.
    shell.args(["-c", &format!("{command} --test it -- --list")]).current_dir(root());
    let got = ran(shell, b"").expect(0);
    assert!(got.out().contains("docs::the_readmes_second_command_runs_these_tests: test"), "{}", got.out());
}
