//! Reading and saving password files: nobody's edit is lost, and whatever happens, the file is the old one or the new.
//!
//! [`update`] holds a lock beside the file over reading, editing and saving. It saves by replacing the file, with
//! owner, group, mode, ACL and extended attributes restored and compared; where that would break something, it writes
//! in place behind a journal; where neither is possible, it refuses, and says which and why ([`Written`], [`Why`],
//! [`Error`]). It never truncates the file to write it anew, and no byte of it is in any other directory or readable,
//! even for a moment, to anyone who may not read the file.
//!
//! Nothing here knows what is in the file: an edit is [`Splices`]. Beside `cli` this is the only place that touches the
//! disk. What is left to the caller: programs that take no lock (`htpasswd`, editors). A change of theirs is noticed up
//! to the moment before the rename, and the edit begun anew.

mod attributes;
mod copy;
mod error;
mod journal;
mod lock;
mod place;
mod replace;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{AtFlags, Dir, fstat, unlinkat};

pub use error::{Error, Failure};

use crate::htpasswd::Splices;
use attributes::Attributes;
use journal::Journal;
use lock::{Lock, Patience};
use place::{Place, State};
use replace::NotReplaced;

#[cfg(test)]
mod tests;

/// How a file is saved.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Permission bits of the file where it is to be created; `None` where it has to exist.
    pub create: Option<u32>,
    /// How long locks are waited for, all together.
    pub lock_timeout: Duration,
    /// Where the old content is to be kept: the file's name with this at its end. What has that name is replaced.
    pub backup: Option<OsString>,
}

impl Default for Options {
    /// The file has to exist; thirty seconds; no backup.
    fn default() -> Self {
        Self { create: None, lock_timeout: Duration::from_secs(30), backup: None }
    }
}

/// What an update did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// The way it was written.
    pub written: Written,
    /// Whether the file is new.
    pub created: bool,
    /// Where the file is, symlinks followed.
    pub path: PathBuf,
    /// Whether a write in place that had been cut off was finished first.
    pub replayed: bool,
    /// The backup made.
    pub backup: Option<PathBuf>,
}

/// The way a file was written.
#[derive(Debug)]
pub enum Written {
    /// Not at all: nothing changed.
    None,
    /// A new file took its name.
    Rename,
    /// In place, behind a journal.
    InPlace(Why),
}

/// Why a file is written in place.
#[derive(Debug)]
#[non_exhaustive]
pub enum Why {
    /// It has several names, and would keep only one.
    HardLinks(u64),
    /// It is a mount of its own, as in a container.
    Mount,
    /// A new file can't be given its owner.
    Owner,
    /// A new file can't be given its group.
    Group,
    /// A new file can't be given its permission bits.
    Mode,
    /// A new file can't be given its ACL.
    Acl,
    /// A new file can't be given this extended attribute, or be rid of it.
    Attribute(String),
    /// The system refused the rename.
    RenameRefused(io::Error),
    /// A write in place was cut off and has to be finished.
    Interrupted,
}

impl Written {
    /// Its name in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rename => "rename",
            Self::InPlace(_) => "in-place",
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::HardLinks(links) => write!(f, "it has {links} hard links"),
            Self::Mount => f.write_str("it is a mount of its own"),
            Self::Owner => f.write_str("a new file could not be given its owner"),
            Self::Group => f.write_str("a new file could not be given its group"),
            Self::Mode => f.write_str("a new file could not be given its mode"),
            Self::Acl => f.write_str("a new file could not be given its ACL"),
            Self::Attribute(name) => write!(f, "a new file could not be given its attribute {name}"),
            Self::RenameRefused(error) => write!(f, "it could not be replaced: {error}"),
            Self::Interrupted => f.write_str("an earlier write was cut off"),
        }
    }
}

/// Opens `path` for reading. What is not a regular file is never opened.
pub fn open(path: &Path) -> Result<File, Error> {
    let place = Place::find(path)?;
    place.open()?.ok_or_else(|| Error::Missing { path: path.to_owned() })
}

