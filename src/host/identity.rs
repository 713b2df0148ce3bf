//! Who a server runs as: user, groups and the capabilities that pass over permissions.
//!
//! Of a running process from `/proc/PID/status`; of a name from [`People`].

use crate::host::people::People;

/// `CAP_DAC_OVERRIDE` and `CAP_DAC_READ_SEARCH`: either lets a process read every file and pass every folder.
const READ_EVERYTHING: u64 = 1 << 1 | 1 << 2;

/// A user with all groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name, or the number where none is known.
    pub name: String,
    /// The user.
    pub uid: u32,
    /// The groups, with the first one.
    pub groups: Vec<u32>,
    /// Whether permissions don't count for it.
    pub reads_everything: bool,
}

impl Identity {
    /// The user of this name, with the groups that a server gives itself when it becomes that user.
    #[must_use]
    pub fn named(name: &str, people: &People) -> Option<Self> {
        let (uid, gid) = people.user(name)?;
        let mut groups = people.groups_of(name);
        groups.retain(|group| *group != gid);
        groups.insert(0, gid);
        Some(Self { name: name.to_owned(), uid, groups, reads_everything: uid == 0 })
    }

    /// The identity that a process has, from its `/proc/PID/status`.
    #[must_use]
    pub fn of_process(status: &[u8], people: &People) -> Option<Self> {
        let field = |name: &str| {
            let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(name.as_bytes()))?;
            Some(std::str::from_utf8(line).ok()?.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        };
        let number = |text: &String| text.parse::<u32>().ok();
        // Real, effective, saved, and the one of file systems.
        let uid = field("Uid:")?.get(3).and_then(number)?;
        let gid = field("Gid:")?.get(3).and_then(number)?;
        let mut groups: Vec<u32> = field("Groups:").unwrap_or_default().iter().filter_map(number).collect();
        groups.retain(|group| *group != gid);
        groups.insert(0, gid);
        let capabilities = field("CapEff:").and_then(|all| u64::from_str_radix(all.first()?, 16).ok()).unwrap_or(0);
        let reads_everything = capabilities & READ_EVERYTHING != 0;
        Some(Self { name: people.user_name(uid), uid, groups, reads_everything })
    }

    /// The first group.
    #[must_use]
    pub fn gid(&self) -> u32 {
        self.groups.first().copied().unwrap_or(self.uid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_says_who_it_is() {
        // Of a worker of nginx 1.22.1 on Debian 12.
        let status =
            b"Name:\tnginx\nUid:\t33\t33\t33\t33\nGid:\t33\t33\t33\t33\nGroups:\t33 44\nCapEff:\t0000000000000000\n";
        let people = People::parse(b"www-data:x:33:33:::\n", b"");
        let worker = Identity { name: "www-data".to_owned(), uid: 33, groups: vec![33, 44], reads_everything: false };
        assert_eq!(Identity::of_process(status, &people), Some(worker));
        let root = b"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\nCapEff:\t00000000a80425fb\n";
        assert!(Identity::of_process(root, &people).unwrap().reads_everything);
        let bare = b"Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\nCapEff:\t0000000000000000\n";
        assert!(!Identity::of_process(bare, &people).unwrap().reads_everything);
        assert_eq!(Identity::of_process(b"", &people), None);
    }
}
