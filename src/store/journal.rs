//! The other way to save: into the file as it stands, behind a journal that makes the write repeatable.
//!
//! The journal `.NAME.why401-journal` holds the old bytes of the region that changes, and the new ones, with a SHA-1 of
//! it all. It is complete and on the disk before the file is touched, and goes after the file is on the disk. A write
//! that was cut off is finished by the next process that holds the lock. The old bytes are there to put the file back if
//! the write fails, and to tell a file that is half old and half new from one that somebody has changed since: only the
//! former is written to.
//!
//! Form: the line `why401-journal 1 START OLD NEW OLD-LENGTH NEW-LENGTH`, where the bytes from START on, OLD many, become
//! NEW many, in a file of OLD-LENGTH bytes that comes to have NEW-LENGTH; then the new bytes, the old bytes, the digest.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;

use rustix::fs::{AtFlags, Mode, OFlags, fstat, openat, unlinkat};
use rustix::io::Errno;
use sha1::{Digest as _, Sha1};

use super::copy;
use super::place::{Place, State, irregular};
use super::replace::Temporary;
use super::{Error, Why};
use crate::bytes::Span;
use crate::htpasswd::Piece;
use crate::htpasswd::Splices;

const MAGIC: &str = "why401-journal 1";
const DIGEST: u64 = 20;

/// The region that changes, and where the journal holds it.
#[derive(Clone, Copy)]
struct Region {
    /// Where in the file it begins.
    start: u64,
    /// Its length before and after.
    old: u64,
    new: u64,
    /// Length of the file before and after.
    old_length: u64,
    new_length: u64,
}

/// A complete journal.
pub(super) struct Journal {
    file: File,
    region: Region,
    /// Where in it the new bytes begin; the old ones follow them.
    content: u64,
}

pub(super) fn name(place: &Place) -> OsString {
    place.name_with(".why401-journal")
}

impl Region {
    /// What `splices` change in a file of `length` bytes: up to the last splice, or, where bytes move, to the end.
    fn of(splices: &Splices, length: u64) -> Self {
        let new_length = splices.length_after(length);
        let start = splices.iter().next().map_or(length, |splice| splice.span.start);
        let end = match splices.iter().last() {
            Some(splice) if new_length == length => splice.span.end,
            _ => length,
        };
        Self { start, old: end - start, new: end - start + new_length - length, old_length: length, new_length }
    }

    fn header(&self) -> String {
        let Self { start, old, new, old_length, new_length } = self;
        format!("{MAGIC} {start} {old} {new} {old_length} {new_length}\n")
    }

    fn parse(header: &str) -> Option<Self> {
        let mut numbers = header.strip_prefix(MAGIC)?.strip_prefix(' ')?.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        let region = Self { start: next()?, old: next()?, new: next()?, old_length: next()?, new_length: next()? };
        numbers.next().is_none().then_some(region)
    }
}

impl Journal {
    /// Writes the journal for `splices` of `target`, which has `length` bytes, and brings it to the disk.
    pub(super) fn write(place: &Place, target: &File, length: u64, splices: &Splices) -> Result<Self, Error> {
        let temporary = Temporary::create(place)?;
        let region = Region::of(splices, length);
        let header = region.header();
        let written = || -> io::Result<File> {
            let mut out = Digesting { file: &temporary.file, digest: Sha1::new() };
            out.write_all(header.as_bytes())?;
            let changing = Span::new(region.start, region.start + region.old);
            for piece in splices.pieces(length) {
                match piece {
                    Piece::New(bytes) => out.write_all(bytes)?,
                    Piece::Kept(span) => {
                        let span = Span::new(span.start.max(changing.start), span.end.min(changing.end));
                        if span.start < span.end {
                            copy::each_block(target, span, |block| out.write_all(block))?;
                        }
                    }
                }
            }
            copy::each_block(target, changing, |block| out.write_all(block))?;
            let digest = out.digest.finalize();
            (&temporary.file).write_all(&digest)?;
            temporary.file.sync_all()?;
            temporary.file.try_clone()
        };
        let failed = |source: io::Error| place.io("write a journal for", source);
        let file = written().map_err(failed)?;
        temporary.rename_to(&name(place)).map_err(|errno| failed(errno.into()))?;
        place.sync_directory().map_err(failed)?;
        Ok(Self { file, region, content: header.len() as u64 })
    }

