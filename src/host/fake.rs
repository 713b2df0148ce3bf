//! A machine made of entries, for tests.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::host::{Attribute, Host, Kind, Node, Unseen};

/// What stands at each path.
#[derive(Default)]
pub(crate) struct Fake {
    nodes: BTreeMap<PathBuf, (Node, Vec<u8>)>,
    attributes: BTreeMap<(PathBuf, String), Vec<u8>>,
}

impl Fake {
    /// Adds a file with the folders above it, those with mode 0755 and root's.
    pub(crate) fn file(mut self, path: &str, mode: u32, (uid, gid): (u32, u32), bytes: &[u8]) -> Self {
        self.folders(path);
        self.put(path, Kind::File, mode, (uid, gid), bytes);
        self
    }

    /// Adds a folder.
    pub(crate) fn folder(mut self, path: &str, mode: u32, owner: (u32, u32)) -> Self {
        self.folders(path);
        self.put(path, Kind::Folder, mode, owner, b"");
        self
    }

    /// Adds a link.
    pub(crate) fn link(mut self, path: &str, target: &str, owner: (u32, u32)) -> Self {
        self.folders(path);
        self.put(path, Kind::Link, 0o777, owner, target.as_bytes());
        self
    }

    /// Gives an attribute.
    pub(crate) fn with(mut self, path: &str, name: &str, value: &[u8]) -> Self {
        self.attributes.insert((PathBuf::from(path), name.to_owned()), value.to_vec());
        self
    }

    fn folders(&mut self, path: &str) {
        let above: Vec<PathBuf> = Path::new(path).ancestors().skip(1).map(Path::to_path_buf).collect();
        for folder in above {
            if !self.nodes.contains_key(&folder) {
                self.put(&folder.display().to_string(), Kind::Folder, 0o755, (0, 0), b"");
            }
        }
    }

    fn put(&mut self, path: &str, kind: Kind, mode: u32, (uid, gid): (u32, u32), bytes: &[u8]) {
        let inode = 100 + self.nodes.len() as u64;
        let node = Node { kind, mode, uid, gid, device: 1, inode, modified: 1000 };
        self.nodes.insert(PathBuf::from(path), (node, bytes.to_vec()));
    }
}

impl Host for Fake {
    fn node(&self, path: &Path) -> Result<Node, Unseen> {
        self.nodes.get(path).map(|(node, _)| *node).ok_or(Unseen::Missing)
    }

    fn target(&self, path: &Path) -> Option<PathBuf> {
        let (node, bytes) = self.nodes.get(path)?;
        (node.kind == Kind::Link).then(|| PathBuf::from(String::from_utf8_lossy(bytes).into_owned()))
    }

    fn attribute(&self, path: &Path, name: &str) -> Attribute {
        let value = self.attributes.get(&(path.to_path_buf(), name.to_owned()));
        value.map_or(Attribute::None, |value| Attribute::Value(value.clone()))
    }

    fn contents(&self, path: &Path) -> Option<Vec<u8>> {
        let (node, bytes) = self.nodes.get(path)?;
        (node.kind == Kind::File).then(|| bytes.clone())
    }

    fn names(&self, folder: &Path) -> Vec<OsString> {
        let inside = self.nodes.keys().filter(|path| path.parent() == Some(folder));
        inside.filter_map(|path| path.file_name().map(OsString::from)).collect()
    }

    fn now(&self) -> Option<i64> {
        None
    }
}
