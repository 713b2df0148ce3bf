//! What the records tell of one user.

use std::collections::{BTreeSet, HashMap};

use crate::log::event::{Event, Kind, Micros};
use crate::log::mask;
use crate::log::summary::Place;
use crate::trace::Code;
use crate::trace::codes;

/// Clients of one user that are kept.
const CLIENTS: usize = 16;
/// Bytes of a line that are kept for showing it.
const SHOWN: usize = 400;

/// How often, from when to when, from where.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Option<Micros>,
    /// The last time.
    pub last: Option<Micros>,
    /// Clients, as far as they are kept.
    pub clients: BTreeSet<Vec<u8>>,
    /// Whether there were more clients.
    pub more_clients: bool,
}

impl Tally {
    fn take(&mut self, event: &Event<'_>) {
        self.count += 1;
        if let Some(time) = event.time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        if let Some(client) = &event.client
            && !self.clients.contains(&**client)
        {
            if self.clients.len() < CLIENTS {
                self.clients.insert(client.to_vec());
            } else {
                self.more_clients = true;
            }
        }
    }
}

/// One cause of refusals.
#[derive(Clone, Debug)]
pub struct Cause {
    /// Which.
    pub code: Code,
    /// The kind of log that tells.
    pub kind: Kind,
    /// How often and when.
    pub tally: Tally,
    /// A path that was asked for.
    pub path: Option<Vec<u8>>,
    /// The status, where it is told.
    pub status: Option<u16>,
    /// A file that the message names.
    pub file: Option<Vec<u8>>,
    /// Where the first stands.
    pub place: Place,
    /// The first line, credentials masked.
    pub line: Vec<u8>,
}

/// The last refusals that one client got for one user.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// The times, newest last.
    pub times: Vec<Micros>,
    /// How often refused.
    pub refused: u64,
    /// How often let in.
    pub granted: u64,
}

/// What the records tell of one user.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// Requests that were let in under this name.
    pub granted: Tally,
    /// Refusals, by cause.
    pub causes: Vec<Cause>,
    /// The first refusal behind the last success, and how many there were.
    pub since: Option<(Micros, u64)>,
    /// Per client.
    pub tracks: HashMap<Vec<u8>, Track>,
}

impl Person {
    pub(super) fn take(&mut self, event: &Event<'_>, code: Code, place: Place, line: &[u8]) {
        self.follow(event, code);
        if code == codes::OK {
            self.granted.take(event);
            // What came before is over.
            if event.time.is_some_and(|time| self.since.is_some_and(|(since, _)| since <= time)) {
                self.since = None;
            }
            return;
        }
        if let Some(time) = event.time
            && self.granted.last.is_none_or(|last| time >= last)
        {
            let (since, count) = self.since.unwrap_or((time, 0));
            self.since = Some((since.min(time), count + 1));
        }
        let known = self.causes.iter_mut().find(|cause| cause.code == code && cause.kind == event.kind);
        if let Some(cause) = known {
            cause.tally.take(event);
            return;
        }
        let mut tally = Tally::default();
        tally.take(event);
        self.causes.push(Cause {
            code,
            kind: event.kind,
            tally,
            path: event.path.as_ref().map(|path| path.to_vec()),
            status: event.status,
            file: event.file.as_ref().map(|file| file.to_vec()),
            place,
            line: mask::masked(&line[..line.len().min(SHOWN)]),
        });
    }

    fn follow(&mut self, event: &Event<'_>, code: Code) {
        const TIMES: usize = 16;
        let Some(client) = &event.client else { return };
        if !self.tracks.contains_key(&**client) {
            if self.tracks.len() >= CLIENTS {
                return;
            }
            self.tracks.insert(client.to_vec(), Track::default());
        }
        let Some(track) = self.tracks.get_mut(&**client) else { return };
        if code == codes::OK {
            track.granted += 1;
            return;
        }
        track.refused += 1;
        if let Some(time) = event.time {
            if track.times.len() == TIMES {
                track.times.remove(0);
            }
            track.times.push(time);
        }
    }

    /// Refusals that one kind of log tells.
    #[must_use]
    pub fn refused_in(&self, kind: Kind) -> u64 {
        self.causes.iter().filter(|cause| cause.kind == kind).map(|cause| cause.tally.count).sum()
    }

    /// Refusals. Both kinds of logs tell of the same request, so the larger number is taken.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused_in(Kind::Access).max(self.refused_in(Kind::Error))
    }
}
