//! Who may do what with a file: owner, group, mode, ACL, extended attributes. Read from the old file, put on the new
//! one, and compared.
//!
//! The ACL is `system.posix_acl_access`, in the kernel's own form, which is copied and not read. It is set before the
//! mode: with an ACL the group bits of the mode are its mask, and a mode set first would for a moment give the group
//! what the ACL denies it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;

use rustix::fs::{Gid, Mode, Uid, XattrFlags, fchmod, fchown, fgetxattr, flistxattr, fremovexattr, fsetxattr, fstat};
use rustix::io::Errno;

const ACL: &[u8] = b"system.posix_acl_access";

/// Attributes that the kernel computes from the content.
const COMPUTED: [&[u8]; 2] = [b"security.ima", b"security.evm"];

/// Owner, group, mode, ACL and extended attributes of a file.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) owner: u32,
    pub(super) group: u32,
    /// Permission bits, with set-id and sticky bits.
    pub(super) mode: u32,
    extended: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What of the old file the new one could not be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lacking {
    Owner,
    Group,
    Mode,
    Acl,
    Attribute(Vec<u8>),
}

impl Attributes {
    /// Those of `file`.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let stat = fstat(file)?;
        let mut extended = BTreeMap::new();
        for name in names(file)? {
            if COMPUTED.contains(&&name[..]) {
                continue;
            }
            match growing(|buffer| fgetxattr(file, &name[..], buffer)) {
                Ok(value) => {
                    extended.insert(name, value);
                }
                Err(Errno::NODATA) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(Self { owner: stat.st_uid, group: stat.st_gid, mode: stat.st_mode & 0o7777, extended })
    }

    /// Those of a new file, `file`, of mode `mode`: no ACL, else as the directory has it.
    pub(super) fn of_new(file: &File, mode: u32) -> io::Result<Self> {
        let mut new = Self::of(file)?;
        new.mode = mode;
        new.extended.remove(ACL);
        Ok(new)
    }

    /// Gives them to `file`, which was just created with mode 0600 and has no ACL, and compares.
    pub(super) fn put_on(&self, file: &File) -> io::Result<Result<(), Lacking>> {
        let now = Self::of(file)?;
        let owner = (now.owner != self.owner).then(|| Uid::from_raw(self.owner));
        let group = (now.group != self.group).then(|| Gid::from_raw(self.group));
        // Failures show in the comparison.
        if group.is_some() {
            let _ = fchown(file, None, group);
        }
        if owner.is_some() {
            let _ = fchown(file, owner, None);
        }
        for name in now.extended.keys().filter(|&name| !self.extended.contains_key(name)) {
            let _ = fremovexattr(file, &name[..]);
        }
        let acl_last = self.extended.iter().filter(|(name, _)| *name != ACL);
        for (name, value) in acl_last.chain(self.extended.get_key_value(ACL)) {
            if now.extended.get(name) != Some(value) {
                let _ = fsetxattr(file, &name[..], value, XattrFlags::empty());
            }
        }
        let _ = fchmod(file, Mode::from_raw_mode(self.mode));
        Ok(self.compare(&Self::of(file)?))
    }

    fn compare(&self, new: &Self) -> Result<(), Lacking> {
        if new.owner != self.owner {
            return Err(Lacking::Owner);
        }
        if new.group != self.group {
            return Err(Lacking::Group);
        }
        let names = self.extended.keys().chain(new.extended.keys());
        if let Some(name) = names.into_iter().find(|&name| new.extended.get(name) != self.extended.get(name)) {
            return Err(if name == ACL { Lacking::Acl } else { Lacking::Attribute(name.clone()) });
        }
        if new.mode != self.mode {
            return Err(Lacking::Mode);
        }
        Ok(())
    }
}

/// Takes off the ACL that a new file got from its directory's default.
pub(super) fn remove_inherited_acl(file: &File) -> io::Result<()> {
    match fremovexattr(file, ACL) {
        Ok(()) | Err(Errno::NODATA | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

fn names(file: &File) -> io::Result<Vec<Vec<u8>>> {
    match growing(|buffer| flistxattr(file, buffer)) {
        Ok(list) => Ok(list.split(|&byte| byte == 0).filter(|name| !name.is_empty()).map(<[u8]>::to_vec).collect()),
        Err(Errno::NOTSUP | Errno::NOSYS) => Ok(Vec::new()),
        Err(errno) => Err(errno.into()),
    }
}

/// What `read` puts into a buffer, which is made larger until it holds all.
fn growing(read: impl Fn(&mut [u8]) -> rustix::io::Result<usize>) -> rustix::io::Result<Vec<u8>> {
    let mut buffer = vec![0; 256];
    loop {
        match read(&mut buffer) {
            Ok(length) => {
                buffer.truncate(length);
                return Ok(buffer);
            }
            Err(Errno::RANGE) => buffer.resize(buffer.len() * 4, 0),
            Err(errno) => return Err(errno),
        }
    }
}
