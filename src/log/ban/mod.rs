//! fail2ban: which addresses it would have banned for the lines of a log, and when.
//!
//! Its jails and filters are read as it reads them, its patterns are matched against the lines as it does, and its rule counts the
//! failures; the bans in its database are read. Nothing here asks a running fail2ban. What a filter needs and is not modelled is an error that names it.

pub mod database;
pub mod ini;
pub mod jail;
pub mod matcher;
pub mod rule;

use std::fmt;

/// Why a jail can't be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmodelled(pub String);

impl fmt::Display for Unmodelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a file of the configuration; `None` where it is not there.
pub type Read<'r> = &'r dyn Fn(&std::path::Path) -> Option<Vec<u8>>;
