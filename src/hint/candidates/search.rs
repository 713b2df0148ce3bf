//! The search: candidates against stored hashes, on several threads, in order of likelihood, until the first hit or until the
//! caller says that it is enough.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::crypt::any::ANY;
use crate::crypt::{Check, Work};
use crate::hint::candidates::{Candidate, Tier, Typed, candidates};
use crate::scheme;

/// What is searched for, and how far.
pub struct Search<'a> {
    /// The typed password and its user.
    pub typed: Typed<'a>,
    /// The stored hashes, each different; whole, with nothing around them.
    pub hashes: &'a [&'a [u8]],
    /// Whether slips of the finger are tried too.
    pub harder: bool,
    /// Threads to use.
    pub threads: usize,
    /// Asked before each candidate: how many are tried, how many there are, and how many seconds the next takes. `false` ends the
    /// search.
    pub go_on: &'a (dyn Fn(usize, usize, f64) -> bool + Sync),
}

/// A candidate that is the password of a hash.
pub struct Hit {
    /// The candidate.
    pub candidate: Candidate,
    /// Which of the hashes it is the password of.
    pub hash: usize,
}

/// What a search came to.
pub struct Outcome {
    /// The likeliest candidate that matches.
    pub hit: Option<Hit>,
    /// Candidates that were tried.
    pub tried: usize,
    /// Candidates that there are.
    pub of: usize,
}

/// Hashes that take less are cheap: all pairs of keyboard layouts are tried against them.
const CHEAP: f64 = 0.002;

/// Candidates that a thread tries together.
pub const TOGETHER: usize = 8;
/// What share of its time one of them takes then, about.
const SHARE: f64 = 0.4;

impl Search<'_> {
    /// Tries the candidates.
    #[must_use]
    pub fn run(&self) -> Outcome {
        let seconds: f64 = self.hashes.iter().map(|hash| seconds(hash)).sum();
        let wanted = |tier| match tier {
            Tier::Usual => true,
            Tier::Cheap => seconds < CHEAP,
            Tier::Harder => self.harder,
        };
        let mut all = candidates(&self.typed, wanted);
        let next = AtomicUsize::new(0);
        let best = AtomicUsize::new(usize::MAX);
        let threads = self.threads.clamp(1, all.len().max(1));
        let found = std::thread::scope(|scope| {
            let worker = || self.work(&all, &next, &best, seconds);
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
            let own = worker();
            own.into_iter().chain(others.into_iter().filter_map(|other| other.join().ok().flatten())).min()
        });
        let (of, tried) = (all.len(), next.load(Ordering::Relaxed).min(all.len()));
        let hit = found.map(|(at, hash)| Hit { candidate: all.swap_remove(at), hash });
        Outcome { hit, tried, of }
    }

    /// Takes candidates in turn, a few together; the first that this thread finds to match, with its hash.
    fn work(&self, all: &[Candidate], next: &AtomicUsize, best: &AtomicUsize, seconds: f64) -> Option<(usize, usize)> {
        loop {
            let from = next.fetch_add(TOGETHER, Ordering::Relaxed);
            let few = all.get(from..)?.iter().take(TOGETHER);
            let may = |&(at, _): &(usize, &Candidate)| {
                // Together they take less, but one takes what it takes.
                let until = seconds.max(seconds * SHARE * f64::from(u32::try_from(at + 1).unwrap_or(u32::MAX)));
                best.load(Ordering::Relaxed) >= from + at && (self.go_on)(from + at, all.len(), until)
            };
            let few: Vec<_> =
                few.enumerate().take_while(may).map(|(_, candidate)| candidate.password.expose()).collect();
            if few.len() < TOGETHER {
                next.fetch_sub(TOGETHER - few.len(), Ordering::Relaxed);
            }
            if let Some((at, hash)) = self.first_match(&few) {
                best.fetch_min(from + at, Ordering::Relaxed);
                return Some((from + at, hash));
            }
            if few.len() < TOGETHER {
                return None;
            }
        }
    }

    /// The first of `passwords` that one of the hashes is of, and which.
    fn first_match(&self, passwords: &[&[u8]]) -> Option<(usize, usize)> {
        let mut first = None;
        for (at, hash) in self.hashes.iter().enumerate() {
            let mut work = Work::limited(f64::INFINITY);
            work.together(|work| {
                for password in passwords {
                    ANY.check(hash, password, work);
                }
            });
            let is_of = |password: &&[u8]| ANY.check(hash, password, &mut work).check == Check::Match;
            let found = passwords.iter().position(is_of).map(|password| (password, at));
            first = [first, found].into_iter().flatten().min();
        }
        first
    }
}

/// Estimated seconds of one check of this hash.
#[must_use]
pub fn seconds(hash: &[u8]) -> f64 {
    let cost = scheme::identify(hash).and_then(|scheme| {
        let cost = scheme.cost.as_ref()?;
        Some((cost.seconds)((cost.of)(hash)?))
    });
    cost.unwrap_or(0.001)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `htpasswd -nbm`, password `secret`.
    const APR1: &[u8] = b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/";

    fn search(typed: &[u8], go_on: &(dyn Fn(usize, usize, f64) -> bool + Sync), threads: usize) -> Outcome {
        Search { typed: Typed::new(typed, b"alice"), hashes: &[APR1], harder: false, threads, go_on }.run()
    }

    #[test]
    fn the_search_names_the_rule_that_makes_the_password() {
        for threads in [1, 2, 5] {
            let outcome = search(b"SECRET", &|_, _, _| true, threads);
            assert_eq!(outcome.hit.unwrap().candidate.rule.code.name, "caps-lock");
            let outcome = search(b"other", &|_, _, _| true, threads);
            assert!(outcome.hit.is_none() && outcome.tried == outcome.of && outcome.of > 10);
        }
    }

    #[test]
    fn the_search_ends_when_it_is_told_to() {
        let outcome = search(b"other", &|tried, _, _| tried < 3, 1);
        assert!(outcome.hit.is_none() && outcome.tried == 3 && outcome.of > 10);
    }
}
