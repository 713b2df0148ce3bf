//! `why401 completions`: completion scripts for shells.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use crate::cli;
use crate::cli::commands::Row;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;

pub(super) const ROW: Row = Row {
    name: "completions",
    about: "Print a completion script for a shell",
    after: "For bash: why401 completions bash > /etc/bash_completion.d/why401",
    args,
    run,
};

fn args(command: Command) -> Command {
    command
        .arg(Arg::new("shell").value_name("SHELL").required(true).value_parser(value_parser!(Shell)).help("The shell"))
}

fn run(matches: &ArgMatches, io: &mut Io) -> Result<Exit, Error> {
    let shell = matches.get_one::<Shell>("shell").copied().unwrap_or(Shell::Bash);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::all(), "why401", &mut script);
    io.out().write_all(&script)?;
    Ok(Exit::Done)
}
