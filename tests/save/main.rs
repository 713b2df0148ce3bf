//! The file survives: the built command under concurrency, kills, full disks, refusals and odd attributes.
//!
//! Counts fit every run; `WHY401_LONG=1` takes the long ones. What needs root or a tool that is not there is skipped with a
//! line `SKIP`, or fails where `WHY401_REQUIRE_SERVERS=1`. The same scenarios for other programs are in
//! `benches/survival.rs`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it counted")]

mod access;
mod attributes;
mod calls;
mod disk;
mod host;
mod kills;
mod large;
mod readers;
mod refused;
mod remains;
#[allow(dead_code, reason = "shared with tests/real; each uses its part")]
#[path = "../real/rng.rs"]
mod rng;
#[allow(dead_code, unreachable_pub, reason = "shared with tests/it; each uses its part")]
#[path = "../it/support/mod.rs"]
mod support;
mod writers;
