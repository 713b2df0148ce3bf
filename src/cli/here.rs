//! The servers that run on this host, for commands that ask those where none is named, and what they have not read yet.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::cli::host::Disk;
use crate::host::Host;
use crate::host::process::{self, Process};
use crate::server::{self, Server};

/// A server that runs here.
pub struct Here {
    /// Its row, with the C library that it has loaded.
    pub server: &'static dyn Server,
    /// Its first process.
    pid: u32,
}

/// Those that run here, as pid files show.
#[must_use]
pub fn servers() -> Vec<Here> {
    let disk = Disk::below(PathBuf::from("/"));
    let of = |(product, pid): (&'static str, u32)| {
        let row = process::with_library(&disk, product, pid);
        Some(Here { server: server::find(&row).or_else(|| server::find(product))?, pid })
    };
    process::products(&disk).into_iter().filter_map(of).collect()
}

impl Here {
    /// What is to be said where the file at `path` changed after a server started that reads it then and not again.
    #[must_use]
    pub fn stale(&self, path: &OsStr) -> Option<String> {
        const ONCE: &[&str] = &["at the start only", "with the configuration"];
        let info = self.server.info();
        if !ONCE.contains(&info.reload) {
            return None;
        }
        let disk = Disk::below(PathBuf::from("/"));
        let started = Process::read(&disk, self.pid)?.start(&disk)?;
        let changed = disk.node(Path::new(path)).ok()?.modified;
        (changed > started)
            .then(|| format!("whether {} has read FILE since it changed; it does so {}", info.name, info.reload))
    }
}
