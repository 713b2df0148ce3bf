//! Why a file was not read or not saved: what happened, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::Why;

/// Why a file was not read or not saved. The file is as it was, but for [`Error::HalfWritten`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file is not there, and was not to be created.
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is a directory, a FIFO, a socket or a device, and was not opened.
    NotRegular {
        /// The file.
        path: PathBuf,
        /// What it is, with its article.
        what: &'static str,
    },
    /// The caller may not read it, or not reach it.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// In its directory no file can be created: neither lock nor temporary file nor journal.
    Directory {
        /// The directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The lock could not be opened or taken.
    Lock {
        /// The lock file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another process held the lock all the time.
    LockHeld {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: f64,
    },
    /// The file has an attribute of chattr(1) that forbids the change, to root also.
    Protected {
        /// The file.
        path: PathBuf,
        /// The attribute: `i` or `a`.
        attribute: char,
    },
    /// It has to be written in place, and the caller may not write to it.
    NotWritable {
        /// The file.
        path: PathBuf,
        /// Why it can't be replaced.
        why: Why,
        /// The system's error.
        source: io::Error,
    },
    /// Another program, which does not take the lock, changes it again and again.
    Changing {
        /// The file.
        path: PathBuf,
    },
    /// An interrupted write in place left its journal, and the file has been changed since by something else.
    JournalConflict {
        /// The file.
        path: PathBuf,
        /// The journal.
        journal: PathBuf,
    },
    /// There is a journal that is not ours to trust: another user's, readable by others, or damaged.
    JournalUntrusted {
        /// The journal.
        journal: PathBuf,
    },
    /// A write in place failed, and so did putting the old content back. The next writer tries again.
    HalfWritten {
        /// The file.
        path: PathBuf,
        /// The journal, which has the old content and the new.
        journal: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another error of the system.
    Io {
        /// The file.
        path: PathBuf,
        /// What was done to it: a verb, such as `read`.
        doing: &'static str,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// Its code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "file-missing",
            Self::NotRegular { .. } => "not-regular",
            Self::Unreadable { .. } => "not-readable",
            Self::Directory { .. } => "directory-not-writable",
            Self::Lock { .. } => "lock",
            Self::LockHeld { .. } => "lock-held",
            Self::Protected { .. } => "immutable",
            Self::NotWritable { .. } => "not-writable",
            Self::Changing { .. } => "changed-meanwhile",
            Self::JournalConflict { .. } => "journal-conflict",
            Self::JournalUntrusted { .. } => "journal-untrusted",
            Self::HalfWritten { .. } => "half-written",
            Self::Io { .. } => "disk",
        }
    }

    /// What to do about it; `None` where the message says all there is.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Missing { .. } => "check the path".to_owned(),
            Self::NotRegular { .. } => "name the password file itself".to_owned(),
            Self::Unreadable { .. } | Self::NotWritable { .. } => {
                "run it as the file's owner or as root (sudo)".to_owned()
            }
            Self::Directory { path, source } if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                format!(
                    "the file system of {} is mounted read-only: remount it, or edit what it is made from",
                    path.display()
                )
            }
            Self::Directory { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "make the directory first".to_owned()
            }
            Self::Directory { path, .. } => format!(
                "a lock, a temporary file and, where needed, a journal are made beside the file, so that nothing is lost: \
                 run it as one who may write to {} (sudo)",
                path.display()
            ),
            Self::Lock { path, .. } => {
                format!("run it as the owner of {} or as root (sudo)", path.display())
            }
            Self::LockHeld { path, .. } => format!(
                "fuser -v {} shows who holds it; the lock of a process that ended is free; --lock-timeout waits longer",
                path.display()
            ),
            Self::Protected { path, attribute } => {
                format!("chattr -{attribute} {} takes the attribute off", path.display())
            }
            Self::Changing { .. } => "find the other program (lsof), then run this again".to_owned(),
            Self::JournalConflict { path, journal } => format!(
                "if {} is as it should be, remove {}; the journal holds, after its first line, what was to be written",
                path.display(),
                journal.display()
            ),
            Self::JournalUntrusted { journal } => {
                format!("look at {} and remove it, or run this as its owner", journal.display())
            }
            Self::HalfWritten { .. } => {
                "mend what the error says; the next edit of this file puts it right first".to_owned()
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    "free space there, then run this again; the file is unchanged".to_owned()
                }
                _ => return None,
            },
        })
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "{} does not exist", path.display()),
            Self::NotRegular { path, what } => write!(f, "{} is {what}, not a regular file", path.display()),
            Self::Unreadable { path, source } => write!(f, "can't read {}: {source}", path.display()),
            Self::Directory { path, source } => {
                write!(f, "can't create files in {}: {source}", path.display())
            }
            Self::Lock { path, source } => write!(f, "can't take the lock {}: {source}", path.display()),
            Self::LockHeld { path, seconds } => {
                write!(f, "another process held the lock {} for all of {seconds} s", path.display())
            }
            Self::Protected { path, attribute: 'a' } => write!(f, "{} is append-only (chattr +a)", path.display()),
            Self::Protected { path, .. } => write!(f, "{} is immutable (chattr +i)", path.display()),
            Self::NotWritable { path, why, source } => {
                write!(f, "{} has to be written in place ({why}), and can't be: {source}", path.display())
            }
            Self::Changing { path } => {
                write!(f, "another program keeps changing {} without taking its lock", path.display())
            }
            Self::JournalConflict { path, journal } => write!(
                f,
                "a write to {} was interrupted and left {}, and the file has been changed since",
                path.display(),
                journal.display()
            ),
            Self::JournalUntrusted { journal } => {
                write!(f, "{} is damaged, or not this user's alone, and is not replayed", journal.display())
            }
            Self::HalfWritten { path, journal, source } => write!(
                f,
                "writing {} failed half-way, and putting the old content back did too: {source}; both are in {}",
                path.display(),
                journal.display()
            ),
            Self::Io { path, doing, source } => write!(f, "can't {doing} {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. }
            | Self::Directory { source, .. }
            | Self::Lock { source, .. }
            | Self::NotWritable { source, .. }
            | Self::HalfWritten { source, .. }
            | Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Why an update was not made: the file's reason, or the edit's own.
#[derive(Debug)]
pub enum Failure<E> {
    /// The file could not be read or saved.
    Store(Error),
    /// The edit refused.
    Edit(E),
}

impl<E> From<Error> for Failure<E> {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}
