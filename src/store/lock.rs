//! The lock beside a file: `.NAME.lock`, held from before the file is read until after it is saved, never removed.
//!
//! Removing a lock file would let two processes hold two files of the same name. The file itself can't be the lock: a
//! save replaces it. It is empty, mode 0600, and belongs to the owner of the directory where root makes it, so that
//! root's edit of a user's file does not shut the user out.

use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

use rustix::fs::{AtFlags, Mode, OFlags, fchown, fstat, openat, statat};
use rustix::io::Errno;

use super::Error;
use super::place::{Place, State, irregular};

/// The lock, held until dropped.
pub(super) struct Lock {
    _file: File,
}

/// What is left of the time to wait for locks. It is counted in sleeps, so that no clock is read.
pub(super) struct Patience {
    left: Duration,
    step: Duration,
    all: Duration,
}

impl Patience {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { left: timeout, step: Duration::from_micros(500), all: timeout }
    }

    /// Locks `file`; `lock` names it in messages.
    pub(super) fn lock(&mut self, file: &File, lock: impl Fn() -> std::path::PathBuf) -> Result<(), Error> {
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(TryLockError::Error(source)) => return Err(Error::Lock { path: lock(), source }),
                Err(TryLockError::WouldBlock) => {
                    if self.left.is_zero() {
                        return Err(Error::LockHeld { path: lock(), seconds: self.all.as_secs_f64() });
                    }
                    let pause = self.step.min(self.left);
                    std::thread::sleep(pause);
                    self.left -= pause;
                    // Short enough that fifty writers in a row lose little, long enough to cost nothing.
                    self.step = (self.step * 2).min(Duration::from_millis(8));
                }
            }
        }
    }
}

impl Lock {
    /// Takes the lock of `place`, which is created where it is missing.
    pub(super) fn take(place: &Place, patience: &mut Patience) -> Result<Self, Error> {
        let name = place.name_with(".lock");
        loop {
            let file = open(place)?;
            let stat = fstat(&file).map_err(|errno| Error::Lock { path: place.beside(&name), source: errno.into() })?;
            if let Some(what) = irregular(&stat) {
                return Err(Error::NotRegular { path: place.beside(&name), what });
            }
            patience.lock(&file, || place.beside(&name))?;
            // Somebody may have removed it while it was waited for: then others lock another file by now.
            let now = statat(&place.dir, &name, AtFlags::SYMLINK_NOFOLLOW);
            if now.is_ok_and(|now| State::of(&now).inode == State::of(&stat).inode) {
                return Ok(Self { _file: file });
            }
        }
    }
}

fn open(place: &Place) -> Result<File, Error> {
    let name = place.name_with(".lock");
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    loop {
        // Not O_CREAT at once: in a sticky directory the kernel refuses that for another user's file.
        match openat(&place.dir, &name, flags | OFlags::RDONLY, Mode::empty()) {
            Ok(file) => return Ok(file.into()),
            Err(Errno::NOENT) => {}
            Err(errno) => return Err(Error::Lock { path: place.beside(&name), source: errno.into() }),
        }
        let mode = Mode::RUSR | Mode::WUSR;
        match openat(&place.dir, &name, flags | OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, mode) {
            Ok(file) => {
                if rustix::process::geteuid().is_root()
                    && let Ok(dir) = fstat(&place.dir)
                {
                    // Where it can't be given away, it is root's, and works for root.
                    let _ = fchown(&file, Some(rustix::fs::Uid::from_raw(dir.st_uid)), None);
                }
                return Ok(file.into());
            }
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(Error::Directory { path: place.dir_path.clone(), source: errno.into() }),
        }
    }
}
