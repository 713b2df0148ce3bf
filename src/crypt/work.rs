//! The work done for a decision: each hash is computed once however many servers ask, and none beyond the limit.
//!
//! A dialect never calls a hash core itself; it hands [`Work::digest`] a [`Task`]. So the limit, the memory of what was
//! computed, and the question "would the right password be accepted?" (see [`Mode::Assume`]) are in one place.

use crate::crypt::together;
use crate::crypt::together::Noted;
use crate::secret::Secret;

/// Whether hashes are computed or taken as matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Hashes are computed from the password.
    Compute,
    /// The password is taken to be the right one: a task answers with the digest the stored field claims. What is
    /// left of the check is the dialect: does this server read this field at all, and does it re-emit it unchanged.
    Assume,
}

/// One hash to compute.
pub struct Task<'a> {
    /// Name of the scheme whose core is asked, as in the table of schemes.
    pub scheme: &'static str,
    /// Everything but the password that the digest depends on (cost, rounds, salt), in any unambiguous form.
    /// Two dialects that spell the same computation differently must use the same bytes.
    pub parameters: &'a [u8],
    /// The password bytes that the core is given.
    pub password: &'a [u8],
    /// Estimated time on a usual machine.
    pub seconds: f64,
    /// The digest that the stored field claims, decoded; `None` where it can't be decoded to the digest's length.
    pub claimed: Option<Vec<u8>>,
}

/// Why a hash was not computed.
#[derive(Clone, Debug, PartialEq)]
pub enum NotComputed {
    /// It would take longer than the limit: scheme, estimated seconds.
    WorkLimit {
        /// Name of the scheme.
        scheme: &'static str,
        /// Estimated seconds.
        seconds: f64,
    },
    /// The scheme is known by name but not built.
    NotBuilt {
        /// Name of the scheme.
        scheme: &'static str,
    },
    /// In [`Mode::Assume`], the stored digest is not one that any password could give.
    Impossible,
}

/// A machine is thought to take no more than so many times as long as estimated, and no less than this part of it.
pub const MOST_PACE: f64 = 8.0;

/// What has been computed so far, and how much may be.
pub struct Work {
    limit: f64,
    /// How many times as long as estimated a hash takes; asked only where a hash is costly.
    pace: Option<fn() -> f64>,
    mode: Mode,
    done: Vec<Done>,
    /// Estimated seconds from which on a hash is remembered.
    remembered_from: f64,
    computed: usize,
    /// Where hashes are only noted, those that were asked for.
    noted: Option<Vec<Noted>>,
}

struct Done {
    scheme: &'static str,
    parameters: Vec<u8>,
    password: Secret,
    digest: Vec<u8>,
}

impl Work {
    /// Computes hashes that are estimated to take at most `limit` seconds each.
    #[must_use]
    pub fn limited(limit: f64) -> Self {
        Self {
            limit,
            pace: None,
            mode: Mode::Compute,
            done: Vec::new(),
            remembered_from: 0.0,
            computed: 0,
            noted: None,
        }
    }

    /// Computes nothing and takes the password to be the right one.
    #[must_use]
    pub fn assuming() -> Self {
        Self { mode: Mode::Assume, ..Self::limited(f64::INFINITY) }
    }

    /// The same on a machine that takes `pace` times as long as estimated, within [`MOST_PACE`]. It is asked only where a
    /// hash may be beyond the limit, so that measuring costs nothing where it does not count.
    #[must_use]
    pub fn paced(self, pace: fn() -> f64) -> Self {
        Self { pace: Some(pace), ..self }
    }

    /// The same without remembering hashes that are estimated to take less than so many seconds: where few servers ask,
    /// computing those again takes less time.
    #[must_use]
    pub fn remembering_from(self, seconds: f64) -> Self {
        Self { remembered_from: seconds, ..self }
    }

    /// Seconds that a hash takes here that is estimated to take `seconds` on a usual machine.
    fn seconds(&self, seconds: f64) -> f64 {
        match self.pace {
            Some(pace) if seconds > self.limit / MOST_PACE => seconds * pace(),
            _ => seconds,
        }
    }

    /// Whether hashes are computed.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Number of hashes computed.
    #[must_use]
    pub fn computed(&self) -> usize {
        self.computed
    }

    /// Computes together the hashes that the checks in `ask` ask for first, which takes a fraction of the time that they
    /// take one by one. The answers of these checks are void: the same checks made after this find the hashes
    /// remembered. Hashes of schemes that have nothing to gain are left for then.
    pub fn together(&mut self, ask: impl FnOnce(&mut Self)) {
        if self.mode == Mode::Assume {
            return;
        }
        self.noted = Some(Vec::new());
        ask(self);
        let noted = self.noted.take().unwrap_or_default();
        for (noted, digest) in together::digests(&noted).into_iter().zip(noted).filter_map(|(d, n)| Some((n, d?))) {
            let Noted { scheme, parameters, password } = noted;
            self.computed += 1;
            self.done.push(Done { scheme, parameters, password, digest });
        }
    }

