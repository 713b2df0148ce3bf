//! Many writers at once: no edit is lost.

use std::io::Write as _;
use std::process::Stdio;

use crate::host;
use crate::support::sandbox::Sandbox;

#[test]
fn fifty_writers_at_once_lose_nothing() {
    let old = host::entries(200);
    for round in 0..host::times(3, 20) {
        let sandbox = Sandbox::with("f", &old);
        let children: Vec<_> = (0..50)
            .map(|number| {
                let mut command =
                    host::command(&sandbox, host::why401(), &host::set_words("f", &format!("new{number:02}")));
                let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
                child.stdin.take().unwrap().write_all(b"pw").unwrap();
                child
            })
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let after = sandbox.read("f");
        let added = after.strip_prefix(&old[..]).expect("the old entries are as they were");
        let mut lines: Vec<_> = added.split_inclusive(|&byte| byte == b'\n').collect();
        lines.sort_unstable();
        let field = host::field("pw");
        let expected: Vec<Vec<u8>> =
            (0..50).map(|number| [format!("new{number:02}:").as_bytes(), &field, b"\n"].concat()).collect();
        assert!(lines == expected, "round {round}: {} entries were added", lines.len());
        assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
    }
}

#[test]
fn writers_through_several_names_of_one_file_lose_nothing() {
    let sandbox = Sandbox::with("f0", host::entries(20));
    for number in 1..5 {
        let (first, name) = (sandbox.path().join("f0"), sandbox.path().join(format!("f{number}")));
        std::fs::hard_link(first, name).unwrap();
    }
    let children: Vec<_> = (0..20)
        .map(|number| {
            let (file, user) = (format!("f{}", number % 5), format!("new{number:02}"));
            let mut command = host::command(&sandbox, host::why401(), &host::set_words(&file, &user));
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(b"pw").unwrap();
            child
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("Saved in place, behind a journal: it has 5 hard links.\n"), "{said}");
    }
    for number in 0..5 {
        assert_eq!(memchr::memchr_iter(b'\n', &sandbox.read(&format!("f{number}"))).count(), 40);
    }
}

#[test]
fn what_another_writes_between_the_look_and_the_lock_is_kept() {
    for by_rename in [false, true] {
        let sandbox = Sandbox::with("f", host::entries(20));
        let lock = std::fs::File::create(sandbox.path().join(".f.lock")).unwrap();
        lock.lock().unwrap();
        // Long enough that the file counts as settled and what was read of it would be used again.
        std::thread::sleep(std::time::Duration::from_millis(2_500));
        let mut command = host::command(&sandbox, host::why401(), &host::set_words("f", "new"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"pw").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(500));
        let other = [&b"first:1\n"[..], &host::entries(20)].concat();
        if by_rename {
            sandbox.write("other", &other);
            std::fs::rename(sandbox.path().join("other"), sandbox.path().join("f")).unwrap();
        } else {
            sandbox.write("f", &other);
        }
        drop(lock);
        assert!(child.wait().unwrap().success());
        let expected = [&other[..], b"new:", &host::field("pw"), b"\n"].concat();
        assert!(sandbox.read("f") == expected, "{}", sandbox.read("f").escape_ascii());
    }
}
