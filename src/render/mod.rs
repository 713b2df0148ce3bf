//! Decisions made readable: for people and as JSON.
//!
//! Nothing here decides, and nothing writes to a stream: text and values are returned. Hashes and credentials are masked
//! unless asked for.

pub mod access;
pub mod banned;
pub mod batch;
pub mod cause;
pub mod diff;
pub mod excerpt;
pub mod hints;
pub mod human;
pub mod json;
pub mod lint;
pub mod log;
pub mod mask;
pub mod report;
pub mod style;
pub mod text;
pub mod value;
