//! The usual way to save: a temporary file in the same directory, complete and on the disk before it takes the name.
//!
//! It is created with mode 0600 and without the ACL of its directory's default; who else may read it is set last, by
//! the open file and never by its path.

use std::ffi::OsString;
use std::fs::File;
use std::io;

use rustix::fs::{AtFlags, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

use super::attributes::{Attributes, Lacking, remove_inherited_acl};
use super::place::Place;
use super::{Error, Why};

/// A new file beside the target; removed when dropped, unless it took the target's name.
pub(super) struct Temporary<'a> {
    place: &'a Place,
    name: OsString,
    pub(super) file: File,
    armed: bool,
}

impl<'a> Temporary<'a> {
    /// Creates one beside `place`: empty, mode 0600, no ACL.
    pub(super) fn create(place: &'a Place) -> Result<Self, Error> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let error = |errno: Errno| match errno {
            Errno::ACCESS | Errno::PERM | Errno::ROFS => {
                Error::Directory { path: place.dir_path.clone(), source: errno.into() }
            }
            errno => place.io("create a temporary file for", errno),
        };
        for attempt in 0_u32.. {
            let name = place.name_with(&format!(".why401-new-{}-{attempt}", std::process::id()));
            match openat(&place.dir, &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => {
                    let temporary = Self { place, name, file: file.into(), armed: true };
                    remove_inherited_acl(&temporary.file).map_err(|source| place.io("clear the ACL for", source))?;
                    return Ok(temporary);
                }
                // A process of the same number, in another container that shares the directory.
                Err(Errno::EXIST) if attempt < 1000 => {}
                Err(errno) => return Err(error(errno)),
            }
        }
        unreachable!("the attempts are bounded")
    }

    /// Gives it the name `name`, in place of what has it.
    pub(super) fn rename_to(mut self, name: &std::ffi::OsStr) -> rustix::io::Result<()> {
        renameat(&self.place.dir, &self.name, &self.place.dir, name)?;
        self.armed = false;
        Ok(())
    }

    /// Gives it the target's name if nothing has it; false where something does.
    pub(super) fn link_as_new(mut self) -> rustix::io::Result<bool> {
        let (dir, name) = (&self.place.dir, &self.place.name);
        match rename_without_replacing(dir, &self.name, name) {
            Ok(()) => self.armed = false,
            Err(Errno::EXIST) => return Ok(false),
            // File systems that can't rename so; the temporary name goes when this is dropped.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
                match rustix::fs::linkat(dir, &self.name, dir, name, AtFlags::empty()) {
                    Ok(()) => {}
                    Err(Errno::EXIST) => return Ok(false),
                    Err(errno) => return Err(errno),
                }
            }
            Err(errno) => return Err(errno),
        }
        Ok(true)
    }
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn rename_without_replacing(dir: &File, from: &OsString, to: &OsString) -> rustix::io::Result<()> {
    rustix::fs::renameat_with(dir, from, dir, to, rustix::fs::RenameFlags::NOREPLACE)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn rename_without_replacing(_dir: &File, _from: &OsString, _to: &OsString) -> rustix::io::Result<()> {
    Err(Errno::NOSYS)
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if self.armed {
            let _ = unlinkat(&self.place.dir, &self.name, AtFlags::empty());
        }
    }
}

/// Why the target could not be replaced.
pub(super) enum NotReplaced {
    /// Something that a write in place can get round.
    InPlace(Why),
    /// The target is not what it was.
    Changed,
    /// Something else.
    Error(Error),
}

/// Writes what `write` writes into a temporary file with the `attributes`, and has it replace the target if that is
/// still `unchanged`.
pub(super) fn replace(
    place: &Place,
    attributes: &Attributes,
    write: impl FnOnce(&File) -> io::Result<()>,
    unchanged: impl FnOnce() -> bool,
) -> Result<(), NotReplaced> {
    let temporary = Temporary::create(place).map_err(NotReplaced::Error)?;
    let failed = |source: io::Error| NotReplaced::Error(place.io("write a new version of", source));
    match write(&temporary.file) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(NotReplaced::Changed),
        written => written.map_err(failed)?,
    }
    if let Err(lacking) = attributes.put_on(&temporary.file).map_err(failed)? {
        return Err(NotReplaced::InPlace(lacking.into()));
    }
    temporary.file.sync_all().map_err(failed)?;
    if !unchanged() {
        return Err(NotReplaced::Changed);
    }
    match temporary.rename_to(&place.name) {
        Ok(()) => {}
        // Another's file in a sticky directory; a mount point; a layer of an overlay.
        Err(errno @ (Errno::PERM | Errno::ACCESS | Errno::BUSY | Errno::XDEV)) => {
            return Err(NotReplaced::InPlace(Why::RenameRefused(errno.into())));
        }
        Err(errno) => return Err(NotReplaced::Error(place.io("replace", errno))),
    }
    place.sync_directory().map_err(|source| NotReplaced::Error(place.io("bring to the disk the new name of", source)))
}

/// Writes what `write` writes into a new file of mode `mode`; false where the name was taken meanwhile.
pub(super) fn create(place: &Place, mode: u32, write: impl FnOnce(&File) -> io::Result<()>) -> Result<bool, Error> {
    let temporary = Temporary::create(place)?;
    let failed = |source: io::Error| place.io("write", source);
    write(&temporary.file).map_err(failed)?;
    let attributes = Attributes::of_new(&temporary.file, mode).map_err(failed)?;
    if let Err(lacking) = attributes.put_on(&temporary.file).map_err(failed)? {
        let why = Why::from(lacking).to_string();
        return Err(failed(io::Error::other(why)));
    }
    temporary.file.sync_all().map_err(failed)?;
    let created = temporary.link_as_new().map_err(|errno| place.io("create", errno))?;
    place.sync_directory().map_err(failed)?;
    Ok(created)
}

impl From<Lacking> for Why {
    fn from(lacking: Lacking) -> Self {
        match lacking {
            Lacking::Owner => Self::Owner,
            Lacking::Group => Self::Group,
            Lacking::Mode => Self::Mode,
            Lacking::Acl => Self::Acl,
            Lacking::Attribute(name) => Self::Attribute(String::from_utf8_lossy(&name).into_owned()),
        }
    }
}
