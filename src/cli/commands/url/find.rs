//! Which server serves the URL, and where its configuration is: as said, or what this machine shows.

use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::cli::args;
use crate::cli::commands::url::readers::{READERS, Reader};
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::host::Disk;
use crate::conf::{Files, Kind};
use crate::host::process::{self, Running, Started, with_library};
use crate::server::Server;

/// The server that is asked.
pub(super) struct Found {
    /// How its credentials are checked.
    pub(super) server: &'static dyn Server,
    /// How its configuration is read.
    pub(super) reader: &'static Reader,
    /// Its main file.
    pub(super) config: PathBuf,
    /// Its processes, if it runs here.
    pub(super) running: Option<Running>,
    /// How those were started.
    pub(super) started: Started,
    /// Where its `/` is.
    pub(super) root: PathBuf,
    /// Who it runs as where nothing says, as this system has it.
    pub(super) usual_user: Option<&'static str>,
}

impl Found {
    /// The server's program: that of its process, or the one installed where the configuration is the one it reads.
    pub(super) fn program(&self, disk: &Disk) -> Option<PathBuf> {
        if let Some(running) = &self.running {
            return std::fs::read_link(format!("/proc/{}/exe", running.master.pid)).ok();
        }
        let layout = self.reader.layout(disk).filter(|layout| Path::new(layout.main) == self.config)?;
        let folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin"];
        let names = folders.iter().map(|folder| Path::new(folder).join(layout.product));
        names.into_iter().find(|path| disk.kind(path) == Some(Kind::File))
    }
}

/// The server and its configuration.
pub(super) fn find(matches: &ArgMatches, disk: &Disk, port: u16) -> Result<Found, Error> {
    let config = matches.get_one::<PathBuf>("config").cloned();
    if let Some(config) = config.as_deref().filter(|config| disk.kind(config).is_none()) {
        let error = Error::new(Exit::CouldNot, "configuration", "there is no such file").help("check the path");
        return Err(error.at(config.display().to_string()));
    }
    let name = matches.get_one::<String>("server");
    let chosen = name.map(|name| named(name)).transpose()?;
    let known = chosen.map(|(_, reader)| reader);
    if let Some(found) = running(disk, config.as_deref(), known, port) {
        let row = with_library(disk, found.reader.name, found.running.as_ref().map_or(0, |one| one.master.pid));
        let server = chosen.map_or_else(|| args::server(&row), |(server, _)| Ok(server))?;
        return Ok(Found { server, ..found });
    }
    let (server, reader) = if let Some(chosen) = chosen {
        chosen
    } else {
        let reader = match &config {
            Some(config) => by_content(config, disk)?,
            None => only_one(disk)?,
        };
        (args::server(reader.name)?, reader)
    };
    let layout = reader.layout(disk);
    let usual_user = layout.filter(|layout| config.as_deref().is_none_or(|config| config == Path::new(layout.main)));
    let config = config.or_else(|| layout.map(|layout| PathBuf::from(layout.main))).ok_or_else(|| {
        let message = format!("no configuration of {} was found", reader.title);
        Error::new(Exit::CouldNot, "configuration", message).help("name it with --config FILE")
    })?;
    Ok(Found {
        server,
        reader,
        config,
        running: None,
        started: Started::default(),
        root: disk.root().to_path_buf(),
        usual_user: usual_user.map(|layout| layout.user),
    })
}

/// The server that runs here with this configuration, of this product, on this port, as far as those are said.
fn running(disk: &Disk, config: Option<&Path>, known: Option<&'static Reader>, port: u16) -> Option<Found> {
    if disk.root() != Path::new("/") {
        return None;
    }
    let same = |one: &Path, other: &Path| one == other || disk.same(one, other);
    let mut found: Vec<Found> = Vec::new();
    for one in process::all(disk) {
        let Some(reader) = Reader::of(one.product) else { continue };
        if known.is_some_and(|known| known.name != reader.name) {
            continue;
        }
        let (root, started) = (one.root(disk), one.started(disk));
        let inside = Disk::below(root.clone());
        let layout = reader.layout(&inside);
        let named = started.config.as_ref().map(|name| match &started.folder {
            Some(folder) => folder.join(name),
            None => layout
                .map_or(Path::new("/"), |layout| Path::new(layout.main).parent().unwrap_or(Path::new("/")))
                .join(name),
        });
        let Some(own) = named.or_else(|| layout.map(|layout| PathBuf::from(layout.main))) else { continue };
        if config.is_some_and(|config| !same(config, &process::seen(&root, &own))) {
            continue;
        }
        let server = args::server(reader.name).ok()?;
        let usual_user = layout.map(|layout| layout.user);
        let config = config.map_or(own, Path::to_path_buf);
        found.push(Found { server, reader, config, running: Some(one), started, root, usual_user });
    }
    if found.len() > 1 || config.is_none() {
        let on_port = |found: &Found| found.running.as_ref().is_some_and(|one| one.listens_on(disk, port));
        let at = found.iter().position(on_port);
        return match at {
            Some(at) => Some(found.swap_remove(at)),
            // Not known, or another caller's sockets can't be seen.
            None if found.len() == 1 => found.pop(),
            None => None,
        };
    }
    found.pop()
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
    let found: Vec<&Reader> = READERS.iter().copied().filter(|reader| reader.layout(disk).is_some()).collect();
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
