//! The real servers, driven on loopback: what they answer is recorded, and the emulator is held against it.
//!
//! A server that is not installed is skipped with a word of why; `WHY401_REQUIRE_SERVERS=1` makes that a failure.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it counted")]

#[allow(dead_code, unreachable_pub, reason = "shared with tests/it; each uses its part")]
#[path = "../it/support/mod.rs"]
mod support;

mod config;
mod crypt;
mod driver;
mod export;
mod fail2ban;
mod fail2ban_database;
mod heads;
mod hints;
mod hosts;
mod htpasswd;
mod locked;
mod nears;
mod random;
mod records;
mod rng;
mod sqlite;
mod units;
mod upgrade;
mod urls;
