//! Where nothing can be written: the old file stays, and the message says what is in the way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::host;
use crate::support::sandbox::{Ran, Sandbox};

const OLD: &[u8] = b"alice:1\nbob:2\n";

fn is_refused(ran: Ran, message: &str, help: &str) {
    let ran = ran.expect(5);
    assert!(ran.err().contains(message) && ran.err().contains(help), "{}", ran.err());
}

fn mode(sandbox: &Sandbox, name: &str, mode: u32) {
    fs::set_permissions(sandbox.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn in_a_directory_that_may_not_be_written_to_nothing_is_tried() {
    if !host::has_root_and(&["setpriv"]) {
        return;
    }
    let sandbox = Sandbox::with("f", OLD);
    mode(&sandbox, "f", 0o666);
    let ran = host::set_as_nobody(&sandbox, "f", "alice", "pw");
    is_refused(ran, "can't create files in .: Permission denied", "by one who may write to ".trim_start_matches("by "));
    assert_eq!(sandbox.read("f"), OLD);
    // A lock that root has left does not help.
    host::set(&sandbox, "f", "bob", "pw").expect(0);
    let before = sandbox.read("f");
    host::set_as_nobody(&sandbox, "f", "alice", "pw").expect(5);
    assert_eq!(sandbox.read("f"), before);
    assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
}

#[test]
fn a_file_of_another_that_may_not_be_written_to_is_neither_replaced_nor_written() {
    if !host::has_root_and(&["setpriv"]) {
        return;
    }
    let sandbox = Sandbox::with("f", OLD);
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let ran = host::set_as_nobody(&sandbox, "f", "alice", "pw");
    is_refused(ran, "f has to be written in place (a new file could not be given its owner), and can't be", "as root");
    assert_eq!(sandbox.read("f"), OLD);
    assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
    mode(&sandbox, "f", 0o600);
    is_refused(host::set_as_nobody(&sandbox, "f", "alice", "pw"), "can't read f: Permission denied", "as root");
}

#[test]
fn a_lock_of_another_is_named() {
    if !host::has_root_and(&["setpriv"]) {
        return;
    }
    let sandbox = Sandbox::with("f", OLD);
    // Root's lock is given to the owner of the directory, so that this user is not shut out.
    std::os::unix::fs::chown(sandbox.path(), Some(65534), Some(65534)).unwrap();
    std::os::unix::fs::chown(sandbox.path().join("f"), Some(65534), Some(65534)).unwrap();
    host::set(&sandbox, "f", "bob", "pw").expect(0);
    host::set_as_nobody(&sandbox, "f", "alice", "pw").expect(0);
    std::os::unix::fs::chown(sandbox.path().join(".f.lock"), Some(0), Some(0)).unwrap();
    let before = sandbox.read("f");
    let ran = host::set_as_nobody(&sandbox, "f", "alice", "other");
    is_refused(ran, "can't take the lock ./.f.lock: Permission denied", "as the owner of ./.f.lock");
    assert_eq!(sandbox.read("f"), before);
}

#[test]
fn an_immutable_or_append_only_file_stays_and_is_named_so() {
    if !host::has_root_and(&["chattr"]) {
        return;
    }
    for (attribute, message) in [("i", "f is immutable (chattr +i)"), ("a", "f is append-only (chattr +a)")] {
        let sandbox = Sandbox::with("f", OLD);
        let chattr = |sign: &str| {
            let words = [&format!("{sign}{attribute}"), "f"];
            crate::support::sandbox::ran(host::command(&sandbox, "chattr", &words), b"").status == Some(0)
        };
        if !chattr("+") {
            host::skip("this file system knows no chattr");
            return;
        }
        let ran = host::set(&sandbox, "f", "alice", "pw");
        let seen = (sandbox.read("f"), host::leftovers(sandbox.path(), "f"));
        assert!(chattr("-"));
        is_refused(ran, message, &format!("chattr -{attribute} f takes the attribute off"));
        assert_eq!(seen, (OLD.to_vec(), vec![]));
    }
}

#[test]
fn a_directory_that_is_immutable_or_mounted_read_only_is_named_so() {
    let sandbox = Sandbox::with("f", OLD);
    let script = "mkdir d && cp f d && mount --bind d d && mount -o remount,ro,bind d || exit 1
        \"$why401\" set d/f alice --scheme sha1 --generate; echo $?
        cmp f d/f && ls -A d";
    let Some(ran) = host::with_own_mounts(&sandbox, script) else { return };
    assert_eq!(ran.out(), "5\nf\n", "{}", ran.err());
    assert!(ran.err().contains("can't create files in d: Read-only file system"), "{}", ran.err());
    assert!(ran.err().contains("mounted read-only"), "{}", ran.err());
}

#[test]
fn a_limit_on_the_size_of_files_leaves_the_old_file() {
    let old = host::entries(2_000);
    let sandbox = Sandbox::with("f", &old);
    let script = format!("ulimit -f 64; exec \"{}\" set f user0000001 --scheme sha1 --generate", host::why401());
    let ran = crate::support::sandbox::ran(host::command(&sandbox, "sh", &["-c", &script]), b"");
    assert_ne!(ran.status, Some(0));
    assert!(sandbox.read("f") == old);
    host::set(&sandbox, "f", "user0000001", "pw").expect(0);
    assert_eq!(host::leftovers(sandbox.path(), "f"), Vec::<String>::new());
}
