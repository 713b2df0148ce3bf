//! The credential of a request: USER and a password, header bytes, a whole request head, or none.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::basic::{head, pasted};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::password;
use crate::cli::source;
use crate::render::text::printable;
use crate::secret::Secret;

/// Longest request head that is read.
const LONGEST_HEAD: usize = 1 << 20;

/// Adds the options that say what is sent; the argument `user` is the command's own.
#[must_use]
pub fn args(command: Command) -> Command {
    password::args(command)
        .arg(
            Arg::new("authorization")
                .long("authorization")
                .value_name("VALUE")
                .action(ArgAction::Append)
                .value_parser(value_parser!(OsString))
                .allow_hyphen_values(true)
                .help("Replay what follows `Authorization: ` on the wire; `-` reads stdin; repeat for several lines"),
        )
        .arg(
            Arg::new("request")
                .long("request")
                .value_name("FILE")
                .value_parser(value_parser!(OsString))
                .help("Replay a request head: raw, from `curl -v`, or a browser's \"copy as cURL\"; `-` reads stdin"),
        )
        .arg(Arg::new("anonymous").long("anonymous").action(ArgAction::SetTrue).help("Send no credentials"))
        .group(clap::ArgGroup::new("credential").args(["user", "authorization", "request", "anonymous"]).required(true))
}

/// What is sent, whose login it is for people, and what was assumed.
pub struct Presented {
    /// The request head.
    pub head: Secret,
    /// The user, where one is named.
    pub user: Option<Vec<u8>>,
    /// What was assumed, each a clause for "not checked".
    pub notes: Vec<String>,
}

/// What the options say is sent; asks for the password where one is needed.
pub fn head_of(matches: &ArgMatches) -> Result<Presented, Error> {
    if let Some(user) = matches.get_one::<OsString>("user") {
        let password = password::Source::of(matches).read(&format!("Password for {}: ", printable(user.as_bytes())))?;
        let head = head::with_user_pass(user.as_bytes(), &password);
        return Ok(Presented { head, user: Some(user.as_bytes().to_vec()), notes: Vec::new() });
    }
    if let Some(values) = matches.get_many::<OsString>("authorization") {
        let values = values.map(|value| header_value(value)).collect::<Result<Vec<_>, _>>()?;
        let values: Vec<&[u8]> = values.iter().map(Secret::expose).collect();
        let head = Secret::from(head::with_authorization(&values));
        return Ok(Presented { head, user: None, notes: Vec::new() });
    }
    if let Some(source) = matches.get_one::<OsString>("request") {
        let text = read_text(source)?;
        let pasted = pasted::head(text.expose()).map_err(|message| {
            Error::usage(message).help("give a raw request head, the output of `curl -v`, or a `curl …` command line")
        })?;
        let notes = pasted.assumed.iter().map(|assumed| (*assumed).to_owned()).collect();
        return Ok(Presented { head: Secret::from(pasted.head), user: None, notes });
    }
    Ok(Presented { head: Secret::from(head::with_authorization(&[])), user: None, notes: Vec::new() })
}

/// The value of `--authorization`; `-` stands for stdin.
fn header_value(value: &OsStr) -> Result<Secret, Error> {
    if value != "-" {
        return Ok(Secret::from(value.as_bytes()));
    }
    let mut text = read_text(value)?;
    let line = text.expose();
    let line = line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    let length = line.len();
    text.truncate(length);
    Ok(text)
}

fn read_text(from: &OsStr) -> Result<Secret, Error> {
    source::up_to(from, LONGEST_HEAD).map_err(|error| {
        Error::new(Exit::CouldNot, "request-file", format!("can't read the request: {error}"))
            .at(printable(from.as_bytes()))
    })
}

/// At most one thing may read stdin, and a password needs a user.
pub fn check(matches: &ArgMatches) -> Result<(), Error> {
    let source = password::Source::of(matches);
    let mut readers = usize::from(source == password::Source::Stdin);
    let values = matches.get_many::<OsString>("authorization");
    readers += values.map_or(0, |values| values.filter(|value| *value == "-").count());
    readers += usize::from(matches.get_one::<OsString>("request").is_some_and(|source| source == "-"));
    if readers > 1 {
        return Err(
            Error::usage("more than one thing is to be read from standard input").help("name a file for all but one")
        );
    }
    if source != password::Source::Prompt && !matches.contains_id("user") {
        return Err(Error::usage("a password without USER").help("name the user after FILE"));
    }
    Ok(())
}
