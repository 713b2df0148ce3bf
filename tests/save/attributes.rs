//! Owner, group, mode, ACL, extended attributes, links and mounts: as they were, or written in place and said.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use crate::host;
use crate::support::sandbox::{Ran, Sandbox};

const NOBODY: u32 = 65534;

/// Makes a file one that a caller can't restore fully.
type Prepare = fn(&Sandbox);

/// What getfacl and getfattr say of a file, and stat(1) of owner, group and mode.
fn attributes(sandbox: &Sandbox, file: &str) -> String {
    let stat = host::good(sandbox, "stat", &["-c", "%u %g %a %F", file]);
    let acl = host::good(sandbox, "getfacl", &["-n", "-c", file]);
    let extended = host::good(sandbox, "getfattr", &["-d", "-m", "-", "-e", "hex", file]);
    [stat.out(), acl.out(), extended.out()].concat()
}

fn says(ran: Ran, way: &str) {
    let ran = ran.expect(0);
    assert!(ran.out().contains(way), "{}", ran.out());
}

#[test]
fn owner_group_mode_acl_and_attributes_are_restored_exactly() {
    if !host::has_root_and(&["setfacl", "getfacl", "setfattr", "getfattr", "stat"]) {
        return;
    }
    let script: &[&[&[&str]]] = &[
        &[&["chown", "33:42", "f"], &["chmod", "640", "f"]],
        &[&["chown", "1000:0", "f"], &["chmod", "604", "f"]],
        &[&["chmod", "2755", "f"]],
        &[&["chmod", "000", "f"]],
        &[&["chmod", "640", "f"], &["setfacl", "-m", "u:33:r", "f"]],
        // The mask shows as the group's bits; the group itself may not read.
        &[&["chmod", "600", "f"], &["setfacl", "-m", "u:33:rw,g::-,m::rw,o::r", "f"]],
        &[&["setfattr", "-n", "user.note", "-v", "kept", "f"]],
        &[&["setfattr", "-n", "security.selinux", "-v", "system_u:object_r:httpd_config_t:s0", "f"]],
        &[&["setfattr", "-n", "trusted.note", "-v", "kept", "f"], &["setfattr", "-n", "user.empty", "f"]],
    ];
    for commands in script {
        let sandbox = Sandbox::with("f", host::entries(3));
        for words in *commands {
            let ran = crate::support::sandbox::ran(host::command(&sandbox, words[0], &words[1..]), b"");
            if ran.status != Some(0) {
                host::skip(&format!("{words:?}: {}", ran.err().trim()));
            }
        }
        let before = attributes(&sandbox, "f");
        says(host::set(&sandbox, "f", "alice", "pw"), "Saved by rename.\n");
        assert_eq!(attributes(&sandbox, "f"), before);
        assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
    }
}

#[test]
fn a_default_acl_opens_the_new_file_to_nobody_even_for_a_moment() {
    if !host::has_root_and(&["setfacl", "getfacl", "getfattr", "setpriv", "stat"]) {
        return;
    }
    let sandbox = Sandbox::with("f", host::entries(200));
    host::good(&sandbox, "chmod", &["640", "f"]);
    let set =
        crate::support::sandbox::ran(host::command(&sandbox, "setfacl", &["-d", "-m", "u:65534:rwx,o::rx", "."]), b"");
    if set.status != Some(0) {
        return host::skip("this file system has no ACLs");
    }
    let before = attributes(&sandbox, "f");
    // Somebody who reads whatever can be read, all the time.
    let look = "while [ ! -e stop ]; do cat .f.why401-* f .f.lock 2>/dev/null; done";
    let words = ["--reuid", "65534", "--regid", "65534", "--clear-groups", "sh", "-c", look];
    let mut command = host::command(&sandbox, "setpriv", &words);
    let looking = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    for round in 0..host::times(60, 1_000) {
        says(host::set(&sandbox, "f", "alice", &round.to_string()), "Saved by rename.\n");
    }
    sandbox.write("stop", b"");
    let seen = looking.wait_with_output().unwrap().stdout;
    assert!(seen.is_empty(), "{} bytes were read", seen.len());
    assert_eq!(attributes(&sandbox, "f"), before);
    // A new file: the mode, and no ACL.
    let words = ["set", "new", "alice", "--create", "--scheme", "sha1", "--generate"];
    sandbox.run(&words).expect(0);
    assert_eq!(host::good(&sandbox, "getfacl", &["-c", "new"]).out(), "user::rw-\ngroup::r--\nother::---\n\n");
}

