//! FILE as the servers would find it: opened again for each of them, as this caller or as another user.
//!
//! A FIFO, socket or device is never opened. What this caller may not read is an error of ours, not an answer of the
//! server's.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::bytes::Span;
use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::identity::Identity;
use crate::crypt::Errno;
use crate::htpasswd::ReadError;
use crate::render::excerpt::Excerpt;
use crate::server::{Entry, Opened, UserFile};

/// Bytes of a line that are read for showing it.
const LONGEST_LINE: u64 = 4096;
/// Bytes that are read of a file at once; a file that is shorter is read as a whole.
const BLOCK: u64 = 256 * 1024;
const O_NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// A user file on disk.
pub struct DiskFile {
    path: PathBuf,
    run_as: Option<Identity>,
    trouble: RefCell<Option<io::Error>>,
    /// Bytes in place of what stands at the path.
    held: Option<Vec<u8>>,
    /// The lines of these bytes that stand for passwords in clear.
    clear: Vec<u64>,
}

impl DiskFile {
    /// Looks at `path`; with `run_as`, whether that identity can read it is part of what servers find.
    pub fn look(path: &OsStr, run_as: Option<Identity>) -> Result<Self, Error> {
        let file =
            Self { path: PathBuf::from(path), run_as, trouble: RefCell::new(None), held: None, clear: Vec::new() };
        if file.run_as.is_none()
            && let Err(error) = file.find().map(drop)
            && error.kind() == io::ErrorKind::PermissionDenied
        {
            return Err(unreadable(&file.path));
        }
        Ok(file)
    }

    /// The file as a server finds it, which may be one that this caller may not read.
    #[must_use]
    pub fn seen_by_server(path: &Path, run_as: Option<Identity>) -> Self {
        Self { path: path.to_path_buf(), run_as, trouble: RefCell::new(None), held: None, clear: Vec::new() }
    }

    /// A file of these bytes, whatever stands at `path`; the lines `clear` stand for passwords in clear.
    #[must_use]
    pub fn holding(path: &OsStr, bytes: Vec<u8>, clear: Vec<u64>) -> Self {
        Self { path: PathBuf::from(path), run_as: None, trouble: RefCell::new(None), held: Some(bytes), clear }
    }

    /// The file and its length, where a regular one with some bytes stands there.
    #[must_use]
    pub fn regular(&self) -> Option<(File, usize)> {
        match self.find() {
            Ok(Found::Regular(file, length)) if self.held.is_none() && length > 0 => {
                Some((file, usize::try_from(length).ok()?))
            }
            _ => None,
        }
    }

    /// About how many bytes there are to read.
    #[must_use]
    pub fn length_hint(&self) -> usize {
        let length = fs::metadata(&self.path).map_or(0, |file| file.len());
        self.held.as_ref().map_or(usize::try_from(length).unwrap_or(0).saturating_add(1), Vec::len)
    }

    /// What a failed read left behind.
    pub fn check(&self) -> Result<(), Error> {
        match self.trouble.borrow_mut().take() {
            None => Ok(()),
            Some(error) => Err(Error::new(Exit::CouldNot, "read", format!("can't read the file: {error}"))
                .at(self.path.display().to_string())),
        }
    }

