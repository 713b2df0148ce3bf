//! What a decision is made of: verdict, reason, log lines, and the steps that led there.
//!
//! Steps are pushed by the code that decides, as it decides. They hold facts; titles and sentences are made in
//! [`crate::render`] and in the table of [`codes`]. No step holds a password or a hash.

pub mod codes;
mod step;
mod verdict;

pub use codes::Code;
pub use step::{Cite, Fact, Step, Trace};
pub use verdict::{Level, LogLine, Verdict};