    /// The journal that a process left, if there is one.
    pub(super) fn left(place: &Place, target: &File) -> Result<Option<Self>, Error> {
        let name = name(place);
        let untrusted = || Error::JournalUntrusted { journal: place.beside(&name) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&place.dir, &name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(_) => return Err(untrusted()),
        };
        // What is replayed decides who may log in: it must come from one who may write the file anyway.
        let stats = fstat(&file).and_then(|stat| Ok((stat, fstat(target)?)));
        let (stat, target) = stats.map_err(|errno| place.io("look at the journal of", errno))?;
        let owners = [0, rustix::process::geteuid().as_raw(), target.st_uid];
        if irregular(&stat).is_some()
            || stat.st_nlink != 1
            || stat.st_mode & 0o077 != 0
            || !owners.contains(&stat.st_uid)
        {
            return Err(untrusted());
        }
        let journal =
            Self::read(file, State::of(&stat).length).map_err(|source| place.io("read a journal of", source))?;
        journal.map(Some).ok_or_else(untrusted)
    }

    /// Reads the header and compares the digest; `None` where they are not a journal's.
    fn read(file: File, length: u64) -> io::Result<Option<Self>> {
        let mut start = Vec::new();
        (&file).take(256).read_to_end(&mut start)?;
        let header = memchr::memchr(b'\n', &start).and_then(|lf| std::str::from_utf8(&start[..lf]).ok());
        let Some((header, region)) = header.and_then(|header| Some((header, Region::parse(header)?))) else {
            return Ok(None);
        };
        let content = header.len() as u64 + 1;
        let sum = [content, region.new, region.old, DIGEST].iter().try_fold(0_u64, |sum, &part| sum.checked_add(part));
        let consistent = region.old_length.checked_sub(region.old).and_then(|kept| kept.checked_add(region.new))
            == Some(region.new_length)
            && region.start.checked_add(region.old).is_some_and(|end| end <= region.old_length);
        if sum != Some(length) || !consistent {
            return Ok(None);
        }
        let mut digest = Sha1::new();
        copy::each_block(&file, Span::new(0, length - DIGEST), |block| {
            digest.update(block);
            Ok(())
        })?;
        let mut stored = [0; 20];
        file.read_exact_at(&mut stored, length - DIGEST)?;
        Ok((stored[..] == digest.finalize()[..]).then_some(Self { file, region, content }))
    }

    /// Writes the new bytes into `target`, open for writing.
    fn write_new(&self, target: &File) -> io::Result<()> {
        self.write_region(target, self.content, self.region.new, self.region.new_length)
    }

    /// Puts the old bytes back.
    fn write_old(&self, target: &File) -> io::Result<()> {
        self.write_region(target, self.content + self.region.new, self.region.old, self.region.old_length)
    }

    fn write_region(&self, target: &File, from: u64, length: u64, whole: u64) -> io::Result<()> {
        let mut at = self.region.start;
        copy::each_block(&self.file, Span::new(from, from + length), |block| {
            target.write_all_at(block, at)?;
            at += block.len() as u64;
            Ok(())
        })?;
        target.set_len(whole)?;
        target.sync_all()
    }

    /// Whether `target` is what a write of this journal can have left: each byte of the region old or new.
    fn fits(&self, target: &File) -> io::Result<bool> {
        let Region { start, old, new, old_length, new_length } = self.region;
        let length = target.metadata()?.len();
        if length < old_length.min(new_length) || length > old_length.max(new_length) {
            return Ok(false);
        }
        let mut fits = true;
        let mut old_bytes = vec![0; copy::BLOCK];
        let mut new_bytes = vec![0; copy::BLOCK];
        let mut at = 0;
        let end = (length - start).min(old.max(new));
        copy::each_block(target, Span::new(start, start + end), |block| {
            let old_here = self.part(&mut old_bytes[..block.len()], self.content + new, at, old)?;
            let new_here = self.part(&mut new_bytes[..block.len()], self.content, at, new)?;
            for (index, &byte) in block.iter().enumerate() {
                let is_old = old_here.get(index) == Some(&byte);
                let is_new = new_here.get(index) == Some(&byte);
                // A power cut can leave the file longer, and what was to be there unwritten.
                let is_unwritten = byte == 0 && start + at + index as u64 >= old_length;
                fits &= is_old || is_new || is_unwritten;
            }
            at += block.len() as u64;
            Ok(())
        })?;
        Ok(fits)
    }

