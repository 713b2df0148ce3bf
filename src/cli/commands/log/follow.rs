//! Waiting for new lines: each new refusal is told as it comes, a cause that comes for the first time with what it means.
//!
//! A log that is moved away and made anew is read to its end and opened again; one that is cut is read from its start. The end of
//! whoever reads our output is a quiet end.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::cli::io::Io;
use crate::cli::logs::Reading;
use crate::log::{Event, Place, Reader, Told};
use crate::render;
use crate::render::style::{Role, Style};
use crate::render::text::{printable, wrapped};
use crate::trace::codes;

/// How often the logs are looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// Bytes of a line without end that are kept.
const LONGEST: usize = 1 << 20;

/// A log that grows.
struct Tail<'c> {
    path: PathBuf,
    shown: Vec<u8>,
    file: Option<File>,
    /// Device and inode of what is open.
    identity: (u64, u64),
    position: u64,
    number: u64,
    /// A line whose end has not come.
    part: Vec<u8>,
    reader: Reader<'c>,
}

/// Follows the logs until nobody reads what is told.
pub(super) fn run(paths: &[&OsStr], reading: &Reading<'_>, io: &mut Io) -> Result<Exit, Error> {
    let mut tails = Vec::new();
    for path in paths {
        let path = PathBuf::from(path);
        if path.as_os_str() == "-" {
            return stdin(reading, io);
        }
        if path.is_dir() {
            return Err(Error::usage("a folder can't be followed")
                .help("name the logs in it")
                .at(path.display().to_string()));
        }
        let mut tail = Tail::new(path, reading);
        tail.open(true).map_err(|error| {
            Error::unreadable("read", "can't read the log", &error).at(tail.path.display().to_string())
        })?;
        tails.push(tail);
    }
    let mut teller = Teller { reading, json: io.json, style: io.style, explained: Vec::new() };
    loop {
        for tail in &mut tails {
            tail.look(&mut teller)?;
        }
        if is_closed()? {
            return Ok(Exit::Done);
        }
    }
}

/// Waits a little; whether the reading end of the output is gone.
fn is_closed() -> Result<bool, Error> {
    let out = io::stdout();
    let mut wanted = [PollFd::new(&out, PollFlags::empty())];
    let pause = Timespec { tv_sec: 0, tv_nsec: i64::from(PAUSE.subsec_nanos()) };
    match rustix::event::poll(&mut wanted, Some(&pause)) {
        Ok(0) | Err(rustix::io::Errno::INTR) => Ok(false),
        Ok(_) => {
            let events = wanted[0].revents();
            if events.intersects(PollFlags::ERR | PollFlags::HUP) {
                return Ok(true);
            }
            // Something that is always ready would make us spin.
            std::thread::sleep(PAUSE);
            Ok(false)
        }
        Err(error) => Err(io::Error::from(error).into()),
    }
}

/// Follows what comes on the standard input, to its end.
fn stdin(reading: &Reading<'_>, io: &Io) -> Result<Exit, Error> {
    let mut tail = Tail::new(PathBuf::from("-"), reading);
    tail.shown = b"standard input".to_vec();
    let mut teller = Teller { reading, json: io.json, style: io.style, explained: Vec::new() };
    let mut block = vec![0; 64 * 1024];
    loop {
        match io::stdin().lock().read(&mut block) {
            Ok(0) => {
                let rest = std::mem::take(&mut tail.part);
                tail.line(&rest, &mut teller)?;
                return Ok(Exit::Done);
            }
            Ok(read) => tail.take(&block[..read], &mut teller)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::unreadable("read", "can't read the log", &error)),
        }
    }
}

impl<'c> Tail<'c> {
    fn new(path: PathBuf, reading: &Reading<'c>) -> Self {
        let shown = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
        let reader = Reader::new(reading.context(), reading.shape);
        Self { path, shown, file: None, identity: (0, 0), position: 0, number: 0, part: Vec::new(), reader }
    }

    /// Opens what stands at the path, at its end or at its start.
    fn open(&mut self, at_end: bool) -> io::Result<()> {
        let mut file = File::open(&self.path)?;
        let meta = file.metadata()?;
        self.identity = (meta.dev(), meta.ino());
        self.position = if at_end { file.seek(SeekFrom::End(0))? } else { 0 };
        self.number = 0;
        self.part.clear();
        self.file = Some(file);
        Ok(())
    }

    /// Reads what is new.
    fn look(&mut self, teller: &mut Teller<'_>) -> Result<(), Error> {
        self.drain(teller)?;
        let Ok(meta) = std::fs::metadata(&self.path) else { return Ok(()) };
        if (meta.dev(), meta.ino()) != self.identity {
            // What was written before it was moved away.
            self.drain(teller)?;
            if self.open(false).is_ok() {
                self.drain(teller)?;
            }
        } else if meta.len() < self.position {
            self.position = 0;
            self.number = 0;
            self.part.clear();
            if let Some(file) = &mut self.file {
                let _ = file.seek(SeekFrom::Start(0));
            }
            self.drain(teller)?;
        }
        Ok(())
    }

    fn drain(&mut self, teller: &mut Teller<'_>) -> Result<(), Error> {
        let mut block = vec![0; 64 * 1024];
        while let Some(file) = &mut self.file {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(read) => self.take(&block[..read], teller)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.file = None;
                    self.identity = (0, 0);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, mut block: &[u8], teller: &mut Teller<'_>) -> Result<(), Error> {
        while let Some(feed) = memchr::memchr(b'\n', block) {
            self.part.extend_from_slice(&block[..feed]);
            let line = std::mem::take(&mut self.part);
            self.line(&line, teller)?;
            self.position += line.len() as u64 + 1;
            block = &block[feed + 1..];
        }
        if self.part.len() + block.len() <= LONGEST {
            self.part.extend_from_slice(block);
        } else {
            self.position += self.part.len() as u64 + block.len() as u64;
            self.part.clear();
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], teller: &mut Teller<'_>) -> Result<(), Error> {
        self.number += 1;
        let place = Place { file: 0, line: self.number, offset: self.position };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match self.reader.line(line) {
            Told::Event(event) => teller.tell(&event, place, &self.shown),
            Told::Part | Told::Blank | Told::Unknown => Ok(()),
        }
    }
}

/// Tells refusals.
struct Teller<'a> {
    reading: &'a Reading<'a>,
    json: bool,
    style: Style,
    /// Causes that were explained.
    explained: Vec<&'static str>,
}

impl Teller<'_> {
    fn tell(&mut self, event: &Event<'_>, place: Place, file: &[u8]) -> Result<(), Error> {
        let Some(cause) = event.cause.filter(|cause| *cause != codes::OK) else { return Ok(()) };
        if !self.reading.filter.takes(event) {
            return Ok(());
        }
        let mut text = if self.json {
            render::log::event_json(event, file, place, self.reading.clock).to_string()
        } else {
            render::log::event_text(event, self.reading.clock, self.style)
        };
        text.push('\n');
        if !self.json && !self.explained.contains(&cause.name) {
            self.explained.push(cause.name);
            for line in wrapped(cause.text, 96).lines() {
                text.push_str(&format!("    {}\n", self.style.paint(Role::Frame, &printable(line.as_bytes()))));
            }
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }
}
