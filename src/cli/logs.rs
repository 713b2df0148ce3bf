//! Logs on disk: found, opened whatever they are compressed with, put in the order of time, and read with a bar on a terminal.

pub mod banned;
pub mod bans;
pub mod source;
pub mod when;

use std::io::Read;
use std::time::{Duration, Instant};

use crate::cli::error::Error;
use crate::cli::io::Io;
use crate::cli::logs::source::Source;
use crate::log::format::Context;
use crate::log::{Clock, Event, Filter, Lines, Place, Reader, Shape, Told};
use crate::render::text::printable;

/// How the logs of one command are read.
pub struct Reading<'a> {
    /// The zone of stamps without one.
    pub clock: &'a Clock,
    /// Formats.
    pub shape: &'a Shape,
    /// Which records are asked for.
    pub filter: &'a Filter,
    /// User files of the configuration.
    pub user_files: &'a [Vec<u8>],
}

/// What was read of one file.
#[derive(Clone, Debug, Default)]
pub struct Count {
    /// Lines.
    pub lines: u64,
    /// Lines of no known format, of those that were looked at.
    pub unknown: u64,
    /// The first such line.
    pub first_unknown: Option<u64>,
    /// The format of the first record.
    pub format: Option<&'static str>,
}

/// What is done with a record, its place and its line.
pub type Take<'t> = &'t mut dyn FnMut(&Event<'_>, Place, &[u8]) -> Result<(), Error>;

impl<'a> Reading<'a> {
    /// The context of readers.
    #[must_use]
    pub const fn context(&self) -> Context<'a> {
        Context { clock: self.clock, outer: None, user_files: self.user_files }
    }

    /// Reads all of `sources` and hands on the records that are asked for.
    pub fn all(&self, sources: &[Source], io: &Io, take: Take<'_>) -> Result<Vec<Count>, Error> {
        self.all_with(Bar::new(sources.iter().map(|source| source.size).sum(), io), sources, take)
    }

    /// The same for events that are printed as they are read: where they share a terminal with the bar there is none.
    pub fn all_printed(&self, sources: &[Source], io: &Io, take: Take<'_>) -> Result<Vec<Count>, Error> {
        let mut bar = Bar::new(sources.iter().map(|source| source.size).sum(), io);
        bar.next = bar.next.filter(|_| !io.is_terminal());
        self.all_with(bar, sources, take)
    }

    fn all_with(&self, mut bar: Bar<'_>, sources: &[Source], take: Take<'_>) -> Result<Vec<Count>, Error> {
        let mut counts = Vec::new();
        for (file, source) in sources.iter().enumerate() {
            let reader = source.open()?;
            let count = self.one(file, reader, &mut bar, take).map_err(|error| match error {
                Trouble::Read(error) => unreadable(source, &error),
                Trouble::Other(error) => error,
            });
            counts.push(count?);
            bar.done(source.size);
        }
        Ok(counts)
    }

    fn one(&self, file: usize, reader: impl Read, bar: &mut Bar<'_>, take: Take<'_>) -> Result<Count, Trouble> {
        let needle = self.filter.needle();
        let mut lines = Lines::new(reader, needle.as_deref());
        let mut reader = Reader::new(self.context(), self.shape);
        let mut count = Count::default();
        let mut looked = 0_u32;
        loop {
            looked = looked.wrapping_add(1);
            if looked.is_multiple_of(4096) {
                bar.at(lines.position());
            }
            let Some(line) = lines.next_line().map_err(Trouble::Read)? else { break };
            match reader.line_behind(line.before, line.text) {
                Told::Event(event) => {
                    count.format = count.format.or(Some(event.format));
                    if self.filter.takes(&event) {
                        let place = Place { file, line: line.number, offset: line.offset };
                        take(&event, place, line.text).map_err(Trouble::Other)?;
                    }
                }
                Told::Unknown => {
                    count.unknown += 1;
                    count.first_unknown = count.first_unknown.or(Some(line.number));
                }
                Told::Part | Told::Blank => {}
            }
        }
        count.lines = lines.number() + u64::from(lines.ends_without_feed());
        count.unknown += lines.too_long + reader.torn;
        Ok(count)
    }
}

/// Why a file was not read to its end.
enum Trouble {
    Read(std::io::Error),
    Other(Error),
}

fn unreadable(source: &Source, error: &std::io::Error) -> Error {
    Error::unreadable("read", "can't read the log", error).at(printable(&source.shown()))
}

/// A bar on a terminal: how much is read. Nothing where there is none, and not before a second is over.
struct Bar<'a> {
    io: &'a Io,
    all: u64,
    before: u64,
    start: Instant,
    next: Option<Duration>,
    drawn: bool,
}

impl<'a> Bar<'a> {
    fn new(all: u64, io: &'a Io) -> Self {
        let next = io.has_bar().then_some(Duration::from_secs(1));
        Self { io, all, before: 0, start: Instant::now(), next, drawn: false }
    }

    fn at(&mut self, position: u64) {
        let Some(next) = self.next else { return };
        let elapsed = self.start.elapsed();
        if elapsed < next || self.all == 0 {
            return;
        }
        // Of compressed files the size is that on disk; the bar then stays full.
        let done = (self.before + position).min(self.all);
        self.io.say(&drawn(done, self.all));
        self.drawn = true;
        self.next = Some(elapsed + Duration::from_millis(100));
    }

    const fn done(&mut self, size: u64) {
        self.before += size;
    }
}

impl Drop for Bar<'_> {
    /// What follows begins on a line of its own, whatever ended the reading.
    fn drop(&mut self) {
        if self.drawn {
            self.io.say("\r\x1b[K");
        }
    }
}

fn drawn(done: u64, all: u64) -> String {
    const WIDTH: usize = 24;
    let share = |of: u64| usize::try_from(done.saturating_mul(of) / all.max(1)).unwrap_or(0);
    let full = share(WIDTH as u64).min(WIDTH);
    format!("\r\x1b[Kreading [{}{}] {} %", "#".repeat(full), "-".repeat(WIDTH - full), share(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_tells_how_much_is_read() {
        assert_eq!(drawn(25, 100), "\r\x1b[Kreading [######------------------] 25 %");
        assert_eq!(drawn(100, 100), "\r\x1b[Kreading [########################] 100 %");
    }
}