    /// The digest for `task`: remembered, taken from the field, or computed by `core`.
    pub fn digest(&mut self, task: &Task<'_>, core: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, NotComputed> {
        if self.mode == Mode::Assume {
            return task.claimed.clone().ok_or(NotComputed::Impossible);
        }
        let known = self.done.iter().find(|d| {
            d.scheme == task.scheme && d.parameters == task.parameters && d.password.expose() == task.password
        });
        if let Some(known) = known {
            return Ok(known.digest.clone());
        }
        let seconds = self.seconds(task.seconds);
        if seconds > self.limit {
            return Err(NotComputed::WorkLimit { scheme: task.scheme, seconds });
        }
        if let Some(noted) = &mut self.noted {
            let (parameters, password) = (task.parameters.to_vec(), Secret::from(task.password));
            noted.push(Noted { scheme: task.scheme, parameters, password });
            return Err(NotComputed::Impossible);
        }
        let digest = core();
        self.computed += 1;
        if task.seconds < self.remembered_from {
            return Ok(digest);
        }
        self.done.push(Done {
            scheme: task.scheme,
            parameters: task.parameters.to_vec(),
            password: Secret::from(task.password),
            digest: digest.clone(),
        });
        Ok(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(password: &[u8], seconds: f64) -> Task<'_> {
        Task { scheme: "bcrypt", parameters: b"10", password, seconds, claimed: Some(b"stored".to_vec()) }
    }

    #[test]
    fn a_hash_asked_for_twice_is_computed_once() {
        let mut work = Work::limited(10.0);
        for _ in 0..2 {
            assert_eq!(work.digest(&task(b"pw", 0.1), || b"digest".to_vec()), Ok(b"digest".to_vec()));
        }
        assert_eq!(work.computed(), 1);
        let _ = work.digest(&task(b"other", 0.1), || b"digest".to_vec());
        assert_eq!(work.computed(), 2);
    }

    #[test]
    fn beyond_the_limit_nothing_is_computed() {
        let mut work = Work::limited(10.0);
        let refused = work.digest(&task(b"pw", 11.0), || unreachable!("beyond the limit"));
        assert_eq!(refused, Err(NotComputed::WorkLimit { scheme: "bcrypt", seconds: 11.0 }));
    }

    #[test]
    fn the_limit_is_in_seconds_of_the_machine() {
        let mut slow = Work::limited(10.0).paced(|| 4.0);
        let refused = slow.digest(&task(b"pw", 3.0), || unreachable!("beyond the limit"));
        assert_eq!(refused, Err(NotComputed::WorkLimit { scheme: "bcrypt", seconds: 12.0 }));
        let mut fast = Work::limited(10.0).paced(|| 0.25);
        assert_eq!(fast.digest(&task(b"pw", 30.0), || b"digest".to_vec()), Ok(b"digest".to_vec()));
        let mut unasked = Work::limited(10.0).paced(|| unreachable!("cheap"));
        assert_eq!(unasked.digest(&task(b"pw", 0.1), || b"digest".to_vec()), Ok(b"digest".to_vec()));
    }

    #[test]
    fn the_pace_counts_from_where_the_slowest_machine_would_be_beyond_the_limit() {
        let mut unasked = Work::limited(10.0).paced(|| unreachable!("at the limit at most"));
        assert_eq!(unasked.digest(&task(b"pw", 1.25), || b"digest".to_vec()), Ok(b"digest".to_vec()));
        let mut slowest = Work::limited(10.0).paced(|| MOST_PACE);
        let refused = slowest.digest(&task(b"pw", 1.5), || unreachable!("beyond the limit"));
        assert_eq!(refused, Err(NotComputed::WorkLimit { scheme: "bcrypt", seconds: 12.0 }));
    }

    #[test]
    fn at_the_limit_a_hash_is_computed() {
        let computed = Work::limited(10.0).digest(&task(b"pw", 10.0), || b"digest".to_vec());
        assert_eq!(computed, Ok(b"digest".to_vec()));
    }

    #[test]
    fn a_cheap_hash_is_computed_each_time_where_it_is_not_worth_remembering() {
        for (seconds, computed) in [(0.25, 2), (0.5, 1), (1.0, 1)] {
            let mut work = Work::limited(10.0).remembering_from(0.5);
            for _ in 0..2 {
                assert_eq!(work.digest(&task(b"pw", seconds), || b"digest".to_vec()), Ok(b"digest".to_vec()));
            }
            assert_eq!(work.computed(), computed, "{seconds}");
        }
    }

    #[test]
    fn assuming_the_right_password_answers_with_the_stored_digest() {
        let mut work = Work::assuming();
        assert_eq!(work.digest(&task(b"", 1e9), || unreachable!("assumed")), Ok(b"stored".to_vec()));
    }
}
