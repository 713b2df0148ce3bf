//! What this machine shows: who a server runs as, and whether that identity can reach and read a file.
//!
//! Everything is asked of a [`Host`], which the command line implements and tests replace: nothing here touches the disk, and nothing
//! here decides about credentials. The rules are the kernel's (Linux 6.18 `fs/namei.c`, `fs/posix_acl.c`), held against threads that
//! took the identity (`tests/save/access.rs`).

pub mod acl;
pub mod block;
pub mod identity;
pub mod layout;
pub mod people;
pub mod permission;
pub mod process;
pub mod unit;
pub mod version;
pub mod walk;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The machine, or a copied tree in its place.
pub trait Host {
    /// What stands at a path; a link at its end is not followed.
    fn node(&self, path: &Path) -> Result<Node, Unseen>;

    /// Where a symbolic link points.
    fn target(&self, path: &Path) -> Option<PathBuf>;

    /// The value of an extended attribute; a link at the path's end is not followed.
    fn attribute(&self, path: &Path, name: &str) -> Attribute;

    /// The bytes of a small file, such as those below `/proc`; `None` where it can't be read.
    fn contents(&self, path: &Path) -> Option<Vec<u8>>;

    /// The names in a folder, in any order; empty where it can't be listed.
    fn names(&self, folder: &Path) -> Vec<OsString>;

    /// The time, in milliseconds since 1970; `None` for a copied tree.
    fn now(&self) -> Option<i64>;
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its kind.
    pub kind: Kind,
    /// Permission bits, with set-id and sticky.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The owning group.
    pub gid: u32,
    /// The device that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// When its content last changed, in milliseconds since 1970.
    pub modified: i64,
}

/// The kind of what stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A FIFO, socket or device.
    Other,
}

/// Why nothing is seen at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// Nothing stands there.
    Missing,
    /// A component on the way is no folder.
    NotAFolder,
    /// Too long, or too many links.
    Impossible,
    /// This caller may not look.
    NotAllowed,
}

/// An extended attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// Its value.
    Value(Vec<u8>),
    /// It is not set, or can't be read.
    None,
    /// The file system has none of this name.
    Unsupported,
}

/// A path of the server's view below the folder through which this host sees it.
fn below(root: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(rest) if root != Path::new("/") => root.join(rest),
        _ => path.to_path_buf(),
    }
}

#[cfg(test)]
pub(crate) mod fake;
