//! Where a file really is: symlinks followed to the end, its directory held open, so that all that follows happens in
//! one directory even if a path to it changes meanwhile.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, openat, statat};
use rustix::io::Errno;

use super::Error;

/// A file's place, whether or not it exists.
pub(super) struct Place {
    /// The directory, open.
    pub(super) dir: File,
    /// The directory's path.
    pub(super) dir_path: PathBuf,
    /// The file's name in it; not a symlink when it was looked at.
    pub(super) name: OsString,
    /// Its path.
    pub(super) path: PathBuf,
}

impl Place {
    /// Follows `path` to its end. The last name need not exist.
    pub(super) fn find(path: &Path) -> Result<Self, Error> {
        let mut path = path.to_owned();
        // As many as the kernel follows.
        for _ in 0..40 {
            match rustix::fs::readlink(&path, Vec::new()) {
                Ok(target) => {
                    let target = Path::new(OsStr::from_bytes(target.as_bytes()));
                    path = directory_of(&path).join(target);
                }
                // EINVAL: it is no symlink.
                Err(Errno::INVAL | Errno::NOENT) => return Self::in_directory(path),
                Err(errno) => return Err(Error::Unreadable { path, source: errno.into() }),
            }
        }
        Err(Error::Unreadable { path, source: Errno::LOOP.into() })
    }

    fn in_directory(path: PathBuf) -> Result<Self, Error> {
        let Some(name) = path.file_name().map(OsStr::to_owned) else {
            return Err(Error::NotRegular { path, what: "a directory" });
        };
        let dir_path = directory_of(&path).to_owned();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(CWD, &dir_path, flags, Mode::empty()) {
            Ok(dir) => Ok(Self { dir: dir.into(), dir_path, name, path }),
            Err(Errno::NOENT) => Err(Error::Missing { path }),
            Err(errno) => Err(Error::Unreadable { path, source: errno.into() }),
        }
    }

    /// Path of a file beside it, for messages.
    pub(super) fn beside(&self, name: &OsStr) -> PathBuf {
        self.dir_path.join(name)
    }

    /// `.NAME` with `suffix`: the name of a file that belongs to it.
    pub(super) fn name_with(&self, suffix: &str) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(suffix);
        name
    }

    /// What is there under its name now.
    pub(super) fn stat(&self) -> Result<Option<Stat>, Error> {
        match statat(&self.dir, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(Error::Unreadable { path: self.path.clone(), source: errno.into() }),
        }
    }

    /// Opens it for reading, if it is there. What is not a regular file is never opened.
    pub(super) fn open(&self) -> Result<Option<File>, Error> {
        let Some(before) = self.stat()? else { return Ok(None) };
        if let Some(what) = irregular(&before) {
            return Err(Error::NotRegular { path: self.path.clone(), what });
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match openat(&self.dir, &self.name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(Error::Unreadable { path: self.path.clone(), source: errno.into() }),
        };
        let stat = fstat(&file).map_err(|errno| self.io("read", errno))?;
        match irregular(&stat) {
            Some(what) => Err(Error::NotRegular { path: self.path.clone(), what }),
            None => Ok(Some(file)),
        }
    }

    /// The error for `doing` something to it.
    pub(super) fn io(&self, doing: &'static str, source: impl Into<io::Error>) -> Error {
        Error::Io { path: self.path.clone(), doing, source: source.into() }
    }

    /// Brings what was renamed or removed in the directory onto the disk.
    pub(super) fn sync_directory(&self) -> io::Result<()> {
        match rustix::fs::fsync(&self.dir) {
            // File systems that have no such operation.
            Ok(()) | Err(Errno::INVAL | Errno::NOTSUP | Errno::NOSYS) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }
}

/// The path of its directory.
pub(super) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => path,
    }
}

/// What it is where it is no regular file.
pub(super) fn irregular(stat: &Stat) -> Option<&'static str> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => None,
        FileType::Directory => Some("a directory"),
        FileType::Fifo => Some("a FIFO"),
        FileType::Socket => Some("a socket"),
        FileType::Symlink => Some("a symlink"),
        FileType::CharacterDevice | FileType::BlockDevice => Some("a device"),
        FileType::Unknown => Some("something else"),
    }
}

/// What tells one state of a file from another: where a program that takes no lock wrote to it, one of these differs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// Device and inode.
    pub(super) inode: (u64, u64),
    /// Length in bytes.
    pub(super) length: u64,
    modified: (i64, i64),
}

impl State {
    /// The state that `stat` shows.
    #[allow(clippy::cast_sign_loss, clippy::useless_conversion, clippy::cast_possible_wrap, clippy::unnecessary_cast)]
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            inode: (stat.st_dev as u64, stat.st_ino as u64),
            length: stat.st_size as u64,
            modified: (stat.st_mtime as i64, stat.st_mtime_nsec as i64),
        }
    }
}