#[test]
fn what_another_caller_can_not_restore_is_written_in_place_and_said() {
    if !host::has_root_and(&["setpriv", "setfattr", "getfacl", "getfattr", "stat"]) {
        return;
    }
    let cases: [(&str, Prepare); 4] = [
        ("Saved by rename.\n", |sandbox| chown(sandbox.path().join("f"), Some(NOBODY), Some(NOBODY)).unwrap()),
        ("Saved in place, behind a journal: a new file could not be given its owner.\n", |sandbox| {
            fs::set_permissions(sandbox.path().join("f"), fs::Permissions::from_mode(0o666)).unwrap();
        }),
        ("Saved in place, behind a journal: a new file could not be given its group.\n", |sandbox| {
            chown(sandbox.path().join("f"), Some(NOBODY), Some(33)).unwrap();
        }),
        ("Saved in place, behind a journal: a new file could not be given its attribute security.note.\n", |sandbox| {
            chown(sandbox.path().join("f"), Some(NOBODY), Some(NOBODY)).unwrap();
            host::good(sandbox, "setfattr", &["-n", "security.note", "-v", "kept", "f"]);
        }),
    ];
    for (way, prepare) in cases {
        let sandbox = Sandbox::with("f", host::entries(3));
        fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o777)).unwrap();
        prepare(&sandbox);
        let before = attributes(&sandbox, "f");
        says(host::set_as_nobody(&sandbox, "f", "alice", "pw"), way);
        assert_eq!(attributes(&sandbox, "f"), before);
        assert!(sandbox.read("f").starts_with(&host::entries(3)));
        assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
    }
}

#[test]
fn in_a_sticky_directory_another_s_file_is_written_in_place() {
    if !host::has_root_and(&["setpriv"]) {
        return;
    }
    let sandbox = Sandbox::with("f", host::entries(3));
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::set_permissions(sandbox.path().join("f"), fs::Permissions::from_mode(0o666)).unwrap();
    says(host::set_as_nobody(&sandbox, "f", "alice", "pw"), "Saved in place, behind a journal: ");
    let file = fs::metadata(sandbox.path().join("f")).unwrap();
    assert_eq!((file.uid(), file.mode() & 0o7777), (0, 0o666));
    // And one's own by rename.
    let own = Sandbox::with("f", host::entries(3));
    fs::set_permissions(own.path(), fs::Permissions::from_mode(0o1777)).unwrap();
    chown(own.path().join("f"), Some(NOBODY), Some(NOBODY)).unwrap();
    says(host::set_as_nobody(&own, "f", "alice", "pw"), "Saved by rename.\n");
}

#[test]
fn in_a_setgid_directory_the_file_keeps_its_group_and_a_new_one_gets_the_directory_s() {
    if !host::is_root() {
        return host::skip("needs root");
    }
    let sandbox = Sandbox::with("f", host::entries(3));
    chown(sandbox.path().join("f"), Some(0), Some(0)).unwrap();
    chown(sandbox.path(), Some(0), Some(33)).unwrap();
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o2775)).unwrap();
    says(host::set(&sandbox, "f", "alice", "pw"), "Saved by rename.\n");
    assert_eq!(fs::metadata(sandbox.path().join("f")).unwrap().gid(), 0);
    sandbox.run(&["set", "new", "alice", "--create", "--scheme", "sha1", "--generate"]).expect(0);
    let new = fs::metadata(sandbox.path().join("new")).unwrap();
    assert_eq!((new.gid(), new.mode() & 0o7777), (33, 0o640));
}

#[test]
fn a_chain_of_symlinks_stays_and_its_end_is_saved_where_it_is() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join("real")).unwrap();
    sandbox.write("real/f", host::entries(3));
    symlink("real/f", sandbox.path().join("one")).unwrap();
    symlink("one", sandbox.path().join("two")).unwrap();
    symlink(sandbox.path().join("two"), sandbox.path().join("three")).unwrap();
    says(host::set(&sandbox, "three", "alice", "pw"), "Saved by rename.\n");
    for link in ["one", "two", "three"] {
        assert!(fs::symlink_metadata(sandbox.path().join(link)).unwrap().is_symlink());
        assert_eq!(sandbox.read(link), sandbox.read("real/f"));
    }
    assert_eq!(host::leftovers(&sandbox.path().join("real"), "f"), Vec::<String>::new());
    assert_eq!(host::leftovers(sandbox.path(), ""), ["one", "real", "three", "two"]);
}

#[test]
fn hard_links_stay_one_file() {
    let sandbox = Sandbox::with("f", host::entries(3));
    fs::hard_link(sandbox.path().join("f"), sandbox.path().join("other")).unwrap();
    says(host::set(&sandbox, "f", "alice", "pw"), "Saved in place, behind a journal: it has 2 hard links.\n");
    let document = sandbox.run(&["remove", "other", "alice", "--json"]).expect(0).json();
    assert_eq!(document["written"], "in-place");
    assert_eq!(sandbox.read("f"), host::entries(3));
    assert_eq!(sandbox.read("other"), host::entries(3));
}

#[test]
fn a_file_that_is_a_mount_of_its_own_is_written_in_place() {
    let sandbox = Sandbox::with("outside", host::entries(3));
    // As `docker run -v ./outside:/d/f` does it; also where both are on one file system, as here.
    let script = "mkdir d && : > d/f && mount --bind outside d/f || exit 1
        \"$why401\" set d/f alice --scheme sha1 --generate 2>&1 >/dev/null | grep -v '^warning: '
        cmp outside d/f && ls -A d
        mount -t tmpfs none d && : > d/f && mount --bind outside d/f || exit 1
        \"$why401\" remove d/f alice
        cmp outside d/f && ls -A d";
    let Some(ran) = host::with_own_mounts(&sandbox, script) else { return };
    let said = "Saved in place, behind a journal: it is a mount of its own.\n.f.lock\nf\n";
    assert_eq!(ran.out().matches(said).count(), 2, "{}{}", ran.out(), ran.err());
    assert_eq!(sandbox.read("outside"), host::entries(3));
}