/// Reads, edits and saves the file at `path`, with its lock held.
///
/// `edit` reads the file and says what is to change; no splice means that nothing is. It is called again where a
/// program that takes no lock changed the file meanwhile.
pub fn update<E>(
    path: &Path,
    options: &Options,
    mut edit: impl FnMut(&mut dyn Read) -> Result<Splices, E>,
) -> Result<Outcome, Failure<E>> {
    let place = match Place::find(path) {
        Err(Error::Missing { path }) if options.create.is_some() => {
            let source = rustix::io::Errno::NOENT.into();
            return Err(Error::Directory { path: place::directory_of(&path).to_owned(), source }.into());
        }
        found => found?,
    };
    // Before the lock is made: a mistyped path leaves nothing behind.
    if place.open()?.is_none() && options.create.is_none() {
        return Err(Error::Missing { path: path.to_owned() }.into());
    }
    let mut patience = Patience::new(options.lock_timeout);
    let _lock = Lock::take(&place, &mut patience)?;
    remove_leftovers(&place);
    let mut replayed = false;
    for _ in 0..ATTEMPTS {
        let Some(target) = place.open()? else {
            if let Some(outcome) = create(&place, options, &mut edit)? {
                return Ok(outcome);
            }
            continue;
        };
        // The file's other names have locks of their own; where this one is not its only name, both are needed.
        if reason_to_write_in_place(&place, &target)?.is_some() {
            patience.lock(&target, || place.path.clone())?;
        }
        if let Some(journal) = Journal::left(&place, &target)? {
            journal.replay(&place, &target)?;
            replayed = true;
        }
        let stat = fstat(&target).map_err(|errno| place.io("look at", errno))?;
        let splices = edit(&mut &target).map_err(Failure::Edit)?;
        let saved = save(&place, &target, State::of(&stat), &splices, options)?;
        if let Some((written, backup)) = saved {
            return Ok(Outcome { written, created: false, path: place.path, replayed, backup });
        }
    }
    Err(Error::Changing { path: place.path }.into())
}

/// How often an edit is begun anew because the file was changed meanwhile.
const ATTEMPTS: usize = 20;

/// Creates the file; `None` where something took the name meanwhile.
fn create<E>(
    place: &Place,
    options: &Options,
    edit: &mut impl FnMut(&mut dyn Read) -> Result<Splices, E>,
) -> Result<Option<Outcome>, Failure<E>> {
    let Some(mode) = options.create else {
        return Err(Error::Missing { path: place.path.clone() }.into());
    };
    let splices = edit(&mut io::empty()).map_err(Failure::Edit)?;
    let path = place.path.clone();
    let outcome = |written, created| Outcome { written, created, path, replayed: false, backup: None };
    if splices.is_empty() {
        return Ok(Some(outcome(Written::None, false)));
    }
    // The journal of a file that is gone has nothing to finish.
    let _ = unlinkat(&place.dir, journal::name(place), AtFlags::empty());
    let created = replace::create(place, mode, |file| copy::edited(None, 0, &splices, file))?;
    Ok(created.then(|| outcome(Written::Rename, true)))
}

/// Saves the edit of `target`, whose state was `before`; `None` where it has another by now.
fn save(
    place: &Place,
    target: &File,
    before: State,
    splices: &Splices,
    options: &Options,
) -> Result<Option<(Written, Option<PathBuf>)>, Error> {
    if splices.is_empty() {
        return Ok(Some((Written::None, None)));
    }
    refuse_protected(place)?;
    let unchanged = || place.stat().is_ok_and(|now| now.is_some_and(|now| State::of(&now) == before));
    let attributes = Attributes::of(target).map_err(|source| place.io("read the attributes of", source))?;
    let backup = match &options.backup {
        Some(suffix) => Some(back_up(place, target, before.length, &attributes, suffix)?),
        None => None,
    };
    let known = reason_to_write_in_place(place, target)?;
    let why = if let Some(why) = known {
        why
    } else {
        let write = |file: &File| copy::edited(Some(target), before.length, splices, file);
        match replace::replace(place, &attributes, write, unchanged) {
            Ok(()) => return Ok(Some((Written::Rename, backup))),
            Err(NotReplaced::Changed) => return Ok(None),
            Err(NotReplaced::InPlace(why)) => why,
            Err(NotReplaced::Error(error)) => return Err(error),
        }
    };
    if !unchanged() {
        return Ok(None);
    }
    let why = journal::write_in_place(place, target, before.length, splices, why)?;
    Ok(Some((Written::InPlace(why), backup)))
}

