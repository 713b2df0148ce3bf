//! Where the password comes from: the command line, stdin, or a question as getpass(3) asks it.
//!
//! getpass asks on the terminal or, where there is none, on stderr with the answer from stdin; it turns signals off, so that
//! Ctrl-C is a byte of the password. What is read is a C string.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use rustix::termios::{self, LocalModes, OptionalActions};

use super::words::{Mode, Source, Words};
use super::{BUFFER, Outcome, Stop, status};
use crate::bytes::c_string;
use crate::cli::io::Io;
use crate::secret::Secret;

/// The password, read when it is first needed.
pub(super) struct Password<'a> {
    words: &'a Words,
    read: Option<Secret>,
}

impl<'a> Password<'a> {
    pub(super) fn new(words: &'a Words) -> Self {
        Self { words, read: None }
    }

    /// The password's bytes.
    pub(super) fn get(&mut self, io: &Io) -> Outcome<&[u8]> {
        if let Source::Given(password) = &self.words.source {
            return Ok(password.expose());
        }
        if self.read.is_none() {
            self.read = Some(self.ask(io)?);
        }
        Ok(self.read.as_ref().map_or(b"", Secret::expose))
    }

    fn ask(&self, io: &Io) -> Outcome<Secret> {
        if matches!(self.words.source, Source::Stdin) {
            return from_stdin();
        }
        if self.words.mode == Mode::Verify {
            return getpass("Enter password: ", io);
        }
        let first = getpass("New password: ", io)?;
        let second = getpass("Re-type new password: ", io)?;
        if first.expose() == second.expose() {
            Ok(first)
        } else {
            Err(Stop::named(status::MISMATCH, "password verification error"))
        }
    }
}

fn too_long() -> Stop {
    Stop::named(status::TOO_LONG, format!("password too long (>{BUFFER})"))
}

/// All of stdin without its line end.
fn from_stdin() -> Outcome<Secret> {
    let unreadable = |_| Stop::named(status::GENERAL, "Unable to read from stdin.");
    let stdin = File::from(io::stdin().as_fd().try_clone_to_owned().map_err(unreadable)?);
    let mut secret = Secret::with_capacity(BUFFER);
    read_until(&stdin, &mut secret, |secret| secret.len() == BUFFER).map_err(unreadable)?;
    if secret.expose().len() == BUFFER {
        return Err(too_long());
    }
    let text = secret.expose();
    let text = text.strip_suffix(b"\n").map_or(text, |line| line.strip_suffix(b"\r").unwrap_or(line));
    let length = c_string(text).len();
    secret.truncate(length);
    Ok(secret)
}

/// Reads single bytes up to the end, or up to where `enough` says so: nothing that follows is taken, and no buffer but the
/// secret's own holds the bytes.
fn read_until(mut from: &File, secret: &mut Secret, enough: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut byte = zeroize::Zeroizing::new([0_u8]);
    while !enough(secret.expose()) {
        match from.read(&mut byte[..]) {
            Ok(0) => break,
            Ok(_) => secret.extend(&byte[..]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Asks for a password as getpass(3) does; one that does not fit the buffer of APR is too long.
fn getpass(question: &str, io: &Io) -> Outcome<Secret> {
    let mut secret = Secret::with_capacity(4096);
    // An error ends the line, as it does in C.
    match OpenOptions::new().read(true).write(true).open("/dev/tty") {
        Ok(terminal) => {
            let _ = ask_at(&terminal, &mut &terminal, question, &mut secret);
        }
        Err(_) => {
            if let Ok(stdin) = io::stdin().as_fd().try_clone_to_owned() {
                let _ = ask_at(&File::from(stdin), &mut Stderr(io), question, &mut secret);
            }
        }
    }
    let text = secret.expose().strip_suffix(b"\n").unwrap_or(secret.expose());
    let length = c_string(text).len();
    if length > BUFFER {
        return Err(too_long());
    }
    secret.truncate(length);
    Ok(secret)
}

fn ask_at(from: &File, to: &mut dyn Write, question: &str, secret: &mut Secret) -> io::Result<()> {
    let before = termios::tcgetattr(from.as_fd()).ok().filter(|before| {
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
        termios::tcsetattr(from.as_fd(), OptionalActions::Flush, &quiet).is_ok()
    });
    to.write_all(question.as_bytes())?;
    let read = read_until(from, secret, |secret| secret.ends_with(b"\n"));
    if let Some(before) = before {
        let _ = to.write_all(b"\n");
        termios::tcsetattr(from.as_fd(), OptionalActions::Flush, &before)?;
    }
    read
}

/// Stderr, through the one door to it.
struct Stderr<'a>(&'a Io);

impl Write for Stderr<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.say_bytes(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
