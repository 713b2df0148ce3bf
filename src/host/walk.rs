//! The way of an identity along a path, component by component, to what it reads or to the first block.
//!
//! Linux 6.18 `fs/namei.c`: `link_path_walk`, `pick_link`, `may_follow_link`. Links are followed by hand below the server's root, so that
//! an absolute one stays in the tree that the server sees.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::host::acl::{self, Acl};
use crate::host::block::{Block, Cause};
use crate::host::identity::Identity;
use crate::host::permission::{self, Need};
use crate::host::{Attribute, Host, Kind, Node, Unseen, below};

/// `MAXSYMLINKS`
const MOST_LINKS: usize = 40;
/// `NAME_MAX`, and `PATH_MAX` with its NUL.
const LONGEST_NAME: usize = 255;
const LONGEST_PATH: usize = 4096;

/// SELinux's label of a file.
const LABEL: &str = "security.selinux";

/// The files as a server sees them.
pub struct View<'a> {
    /// Who shows them.
    pub host: &'a dyn Host,
    /// Where its `/` is: `/`, or `/proc/PID/root`.
    pub root: PathBuf,
    /// `fs.protected_symlinks`
    pub protects_links: bool,
}

/// What an identity finds at the end of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It may read what stands there.
    Readable {
        /// The path without links.
        path: PathBuf,
        /// What stands there.
        node: Node,
    },
    /// It does not get there.
    Blocked(Block),
    /// This caller may not look at a component, so that nothing is known.
    Unknown(PathBuf),
}

impl<'a> View<'a> {
    /// This machine's own view.
    #[must_use]
    pub fn own(host: &'a dyn Host) -> Self {
        Self::below(host, PathBuf::from("/"))
    }

    /// The view of a process whose `/` is at `root`.
    #[must_use]
    pub fn below(host: &'a dyn Host, root: PathBuf) -> Self {
        let setting = host.contents(Path::new("/proc/sys/fs/protected_symlinks")).unwrap_or_default();
        Self { host, root, protects_links: setting.starts_with(b"1") }
    }

    /// What stands at a path of this view; a link at its end is not followed.
    pub fn node(&self, path: &Path) -> Result<Node, Unseen> {
        self.host.node(&below(&self.root, path))
    }

    /// An extended attribute of what stands at a path of this view.
    #[must_use]
    pub fn attribute(&self, path: &Path, name: &str) -> Attribute {
        self.host.attribute(&below(&self.root, path), name)
    }

    /// The access control list at a path, and whether the file system has such lists.
    fn acl(&self, path: &Path) -> (Option<Acl>, bool) {
        match self.attribute(path, acl::ATTRIBUTE) {
            Attribute::Value(value) => (Acl::parse(&value), true),
            Attribute::None => (None, true),
            Attribute::Unsupported => (None, false),
        }
    }

    /// Where a path leads, links followed within the view, to one who reads everything; `None` where nothing stands there.
    #[must_use]
    pub fn resolved(&self, path: &Path) -> Option<PathBuf> {
        let all = Identity { name: String::new(), uid: 0, groups: vec![0], reads_everything: true };
        match self.reach(path, &all) {
            Reach::Readable { path, .. } => Some(path),
            Reach::Blocked(_) | Reach::Unknown(_) => None,
        }
    }

    /// What `who` finds at `path`, an absolute one, when it wants to read what stands there.
    #[must_use]
    pub fn reach(&self, path: &Path, who: &Identity) -> Reach {
        match self.walk(path, who) {
            Ok((path, node)) => Reach::Readable { path, node },
            Err(reach) => *reach,
        }
    }

    /// The block where `path`, free of links, should be readable and the system says no.
    #[must_use]
    pub fn refused(&self, path: &Path, node: Node) -> Block {
        let label = match self.attribute(path, LABEL) {
            Attribute::Value(value) => Some(String::from_utf8_lossy(&value).trim_end_matches('\0').to_owned()),
            Attribute::None | Attribute::Unsupported => None,
        };
        let (at, cause) = (path.to_path_buf(), Cause::Module { label });
        Block { at, node: Some(node), cause, links: Vec::new(), has_lists: self.acl(path).1 }
    }

