//! What the command asks of the kernel, in its order, by strace.

use crate::host;
use crate::support::sandbox::{Sandbox, ran};

/// A call: its name, its arguments, what it returned.
struct Call {
    name: String,
    arguments: String,
    result: String,
}

/// The calls of `set f alice` in the folder, from the opening of the lock on.
fn calls(sandbox: &Sandbox, password: &str) -> Vec<Call> {
    let words = ["-f", "-y", "-s", "4096", "-o", "trace", host::why401()];
    let command = host::command(sandbox, "strace", &[&words[..], &host::set_words("f", "alice")].concat());
    ran(command, password.as_bytes()).expect(0);
    let text = String::from_utf8_lossy(&sandbox.read("trace")).into_owned();
    std::fs::remove_file(sandbox.path().join("trace")).unwrap();
    let call = |line: &str| {
        let line = line.trim_start_matches(|char: char| char.is_ascii_digit()).trim_start();
        let (call, result) = line.rsplit_once(" = ")?;
        let (name, arguments) = call.trim_end().strip_suffix(')')?.split_once('(')?;
        Some(Call { name: name.to_owned(), arguments: arguments.to_owned(), result: result.to_owned() })
    };
    text.lines().filter_map(call).skip_while(|call| !call.arguments.contains(".f.lock")).collect()
}

/// Where the first call is that `is` so; fails where there is none.
fn at(calls: &[Call], what: &str, is: impl Fn(&Call) -> bool) -> usize {
    calls.iter().position(is).unwrap_or_else(|| panic!("no {what}"))
}

fn forbids(calls: &[Call]) {
    for Call { name, arguments, result } in calls {
        let case = format!("{name}({arguments}) = {result}");
        // By path, or following what stands there by now.
        let by_path = [
            "chmod",
            "fchmodat",
            "fchmodat2",
            "chown",
            "lchown",
            "fchownat",
            "truncate",
            "setxattr",
            "lsetxattr",
            "creat",
        ];
        assert!(!by_path.contains(&name.as_str()), "{case}");
        assert!(!arguments.contains("O_TRUNC"), "{case}");
        if arguments.contains("O_CREAT") {
            assert!(
                arguments.contains("O_EXCL") && arguments.contains("O_NOFOLLOW") && arguments.ends_with(", 0600"),
                "{case}"
            );
        }
    }
}

/// Secrets go into files of the folder and nowhere else: neither password nor hash.
fn keeps_secrets(calls: &[Call], folder: &str, secrets: &[&str]) {
    let mut seen = 0;
    for Call { name, arguments, .. } in calls {
        let writes = ["write", "pwrite64", "writev", "sendto", "sendmsg", "sendfile", "execve", "symlinkat", "linkat"];
        if secrets.iter().any(|secret| arguments.contains(secret)) && writes.contains(&name.as_str()) {
            assert!(
                arguments.contains(&format!("<{folder}/.f.why401-")) || arguments.contains(&format!("<{folder}/f>")),
                "{name}({arguments})"
            );
            seen += 1;
        }
    }
    assert!(seen > 0, "the hash is written nowhere");
}

