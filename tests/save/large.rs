//! A million lines: in memory that does not depend on the file.

use crate::host;
use crate::support::sandbox::{Sandbox, ran};

#[test]
fn a_file_of_a_million_lines_is_edited_in_constant_memory() {
    if !host::has(&["/usr/bin/time"]) {
        return;
    }
    let old = host::entries(1_000_000);
    let sandbox = Sandbox::with("f", &old);
    std::fs::write(sandbox.path().join("in-place"), &old).unwrap();
    std::fs::hard_link(sandbox.path().join("in-place"), sandbox.path().join("other")).unwrap();
    for (file, words) in [
        ("f", &["set", "f", "user0500000", "--scheme", "sha1", "--password-stdin"][..]),
        ("f", &["set", "f", "newcomer", "--scheme", "sha1", "--password-stdin"]),
        ("f", &["remove", "f", "user0000001", "user0999999"]),
        ("in-place", &["remove", "in-place", "user0000000"]),
    ] {
        let time = ["-f", "%M", host::why401()];
        let ran = ran(host::command(&sandbox, "/usr/bin/time", &[&time[..], words].concat()), b"pw").expect(0);
        let kibibytes: u64 = ran.err().trim().parse().unwrap();
        println!("{words:?}: {kibibytes} KiB");
        assert!(kibibytes < 16 * 1024, "{words:?}: {kibibytes} KiB");
        assert!(sandbox.read(file).len() > 40_000_000);
    }
}