    /// What the journal holds of the `length` bytes from `base`, at `at`, as far as it holds it.
    fn part<'a>(&self, buffer: &'a mut [u8], base: u64, at: u64, length: u64) -> io::Result<&'a [u8]> {
        let here = usize::try_from(length.saturating_sub(at)).unwrap_or(buffer.len()).min(buffer.len());
        self.file.read_exact_at(&mut buffer[..here], base + at)?;
        Ok(&buffer[..here])
    }

    /// Finishes the write that left this journal.
    pub(super) fn replay(&self, place: &Place, target: &File) -> Result<(), Error> {
        if !self.fits(target).map_err(|source| place.io("read", source))? {
            return Err(Error::JournalConflict { path: place.path.clone(), journal: place.beside(&name(place)) });
        }
        let writable = open_for_writing(place, target)?;
        let writable = writable.map_err(|source| not_writable(place, Why::Interrupted, source))?;
        self.write_new(&writable).map_err(|source| half_written(place, source))?;
        remove(place).map_err(|source| place.io("remove the journal of", source))
    }
}

fn remove(place: &Place) -> io::Result<()> {
    unlinkat(&place.dir, name(place), AtFlags::empty())?;
    place.sync_directory()
}

fn half_written(place: &Place, source: io::Error) -> Error {
    Error::HalfWritten { path: place.path.clone(), journal: place.beside(&name(place)), source }
}

/// Writes the edit into `target` as it stands; `length` is its length.
pub(super) fn write_in_place(
    place: &Place,
    target: &File,
    length: u64,
    splices: &Splices,
    why: Why,
) -> Result<Why, Error> {
    let writable = match open_for_writing(place, target)? {
        Ok(writable) => writable,
        Err(source) => return Err(not_writable(place, why, source)),
    };
    let journal = Journal::write(place, target, length, splices)?;
    let written = reserve(&writable, journal.region).and_then(|()| journal.write_new(&writable));
    if let Err(source) = written {
        // The old bytes have their place on the disk, so this works where the new ones did not fit.
        return Err(match journal.write_old(&writable).and_then(|()| remove(place)) {
            Ok(()) => place.io("write", source),
            Err(_) => half_written(place, source),
        });
    }
    remove(place).map_err(|source| place.io("remove the journal of", source))?;
    Ok(why)
}

fn not_writable(place: &Place, why: Why, source: io::Error) -> Error {
    Error::NotWritable { path: place.path.clone(), why, source }
}

/// Opens the file that `target` is for writing, without touching it. The inner error is the system's refusal.
fn open_for_writing(place: &Place, target: &File) -> Result<io::Result<File>, Error> {
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match openat(&place.dir, &place.name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(errno) => return Ok(Err(errno.into())),
    };
    let same = fstat(&file).and_then(|new| Ok(State::of(&new).inode == State::of(&fstat(target)?).inode));
    match same {
        Ok(true) => Ok(Ok(file)),
        Ok(false) => Err(Error::Changing { path: place.path.clone() }),
        Err(errno) => Err(place.io("look at", errno)),
    }
}

/// Has the disk set aside what the file grows by, so that a full disk shows before a byte is written.
fn reserve(target: &File, region: Region) -> io::Result<()> {
    if region.new_length <= region.old_length {
        return Ok(());
    }
    match keep_room(target, region.old_length, region.new_length - region.old_length) {
        Err(errno @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => Err(errno.into()),
        // File systems that can't.
        _ => Ok(()),
    }
}

#[cfg(target_os = "linux")]
fn keep_room(target: &File, at: u64, length: u64) -> rustix::io::Result<()> {
    rustix::fs::fallocate(target, rustix::fs::FallocateFlags::KEEP_SIZE, at, length)
}

#[cfg(not(target_os = "linux"))]
fn keep_room(_target: &File, _at: u64, _length: u64) -> rustix::io::Result<()> {
    Ok(())
}

/// Writes through to a file and keeps the digest of what was written.
struct Digesting<'a> {
    file: &'a File,
    digest: Sha1,
}

impl io::Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
