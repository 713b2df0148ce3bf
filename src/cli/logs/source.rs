//! Files of logs: what is named, what a folder holds, rotated siblings; opened as they are or decompressed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::logs::Reading;
use crate::log::{Kind, Lines, Micros, Reader, Told};
use crate::render::text::printable;

/// Bytes of a file's text that are looked at to find its place in time.
const PEEKED: u64 = 256 * 1024;
const BLOCK: usize = 128 * 1024;
/// How far down folders are opened out: `/var/log/apache2/site/`.
const FOLDERS_DEEP: u32 = 4;

/// One log.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path; `-` is the standard input.
    pub path: PathBuf,
    /// Bytes on disk.
    pub size: u64,
    /// When it was last written to.
    pub written: Option<Micros>,
    /// Kind and time of its first record.
    first: Option<(Kind, Option<Micros>)>,
}

impl Source {
    /// The path, as bytes.
    #[must_use]
    pub fn shown(&self) -> Vec<u8> {
        if self.is_stdin() { b"standard input".to_vec() } else { self.path.as_os_str().as_bytes().to_vec() }
    }

    /// Whether it is the standard input.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    fn at(path: &Path) -> Result<Self, Error> {
        if path == Path::new("-") {
            return Ok(Self { path: path.to_path_buf(), size: 0, written: None, first: None });
        }
        let meta = fs::metadata(path).map_err(|error| {
            Error::unreadable("read", "can't read the log", &error).at(printable(path.as_os_str().as_bytes()))
        })?;
        let written = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let written = written.and_then(|time| Micros::try_from(time.as_micros()).ok());
        Ok(Self { path: path.to_path_buf(), size: meta.len(), written, first: None })
    }

    /// The text of the log.
    pub fn open(&self) -> Result<Box<dyn Read>, Error> {
        if self.is_stdin() {
            return decompressed(io::stdin())
                .map_err(|error| cannot(&self.path, &format!("can't read the log: {error}")));
        }
        File::open(&self.path).and_then(decompressed).map_err(|error| {
            let error_text = format!("can't read the log: {error}");
            let told = cannot(&self.path, &error_text);
            if error.kind() == io::ErrorKind::PermissionDenied {
                told.help("logs belong to root or the group adm: run the command with sudo")
            } else {
                told
            }
        })
    }

    /// Finds out what its first record is.
    fn peek(&mut self, reading: &Reading<'_>) -> Result<(), Error> {
        let mut lines = Lines::new(self.open()?.take(PEEKED), None);
        let mut reader = Reader::new(reading.context(), reading.shape);
        while let Ok(Some(line)) = lines.next_line() {
            if let Told::Event(event) = reader.line(line.text) {
                self.first = Some((event.kind, event.time));
                break;
            }
        }
        Ok(())
    }
}

fn cannot(path: &Path, text: &str) -> Error {
    Error::new(Exit::CouldNot, "read", text.to_owned()).at(printable(path.as_os_str().as_bytes()))
}

/// Bytes as they are, or decompressed where they begin as gzip, xz or zstd do.
fn decompressed(mut raw: impl Read + 'static) -> io::Result<Box<dyn Read>> {
    let mut magic = Vec::new();
    raw.by_ref().take(6).read_to_end(&mut magic)?;
    let whole = Cursor::new(magic.clone()).chain(raw);
    Ok(match magic.as_slice() {
        [0x1F, 0x8B, ..] => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(BLOCK, whole))),
        [0xFD, b'7', b'z', b'X', b'Z', 0] => {
            Box::new(lzma_rust2::XzReader::new(BufReader::with_capacity(BLOCK, whole), true))
        }
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Box::new(zstd::Frames::new(BufReader::with_capacity(BLOCK, whole))?),
        _ => Box::new(whole),
    })
}

mod zstd {
    //! Frames of zstd one after the other, as `zstd` and `cat` make them.

    use std::io::{self, BufRead, Read};

    use ruzstd::decoding::StreamingDecoder;

    /// A reader of all frames.
    pub(super) struct Frames<R: BufRead>(Option<StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>);

    impl<R: BufRead> Frames<R> {
        pub(super) fn new(source: R) -> io::Result<Self> {
            Ok(Self(Some(StreamingDecoder::new(source).map_err(io::Error::other)?)))
        }
    }

