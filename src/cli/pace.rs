//! How fast this machine hashes beside the usual one that estimates are made for: measured once, in less than a millisecond,
//! and only where the answer counts.

use std::hint::black_box;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use crate::crypt::{MOST_PACE, Work};
use crate::scheme::md5crypt;

/// The best of so many runs is taken: all that disturbs a run makes it longer.
const RUNS: usize = 5;

/// How many times as long as estimated a hash takes here.
#[must_use]
pub fn pace() -> f64 {
    static PACE: OnceLock<f64> = OnceLock::new();
    // A build without optimization tells nothing of the machine.
    *PACE.get_or_init(|| if cfg!(debug_assertions) { 1.0 } else { measured() })
}

/// [`Work::limited`], with the limit in seconds of this machine.
#[must_use]
pub fn work(limit: f64) -> Work {
    Work::limited(limit).paced(pace)
}

fn measured() -> f64 {
    let run = || {
        let start = Instant::now();
        black_box(md5crypt::digest(b"$1$", b"saltsalt", black_box(b"password")));
        start.elapsed()
    };
    let best = (0..RUNS).map(|_| run()).min().unwrap_or(Duration::ZERO).as_secs_f64();
    (best / md5crypt::SECONDS).clamp(1.0 / MOST_PACE, MOST_PACE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_neither_infinitely_fast_nor_infinitely_slow() {
        let pace = measured();
        assert!((1.0 / MOST_PACE..=MOST_PACE).contains(&pace), "{pace}");
    }
}
