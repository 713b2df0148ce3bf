//! What the kernel says to an identity that wants to read a file or pass through a folder.
//!
//! Linux 6.18 `fs/namei.c:acl_permission_check`, `generic_permission`; `fs/posix_acl.c:posix_acl_permission`. The first class that an
//! identity is in decides: nothing falls through to a later one.

use crate::host::acl::Acl;
use crate::host::identity::Identity;
use crate::host::{Kind, Node};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// To read a file.
    Read,
    /// To pass through a folder.
    Search,
}

impl Need {
    /// The permission bit.
    #[must_use]
    pub const fn bit(self) -> u32 {
        match self {
            Self::Read => 4,
            Self::Search => 1,
        }
    }

    /// The letter that `chmod` and `setfacl` have for it.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Search => 'x',
        }
    }
}

/// The class of an identity, which decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It owns the file.
    Owner,
    /// The access control list has an entry for it.
    NamedUser,
    /// It is in the owning group, or in one that the list names.
    Group,
    /// None of these.
    Others,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was wanted.
    pub need: Need,
    /// The class that decided.
    pub class: Class,
    /// An entry of the list grants it and the mask takes it away.
    pub masked: bool,
    /// The list that was there.
    pub acl: Option<Acl>,
}

/// The refusal that `who` gets at `node`, if it gets one.
#[must_use]
pub fn denied(node: &Node, acl: Option<Acl>, who: &Identity, need: Need) -> Option<Denial> {
    if who.reads_everything {
        return None;
    }
    let (class, granted, masked) = class(node, acl.as_ref(), who, need.bit());
    (!granted).then_some(Denial { need, class, masked, acl })
}

fn class(node: &Node, acl: Option<&Acl>, who: &Identity, bit: u32) -> (Class, bool, bool) {
    let has = |permissions: u32| permissions & bit != 0;
    if who.uid == node.uid {
        return (Class::Owner, has(node.mode >> 6), false);
    }
    let in_group = who.groups.contains(&node.gid);
    if let Some(acl) = acl {
        let named = acl.users.iter().find(|(uid, _)| *uid == who.uid).map(|(_, permissions)| *permissions);
        let groups = || acl.groups.iter().filter(|(gid, _)| who.groups.contains(gid)).map(|(_, bits)| *bits);
        let by_group = (in_group && has(acl.group)) || groups().any(has);
        let by_entry = named.map_or(by_group, has);
        if node.mode & 0o070 == 0 {
            // The group bits are the mask; where it is empty the kernel does not look at the list at all.
            let class = if in_group { Class::Group } else { Class::Others };
            return (class, !in_group && has(node.mode), by_entry);
        }
        let allowed = acl.mask.unwrap_or(7);
        if let Some(permissions) = named {
            return (Class::NamedUser, has(permissions & allowed), has(permissions));
        }
        if in_group || groups().next().is_some() {
            return (Class::Group, by_group && has(allowed), by_group);
        }
        return (Class::Others, has(node.mode), false);
    }
    if in_group { (Class::Group, has(node.mode >> 3), false) } else { (Class::Others, has(node.mode), false) }
}

/// The mode as `ls -l` writes it: `drwxr-x---`.
#[must_use]
pub fn mode_text(node: &Node) -> String {
    let mut text = String::with_capacity(10);
    text.push(match node.kind {
        Kind::File => '-',
        Kind::Folder => 'd',
        Kind::Link => 'l',
        Kind::Other => '?',
    });
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = node.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, node.mode & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: Node = Node { kind: Kind::File, mode: 0o640, uid: 0, gid: 4, device: 0, inode: 0, modified: 0 };

    fn who(uid: u32, groups: &[u32]) -> Identity {
        Identity { name: uid.to_string(), uid, groups: groups.to_vec(), reads_everything: false }
    }

    fn reads(node: &Node, acl: Option<&Acl>, who: &Identity) -> bool {
        denied(node, acl.cloned(), who, Need::Read).is_none()
    }

    #[test]
    fn the_first_class_decides_and_none_falls_through() {
        assert!(reads(&FILE, None, &who(33, &[33, 4])));
        assert!(!reads(&FILE, None, &who(33, &[33])));
        assert!(!reads(&Node { mode: 0o077, uid: 33, ..FILE }, None, &who(33, &[33])));
        assert!(!reads(&Node { mode: 0o607, gid: 33, ..FILE }, None, &who(33, &[33])));
    }

    #[test]
    fn chmod_600_takes_away_what_a_named_user_had() {
        let acl = Acl { users: vec![(33, 4)], group: 4, groups: vec![], mask: Some(4), others: 0 };
        assert!(reads(&FILE, Some(&acl), &who(33, &[33])));
        let acl = Acl { mask: Some(0), ..acl };
        let denial = denied(&Node { mode: 0o600, ..FILE }, Some(acl), &who(33, &[33]), Need::Read).unwrap();
        assert!(denial.masked);
        assert_eq!(denial.class, Class::Others);
    }

    #[test]
    fn modes_are_written_as_ls_does() {
        assert_eq!(mode_text(&FILE), "-rw-r-----");
        assert_eq!(mode_text(&Node { kind: Kind::Folder, mode: 0o1777, ..FILE }), "drwxrwxrwt");
        assert_eq!(mode_text(&Node { kind: Kind::Folder, mode: 0o7700, ..FILE }), "drws--S--T");
    }
}
