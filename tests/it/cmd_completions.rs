//! `why401 completions`: scripts that the shells take.

use std::process::Command;

use why401::cli::commands::COMMANDS;

use crate::support::sandbox::{Sandbox, ran};

#[test]
fn bash_takes_its_script_and_knows_every_command() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(&["completions", "bash"]).expect(0);
    sandbox.write("script", &script.out);
    let mut bash = Command::new("bash");
    let words =
        "source ./script; COMP_WORDS=(why401 ''); COMP_CWORD=1; _why401 why401 '' why401; echo \"${COMPREPLY[@]}\"";
    bash.args(["-c", words]).current_dir(sandbox.path());
    let offered = ran(bash, b"").expect(0);
    for row in COMMANDS {
        assert!(offered.out().split_whitespace().any(|word| word == row.name), "{}: {}", row.name, offered.out());
    }
}

#[test]
fn other_shells_have_scripts_and_unknown_ones_are_refused() {
    let sandbox = Sandbox::new();
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        assert!(sandbox.run(&["completions", shell]).expect(0).out().contains("why401"), "{shell}");
    }
    sandbox.run(&["completions", "tcsh"]).expect(2);
}
