//! Whether the nginx that reads the configuration has a directive at all: its name is a text in the program or in a module.

use std::path::{Path, PathBuf};

use crate::conf::Files;
use crate::conf::nginx::path;
use crate::conf::nginx::refusal::table;
use crate::conf::nginx::tree::Tree;

/// The program and the modules that the configuration loads.
pub struct Program {
    /// The bytes of each; `None` where one of them is not at hand.
    parts: Option<Vec<Vec<u8>>>,
    /// The file names of the loaded modules.
    modules: Vec<Vec<u8>>,
    /// Whether it is of the version that the tables are about.
    is_of_table: bool,
}

/// Whether there is a directive of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Has {
    /// There is, or it can't be excluded with the program at hand.
    Maybe,
    /// There is none.
    No,
    /// The program is not at hand, and neither it nor its known modules bring one.
    Unknown,
}

/// Where the modules of distributions are, seen from the program's folder or not.
const MODULES: &[&str] = &["/usr/share/nginx", "/usr/lib/nginx", "/usr/lib64/nginx", "/etc/nginx", "/usr/local/nginx"];

impl Program {
    /// The program at this path, with the modules that `tree` loads.
    #[must_use]
    pub fn of(program: Option<&Path>, tree: &Tree, files: &dyn Files) -> Self {
        let mut parts = program.and_then(|path| files.read(path)).map(|bytes| vec![bytes]);
        let mut modules = Vec::new();
        for load in tree.main.all("load_module") {
            let name = path(load.arg(0));
            modules.extend(name.file_name().map(|name| std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec()));
            let places = std::iter::once(PathBuf::new()).chain(MODULES.iter().map(PathBuf::from));
            let bytes = places.map(|folder| folder.join(name)).find_map(|path| files.read(&path));
            parts = parts.zip(bytes).map(|(mut parts, bytes)| {
                parts.push(bytes);
                parts
            });
        }
        let is_version = |parts: &Vec<Vec<u8>>| memchr::memmem::find(&parts[0], b"nginx/1.22.1\0").is_some();
        let is_of_table = parts.as_ref().is_some_and(is_version);
        Self { parts, modules, is_of_table }
    }

    /// Whether it is of the version that the tables are about.
    #[must_use]
    pub const fn is_of_table(&self) -> bool {
        self.is_of_table
    }

    /// Whether there is a directive of this name.
    #[must_use]
    pub fn has(&self, name: &[u8]) -> Has {
        let loaded = |module: &str| module.is_empty() || self.modules.iter().any(|one| one == module.as_bytes());
        let in_table = table::known(name).is_some_and(|known| loaded(known.module));
        if self.is_of_table() && self.modules.iter().all(|module| table::is_module(module)) {
            return if in_table { Has::Maybe } else { Has::No };
        }
        if let Some(parts) = &self.parts {
            let text = [name, b"\0"].concat();
            let found = parts.iter().any(|part| memchr::memmem::find(part, &text).is_some());
            return if found { Has::Maybe } else { Has::No };
        }
        if in_table { Has::Maybe } else { Has::Unknown }
    }
}
