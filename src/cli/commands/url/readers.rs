//! The servers whose configuration can be read: a file each, and a row here.

mod apache;
mod caddy;
mod haproxy;
mod lighttpd;
mod nginx;
mod traefik;

use std::path::{Path, PathBuf};

use crate::cli::host::Disk;
use crate::conf::Trouble;
use crate::crypt::Work;
use crate::host::layout::Layout;
use crate::host::walk::View;
use crate::inquiry::{Finding, Means, Request};

/// Reads one product's configuration and asks it about requests.
pub(super) struct Reader {
    /// The product: what its servers' names begin with.
    pub(super) name: &'static str,
    /// The name in sentences.
    pub(super) title: &'static str,
    /// Whether a main file with these bytes is one of this product.
    pub(super) is_like: fn(&[u8]) -> bool,
    /// The configuration; `Err` where the server would not start with it.
    pub(super) read: fn(&Setting<'_>) -> Result<Box<dyn Model>, Trouble>,
}

/// A configuration that was read.
pub(super) trait Model {
    /// What it makes of a request; `Err` where the server would not start with it.
    fn ask(&self, request: &Request, means: &Means<'_>, work: &mut Work) -> Result<Finding, Trouble>;

    /// The user that it says the server runs as.
    fn user(&self) -> Option<Vec<u8>>;

    /// The files that it was read from.
    fn files(&self) -> &[PathBuf];

    /// The logs that it names, each with its format where that is one of its own.
    fn logs(&self) -> Vec<NamedLog>;
}

/// A log that a configuration names.
pub(super) struct NamedLog {
    /// Its path.
    pub(super) path: PathBuf,
    /// What its lines look like, where it is an access log of a format of its own.
    pub(super) format: Option<Vec<u8>>,
}

/// A configuration and how the server is started with it.
pub(super) struct Setting<'a> {
    /// The main file.
    pub(super) config: &'a Path,
    /// The machine's files.
    pub(super) disk: &'a Disk,
    /// The names that the command line defines (`apache2 -D NAME`).
    pub(super) defines: &'a [String],
    /// The folder that the command line names.
    pub(super) folder: Option<&'a Path>,
    /// The server's program, where it is known which one reads the configuration.
    pub(super) program: Option<&'a Path>,
    /// The environment of the running server, entries ended by NUL.
    pub(super) environment: Option<&'a [u8]>,
}

/// The rows. Where no server is named, the first whose `is_like` holds is taken.
pub(super) static READERS: &[&Reader] =
    &[&haproxy::READER, &lighttpd::READER, &caddy::READER, &traefik::READER, &apache::READER, &nginx::READER];

impl Reader {
    /// The reader of a server by its name, such as `nginx/musl`.
    pub(super) fn of(server: &str) -> Option<&'static Self> {
        let product = server.split(['/', '@']).next()?;
        READERS.iter().copied().find(|reader| reader.name == product)
    }

    /// Where the files of this machine show it to be.
    pub(super) fn layout(&self, disk: &Disk) -> Option<&'static Layout> {
        Layout::of(self.name, &View::own(disk))
    }
}

/// Whether a line of `bytes` begins with one of these words, in any case.
fn has_line(bytes: &[u8], words: &[&str]) -> bool {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start).any(|line| {
        words.iter().any(|word| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes())))
    })
}
