//! What a stretch of whole lines holds, and the stretches of a file put together.
//!
//! Stretches are read and looked at on several cores. What a line counts for depends on its neighbours and on all lines
//! before it no further than [`Whole`] puts right.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::plain::{self, Kind};

/// A run of lines that stays together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Offset of its first byte.
    pub(super) start: usize,
    /// Offset one past its last byte.
    pub(super) end: usize,
    /// 1-based number of its first line.
    pub(super) line: u64,
    /// Number of lines.
    pub(super) lines: u64,
}

/// A plain line.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) start: u32,
    pub(super) line: u32,
    pub(super) name: u8,
    /// Whether it is in every cut.
    pub(super) kept: bool,
}

impl Place {
    pub(super) fn name(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start as usize..self.start as usize + usize::from(self.name)]
    }

    pub(super) fn run(self, bytes: &[u8]) -> Run {
        let start = self.start as usize;
        let length = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len() - start, |lf| lf + 1);
        Run { start, end: start + length, line: u64::from(self.line), lines: 1 }
    }
}

/// Which plain lines are wanted, by name, and what is to be noted of each.
pub(super) trait Wanted: Sync {
    /// What is noted.
    type Note: Send;

    /// The hash of a name that may be wanted.
    fn hash(&self, name: &[u8]) -> Option<u64>;

    /// What is noted of the name with this hash, where it is wanted.
    fn note(&self, hash: u64) -> Option<Self::Note>;
}

/// A stretch of whole lines.
pub(super) struct Part<N> {
    /// Offset of the first line.
    start: usize,
    /// Offset one past the last line.
    end: usize,
    /// Number of lines.
    lines: u32,
    /// The first line.
    first: Option<Run>,
    /// Lines that are not plain and the one after each; and the first line of each kind. Lines are counted from 1.
    odd: Vec<Run>,
    kinds: Vec<(Kind, Run)>,
    ends_odd: bool,
    /// The wanted plain lines.
    found: Vec<(N, Place)>,
}

impl<N: Send> Part<N> {
    /// The lines of `bytes`, the last of which may lack its end; they begin at `start` in the file.
    fn of(bytes: &[u8], start: usize, wanted: &impl Wanted<Note = N>) -> Self {
        let end = start + bytes.len();
        let mut part = Self {
            start,
            end,
            lines: 0,
            first: None,
            odd: Vec::new(),
            kinds: Vec::new(),
            ends_odd: false,
            found: Vec::new(),
        };
        let mut from = 0;
        let (mut kind, mut may_be) = (None, Vec::new());
        for lf in memchr::memchr_iter(b'\n', bytes) {
            part.line(&bytes[from..=lf], start + from, &mut kind, wanted, &mut may_be);
            from = lf + 1;
        }
        if from < bytes.len() {
            part.line(&bytes[from..], start + from, &mut kind, wanted, &mut may_be);
        }
        // Asked for together: each waits for main memory.
        part.found = may_be.into_iter().filter_map(|(hash, place)| Some((wanted.note(hash)?, place))).collect();
        part
    }

    fn line(
        &mut self,
        line: &[u8],
        start: usize,
        kind: &mut Option<Kind>,
        wanted: &impl Wanted<Note = N>,
        may_be: &mut Vec<(u64, Place)>,
    ) {
        self.lines += 1;
        let run = || Run { start, end: start + line.len(), line: u64::from(self.lines), lines: 1 };
        if self.lines == 1 {
            self.first = Some(run());
        }
        let Some(found) = plain::of(line) else {
            self.odd.push(run());
            self.ends_odd = true;
            return;
        };
        if self.ends_odd {
            self.odd.push(run());
            self.ends_odd = false;
        }
        if *kind != Some(found.kind) {
            *kind = Some(found.kind);
            if !self.kinds.iter().any(|(kind, _)| *kind == found.kind) {
                self.kinds.push((found.kind, run()));
            }
        }
        if let Some(hash) = wanted.hash(&line[..found.name]) {
            let name = u8::try_from(found.name).unwrap_or(u8::MAX);
            let start = u32::try_from(start).unwrap_or(u32::MAX);
            may_be.push((hash, Place { start, line: self.lines, name, kept: false }));
        }
    }
}

/// A whole file.
pub(super) struct Whole<N> {
    /// The lines that are in every cut for what they or their neighbours are, in order.
    pub(super) odd: Vec<Run>,
    /// The wanted plain lines, in order.
    pub(super) found: Vec<(N, Place)>,
}

/// What a file holds, whose bytes are there.
pub(super) fn whole<W: Wanted>(bytes: &[u8], wanted: &W) -> Whole<W::Note> {
    put_together(bytes, vec![Part::of(bytes, 0, wanted)], wanted)
}

