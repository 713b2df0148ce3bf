//! Patterns that many refusals make: one file each, and a row here.
//!
//! A pattern is evidence, not a verdict: it tells what the records have in common and what that mostly comes from.

mod assets;
mod banned;
mod delayed;
mod double_login;
mod foreign_charset;
mod never_sent;
mod preflight;
mod repeating;

use crate::log::summary::Summary;
use crate::trace::Code;

/// A pattern that there may be.
pub struct Row {
    /// Its code, title and text.
    pub code: Code,
    /// Looks for it.
    pub find: fn(&Summary) -> Vec<Found>,
}

/// A pattern that was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// Which.
    pub code: Code,
    /// Of which user; `None` where it is not about one.
    pub user: Option<Vec<u8>>,
    /// Of which client; `None` where of several.
    pub client: Option<Vec<u8>>,
    /// How many records.
    pub count: u64,
    /// What they have in common, one sentence without full stop.
    pub message: String,
}

/// The patterns, in the order of the documentation.
pub static PATTERNS: &[Row] = &[
    repeating::ROW,
    never_sent::ROW,
    preflight::ROW,
    assets::ROW,
    double_login::ROW,
    foreign_charset::ROW,
    delayed::ROW,
    banned::ROW,
];

/// Found patterns of one kind that are told.
const TOLD: usize = 10;

/// Every pattern in a summary; of each kind those with most records.
#[must_use]
pub fn all(summary: &Summary) -> Vec<Found> {
    PATTERNS
        .iter()
        .flat_map(|row| {
            let mut found = (row.find)(summary);
            found.sort_by(|a, b| (b.count, &a.user, &a.client).cmp(&(a.count, &b.user, &b.client)));
            found.truncate(TOLD);
            found
        })
        .collect()
}

/// Seconds in words: `45 s`, `5 min`, `2 h`.
fn duration(micros: i64) -> String {
    let seconds = (micros + 500_000) / 1_000_000;
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h", (seconds + 1800) / 3600),
    }
}
