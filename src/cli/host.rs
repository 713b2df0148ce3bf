//! This machine, or a copied tree in place of it, as configurations are read from it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::conf::{Files, Kind};

/// Largest configuration file that is read.
const LARGEST: u64 = 16 << 20;

/// Files below a root.
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The tree below `root`; `/` for this machine.
    #[must_use]
    pub fn below(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a path of the tree is on this machine.
    #[must_use]
    pub fn real(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("/") {
            Ok(rest) if self.root != Path::new("/") => self.root.join(rest),
            _ => path.to_path_buf(),
        }
    }
}

impl Files for Disk {
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let real = self.real(path);
        let metadata = fs::metadata(&real).ok()?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return None;
        }
        fs::read(real).ok()
    }

    fn list(&self, folder: &Path) -> Vec<OsString> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let Ok(entries) = fs::read_dir(self.real(folder)) else { return Vec::new() };
        let mut names: Vec<OsString> = entries.filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        names.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
        names
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        let metadata = fs::metadata(self.real(path)).ok()?;
        Some(if metadata.is_file() {
            Kind::File
        } else if metadata.is_dir() {
            Kind::Folder
        } else {
            Kind::Other
        })
    }
    fn is_link(&self, path: &Path) -> bool {
        fs::symlink_metadata(self.real(path)).is_ok_and(|metadata| metadata.is_symlink())
    }
}
