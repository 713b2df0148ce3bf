//! What `build.rs` links and runs to see which ways of linking work here: what the program needs of libc and the unwinder.

use std::thread;

/// Addresses that are to be relocated.
static TABLE: &[(&str, fn(u64) -> u64)] = &[("one", |number| number + 1), ("double", |number| number * 2)];

fn main() {
    let names: String = TABLE.iter().map(|(name, _)| *name).collect();
    let number = thread::spawn(|| TABLE.iter().fold(3, |number, (_, step)| step(number))).join();
    let panic = thread::spawn(|| assert!(TABLE.is_empty(), "caught")).join();
    assert!(names == "onedouble" && number.is_ok_and(|number| number == 8) && panic.is_err());
}
