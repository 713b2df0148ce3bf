//! The fast tests: nothing here needs a server, a network or a privilege.
//!
//! One module per subject; a module for a command is called `cmd_COMMAND`. `support` is shared with `tests/real`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking and says what it counted")]

mod conformance;
mod crypt_vectors;
#[allow(dead_code, unreachable_pub, reason = "shared with tests/real; each uses its part")]
mod support;
