//! The command; see [`why401`].
fn main() {}
