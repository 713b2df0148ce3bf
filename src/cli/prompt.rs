//! A question on the terminal that is answered unseen.
//!
//! The terminal is read byte for byte into the wiped type, since a password need not be UTF-8. While it is read, the
//! terminal sends no signals: Ctrl-C is seen as a byte, so that the echo is always restored before the end.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{self, LocalModes, OptionalActions, SpecialCodeIndex, Termios};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::secret::Secret;

const INTERRUPT: u8 = 0x03;

/// What was typed.
#[derive(Debug)]
pub enum Answer {
    /// A line, without its end.
    Text(Secret),
    /// The end of the input: Ctrl-D on an empty line.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// Asks on `/dev/tty`, with the question on stderr.
pub fn ask(question: &str) -> Result<Secret, Error> {
    match answer(question)? {
        Answer::Text(secret) => Ok(secret),
        Answer::End => Ok(Secret::with_capacity(0)),
        Answer::Interrupted => Err(Error::new(Exit::Interrupted, "interrupted", "interrupted")),
    }
}

/// The same, with the ways to give no answer told apart.
pub fn answer(question: &str) -> Result<Answer, Error> {
    let terminal = terminal("give it with --password-stdin, --password-fd N or --password-file PATH")?;
    let cannot = |error: io::Error| {
        Error::new(Exit::CouldNot, "terminal", format!("can't read from the terminal: {error}")).at("/dev/tty")
    };
    let answer = {
        // Quiet before the question is seen: what is typed from then on counts, and is not shown.
        let _quiet = Quiet::of(&terminal).map_err(cannot)?;
        let _ = io::stderr().lock().write_all(question.as_bytes());
        read_line(&terminal).map_err(cannot)
    };
    let _ = io::stderr().lock().write_all(b"\n");
    answer
}

/// The terminal; where there is none, an error with this help.
pub fn terminal(help: &str) -> Result<File, Error> {
    let open = OpenOptions::new().read(true).write(true).open("/dev/tty");
    open.map_err(|_| Error::usage("there is no terminal to ask for the password on").help(help))
}

/// Asks for a yes on `/dev/tty`; anything that does not begin with a `y` is a no.
pub fn confirm(question: &str) -> Result<bool, Error> {
    let terminal =
        OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(|_| {
            Error::usage("there is no terminal to ask on").help("give --yes, or look first with --dry-run")
        })?;
    let _ = io::stderr().lock().write_all(question.as_bytes());
    let mut answer = String::new();
    io::BufRead::read_line(&mut io::BufReader::new(&terminal), &mut answer).map_err(|error| {
        Error::new(Exit::CouldNot, "terminal", format!("can't read from the terminal: {error}")).at("/dev/tty")
    })?;
    Ok(answer.trim_start().starts_with(['y', 'Y']))
}

fn read_line(mut terminal: &File) -> io::Result<Answer> {
    let mut secret = Secret::with_capacity(4096);
    let mut chunk = zeroize::Zeroizing::new([0_u8; 512]);
    loop {
        let length = match terminal.read(&mut chunk[..]) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if chunk[..length].contains(&INTERRUPT) {
            return Ok(Answer::Interrupted);
        }
        match chunk[..length].strip_suffix(b"\n") {
            Some(last) => secret.extend(last),
            None => secret.extend(&chunk[..length]),
        }
        if length == 0 && secret.expose().is_empty() {
            return Ok(Answer::End);
        }
        if length == 0 || chunk[..length].ends_with(b"\n") {
            return Ok(Answer::Text(secret));
        }
    }
}

/// The terminal without echo and signals; as it was when dropped.
struct Quiet<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn of(terminal: &'a File) -> io::Result<Self> {
        let before = termios::tcgetattr(terminal.as_fd())?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        quiet.local_modes.insert(LocalModes::ICANON);
        // An end of line of its own, so that Ctrl-C needs no Enter after it.
        quiet.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        termios::tcsetattr(terminal.as_fd(), OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.terminal.as_fd(), OptionalActions::Flush, &self.before);
    }
}
