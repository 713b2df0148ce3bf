//! No room, and every error the disk can give: the old file stays.

use std::fs;

use crate::host;
use crate::support::sandbox::Sandbox;

/// Fills a small tmpfs `d`, leaving this many pages of 4 KiB free; `f` is in it.
const FILL: &str = "
fill() {
    dd if=/dev/zero of=d/ballast bs=4096 count=100000 2>/dev/null
    truncate -s -$(($1 * 4096)) d/ballast
}
report() {
    if cmp -s d/f old; then echo intact; else echo changed; fi
    ls -A d | sort | tr '\\n' ' '; echo
}
mkdir d
mount -t tmpfs -o size=3m none d
cp old d/f
";

#[test]
fn on_a_full_disk_the_old_file_stays_and_nothing_is_left() {
    let sandbox = Sandbox::with("old", host::entries(20_000));
    let script = format!(
        "{FILL}
        \"$why401\" set d/f user0000001 --scheme sha1 --generate >/dev/null 2>&1 || exit 1
        cp d/f old
        fill 20
        \"$why401\" set d/f user0000001 --scheme sha1 --generate; echo $?
        report
        \"$why401\" set d/new user --create --scheme sha1 --generate; echo $?
        fill 0
        \"$why401\" set d/new user --create --scheme sha1 --generate; echo $?
        report"
    );
    let Some(ran) = host::with_own_mounts(&sandbox, &script) else { return };
    let out = ran.out();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[..3], ["5", "intact", ".f.lock ballast f "], "{out}{}", ran.err());
    assert!(ran.err().contains("No space left on device"), "{}", ran.err());
    assert!(ran.err().contains("the file is unchanged"), "{}", ran.err());
    // A new file fits where there is a page, and is not begun where there is none.
    assert_eq!(lines[4], "0", "{out}");
    assert_eq!(lines[6], "intact", "{out}");
}

#[test]
fn on_a_full_disk_a_write_in_place_is_not_begun_or_taken_back() {
    // A length of whole pages, so that one byte more needs another.
    let mut old = host::entries(2_000);
    old.truncate(4096 * 20 - 1);
    old.push(b'\n');
    for free in 0..4 {
        let sandbox = Sandbox::with("old", &old);
        let script = format!(
            "{FILL}
            ln d/f d/other
            : > d/.f.lock
            fill {free}
            \"$why401\" set d/f newcomer --scheme sha1 --generate >/dev/null; echo $?
            report
            rm d/ballast
            \"$why401\" set d/f newcomer --scheme sha1 --generate >/dev/null; echo $?
            report"
        );
        let Some(ran) = host::with_own_mounts(&sandbox, &script) else { return };
        let out = ran.out();
        let lines: Vec<&str> = out.lines().collect();
        let kept = [".f.lock ballast f other ", ".f.lock f other "];
        match lines[0] {
            "5" => assert_eq!(lines, ["5", "intact", kept[0], "0", "changed", kept[1]], "{free}: {}", ran.err()),
            _ => assert_eq!(lines, ["0", "changed", kept[0], "0", "changed", kept[1]], "{free}: {}", ran.err()),
        }
        println!("{free} pages free: exit {}", lines[0]);
    }
}

#[test]
fn whatever_call_fails_the_file_is_the_old_one_or_the_new() {
    if !host::has(&["strace"]) {
        return;
    }
    let old = host::entries(500);
    let mut failed = 0;
    let calls = [
        "fsync",
        "write",
        "copy_file_range",
        "fchmod",
        "renameat",
        "renameat2",
        "flock",
        "pwrite64",
        "pread64",
        "ftruncate",
        "fallocate",
        "fgetxattr",
        "flistxattr",
        "fremovexattr",
        "unlinkat",
        "newfstatat",
        "fstat",
        "statx",
        "read",
        "openat",
    ];
    for in_place in [false, true] {
        for call in calls {
            for error in ["ENOSPC", "EDQUOT", "EIO"] {
                for when in 1..4 {
                    let sandbox = Sandbox::with("f", &old);
                    if in_place {
                        fs::hard_link(sandbox.path().join("f"), sandbox.path().join("other")).unwrap();
                    }
                    // Only the calls on the folder and what is in it: not the loader's, not the password's.
                    let folder = sandbox.path().to_str().unwrap().to_owned();
                    let paths: Vec<String> = ["", "/f", "/.f.lock", "/.f.why401-journal"]
                        .iter()
                        .map(|name| format!("{folder}{name}"))
                        .collect();
                    let inject = format!("inject={call}:error={error}:when={when}");
                    let trace = format!("trace={call}");
                    let mut words = vec!["-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject];
                    if matches!(call, "read" | "pread64" | "openat" | "newfstatat" | "fstat" | "statx") {
                        words.extend(paths.iter().flat_map(|path| ["-P", path]));
                    }
                    words.push(host::why401());
                    words.extend(host::set_words("f", "user0000100"));
                    let ran = crate::support::sandbox::ran(host::command(&sandbox, "strace", &words), b"pw");
                    let case = format!("{call} {error} {when} in place: {in_place}: {:?} {}", ran.status, ran.err());
                    assert!(matches!(ran.status, Some(0 | 5)), "{case}");
                    failed += usize::from(ran.status == Some(5));
                    // After one more run, which meets no error, nothing is left and all is well.
                    let seen = sandbox.read("f");
                    let left = host::leftovers(sandbox.path(), "f");
                    let has_journal = left.contains(&".f.why401-journal".to_owned());
                    let is_whole = seen == old || memchr::memmem::find(&seen, &host_field()).is_some();
                    assert!(is_whole || has_journal, "{case}");
                    if ran.status == Some(0) {
                        assert!(seen != old, "{case}");
                    }
                    host::set(&sandbox, "f", "user0000100", "pw").expect(0);
                    host::set(&sandbox, "f", "user0000100", "other").expect(0);
                    let rest = if in_place { vec!["other".to_owned()] } else { vec![] };
                    assert_eq!(host::leftovers(sandbox.path(), "f"), rest, "{case}");
                    assert_eq!(memchr::memchr_iter(b'\n', &sandbox.read("f")).count(), 500, "{case}");
                }
            }
        }
    }
    println!("{failed} runs failed as they should");
    assert!(failed > 60, "{failed}");
}

fn host_field() -> Vec<u8> {
    static FIELD: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    FIELD.get_or_init(|| host::field("pw")).clone()
}
