//! Another user's identity, taken by a thread so that the kernel itself answers what it may read.
//!
//! Names are looked up in `/etc/passwd` and `/etc/group`; other directories (LDAP, systemd) are not asked.

use std::fs;
use std::io;
use std::thread;

use rustix::process::{Gid, Uid};

use crate::cli::error::Error;
use crate::cli::exit::Exit;

/// A user with all groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    uid: u32,
    gid: u32,
    groups: Vec<u32>,
}

impl Identity {
    /// The identity of the user of this name. Only root may take another one.
    pub fn named(name: &str) -> Result<Self, Error> {
        let read = |path: &str| {
            fs::read(path)
                .map_err(|error| Error::new(Exit::CouldNot, "users", format!("can't read it: {error}")).at(path))
        };
        let identity = Self::find(name, &read("/etc/passwd")?, &read("/etc/group")?).ok_or_else(|| {
            Error::usage(format!("there is no user `{name}` in /etc/passwd"))
                .help("give --run-as the name the server runs as, such as www-data, nginx or apache")
        })?;
        if !rustix::process::geteuid().is_root() && rustix::process::geteuid().as_raw() != identity.uid {
            return Err(Error::new(Exit::CouldNot, "not-root", "only root can try what another user may read")
                .help("run the command with sudo"));
        }
        Ok(identity)
    }

    fn find(name: &str, passwd: &[u8], group: &[u8]) -> Option<Self> {
        let fields =
            |line: &'_ [u8]| -> Vec<Vec<u8>> { line.split(|byte| *byte == b':').map(<[u8]>::to_vec).collect() };
        let number = |field: &[u8]| std::str::from_utf8(field).ok()?.parse::<u32>().ok();
        let user =
            passwd.split(|byte| *byte == b'\n').map(fields).find(|all| all.len() > 3 && all[0] == name.as_bytes())?;
        let (uid, gid) = (number(&user[2])?, number(&user[3])?);
        let member =
            |all: &Vec<Vec<u8>>| all.len() > 3 && all[3].split(|byte| *byte == b',').any(|one| one == name.as_bytes());
        let mut groups: Vec<u32> =
            group.split(|byte| *byte == b'\n').map(fields).filter(member).filter_map(|all| number(&all[2])).collect();
        groups.push(gid);
        Some(Self { uid, gid, groups })
    }

    /// Runs `job` in a thread that has this identity and no other.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let identity = self.clone();
        let worker = thread::spawn(move || {
            if rustix::process::geteuid().is_root() {
                let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
                rustix::thread::set_thread_groups(&groups)?;
                let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
                rustix::thread::set_thread_res_gid(gid, gid, gid)?;
                rustix::thread::set_thread_res_uid(uid, uid, uid)?;
            }
            job()
        });
        worker.join().unwrap_or_else(|_| Err(io::Error::other("the thread with the other identity failed")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_its_own_group_and_those_that_name_it() {
        let passwd = b"root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n";
        let group = b"root:x:0:\nwww-data:x:33:\nssl:x:44:alice,www-data\nadm:x:4:alice\n";
        assert_eq!(
            Identity::find("www-data", passwd, group),
            Some(Identity { uid: 33, gid: 33, groups: vec![44, 33] })
        );
        assert_eq!(Identity::find("www", passwd, group), None);
    }
}
