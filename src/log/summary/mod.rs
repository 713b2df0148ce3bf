//! What many records tell together: per user the causes of refusals, since when, from where, and their spread over time.
//!
//! Memory is bounded: of users and clients a number is kept, what goes beyond is counted.

mod histogram;
mod person;
mod visitor;

use std::collections::HashMap;

pub use crate::log::summary::histogram::Histogram;
pub use crate::log::summary::person::{Cause, Person, Tally, Track};
pub use crate::log::summary::visitor::Visitor;

use crate::log::event::{Event, Kind, Micros, User};
use crate::trace::codes;

/// Users, and clients, that are kept.
const KEPT: usize = 20_000;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which of the files that were read.
    pub file: usize,
    /// Its 1-based line.
    pub line: u64,
    /// Where that starts.
    pub offset: u64,
}

/// What the records tell so far.
#[derive(Debug, Default)]
pub struct Summary {
    /// Records that were asked for.
    pub records: u64,
    /// The first instant.
    pub first: Option<Micros>,
    /// The last instant.
    pub last: Option<Micros>,
    /// Users by the bytes of their names; `None` is who sent no name.
    pub people: HashMap<Option<Vec<u8>>, Person>,
    /// Clients.
    pub visitors: HashMap<Vec<u8>, Visitor>,
    /// Records of users or clients beyond those that are kept.
    pub beyond: u64,
    /// Refusals that were held back.
    pub delayed: u64,
    /// Clients that a log says were banned, and how often.
    pub banned: HashMap<Vec<u8>, u64>,
    /// Refusals over time.
    pub refusals: Histogram,
    /// Files that messages name as the user file.
    pub user_files: Vec<Vec<u8>>,
}

impl Summary {
    /// Takes a record in; `line` is its text, for showing the first of each cause.
    pub fn take(&mut self, event: &Event<'_>, place: Place, line: &[u8]) {
        self.records += 1;
        if let Some(time) = event.time {
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
        }
        if event.cause.is_some_and(|cause| cause == codes::USER_NOT_FOUND)
            && let Some(file) = &event.file
            && self.user_files.len() < 16
            && self.user_files.iter().all(|known| **known != **file)
        {
            self.user_files.push(file.to_vec());
        }
        if let Some(client) = &event.client {
            if let Some(visitor) = self.visitors.get_mut(&**client) {
                visitor.take(event);
            } else if self.visitors.len() < KEPT {
                let mut visitor = Visitor::default();
                visitor.take(event);
                self.visitors.insert(client.to_vec(), visitor);
            } else {
                self.beyond += 1;
            }
        }
        let Some(cause) = event.cause else { return };
        // Neither is a refusal of its own: another record tells of the request, or none was made.
        if cause == codes::REFUSAL_DELAYED {
            self.delayed += 1;
            return;
        }
        if cause == codes::CLIENT_BANNED {
            if let (Some(client), true) = (&event.client, self.banned.len() < KEPT) {
                *self.banned.entry(client.to_vec()).or_default() += 1;
            }
            return;
        }
        if cause != codes::OK {
            self.refusals.add(event.time);
        }
        let name = match &event.user {
            User::Name(name) => Some(name.to_vec()),
            User::None | User::Unlogged => None,
        };
        if self.people.len() >= KEPT && !self.people.contains_key(&name) {
            self.beyond += 1;
            return;
        }
        self.people.entry(name).or_default().take(event, cause, place, line);
    }

    /// Users with refusals first, those with most of them foremost; who sent no name last.
    #[must_use]
    pub fn ranked(&self) -> Vec<(Option<&[u8]>, &Person)> {
        let mut people: Vec<_> = self.people.iter().map(|(name, person)| (name.as_deref(), person)).collect();
        people.sort_by(|(a, one), (b, other)| {
            (a.is_none(), std::cmp::Reverse(one.refused()), *a).cmp(&(
                b.is_none(),
                std::cmp::Reverse(other.refused()),
                *b,
            ))
        });
        people
    }

    /// Refusals in all. A request that is told by both kinds of logs counts once.
    #[must_use]
    pub fn refused(&self) -> u64 {
        let of = |kind: Kind| self.people.values().map(|person| person.refused_in(kind)).sum::<u64>();
        of(Kind::Access).max(of(Kind::Error))
    }
}
