//! Which server serves the URL, and where its configuration is: as said, or what this machine shows.

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::cli::args;
use crate::cli::commands::url::readers::{READERS, Reader};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::host::Disk;
use crate::conf::Files;
use crate::server::Server;

/// The server that is asked.
pub(super) struct Found {
    /// How its credentials are checked.
    pub(super) server: &'static dyn Server,
    /// How its configuration is read.
    pub(super) reader: &'static Reader,
    /// Its main file.
    pub(super) config: PathBuf,
}

/// The server and its configuration.
pub(super) fn find(matches: &ArgMatches, disk: &Disk) -> Result<Found, Error> {
    let config = matches.get_one::<PathBuf>("config").cloned();
    if let Some(config) = config.as_deref().filter(|config| disk.kind(config).is_none()) {
        let error = Error::new(Exit::CouldNot, "configuration", "there is no such file");
        return Err(error.at(config.display().to_string()));
    }
    let (server, reader) = if let Some(name) = matches.get_one::<String>("server") {
        named(name)?
    } else {
        let reader = match &config {
            Some(config) => by_content(config, disk)?,
            None => only_one(disk)?,
        };
        (args::server(reader.name)?, reader)
    };
    let config = config.or_else(|| reader.found(disk)).ok_or_else(|| {
        let message = format!("no configuration of {} was found", reader.title);
        Error::new(Exit::CouldNot, "configuration", message).help("name it with --config FILE")
    })?;
    Ok(Found { server, reader, config })
}

fn named(name: &str) -> Result<(&'static dyn Server, &'static Reader), Error> {
    let server = args::server(name)?;
    let reader = Reader::of(name).ok_or_else(|| {
        Error::usage(format!("the configuration of {name} can't be read yet"))
            .help("name the user file and ask `why401 test FILE`")
    })?;
    Ok((server, reader))
}

/// The product whose configuration is in a usual place.
fn only_one(disk: &Disk) -> Result<&'static Reader, Error> {
    let found: Vec<&Reader> = READERS.iter().copied().filter(|reader| reader.found(disk).is_some()).collect();
    match found[..] {
        [one] => Ok(one),
        [] => Err(Error::new(
            Exit::CouldNot,
            "configuration",
            format!("no configuration of {} was found", titles(READERS, " or ")),
        )
        .help("name it with --config FILE, and the server with --server")),
        _ => Err(Error::usage(format!("configurations of {} are here", titles(&found, " and ")))
            .help(format!("say which one serves the URL, such as --server {}", found[0].name))),
    }
}

/// The product that a configuration is for.
fn by_content(config: &Path, disk: &Disk) -> Result<&'static Reader, Error> {
    let bytes = disk.read(config).unwrap_or_default();
    READERS.iter().copied().find(|reader| (reader.is_like)(&bytes)).ok_or_else(|| {
        Error::usage("it does not show which server it is for")
            .at(config.display().to_string())
            .help("name the server with --server")
    })
}

fn titles(readers: &[&Reader], last: &str) -> String {
    let titles: Vec<&str> = readers.iter().map(|reader| reader.title).collect();
    match titles.split_last() {
        Some((end, before)) if !before.is_empty() => format!("{}{last}{end}", before.join(", ")),
        _ => titles.concat(),
    }
}
