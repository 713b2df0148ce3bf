//! The commands: one file each, and a row here.

mod completions;
mod explain;
mod export;
pub(super) mod htpasswd;
mod import;
mod lint;
mod list;
mod lock;
mod log;
mod migrate;
mod remove;
mod rename;
mod schemes;
mod servers;
mod set;
mod test;
mod unlock;
mod url;
mod verify;

use clap::{ArgMatches, Command};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;

/// A command.
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// One line for the list of commands.
    pub about: &'static str,
    /// Text after the options in its help.
    pub after: &'static str,
    /// Adds its arguments.
    pub args: fn(Command) -> Command,
    /// Does it.
    pub run: fn(&ArgMatches, &mut Io) -> Result<Exit, Error>,
}

/// The commands, in the order of the documentation.
pub static COMMANDS: &[Row] = &[
    test::ROW,
    url::ROW,
    verify::ROW,
    set::ROW,
    remove::ROW,
    rename::ROW,
    lock::ROW,
    unlock::ROW,
    list::ROW,
    lint::ROW,
    log::ROW,
    migrate::ROW,
    import::ROW,
    export::ROW,
    explain::ROW,
    servers::ROW,
    schemes::ROW,
    completions::ROW,
    htpasswd::ROW,
];