    fn walk(&self, path: &Path, who: &Identity) -> Result<(PathBuf, Node), Box<Reach>> {
        let mut links: Vec<(PathBuf, PathBuf)> = Vec::new();
        let block = |at: &Path, node: Option<Node>, cause: Cause, links: &[(PathBuf, PathBuf)]| {
            let links = links.to_vec();
            Box::new(Reach::Blocked(Block { at: at.to_path_buf(), node, cause, links, has_lists: self.acl(at).1 }))
        };
        if path.as_os_str().len() >= LONGEST_PATH {
            return Err(block(path, None, Cause::TooLong, &links));
        }
        let seen = |at: &Path, links: &[(PathBuf, PathBuf)]| match self.node(at) {
            Ok(node) => Ok(node),
            Err(Unseen::Missing) => Err(block(at, None, Cause::Missing, links)),
            Err(Unseen::NotAFolder) => Err(block(at, None, Cause::NotAFolder, links)),
            Err(Unseen::Impossible) => Err(block(at, None, Cause::TooLong, links)),
            Err(Unseen::NotAllowed) => Err(Box::new(Reach::Unknown(at.to_path_buf()))),
        };
        let (mut pending, mut wants_folder) = parts(path);
        let mut at = PathBuf::from("/");
        let mut node = seen(&at, &links)?;
        while let Some(name) = pending.pop() {
            if node.kind != Kind::Folder {
                return Err(block(&at, Some(node), Cause::NotAFolder, &links));
            }
            if let Some(denial) = permission::denied(&node, self.acl(&at).0, who, Need::Search) {
                return Err(block(&at, Some(node), Cause::Denied(denial), &links));
            }
            match name.as_bytes() {
                b"." => continue,
                b".." => {
                    at.pop();
                    node = seen(&at, &links)?;
                    continue;
                }
                name if name.len() > LONGEST_NAME => return Err(block(&at, None, Cause::TooLong, &links)),
                _ => {}
            }
            let next = at.join(&name);
            let found = seen(&next, &links)?;
            if found.kind != Kind::Link {
                (at, node) = (next, found);
                continue;
            }
            if links.len() >= MOST_LINKS {
                return Err(block(&next, Some(found), Cause::Loop, &links));
            }
            if pending.is_empty() && self.protects_links && is_protected(&found, &node, who) {
                return Err(block(&next, Some(found), Cause::ProtectedLink { folder: node }, &links));
            }
            let Some(target) = self.host.target(&below(&self.root, &next)) else {
                return Err(Box::new(Reach::Unknown(next)));
            };
            if target.as_os_str().is_empty() || target.as_os_str().len() >= LONGEST_PATH {
                return Err(block(&next, Some(found), Cause::Missing, &links));
            }
            links.push((next, target.clone()));
            if target.is_absolute() {
                at = PathBuf::from("/");
                node = seen(&at, &links)?;
            }
            let (more, folder) = parts(&target);
            wants_folder |= pending.is_empty() && folder;
            pending.extend(more);
        }
        if wants_folder && node.kind != Kind::Folder {
            return Err(block(&at, Some(node), Cause::NotAFolder, &links));
        }
        match permission::denied(&node, self.acl(&at).0, who, Need::Read) {
            Some(denial) => Err(block(&at, Some(node), Cause::Denied(denial), &links)),
            None => Ok((at, node)),
        }
    }
}

/// The components, last one first, and whether a slash follows them.
fn parts(path: &Path) -> (Vec<OsString>, bool) {
    let bytes = path.as_os_str().as_bytes();
    let parts = bytes.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    let mut parts: Vec<OsString> = parts.map(|part| OsStr::from_bytes(part).to_owned()).collect();
    parts.reverse();
    (parts, bytes.ends_with(b"/"))
}

