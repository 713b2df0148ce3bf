//! This machine, or a copied tree in place of it, as configurations are read from it.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::conf::{Files, Kind};
use crate::host::walk::View;
use crate::host::{self, Attribute, Host, Node, Unseen};

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

    /// The folder that stands for `/`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path of the tree is on this machine, links followed within the tree.
    #[must_use]
    pub fn real(&self, path: &Path) -> PathBuf {
        if self.root == Path::new("/") || !path.is_absolute() {
            return path.to_path_buf();
        }
        let view = View { host: self, root: PathBuf::from("/"), protects_links: false };
        self.as_it_stands(&view.resolved(path).unwrap_or_else(|| path.to_path_buf()))
    }

    /// Whether two paths lead to one file.
    #[must_use]
    pub fn same(&self, one: &Path, other: &Path) -> bool {
        let number = |path: &Path| fs::metadata(self.real(path)).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        number(one).is_some_and(|one| number(other) == Some(one))
    }

    /// The same with no link followed.
    fn as_it_stands(&self, path: &Path) -> PathBuf {
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
        fs::symlink_metadata(self.as_it_stands(path)).is_ok_and(|metadata| metadata.is_symlink())
    }

    fn is_missing(&self, path: &Path) -> bool {
        fs::metadata(self.real(path)).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
    }
}

impl Host for Disk {
    fn node(&self, path: &Path) -> Result<Node, Unseen> {
        use rustix::io::Errno;
        let metadata = fs::symlink_metadata(self.as_it_stands(path)).map_err(|error| {
            match error.raw_os_error().map(Errno::from_raw_os_error) {
                Some(Errno::NOENT) => Unseen::Missing,
                Some(Errno::NOTDIR) => Unseen::NotAFolder,
                Some(Errno::LOOP | Errno::NAMETOOLONG) => Unseen::Impossible,
                _ => Unseen::NotAllowed,
            }
        })?;
        let kind = metadata.file_type();
        Ok(Node {
            kind: if kind.is_file() {
                host::Kind::File
            } else if kind.is_dir() {
                host::Kind::Folder
            } else if kind.is_symlink() {
                host::Kind::Link
            } else {
                host::Kind::Other
            },
            mode: metadata.mode() & 0o7777,
            uid: metadata.uid(),
            gid: metadata.gid(),
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: metadata.mtime().saturating_mul(1000).saturating_add(metadata.mtime_nsec() / 1_000_000),
        })
    }

    fn target(&self, path: &Path) -> Option<PathBuf> {
        fs::read_link(self.as_it_stands(path)).ok()
    }

    fn attribute(&self, path: &Path, name: &str) -> Attribute {
        // Longer than any list or label of use here.
        let mut value = [0; 8192];
        match rustix::fs::lgetxattr(self.as_it_stands(path), name, &mut value[..]) {
            Ok(length) => Attribute::Value(value[..length].to_vec()),
            Err(rustix::io::Errno::OPNOTSUPP) => Attribute::Unsupported,
            Err(_) => Attribute::None,
        }
    }

    fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        // Those below /proc have no size; whatever is not small is cut.
        let mut bytes = Vec::new();
        fs::File::open(self.as_it_stands(path)).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn names(&self, folder: &Path) -> Vec<OsString> {
        self.list(folder)
    }

    fn now(&self) -> Option<i64> {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok().filter(|_| self.root == Path::new("/"))
    }
}