/// Fills `bytes` with a file and tells what it holds, on so many threads and `stretch` bytes at a time. `fill` reads the file
/// from an offset on.
pub(super) fn read<W: Wanted>(
    bytes: &mut [u8],
    wanted: &W,
    (threads, stretch): (usize, usize),
    fill: &(dyn Fn(usize, &mut [u8]) -> io::Result<()> + Sync),
) -> io::Result<Whole<W::Note>> {
    let stretches = Mutex::new(bytes.chunks_mut(stretch).enumerate());
    let work = || {
        let mut parts = Vec::new();
        loop {
            let next = stretches.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, bytes)) = next else { return Ok::<_, io::Error>(parts) };
            let start = at * stretch;
            fill(start, bytes)?;
            // A line belongs to no stretch that has not all of it.
            let first = if at == 0 { Some(0) } else { memchr::memchr(b'\n', bytes).map(|lf| lf + 1) };
            if let (Some(first), Some(last)) = (first, memchr::memrchr(b'\n', bytes)) {
                parts.push(Part::of(&bytes[first..=last], start + first, wanted));
            }
        }
    };
    let mut parts: Vec<Part<W::Note>> = Vec::new();
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        parts.extend(work()?);
        for other in others {
            parts.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok::<(), io::Error>(())
    })?;
    parts.sort_by_key(|part| part.start);
    Ok(put_together(bytes, parts, wanted))
}

/// The file of these parts, which are in order; what lies between them is looked at here.
fn put_together<W: Wanted>(bytes: &[u8], parts: Vec<Part<W::Note>>, wanted: &W) -> Whole<W::Note> {
    let mut all = Building {
        whole: Whole { odd: Vec::new(), found: Vec::new() },
        lines: 0,
        end: 0,
        after_odd: true,
        kinds: Vec::new(),
    };
    for part in parts {
        if all.end < part.start {
            let between = Part::of(&bytes[all.end..part.start], all.end, wanted);
            all.add(between);
        }
        all.add(part);
    }
    if all.end < bytes.len() {
        let rest = Part::of(&bytes[all.end..], all.end, wanted);
        all.add(rest);
    }
    let Building { mut whole, lines, .. } = all;
    // The last line and the one before, since some servers do not count a last line without end.
    let (mut end, mut line) = (bytes.len(), u64::from(lines));
    for _ in 0..2 {
        if end > 0 {
            let start = memchr::memrchr(b'\n', &bytes[..end - 1]).map_or(0, |lf| lf + 1);
            whole.odd.push(Run { start, end, line, lines: 1 });
            (end, line) = (start, line - 1);
        }
    }
    whole.odd.sort_by_key(|run| run.start);
    whole.odd.dedup_by_key(|run| run.start);
    for run in &whole.odd {
        if let Ok(at) = whole.found.binary_search_by_key(&run.start, |(_, place)| place.start as usize) {
            whole.found[at].1.kept = true;
        }
    }
    whole
}

struct Building<N> {
    whole: Whole<N>,
    lines: u32,
    end: usize,
    after_odd: bool,
    kinds: Vec<Kind>,
}

impl<N> Building<N> {
    fn add(&mut self, part: Part<N>) {
        let Some(first) = part.first else { return };
        let before = self.lines;
        let placed = |run: Run| Run { line: run.line + u64::from(before), ..run };
        if self.after_odd {
            self.whole.odd.push(placed(first));
        }
        for (kind, run) in part.kinds {
            if !self.kinds.contains(&kind) {
                self.kinds.push(kind);
                self.whole.odd.push(placed(run));
            }
        }
        self.whole.odd.extend(part.odd.into_iter().map(placed));
        let place = |(note, place): (N, Place)| (note, Place { line: place.line + before, ..place });
        self.whole.found.extend(part.found.into_iter().map(place));
        self.lines += part.lines;
        self.end = part.end;
        self.after_odd = part.ends_odd;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::names::Hashes;

    #[test]
    fn a_file_read_in_pieces_is_the_file() {
        const HASH: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
        let plain = (0..20).fold(String::new(), |all, at| all + &format!("user{at}:{HASH}\n"));
        let bcrypt = "bob:$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS\n";
        let long = format!("#{}\n", "x".repeat(200));
        let files = [
            String::new(),
            "\n".to_owned(),
            plain.clone(),
            format!("{plain}# comment\n{plain}\n\n{bcrypt}{plain}{long}{bcrypt}{plain}u:x"),
            format!("{long}{long}{plain}{plain}{}", bcrypt.trim_end()),
        ];
        for file in &files {
            let file = file.as_bytes();
            let hashes = Hashes::new();
            let all = whole(file, &hashes);
            for stretch in [1, 2, 7, 33, 40, 41, 64, 200, 1000, 10_000] {
                let mut bytes = vec![0; file.len()];
                let fill = |at: usize, bytes: &mut [u8]| {
                    bytes.copy_from_slice(&file[at..at + bytes.len()]);
                    Ok(())
                };
                let read = read(&mut bytes, &hashes, (3, stretch), &fill).unwrap();
                assert_eq!(bytes, file);
                assert_eq!(read.odd, all.odd, "{stretch}");
                let places = |whole: &Whole<u64>| -> Vec<_> {
                    whole.found.iter().map(|(hash, at)| (*hash, at.start, at.line, at.name, at.kept)).collect()
                };
                assert_eq!(places(&read), places(&all), "{stretch}");
            }
        }
    }
}
