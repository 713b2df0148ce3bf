//! Another user's identity, taken by a thread so that the kernel itself answers what it may read.
//!
//! Names are looked up in `/etc/passwd` and `/etc/group`; other directories (LDAP, systemd) are not asked.

use std::fs;
use std::io;
use std::thread;

use rustix::process::{Gid, Uid};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::host;
use crate::host::people::People;

/// A user with all groups, and how to become it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Who it is.
    pub who: host::identity::Identity,
}

impl Identity {
    /// The identity of the user of this name. Only root may take another one.
    pub fn named(name: &str) -> Result<Self, Error> {
        let read = |path: &str| {
            fs::read(path)
                .map_err(|error| Error::new(Exit::CouldNot, "users", format!("can't read it: {error}")).at(path))
        };
        let people = People::parse(&read("/etc/passwd")?, &read("/etc/group")?);
        let who = host::identity::Identity::named(name, &people).ok_or_else(|| {
            Error::usage(format!("there is no user `{name}` in /etc/passwd"))
                .help("give --run-as the name the server runs as, such as www-data, nginx or apache")
        })?;
        Self::of(who)
    }

    /// This identity, which only root may take unless it is the caller's own.
    pub fn of(who: host::identity::Identity) -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() && rustix::process::geteuid().as_raw() != who.uid {
            return Err(Error::new(Exit::CouldNot, "not-root", "only root can try what another user may read")
                .help("run the command with sudo"));
        }
        Ok(Self { who })
    }

    /// Runs `job` in a thread that has this identity and no other.
    pub fn run<T: Send + 'static>(&self, job: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
        let who = self.who.clone();
        let worker = thread::spawn(move || {
            if rustix::process::geteuid().is_root() {
                let groups: Vec<Gid> = who.groups.iter().copied().map(Gid::from_raw).collect();
                rustix::thread::set_thread_groups(&groups)?;
                let (uid, gid) = (Uid::from_raw(who.uid), Gid::from_raw(who.gid()));
                rustix::thread::set_thread_res_gid(gid, gid, gid)?;
                rustix::thread::set_thread_res_uid(uid, uid, uid)?;
            }
            job()
        });
        worker.join().unwrap_or_else(|_| Err(io::Error::other("the thread with the other identity failed")))
    }
}