    /// The file's bytes, for commands that need a regular file.
    pub fn reader(&self) -> Result<Box<dyn Read + '_>, Error> {
        if let Some(held) = &self.held {
            return Ok(Box::new(&held[..]));
        }
        let place = self.path.display().to_string();
        let not =
            |what: &str| Error::new(Exit::CouldNot, "not-regular", format!("this is {what}, not a file")).at(&place);
        match self.find() {
            Ok(Found::Regular(file, _)) => Ok(Box::new(Watched { file, trouble: &self.trouble })),
            Ok(Found::Null) => Err(not("/dev/null")),
            Ok(Found::Directory) => Err(not("a directory")),
            Ok(Found::Fifo | Found::Socket | Found::Device) => Err(not("a FIFO, socket or device")),
            Err(error) => Err(Error::unreadable("read", "can't open the file", &error).at(&place)),
        }
    }

    /// The error for a reading that failed.
    #[must_use]
    pub fn trouble(&self, error: &ReadError) -> Error {
        let text = match error {
            ReadError::LineTooLong { line } => format!("line {line} is too long to be read"),
            other => format!("can't read the file: {other}"),
        };
        Error::new(Exit::CouldNot, "read", text).at(self.path.display().to_string())
    }

    /// Up to `length` bytes from `offset` on, for showing a line; empty where there is nothing to read.
    #[must_use]
    pub fn bytes_at(&self, offset: u64, length: usize) -> Vec<u8> {
        if let Some(held) = &self.held {
            let from = usize::try_from(offset).unwrap_or(usize::MAX).min(held.len());
            return held[from..].iter().take(length).copied().collect();
        }
        let mut bytes = Vec::new();
        if let Ok(Found::Regular(mut file, _)) = self.find() {
            let read =
                file.seek(SeekFrom::Start(offset)).and_then(|_| file.take(length as u64).read_to_end(&mut bytes));
            if read.is_err() {
                bytes.clear();
            }
        }
        bytes
    }

    /// The physical line around `at`. Its number follows from the entry's, or from the start of the file.
    #[must_use]
    pub fn excerpt(&self, entry: Option<&Entry>, at: Span) -> Option<Excerpt> {
        let from = at.start.saturating_sub(LONGEST_LINE);
        let before = self.bytes_at(from, usize::try_from(at.start - from).ok()?);
        let start = memchr::memrchr(b'\n', &before).map_or(from, |lf| from + lf as u64 + 1);
        let length = usize::try_from(at.end.saturating_sub(start).min(LONGEST_LINE) + LONGEST_LINE).ok()?;
        let mut bytes = self.bytes_at(start, length);
        let behind = usize::try_from(at.start - start).ok()?.min(bytes.len());
        if let Some(lf) = memchr::memchr(b'\n', &bytes[behind..]) {
            bytes.truncate(behind + lf);
        }
        let line = match entry {
            Some(entry) if entry.user.start <= start => entry.line + self.line_feeds(entry.user.start, start),
            Some(entry) => entry.line,
            None => 1 + self.line_feeds(0, start),
        };
        Some(Excerpt { line, start, bytes })
    }

    /// Number of line feeds between two offsets.
    fn line_feeds(&self, mut from: u64, to: u64) -> u64 {
        let mut count = 0;
        while from < to {
            let block = self.bytes_at(from, usize::try_from((to - from).min(1 << 20)).unwrap_or(1 << 20));
            if block.is_empty() {
                break;
            }
            count += memchr::memchr_iter(b'\n', &block).count() as u64;
            from += block.len() as u64;
        }
        count
    }

    fn find(&self) -> io::Result<Found> {
        let path = self.path.clone();
        match &self.run_as {
            None => find(&path),
            Some(identity) => identity.run(move || find(&path)),
        }
    }
}

/// What stands at the path.
enum Found {
    /// Open, and its length.
    Regular(File, u64),
    Null,
    Directory,
    Fifo,
    Socket,
    Device,
}

fn find(path: &Path) -> io::Result<Found> {
    let kind = fs::metadata(path)?.file_type();
    Ok(if kind.is_dir() {
        Found::Directory
    } else if kind.is_fifo() {
        Found::Fifo
    } else if kind.is_socket() {
        Found::Socket
    } else if kind.is_char_device() || kind.is_block_device() {
        if path == Path::new("/dev/null") { Found::Null } else { Found::Device }
    } else {
        // Not blocking, should the file have become a FIFO since.
        let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path)?;
        let opened = file.metadata()?;
        if !opened.file_type().is_file() {
            return Ok(Found::Fifo);
        }
        Found::Regular(file, opened.len())
    })
}

impl UserFile for DiskFile {
    fn open(&self) -> Opened<'_> {
        if let Some(held) = &self.held {
            return Opened::Bytes(Box::new(&held[..]));
        }
        match self.find() {
            Ok(Found::Regular(file, length)) => {
                let watched = Watched { file, trouble: &self.trouble };
                // One byte more, so that the end of a short file is found without a further block.
                let block = usize::try_from((length + 1).clamp(4096, BLOCK)).unwrap_or(4096);
                Opened::Bytes(Box::new(BufReader::with_capacity(block, watched)))
            }
            Ok(Found::Null) => Opened::Bytes(Box::new(io::empty())),
            Ok(Found::Directory) => Opened::Directory,
            Ok(Found::Fifo) => Opened::Fifo,
            Ok(Found::Socket) => Opened::Failed(Errno::ENXIO),
            Ok(Found::Device) => Opened::Device,
            Err(error) => Opened::Failed(errno(&error)),
        }
    }

    fn is_in_clear(&self, line: u64) -> bool {
        self.clear.contains(&line)
    }
}

/// A read error ends the file and is kept.
struct Watched<'a> {
    file: File,
    trouble: &'a RefCell<Option<io::Error>>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                *self.trouble.borrow_mut() = Some(error);
                Ok(0)
            }
            other => other,
        }
    }
}

fn errno(error: &io::Error) -> Errno {
    const KNOWN: &[Errno] =
        &[Errno::ENOENT, Errno::ENXIO, Errno::EACCES, Errno::ENOTDIR, Errno::EISDIR, Errno::ENAMETOOLONG, Errno::ELOOP];
    let number = error.raw_os_error().unwrap_or(5);
    KNOWN.iter().copied().find(|errno| errno.number == number).unwrap_or(Errno { number, text: "Input/output error" })
}

/// The error for a file that this caller may not read.
#[must_use]
pub fn unreadable(path: &Path) -> Error {
    Error::new(Exit::CouldNot, "not-readable", "you may not read this file; that says nothing about the server")
        .help("run the command with sudo; add --run-as www-data to ask whether the server can read it")
        .at(path.display().to_string())
}

/// The path as bytes.
#[must_use]
pub fn path_bytes(path: &OsStr) -> &[u8] {
    path.as_bytes()
}
