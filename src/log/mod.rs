//! Logs of web servers: lines in, events out.
//!
//! Formats are recognised by their lines; a line that is not wholly of a known format tells nothing and is counted. Logs hold what
//! clients send, so everything is bytes, and what a client can write is never taken for what the server wrote. Nothing here
//! reads a disk or a clock, and nothing decides: a record tells what the server said about a decision it made.

pub mod apache_codes;
pub mod ban;
pub mod escape;
pub mod event;
pub mod filter;
pub mod format;
pub mod json;
pub mod lines;
pub mod mask;
pub mod pattern;
pub mod reader;
pub mod summary;
pub mod time;

pub use crate::log::event::{Event, Kind, Micros, User};
pub use crate::log::filter::Filter;
pub use crate::log::lines::{Line, Lines};
pub use crate::log::reader::{Reader, Shape, Told};
pub use crate::log::summary::{Place, Summary};
pub use crate::log::time::Clock;
