//! Whether a server's user can read a file, as commands say it: the first component that blocks, why, and the repair.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::cli::host::Disk;
use crate::cli::identity::Identity;
use crate::host::Kind;
use crate::host::people::People;
use crate::host::walk::{Reach, View};
use crate::render::access::Barrier;

/// What keeps this identity from the file at `path`; `None` where nothing is found to.
#[must_use]
pub fn barrier(path: &OsStr, identity: &Identity) -> Option<Barrier> {
    let disk = Disk::below(PathBuf::from("/"));
    let view = View::own(&disk);
    let people = People::of(&disk, Path::new("/"));
    let who = &identity.who;
    let block = match view.reach(&absolute(path), who) {
        Reach::Blocked(block) => block,
        Reach::Readable { path, node } if node.kind == Kind::File && is_refused(&path, identity) => {
            view.refused(&path, node)
        }
        Reach::Readable { .. } | Reach::Unknown(_) => return None,
    };
    Some(Barrier::of(&block, who, &people))
}

/// Whether the system itself says no to this identity.
fn is_refused(path: &Path, identity: &Identity) -> bool {
    let path = path.to_path_buf();
    identity.run(move || File::open(path)).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied)
}

fn absolute(path: &OsStr) -> PathBuf {
    // Not `canonicalize`: the way there is what matters.
    std::env::current_dir().map_or_else(|_| PathBuf::from(path), |folder| folder.join(path))
}
