//! Server configuration: read into located pieces, and asked what applies to a request.
//!
//! Files are read through [`Files`], so that a copied tree or a container's root can stand in for this machine. Nothing here
//! decides about credentials. What is not modelled is returned as [`Unmodelled`], never guessed.

pub mod apache;
pub mod caddy;
pub mod haproxy;
pub mod lighttpd;
pub mod nginx;
pub mod traefik;

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// Where a piece of configuration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: Rc<PathBuf>,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in bytes.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// The files of the machine that the configuration belongs to.
pub trait Files {
    /// A file's bytes; `None` where it can't be read.
    fn read(&self, path: &Path) -> Option<Vec<u8>>;

    /// The names in a folder, sorted by bytes; empty where it can't be listed.
    fn list(&self, folder: &Path) -> Vec<std::ffi::OsString>;

    /// What stands at a path, links followed; `None` where nothing does.
    fn kind(&self, path: &Path) -> Option<Kind>;

    /// Whether the last component of a path is a symbolic link; `false` where links are not known.
    fn is_link(&self, path: &Path) -> bool {
        let _ = path;
        false
    }

    /// Whether nothing stands at a path, for certain: what this program may not see is not missing.
    fn is_missing(&self, path: &Path) -> bool {
        let _ = path;
        false
    }
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// Anything else.
    Other,
}

/// What is wrong with a configuration: the server would not start with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Where.
    pub place: Place,
    /// What, in the server's words where they are known.
    pub message: String,
}

/// Something that a decision depends on and that is not modelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmodelled {
    /// Where it stands; `None` where it is not in the configuration.
    pub place: Option<Place>,
    /// What it is.
    pub what: String,
}