/// Whether a link at the end of a path is not followed: in a folder where everybody may write, others' links are not.
fn is_protected(link: &Node, folder: &Node, who: &Identity) -> bool {
    const STICKY_AND_OPEN: u32 = 0o1002;
    link.uid != who.uid && folder.mode & STICKY_AND_OPEN == STICKY_AND_OPEN && folder.uid != link.uid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;
    use crate::host::people::People;

    const ROOT: (u32, u32) = (0, 0);

    fn www() -> Identity {
        Identity { name: "www-data".to_owned(), uid: 33, groups: vec![33], reads_everything: false }
    }

    fn block(host: &Fake, path: &str) -> (&'static str, String, Vec<String>) {
        let people = People::parse(b"root:x:0:0\nwww-data:x:33:33\nalice:x:1000:1000", b"root:x:0:\nwww-data:x:33:");
        match View::own(host).reach(Path::new(path), &www()) {
            Reach::Blocked(block) => (block.code(), block.sentence(&www(), &people), block.repairs(&www(), &people)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_first_closed_folder_is_named_with_the_smallest_repair() {
        let host =
            Fake::default().folder("/home/alice", 0o700, (1000, 1000)).file("/home/alice/users", 0o600, ROOT, b"");
        let (code, sentence, repairs) = block(&host, "/home/alice/users");
        assert_eq!(code, "folder-closed");
        assert_eq!(
            sentence,
            "/home/alice is drwx------ alice:1000: www-data is not its owner nor in its group, and others may not pass through it"
        );
        assert_eq!(repairs, ["setfacl -m u:www-data:x /home/alice", "chmod o+x /home/alice"]);
    }

    #[test]
    fn a_mask_that_takes_an_entry_away_is_named() {
        // user::rw-, user:33:r--, group::r--, mask::---, other::---
        let list = [
            &[2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255][..],
            &[2, 0, 4, 0, 33, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255],
            &[16, 0, 0, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255],
        ];
        let host =
            Fake::default().file("/etc/users", 0o600, ROOT, b"").with("/etc/users", acl::ATTRIBUTE, &list.concat());
        let (code, sentence, repairs) = block(&host, "/etc/users");
        assert_eq!((code, repairs), ("acl-mask", vec!["setfacl -m m::r /etc/users".to_owned()]));
        assert!(
            sentence.contains("-rw-------+ root:root: its access control list lets www-data read it"),
            "{sentence}"
        );
    }

    #[test]
    fn links_are_followed_within_the_view_and_named_where_they_lead_nowhere() {
        let host = Fake::default().link("/etc/users", "/srv/users", ROOT).folder("/srv", 0o755, ROOT);
        let (code, sentence, repairs) = block(&host, "/etc/users");
        assert_eq!((code, repairs), ("missing", Vec::new()));
        assert_eq!(sentence, "/srv/users does not exist; the link /etc/users points to /srv/users");
        let host =
            Fake::default().link("/jail/etc/users", "/srv/users", ROOT).file("/jail/srv/users", 0o644, ROOT, b"");
        let reach = View::below(&host, PathBuf::from("/jail")).reach(Path::new("/etc/users"), &www());
        assert!(matches!(reach, Reach::Readable { path, .. } if path == Path::new("/srv/users")));
        let host = Fake::default().link("/a", "/b", ROOT).link("/b", "/a", ROOT);
        assert_eq!(block(&host, "/a").0, "link-loop");
    }

    #[test]
    fn somebody_elses_link_in_a_folder_for_everybody_is_not_followed() {
        let host = Fake::default()
            .folder("/tmp", 0o1777, ROOT)
            .link("/tmp/users", "/etc/users", (1000, 1000))
            .file("/etc/users", 0o644, ROOT, b"")
            .file("/proc/sys/fs/protected_symlinks", 0o644, ROOT, b"1\n");
        let (code, _, repairs) = block(&host, "/tmp/users");
        assert_eq!((code, repairs), ("protected-link", vec!["chown -h root /tmp/users".to_owned()]));
    }
}
