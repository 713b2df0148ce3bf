//! The words of the command line, as apr_getopt(3) and the program after it read them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::{BUFFER, Outcome, Stop, status};
use crate::cli::io::Io;
use crate::crypt::setting;
use crate::secret::Secret;

/// The usage, as Apache's program prints it.
pub(super) const USAGE: &[u8] = include_bytes!("usage.txt");

/// The options; those that are followed by `:` take a value.
const OPTIONS: &[u8] = b"cnmspdBbDi25C:r:v";

/// Longest path, with the NUL at its end.
const PATH_BUFFER: usize = 4096;

/// How the password is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Apr1,
    Sha1,
    Descrypt,
    Plain,
    Bcrypt,
    Sha256,
    Sha512,
}

impl Algorithm {
    /// The algorithm of an option.
    pub(super) const fn of(letter: u8) -> Option<Self> {
        Some(match letter {
            b'm' => Self::Apr1,
            b's' => Self::Sha1,
            b'd' => Self::Descrypt,
            b'p' => Self::Plain,
            b'B' => Self::Bcrypt,
            b'2' => Self::Sha256,
            b'5' => Self::Sha512,
            _ => return None,
        })
    }

    /// The scheme's name; none where the password is stored as it is.
    pub(super) const fn scheme(self) -> Option<&'static str> {
        Some(match self {
            Self::Apr1 => "apr1",
            Self::Sha1 => "sha1",
            Self::Descrypt => "descrypt",
            Self::Bcrypt => "bcrypt",
            Self::Sha256 => "sha256crypt",
            Self::Sha512 => "sha512crypt",
            Self::Plain => return None,
        })
    }
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Update,
    Create,
    Print,
    Delete,
    Verify,
}

/// Where the password comes from.
#[derive(Debug)]
pub(super) enum Source {
    Prompt,
    Stdin,
    Given(Secret),
}

/// The command line, understood.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) mode: Mode,
    pub(super) algorithm: Algorithm,
    /// What `-C` or `-r` says, cut to 32 bits; 0 where neither is there.
    pub(super) cost: i32,
    pub(super) source: Source,
    /// Empty with `-n`.
    pub(super) file: OsString,
    pub(super) user: OsString,
}

/// An option with its value, the end of the options, or what is wrong.
enum Next {
    Option(u8, Vec<u8>),
    End,
    Bad(Vec<u8>),
}

/// The reader of options. `place` is what is left of the word at `at`.
struct Options<'a> {
    words: &'a [OsString],
    at: usize,
    place: &'a [u8],
}

impl<'a> Options<'a> {
    fn next(&mut self) -> Next {
        if self.place.is_empty() {
            let word = self.words.get(self.at).map_or(&b""[..], |word| word.as_bytes());
            match word {
                // A word that begins with two hyphens ends the options, whatever follows.
                [b'-', b'-', ..] => {
                    self.at += 1;
                    return Next::End;
                }
                [b'-', rest @ ..] if !rest.is_empty() => self.place = rest,
                _ => return Next::End,
            }
        }
        let letter = self.place[0];
        let rest: &'a [u8] = &self.place[1..];
        self.place = rest;
        let known = OPTIONS.iter().position(|&option| option == letter && option != b':');
        match known {
            // The word stays where it is, and is read again as the first of those that are no options.
            None if letter == b'-' => Next::End,
            None => Next::Bad([b"illegal option -- ", &[letter][..]].concat()),
            Some(at) if OPTIONS.get(at + 1) == Some(&b':') => {
                self.place = &[];
                self.at += 1;
                if !rest.is_empty() {
                    return Next::Option(letter, rest.to_vec());
                }
                let Some(value) = self.words.get(self.at) else {
                    return Next::Bad([b"option requires an argument -- ", &[letter][..]].concat());
                };
                self.at += 1;
                Next::Option(letter, value.as_bytes().to_vec())
            }
            Some(_) => {
                if rest.is_empty() {
                    self.at += 1;
                }
                Next::Option(letter, Vec::new())
            }
        }
    }
}

/// Reads the words after the program's name.
pub(super) fn read(words: &[OsString], io: &Io) -> Outcome<Words> {
    let mut options = Options { words, at: 0, place: &[] };
    let mut modes: Vec<Mode> = Vec::new();
    let mut algorithm = Algorithm::Apr1;
    let mut cost = 0;
    let (mut given, mut stdin) = (false, false);
    loop {
        let (letter, value) = match options.next() {
            Next::End => break,
            Next::Bad(message) => return Err(Stop::Usage(message)),
            Next::Option(letter, value) => (letter, value),
        };
        match letter {
            b'c' => modes.push(Mode::Create),
            b'n' => modes.push(Mode::Print),
            b'D' => modes.push(Mode::Delete),
            b'v' => modes.push(Mode::Verify),
            // The last of the two holds.
            b'b' => (given, stdin) = (true, false),
            b'i' => (given, stdin) = (false, true),
            b'C' | b'r' => cost = number(&value)?,
            other => {
                if other == b'p' {
                    io.say("Warning: storing passwords as plain text might just not work on this platform.\n");
                }
                algorithm = Algorithm::of(other).unwrap_or(algorithm);
            }
        }
    }
    let mode = modes.first().copied().unwrap_or(Mode::Update);
    if modes.iter().any(|other| *other != mode) {
        return Err(Stop::named(status::USAGE, "only one of -c -n -v -D may be specified"));
    }
    let rest = &words[options.at.min(words.len())..];
    // Each -n counts for one word less; what is left without a user crashes Apache's program.
    let prints = modes.iter().filter(|mode| **mode == Mode::Print).count();
    let expected = (2 + usize::from(given)).checked_sub(prints);
    if expected != Some(rest.len()) || prints > 1 {
        return Err(Stop::Usage(Vec::new()));
    }
    let (file, rest) = if mode == Mode::Print { (OsStr::new(""), rest) } else { (rest[0].as_os_str(), &rest[1..]) };
    let too_long = |what: String| Err(Stop::named(status::TOO_LONG, what));
    if file.len() >= PATH_BUFFER {
        return too_long("filename too long".to_owned());
    }
    let user = rest[0].as_os_str();
    if user.len() >= BUFFER {
        return too_long(format!("username too long (> {})", BUFFER - 1));
    }
    if user.as_bytes().contains(&b':') {
        return Err(Stop::named(status::USER, "username contains illegal character ':'"));
    }
    if user.as_bytes().iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        return Err(Stop::named(status::USER, "username contains a line break"));
    }
    let source = match rest.get(1) {
        Some(password) if password.len() >= BUFFER => return too_long(format!("password too long (> {BUFFER})")),
        Some(password) => Source::Given(Secret::from(password.as_bytes())),
        None if stdin => Source::Stdin,
        None => Source::Prompt,
    };
    Ok(Words { mode, algorithm, cost, source, file: file.to_owned(), user: user.to_owned() })
}

/// A cost as strtol(3) reads it, cut to 32 bits.
fn number(text: &[u8]) -> Outcome<i32> {
    let number = setting::strtoul(text);
    let negative = text.trim_ascii_start().first() == Some(&b'-');
    let value = if number.overflow { i64::MAX } else { i64::try_from(number.value).unwrap_or(i64::MAX) };
    if number.length == 0 || number.length != text.len() || negative || value == 0 {
        return Err(Stop::named(status::USAGE, "argument to -C/-r must be a positive integer"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "Apache's program cuts it to an int too")]
    Ok(value as i32)
}