/// Why `target` must not be replaced, as far as it can be told without trying.
fn reason_to_write_in_place(place: &Place, target: &File) -> Result<Option<Why>, Error> {
    let stat = fstat(target).map_err(|errno| place.io("look at", errno))?;
    // The type of the count differs between systems.
    #[allow(clippy::useless_conversion)]
    let links = u64::from(stat.st_nlink);
    Ok(match links {
        2.. => Some(Why::HardLinks(links)),
        _ if is_mount(place) => Some(Why::Mount),
        _ => None,
    })
}

/// Keeps the old content beside the file, readable to the same people.
fn back_up(
    place: &Place,
    target: &File,
    length: u64,
    attributes: &Attributes,
    suffix: &OsStr,
) -> Result<PathBuf, Error> {
    let mut name = place.name.clone();
    name.push(suffix);
    let path = place.beside(&name);
    let place = Place {
        dir: place.dir.try_clone().map_err(|source| place.io("back up", source))?,
        dir_path: place.dir_path.clone(),
        name,
        path: path.clone(),
    };
    let write = |file: &File| copy::edited(Some(target), length, &Splices::default(), file);
    match replace::replace(&place, attributes, write, || true) {
        Ok(()) => Ok(path),
        Err(NotReplaced::Error(error)) => Err(error),
        Err(NotReplaced::InPlace(why)) => Err(place.io("make the backup", io::Error::other(why.to_string()))),
        Err(NotReplaced::Changed) => Err(place.io("make the backup", io::Error::from(io::ErrorKind::UnexpectedEof))),
    }
}

/// Removes the temporary files of processes that ended before they could.
fn remove_leftovers(place: &Place) {
    let prefix = place.name_with(".why401-new-");
    let Ok(entries) = Dir::read_from(&place.dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_bytes();
        let of_ours = name.strip_prefix(prefix.as_encoded_bytes());
        if of_ours.is_some_and(|rest| rest.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')) {
            let _ = unlinkat(&place.dir, entry.file_name(), AtFlags::empty());
        }
    }
}

#[cfg(target_os = "linux")]
fn attributes_of_chattr(place: &Place) -> rustix::fs::StatxAttributes {
    let flags = AtFlags::SYMLINK_NOFOLLOW;
    let statx = rustix::fs::statx(&place.dir, &place.name, flags, rustix::fs::StatxFlags::empty());
    statx.map_or(rustix::fs::StatxAttributes::empty(), |statx| statx.stx_attributes & statx.stx_attributes_mask)
}

/// Whether the file is a mount of its own: nothing can take its name.
#[cfg(target_os = "linux")]
fn is_mount(place: &Place) -> bool {
    attributes_of_chattr(place).contains(rustix::fs::StatxAttributes::MOUNT_ROOT)
}

#[cfg(not(target_os = "linux"))]
fn is_mount(_place: &Place) -> bool {
    false
}

/// Refuses where chattr(1) forbids any change.
#[cfg(target_os = "linux")]
fn refuse_protected(place: &Place) -> Result<(), Error> {
    let attributes = attributes_of_chattr(place);
    let of = [('i', rustix::fs::StatxAttributes::IMMUTABLE), ('a', rustix::fs::StatxAttributes::APPEND)];
    match of.into_iter().find(|&(_, flag)| attributes.contains(flag)) {
        Some((attribute, _)) => Err(Error::Protected { path: place.path.clone(), attribute }),
        None => Ok(()),
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_protected(_place: &Place) -> Result<(), Error> {
    Ok(())
}