    impl<R: BufRead> Read for Frames<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            while let Some(decoder) = &mut self.0 {
                let read = decoder.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
                let Some(decoder) = self.0.take() else { break };
                let mut rest = decoder.into_inner();
                if !rest.fill_buf()?.is_empty() {
                    self.0 = Some(StreamingDecoder::new(rest).map_err(io::Error::other)?);
                }
            }
            Ok(0)
        }
    }
}

/// The logs that are named, folders and rotated siblings opened out, in the order in which they are read: access logs first,
/// each kind from the oldest record on. Files that were last written to before what is asked for are left out.
pub fn find(paths: &[&OsStr], rotated: bool, reading: &Reading<'_>) -> Result<Vec<Source>, Error> {
    let mut found: Vec<(Source, bool)> = Vec::new();
    for path in paths.iter().map(Path::new) {
        if path == Path::new("-") {
            found.push((Source::at(path)?, true));
        } else if path.is_dir() {
            for path in files(path, FOLDERS_DEEP)? {
                found.push((Source::at(&path)?, false));
            }
        } else {
            found.push((Source::at(path)?, true));
            if rotated {
                for sibling in siblings(path)? {
                    found.push((Source::at(&sibling)?, false));
                }
            }
        }
    }
    let mut sources: Vec<Source> = Vec::new();
    let single = found.len() == 1;
    for (mut source, named) in found {
        let old = reading.filter.since.is_some_and(|since| source.written.is_some_and(|written| written < since));
        if sources.iter().any(|known| known.path == source.path) || (old && !named) {
            continue;
        }
        if !source.is_stdin() && !single {
            source.peek(reading)?;
            if source.first.is_none() && !named {
                continue;
            }
        }
        sources.push(source);
    }
    sources.sort_by_key(|source| source.first.unwrap_or((Kind::Error, None)));
    Ok(sources)
}

/// The files of a folder and of the folders in it. Links to folders are not followed, so that nothing is read twice.
fn files(folder: &Path, deep: u32) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for name in names(folder)? {
        let path = folder.join(name);
        let is_folder = fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
        if path.is_file() {
            found.push(path);
        } else if is_folder && deep > 0 {
            found.extend(files(&path, deep - 1)?);
        }
    }
    Ok(found)
}

fn names(folder: &Path) -> Result<Vec<OsString>, Error> {
    let read = || -> io::Result<Vec<OsString>> { fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect() };
    let mut names = read().map_err(|error| {
        Error::unreadable("read", "can't list the folder", &error).at(printable(folder.as_os_str().as_bytes()))
    })?;
    names.sort();
    Ok(names)
}

/// `NAME.1`, `NAME.2.gz`, `NAME-20261123.xz` beside `NAME`.
fn siblings(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let Some(own) = path.file_name() else { return Ok(Vec::new()) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for name in names(folder)? {
        if is_rotated(own.as_bytes(), name.as_bytes()) {
            found.push(if path.parent().is_some_and(|parent| parent.as_os_str().is_empty()) {
                PathBuf::from(name)
            } else {
                folder.join(name)
            });
        }
    }
    Ok(found)
}

fn is_rotated(own: &[u8], name: &[u8]) -> bool {
    let Some(rest) = name.strip_prefix(own) else { return false };
    let rest = [&b".gz"[..], b".xz", b".zst"].iter().find_map(|end| rest.strip_suffix(*end)).unwrap_or(rest);
    match rest.split_first() {
        Some((b'.' | b'-', number)) => {
            !number.is_empty() && number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-')
        }
        Some(_) => false,
        None => name.len() > own.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_siblings_are_known_by_their_names() {
        for name in
            ["a.log.1", "a.log.12.gz", "a.log-20261123", "a.log-20261123.xz", "a.log-2026-11-23.zst", "a.log.gz"]
        {
            assert!(is_rotated(b"a.log", name.as_bytes()), "{name}");
        }
        for name in ["a.log", "a.log.bak", "a.logx", "b.log.1", "a.log.1.tmp", "a.log."] {
            assert!(!is_rotated(b"a.log", name.as_bytes()), "{name}");
        }
    }
}
