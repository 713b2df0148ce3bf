//! Files of others that are read whole: `-` is standard input. What is read may hold passwords and is wiped.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::path::Path;

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::container::Unreadable;
use crate::secret::Secret;

/// Longest text in bytes.
const LONGEST: usize = 1 << 28;

/// All of a source.
pub fn read(source: &OsStr) -> Result<Secret, Error> {
    let cannot = |error: io::Error| Error::unreadable("source", "can't read it", &error).at(name(source));
    let text = up_to(source, LONGEST + 1).map_err(cannot)?;
    if text.expose().len() > LONGEST {
        return Err(Error::usage("it is longer than 256 MiB").at(name(source)));
    }
    Ok(text)
}

/// The first bytes of a source, as many as there are up to `most`, through no buffer that is not wiped.
pub fn up_to(source: &OsStr, most: usize) -> io::Result<Secret> {
    let mut file =
        if source == "-" { File::from(io::stdin().as_fd().try_clone_to_owned()?) } else { File::open(source)? };
    let length = file.metadata().map_or(0, |file| usize::try_from(file.len()).unwrap_or(usize::MAX));
    let mut text = Secret::with_capacity(most.min(length.saturating_add(1).max(64 * 1024)));
    let mut chunk = zeroize::Zeroizing::new([0_u8; 16 * 1024]);
    loop {
        let room = chunk.len().min(most - text.expose().len());
        match file.read(&mut chunk[..room]) {
            Ok(0) => return Ok(text),
            Ok(length) => text.extend(&chunk[..length]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The source for people.
#[must_use]
pub fn name(source: &OsStr) -> String {
    if source == "-" { "standard input".to_owned() } else { Path::new(source).display().to_string() }
}

/// The error for a text that is not what it should be.
#[must_use]
pub fn unreadable(error: &Unreadable, name: &str) -> Error {
    let place = error.line.map_or_else(|| name.to_owned(), |line| format!("{name}:{line}"));
    Error::new(Exit::CouldNot, "unreadable", error.what.clone()).at(place)
}

/// Refuses where more than one of the sources is standard input.
pub fn one_reader_of_stdin<'a>(sources: impl Iterator<Item = &'a OsString>) -> Result<(), Error> {
    if sources.filter(|source| *source == "-").count() > 1 {
        return Err(
            Error::usage("more than one thing is to be read from standard input").help("name a file for all but one")
        );
    }
    Ok(())
}