#[test]
fn a_save_by_rename_is_complete_before_it_takes_the_name() {
    if !host::has(&["strace"]) {
        return;
    }
    let sandbox = Sandbox::with("f", host::entries(1_000));
    host::set(&sandbox, "f", "alice", "before").expect(0);
    let hash = String::from_utf8(host::field("hunter2")).unwrap();
    let calls = calls(&sandbox, "hunter2");
    forbids(&calls);
    let folder = sandbox.path().to_str().unwrap();
    keeps_secrets(&calls, folder, &["hunter2", &hash]);

    let lock = at(&calls, "lock", |call| call.name == "flock" && call.arguments.contains("LOCK_EX"));
    let created =
        at(&calls, "new file", |call| call.arguments.contains("why401-new") && call.arguments.contains("O_CREAT"));
    let of_new = |call: &Call| call.arguments.contains("/.f.why401-new-");
    let cleared = at(&calls, "removal of the inherited ACL", |call| call.name == "fremovexattr" && of_new(call));
    let written =
        at(&calls, "writing", |call| matches!(call.name.as_str(), "write" | "copy_file_range") && of_new(call));
    let last_written = calls
        .iter()
        .rposition(|call| matches!(call.name.as_str(), "write" | "copy_file_range") && of_new(call))
        .unwrap();
    let opened_up = at(&calls, "fchmod", |call| call.name == "fchmod" && of_new(call));
    let synced = at(&calls, "fsync", |call| call.name == "fsync" && of_new(call));
    let renamed = at(&calls, "rename", |call| call.name.starts_with("rename"));
    let directory = at(&calls, "fsync of the directory", |call| {
        call.name == "fsync" && call.arguments.ends_with(&format!("<{folder}>"))
    });
    let order = [lock, created, cleared, written, last_written, opened_up, synced, renamed, directory];
    assert!(order.is_sorted(), "{order:?}");
    assert_eq!(calls.iter().filter(|call| call.name.starts_with("rename")).count(), 1);
    // The target itself is never opened for writing.
    let opens_target = |call: &Call| call.name == "openat" && call.arguments.contains("\"f\"");
    assert!(calls.iter().filter(|call| opens_target(call)).all(|call| call.arguments.contains("O_RDONLY")));
}

#[test]
fn a_save_in_place_has_its_journal_on_the_disk_before_a_byte_is_written() {
    if !host::has(&["strace"]) {
        return;
    }
    let sandbox = Sandbox::with("f", host::entries(1_000));
    host::set(&sandbox, "f", "alice", "before").expect(0);
    std::fs::hard_link(sandbox.path().join("f"), sandbox.path().join("other")).unwrap();
    let hash = String::from_utf8(host::field("hunter2")).unwrap();
    let calls = calls(&sandbox, "hunter2");
    forbids(&calls);
    let folder = sandbox.path().to_str().unwrap();
    keeps_secrets(&calls, folder, &["hunter2", &hash]);

    let is_directory = |call: &Call| call.name == "fsync" && call.arguments.ends_with(&format!("<{folder}>"));
    let target = format!("<{folder}/f>");
    let journal =
        at(&calls, "fsync of the journal", |call| call.name == "fsync" && call.arguments.contains("why401-new"));
    let named = at(&calls, "name of the journal", |call| {
        call.name.starts_with("rename") && call.arguments.contains(".f.why401-journal")
    });
    let directory = at(&calls, "fsync of the directory", is_directory);
    let written = at(&calls, "writing", |call| call.name == "pwrite64" && call.arguments.contains(&target));
    let synced = at(&calls, "fsync of the file", |call| call.name == "fsync" && call.arguments.contains(&target));
    let removed =
        at(&calls, "removal", |call| call.name.starts_with("unlink") && call.arguments.contains(".f.why401-journal"));
    let last = calls.iter().rposition(is_directory).unwrap();
    let order = [journal, named, directory, written, synced, removed, last];
    assert!(order.is_sorted_by(|a, b| a < b), "{order:?}");
}

#[test]
fn a_new_file_is_open_to_others_only_when_it_is_complete() {
    if !host::has(&["strace"]) {
        return;
    }
    let sandbox = Sandbox::new();
    let words = ["-f", "-y", "-s", "4096", "-o", "trace", host::why401()];
    let set = [&host::set_words("f", "alice")[..], &["--create"]].concat();
    ran(host::command(&sandbox, "strace", &[&words[..], &set].concat()), b"pw").expect(0);
    let text = String::from_utf8_lossy(&sandbox.read("trace")).into_owned();
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part}"));
    let order = [at(".f.why401-new-"), at("alice:{SHA}"), at(", 0640)"), at("RENAME_NOREPLACE")];
    assert!(order.is_sorted(), "{order:?}");
    let created = text[order[0]..].lines().next().unwrap();
    assert!(created.contains("O_EXCL") && created.contains(", 0600) = "), "{created}");
    assert_eq!(text.matches(", 0640)").count(), 1);
}
