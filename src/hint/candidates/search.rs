//! The search: candidates against stored hashes, on several threads, in order of likelihood, until the first hit or until the
//! caller says that it is enough.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::crypt::any::ANY;
use crate::crypt::{Check, Crypt, Work};
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

    /// Takes candidates in turn; the first that this thread finds to match, with its hash.
    fn work(&self, all: &[Candidate], next: &AtomicUsize, best: &AtomicUsize, seconds: f64) -> Option<(usize, usize)> {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let candidate = all.get(at)?;
            if best.load(Ordering::Relaxed) < at || !(self.go_on)(at, all.len(), seconds) {
                next.fetch_sub(1, Ordering::Relaxed);
                return None;
            }
            let password = candidate.password.expose();
            let is_of =
                |hash: &&[u8]| ANY.check(hash, password, &mut Work::limited(f64::INFINITY)).check == Check::Match;
            if let Some(hash) = self.hashes.iter().position(is_of) {
                best.fetch_min(at, Ordering::Relaxed);
                return Some((at, hash));
            }
        }
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
