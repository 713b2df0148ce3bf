//! Readers during rewrites: never a missing or partial file.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::host;
use crate::support::sandbox::Sandbox;

#[test]
fn a_reader_never_sees_a_missing_or_partial_file() {
    let mut content = host::entries(2_000);
    content.extend_from_slice(b"changing:x\nlast:y\n");
    let sandbox = Sandbox::with("f", &content);
    host::set(&sandbox, "f", "changing", "0").expect(0);
    let first = sandbox.read("f");
    let at = memchr::memmem::find(&first, b"changing:").unwrap() + "changing:".len();
    let after_field = at + host::field("0").len();

    let rewrites = host::times(500, 10_000);
    let done = AtomicBool::new(false);
    let path = sandbox.path().join("f");
    let reads = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_usize;
            while !done.load(Ordering::Relaxed) {
                let seen = fs::read(&path).expect("the file is there");
                assert_eq!(seen.len(), first.len());
                assert!(seen[..at] == first[..at] && seen[after_field..] == first[after_field..]);
                reads += 1;
            }
            reads
        });
        for number in 1..=rewrites {
            host::set(&sandbox, "f", "changing", &number.to_string()).expect(0);
            assert!(!reader.is_finished(), "the reader failed at rewrite {number}");
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    println!("{reads} reads during {rewrites} rewrites");
    assert!(reads > rewrites / 10, "{reads}");
}
