//! Users and groups by number and name, from `/etc/passwd` and `/etc/group`.
//!
//! Other directories (LDAP, systemd's dynamic users) are not asked; who is not found is called by number.

use std::path::Path;

use crate::host::{Host, below};

/// The users and groups of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    users: Vec<(String, u32, u32)>,
    groups: Vec<(String, u32, Vec<String>)>,
}

impl People {
    /// Those of the tree below `root`.
    #[must_use]
    pub fn of(host: &dyn Host, root: &Path) -> Self {
        let read = |path: &str| host.contents(&below(root, Path::new(path))).unwrap_or_default();
        Self::parse(&read("/etc/passwd"), &read("/etc/group"))
    }

    /// Those that the two files name.
    #[must_use]
    pub fn parse(passwd: &[u8], group: &[u8]) -> Self {
        let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u32>().ok();
        let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
        let user = |fields: Vec<&[u8]>| Some((text(fields[0]), number(fields.get(2)?)?, number(fields.get(3)?)?));
        let group_of = |fields: Vec<&[u8]>| {
            let members = fields.get(3).copied().unwrap_or_default();
            let members = members.split(|byte| *byte == b',').filter(|name| !name.is_empty()).map(text).collect();
            Some((text(fields[0]), number(fields.get(2)?)?, members))
        };
        Self { users: rows(passwd).filter_map(user).collect(), groups: rows(group).filter_map(group_of).collect() }
    }

    /// Number and first group of the user of this name.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<(u32, u32)> {
        self.users.iter().find(|user| user.0 == name).map(|user| (user.1, user.2))
    }

    /// The number of the group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<u32> {
        self.groups.iter().find(|group| group.0 == name).map(|group| group.1)
    }

    /// The groups that name this user as a member.
    #[must_use]
    pub fn groups_of(&self, name: &str) -> Vec<u32> {
        let is_member = |group: &&(String, u32, Vec<String>)| group.2.iter().any(|member| member == name);
        self.groups.iter().filter(is_member).map(|group| group.1).collect()
    }

    /// The user's name, or the number where none is known.
    #[must_use]
    pub fn user_name(&self, uid: u32) -> String {
        self.users.iter().find(|user| user.1 == uid).map_or_else(|| uid.to_string(), |user| user.0.clone())
    }

    /// The group's name, or the number where none is known.
    #[must_use]
    pub fn group_name(&self, gid: u32) -> String {
        self.groups.iter().find(|group| group.1 == gid).map_or_else(|| gid.to_string(), |group| group.0.clone())
    }
}

fn rows(bytes: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    bytes.split(|byte| *byte == b'\n').map(|line| line.split(|byte| *byte == b':').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_its_own_group_and_those_that_name_it() {
        let passwd = b"root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n";
        let people = People::parse(passwd, b"root:x:0:\nwww-data:x:33:\nssl:x:44:alice,www-data\nadm:x:4:alice\n");
        assert_eq!(people.user("www-data"), Some((33, 33)));
        assert_eq!((people.groups_of("www-data"), people.group("adm")), (vec![44], Some(4)));
        assert_eq!((people.user("www"), people.user_name(7), people.group_name(44)), (None, "7".into(), "ssl".into()));
    }
}
