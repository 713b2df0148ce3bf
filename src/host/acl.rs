//! POSIX access control lists, as the kernel keeps them in the attribute `system.posix_acl_access`.
//!
//! Format: `include/uapi/linux/posix_acl_xattr.h`, version 2, little endian.

/// The attribute's name.
pub const ATTRIBUTE: &str = "system.posix_acl_access";

/// An access control list beyond the permission bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acl {
    /// Permissions of named users.
    pub users: Vec<(u32, u32)>,
    /// Permissions of the owning group.
    pub group: u32,
    /// Permissions of named groups.
    pub groups: Vec<(u32, u32)>,
    /// What the entries of users and groups are limited to.
    pub mask: Option<u32>,
    /// Permissions of everybody else.
    pub others: u32,
}

impl Acl {
    /// The list that an attribute's value holds; `None` where it is none.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (version, entries) = value.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*version) != 2 || !entries.len().is_multiple_of(8) {
            return None;
        }
        let mut acl = Self::default();
        for entry in entries.chunks_exact(8) {
            let short = |at: usize| u32::from(u16::from_le_bytes([entry[at], entry[at + 1]]));
            let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
            let permissions = short(2) & 7;
            match short(0) {
                0x01 => {}
                0x02 => acl.users.push((id, permissions)),
                0x04 => acl.group = permissions,
                0x08 => acl.groups.push((id, permissions)),
                0x10 => acl.mask = Some(permissions),
                0x20 => acl.others = permissions,
                _ => return None,
            }
        }
        Some(acl)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_setfacl_writes_is_read() {
        // `setfacl -m u:33:r FILE; getfattr -n system.posix_acl_access -e hex FILE` on ext4, mode 0644.
        let value = [
            2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 33, 0, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255, 16, 0,
            4, 0, 255, 255, 255, 255, 32, 0, 4, 0, 255, 255, 255, 255,
        ];
        let acl = Acl { users: vec![(33, 4)], group: 4, groups: vec![], mask: Some(4), others: 4 };
        assert_eq!(Acl::parse(&value), Some(acl));
        assert_eq!(Acl::parse(&value[..11]), None);
        assert_eq!(Acl::parse(b""), None);
    }
}
