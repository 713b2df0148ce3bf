//! The command line: finds the command, builds its parser alone, runs it, and turns what comes back into an exit status.

pub mod access;
pub mod args;
pub mod codes;
pub mod commands;
pub mod credential;
pub mod doc;
pub mod effects;
pub mod error;
pub mod exit;
pub mod file;
pub mod hashing;
pub mod held;
pub mod here;
pub mod host;
pub mod identity;
pub mod io;
pub mod logs;
pub mod near;
pub mod pace;
pub mod parallel;
pub mod password;
pub mod place;
pub mod prompt;
pub mod random;
pub mod saving;
pub mod source;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;
use rustix::process::{Resource, Rlimit};

use crate::cli::commands::{COMMANDS, Row};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::secret;

/// Runs the process's own command line.
#[must_use]
pub fn main() -> ExitCode {
    no_core_dumps();
    let words: Vec<OsString> = std::env::args_os().collect();
    let exit = match commands::htpasswd::called(&words) {
        Some((name, rest)) => commands::htpasswd::run(name, rest, &mut Io::new(false)).into(),
        None => run(&words).into(),
    };
    secret::wipe_stack();
    exit
}

/// Keeps passwords out of core dumps. Where that can't be had the command does its work all the same.
fn no_core_dumps() {
    let _ = rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // A core that is piped to a program knows no limit; this holds for that too, and shuts debuggers of other users out.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// Runs a command line, the program's name first.
fn run(words: &[OsString]) -> Exit {
    let json = words.iter().any(|word| word == "--json");
    let mut io = Io::new(json);
    let result = dispatch(words, &mut io).and_then(|exit| io.finish().map(|()| exit));
    result.unwrap_or_else(|error| report(&error, &mut io))
}

fn dispatch(words: &[OsString], io: &mut Io) -> Result<Exit, Error> {
    // Only the parser of the command that is called is built: start-up is most of what a single check costs.
    let row = words.get(1).and_then(|word| COMMANDS.iter().find(|row| word == row.name));
    match row {
        Some(row) => {
            let mut rest = words[1..].to_vec();
            rest[0] = OsString::from(format!("why401 {}", row.name));
            match parser(row).try_get_matches_from(rest) {
                Ok(matches) => (row.run)(&matches, io),
                Err(error) => clap_error(&error, io),
            }
        }
        None => match all().try_get_matches_from(words) {
            Ok(_) => Err(Error::usage("no command").help("`why401 --help` lists the commands")),
            Err(error) => clap_error(&error, io),
        },
    }
}

/// The parser of one command, as called.
fn parser(row: &Row) -> clap::Command {
    let command = clap::Command::new(row.name)
        .bin_name(format!("why401 {}", row.name))
        .about(row.about)
        .after_help(row.after)
        .arg(args::json());
    (row.args)(command)
}

/// The parser of everything, for help, completions and manual.
#[must_use]
pub fn all() -> clap::Command {
    let exits: Vec<String> = exit::EXITS.iter().map(|(exit, text)| format!("  {:>3}  {text}", *exit as u8)).collect();
    clap::Command::new("why401")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Manage .htpasswd files and tell why a login fails")
        .long_about(
            "Manage .htpasswd files and tell why a login fails: the decision the web server itself would make, offline and byte \
             for byte, with the log line, the byte that decided and what to do.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .after_help(format!("Exit status:\n{}", exits.join("\n")))
        .subcommands(COMMANDS.iter().map(parser))
}

/// Help and version go to stdout; everything else that clap says is a usage error.
fn clap_error(error: &clap::Error, io: &mut Io) -> Result<Exit, Error> {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            io.out().write_all(text.as_bytes())?;
            Ok(Exit::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            io.say(&text);
            Ok(Exit::Usage)
        }
        _ => {
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
            let message = message.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let advice: Vec<&str> = rest.lines().map(|line| line.trim().trim_start_matches("tip: ")).collect();
            let advice: Vec<&str> = advice
                .into_iter()
                .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
                .collect();
            Err(Error::usage(message).help(advice.join("\n")))
        }
    }
}

/// Says an error where it belongs; a closed pipe is a quiet end.
fn report(error: &Error, io: &mut Io) -> Exit {
    if error.message.is_empty() {
        return error.exit;
    }
    if io.json {
        if io.document(&error.json()).and_then(|()| io.finish()).is_err() {
            return error.exit;
        }
    } else {
        let _ = io.finish();
        io.say(&error.human());
    }
    error.exit
}
