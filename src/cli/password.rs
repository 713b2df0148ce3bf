//! Where passwords come from: the terminal, stdin, a file descriptor or a file. Never argv, never the environment.
//!
//! All are read without a buffer of anybody else's into the wiped type. Exactly one LF or CRLF at the end is left off.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::prompt;
use crate::secret::Secret;

/// Longest password in bytes; far beyond what any server takes.
const LONGEST: usize = 1 << 20;

/// Where the password of a command comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A prompt on the terminal.
    Prompt,
    /// Standard input.
    Stdin,
    /// An open file descriptor.
    Descriptor(u32),
    /// A file.
    File(PathBuf),
}

/// Adds the options that name a password's source.
#[must_use]
pub fn args(command: Command) -> Command {
    command
        .arg(
            Arg::new("password-stdin")
                .long("password-stdin")
                .action(clap::ArgAction::SetTrue)
                .conflicts_with_all(["password-fd", "password-file"])
                .help("Read the password from standard input"),
        )
        .arg(
            Arg::new("password-fd")
                .long("password-fd")
                .value_name("N")
                .value_parser(value_parser!(u32))
                .conflicts_with("password-file")
                .help("Read the password from the open file descriptor N"),
        )
        .arg(
            Arg::new("password-file")
                .long("password-file")
                .value_name("PATH")
                .value_parser(value_parser!(PathBuf))
                .help("Read the password from a file"),
        )
}

impl Source {
    /// The source that the options name; a prompt where they name none.
    #[must_use]
    pub fn of(matches: &ArgMatches) -> Self {
        if matches.get_flag("password-stdin") {
            Self::Stdin
        } else if let Some(number) = matches.get_one::<u32>("password-fd") {
            if *number == 0 { Self::Stdin } else { Self::Descriptor(*number) }
        } else if let Some(path) = matches.get_one::<PathBuf>("password-file") {
            if path == Path::new("-") { Self::Stdin } else { Self::File(path.clone()) }
        } else {
            Self::Prompt
        }
    }

    /// Reads the password; `prompt` is what a terminal shows.
    pub fn read(&self, prompt: &str) -> Result<Secret, Error> {
        match self {
            Self::Prompt => prompt::ask(prompt),
            Self::Stdin => read_all(io::stdin().as_fd(), "standard input"),
            Self::Descriptor(number) => {
                let path = format!("/dev/fd/{number}");
                let file = File::open(&path).map_err(|error| {
                    Error::usage(format!("can't read file descriptor {number}: {error}"))
                        .help("open it for reading in the shell, as in: why401 … --password-fd 3 3<secret.txt")
                })?;
                read_all(file.as_fd(), &path)
            }
            Self::File(path) => {
                let name = path.display().to_string();
                let file = File::open(path).map_err(|error| {
                    Error::new(Exit::CouldNot, "password-file", format!("can't read the password file: {error}"))
                        .at(&name)
                })?;
                read_all(file.as_fd(), &name)
            }
        }
    }

    /// Reads a password that is to be stored: typed twice at a terminal, without line breaks anywhere.
    pub fn read_new(&self, user: &str) -> Result<Secret, Error> {
        let password = self.read(&format!("New password for {user}: "))?;
        if *self == Self::Prompt {
            let again = self.read("Again: ")?;
            if again.expose() != password.expose() {
                return Err(Error::usage("the two passwords differ").help("nothing was changed; try again"));
            }
        }
        if password.expose().iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
            return Err(Error::usage("the password holds a line break or a NUL, which no client can send reliably")
                .help("give one line; only the line end after it is left off"));
        }
        Ok(password)
    }
}

/// Everything up to the end of `from`, less one LF or CRLF.
fn read_all(from: BorrowedFd<'_>, name: &str) -> Result<Secret, Error> {
    let cannot = |error: io::Error| {
        Error::new(Exit::CouldNot, "password-source", format!("can't read the password: {error}")).at(name)
    };
    let mut file = File::from(from.try_clone_to_owned().map_err(cannot)?);
    let mut secret = Secret::with_capacity(4096);
    let mut chunk = zeroize::Zeroizing::new([0_u8; 1024]);
    loop {
        match file.read(&mut chunk[..]) {
            Ok(0) => break,
            Ok(length) => secret.extend(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(cannot(error)),
        }
        if secret.expose().len() > LONGEST {
            return Err(Error::usage("the password is longer than a mebibyte").at(name));
        }
    }
    let text = secret.expose();
    let text = text.strip_suffix(b"\n").map_or(text, |line| line.strip_suffix(b"\r").unwrap_or(line));
    let length = text.len();
    secret.truncate(length);
    Ok(secret)
}
