//! What keeps an identity from a file, in words, and the smallest repair. One file per kind of block that has more to say than a word.
//!
//! A repair gives the right to as few as it can: an entry for the one user, before a bit for all. Nothing here advises `chmod 777`, nor a
//! file that everybody reads.

mod denied;
mod module;

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::bytes::for_shell;
use crate::host::Node;
use crate::host::identity::Identity;
use crate::host::people::People;
use crate::host::permission::{Denial, Need};

/// The first component of a path that an identity does not get past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The component, as the server sees it.
    pub at: PathBuf,
    /// What stands there, where something does.
    pub node: Option<Node>,
    /// What blocks.
    pub cause: Cause,
    /// The links that were followed to it: where each stands and where it points.
    pub links: Vec<(PathBuf, PathBuf)>,
    /// Whether the file system has access control lists.
    pub has_lists: bool,
}

/// What blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nothing stands there.
    Missing,
    /// Something is taken for a folder and is none.
    NotAFolder,
    /// More than 40 links.
    Loop,
    /// A name over 255 bytes or a path over 4095.
    TooLong,
    /// Permission bits or an access control list.
    Denied(Denial),
    /// Somebody else's link in a folder where everybody may write.
    ProtectedLink {
        /// The folder.
        folder: Node,
    },
    /// Bits and lists allow it, and the system refuses.
    Module {
        /// The value of `security.selinux` there, if it has one.
        label: Option<String>,
    },
}

impl Block {
    /// A stable name of the kind, in kebab-case.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match &self.cause {
            Cause::Missing => "missing",
            Cause::NotAFolder => "not-a-folder",
            Cause::Loop => "link-loop",
            Cause::TooLong => "name-too-long",
            Cause::Denied(Denial { masked: true, .. }) => "acl-mask",
            Cause::Denied(Denial { need: Need::Search, .. }) => "folder-closed",
            Cause::Denied(Denial { need: Need::Read, .. }) => "not-readable",
            Cause::ProtectedLink { .. } => "protected-link",
            Cause::Module { .. } => "security-module",
        }
    }

    /// One sentence without full stop, that begins with the component.
    #[must_use]
    pub fn sentence(&self, who: &Identity, people: &People) -> String {
        let at = shown(&self.at);
        match &self.cause {
            Cause::Missing => match self.links.last() {
                Some((link, target)) => {
                    format!("{at} does not exist; the link {} points to {}", shown(link), shown(target))
                }
                None => format!("{at} does not exist"),
            },
            Cause::NotAFolder => format!("{at} is not a folder"),
            Cause::Loop => format!("{at} is the 41st link on the way: they go in a circle"),
            Cause::TooLong => format!("{at}: the name is too long"),
            Cause::Denied(denial) => denied::sentence(&at, self.node.as_ref(), denial, who, people),
            Cause::Module { label } => module::sentence(&at, label.as_deref(), who),
            Cause::ProtectedLink { folder } => {
                let owner = self.node.map_or_else(String::new, |node| people.user_name(node.uid));
                format!(
                    "{at} is a link of {owner} in a folder of {} where everybody may write; the system lets nobody else follow it \
                     (fs.protected_symlinks)",
                    people.user_name(folder.uid)
                )
            }
        }
    }

    /// The smallest command that takes this block away, then other ways to do it; empty where none is known.
    #[must_use]
    pub fn repairs(&self, who: &Identity, people: &People) -> Vec<String> {
        let at = for_shell(self.at.as_os_str().as_bytes());
        match (&self.cause, &self.node) {
            (Cause::Denied(denial), Some(node)) => denied::repairs(&at, node, denial, self.has_lists, who, people),
            (Cause::ProtectedLink { folder }, _) => {
                vec![format!("chown -h {} {at}", for_shell(people.user_name(folder.uid).as_bytes()))]
            }
            (Cause::Module { label: Some(_) }, _) => vec![format!("restorecon -v {at}")],
            _ => Vec::new(),
        }
    }
}

/// A path for people: control characters are escaped.
fn shown(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => bytes.escape_ascii().to_string(),
    }
}
