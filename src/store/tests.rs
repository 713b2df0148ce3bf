//! Saving as the library's callers see it, and the states that only an interrupted write leaves. What needs a process to
//! be killed, another user or a mount is in `tests/it/save_*.rs`.

use std::convert::Infallible;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use super::*;
use crate::bytes::Span;
use crate::htpasswd::Splice;

/// A directory of its own, removed when dropped.
struct Sandbox(PathBuf);

impl Sandbox {
    fn new() -> Self {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("why401-store-{}-{number}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn splices(edits: &[(u64, u64, &[u8])]) -> Splices {
    let splice =
        |&(start, end, bytes): &(u64, u64, &[u8])| Splice { span: Span::new(start, end), bytes: bytes.to_vec() };
    Splices::new(edits.iter().map(splice).collect())
}

fn edit(path: &Path, edits: &[(u64, u64, &[u8])]) -> Result<Outcome, Failure<Infallible>> {
    update(path, &Options::default(), |_| Ok(splices(edits)))
}

fn refusal(result: Result<Outcome, Failure<Infallible>>) -> Error {
    match result {
        Err(Failure::Store(error)) => error,
        Ok(outcome) => panic!("saved: {outcome:?}"),
    }
}

#[test]
fn a_file_is_replaced_and_nothing_is_left_but_the_lock() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\nb:2\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    let before = fs::metadata(&path).unwrap().ino();
    let outcome = edit(&path, &[(2, 3, b"one")]).unwrap();
    assert!(matches!(outcome.written, Written::Rename));
    assert_eq!(fs::read(&path).unwrap(), b"a:one\nb:2\n");
    let after = fs::metadata(&path).unwrap();
    assert_ne!(after.ino(), before);
    assert_eq!(after.mode() & 0o7777, 0o604);
    assert_eq!(sandbox.names(), [".pw.lock", "pw"]);
    assert_eq!(fs::metadata(sandbox.path(".pw.lock")).unwrap().mode() & 0o7777, 0o600);
}

#[test]
fn an_edit_of_nothing_leaves_the_file_alone() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    let before = fs::metadata(&path).unwrap();
    assert!(matches!(edit(&path, &[]).unwrap().written, Written::None));
    let after = fs::metadata(&path).unwrap();
    assert_eq!((after.ino(), after.mtime_nsec()), (before.ino(), before.mtime_nsec()));
}

#[test]
fn a_missing_file_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    assert!(matches!(refusal(edit(&sandbox.path("pw"), &[])), Error::Missing { .. }));
    assert!(matches!(open(&sandbox.path("pw")), Err(Error::Missing { .. })));
    assert!(matches!(open(&sandbox.path("no/pw")), Err(Error::Missing { .. })));
    assert!(sandbox.names().is_empty());
}

#[test]
fn a_created_file_has_the_mode_asked_for() {
    let sandbox = Sandbox::new();
    let path = sandbox.path("pw");
    let options = Options { create: Some(0o640), ..Options::default() };
    let outcome = update::<Infallible>(&path, &options, |reader| {
        assert_eq!(io::copy(reader, &mut io::sink()).unwrap(), 0);
        Ok(splices(&[(0, 0, b"a:1\n")]))
    });
    assert!(outcome.unwrap().created);
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(fs::read(&path).unwrap(), b"a:1\n");
    assert_eq!(sandbox.names(), [".pw.lock", "pw"]);

    let again = update::<Infallible>(&path, &options, |_| Ok(splices(&[(4, 4, b"b:2\n")]))).unwrap();
    assert!(!again.created);
    let no_directory = update::<Infallible>(&sandbox.path("no/pw"), &options, |_| Ok(Splices::default()));
    assert_eq!(
        refusal(no_directory).to_string(),
        format!("can't create files in {}: No such file or directory (os error 2)", sandbox.path("no").display())
    );
}

#[test]
fn symlinks_are_followed_and_stay() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("real")).unwrap();
    let real = sandbox.file("real/pw", b"a:1\n");
    symlink("real/pw", sandbox.path("first")).unwrap();
    symlink(sandbox.path("first"), sandbox.path("second")).unwrap();
    let outcome = edit(&sandbox.path("second"), &[(2, 3, b"2")]).unwrap();
    assert_eq!(outcome.path, real);
    assert_eq!(fs::read(&real).unwrap(), b"a:2\n");
    assert_eq!(sandbox.names(), ["first", "real", "second"]);
    assert!(sandbox.path("real/.pw.lock").exists());

    symlink("loop", sandbox.path("loop")).unwrap();
    assert!(refusal(edit(&sandbox.path("loop"), &[])).to_string().contains("Too many levels"));
}

#[test]
fn a_dangling_symlink_creates_what_it_points_to() {
    let sandbox = Sandbox::new();
    symlink("pw", sandbox.path("link")).unwrap();
    let options = Options { create: Some(0o640), ..Options::default() };
    update::<Infallible>(&sandbox.path("link"), &options, |_| Ok(splices(&[(0, 0, b"a:1\n")]))).unwrap();
    assert_eq!(sandbox.names(), [".pw.lock", "link", "pw"]);
    assert!(fs::symlink_metadata(sandbox.path("link")).unwrap().is_symlink());
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let sandbox = Sandbox::new();
    let fifo = sandbox.path("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert_eq!(refusal(edit(&fifo, &[])).to_string(), format!("{} is a FIFO, not a regular file", fifo.display()));
    assert!(matches!(refusal(edit(&sandbox.0, &[])), Error::NotRegular { what: "a directory", .. }));
    assert!(matches!(open(Path::new("/dev/null")), Err(Error::NotRegular { what: "a device", .. })));
    assert!(matches!(open(Path::new("/")), Err(Error::NotRegular { what: "a directory", .. })));
}

#[test]
fn a_held_lock_is_waited_for_and_then_given_up() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    let lock = File::create(sandbox.path(".pw.lock")).unwrap();
    lock.lock().unwrap();
    let options = Options { lock_timeout: Duration::from_millis(30), ..Options::default() };
    let refused = refusal(update(&path, &options, |_| Ok(splices(&[(2, 3, b"2")]))));
    assert!(matches!(refused, Error::LockHeld { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"a:1\n");

    let waiting = std::thread::spawn({
        let path = path.clone();
        move || edit(&path, &[(2, 3, b"2")]).unwrap()
    });
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(fs::read(&path).unwrap(), b"a:1\n");
    drop(lock);
    waiting.join().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a:2\n");
}

#[test]
fn a_lock_that_is_a_symlink_is_not_followed() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    symlink("elsewhere", sandbox.path(".pw.lock")).unwrap();
    assert!(matches!(refusal(edit(&path, &[(2, 3, b"2")])), Error::Lock { .. }));
    assert!(!sandbox.path("elsewhere").exists());
}

#[test]
fn an_edit_that_refuses_leaves_the_file() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    let refused = update(&path, &Options::default(), |_| Err::<Splices, _>("no"));
    assert!(matches!(refused, Err(Failure::Edit("no"))));
    assert_eq!(sandbox.names(), [".pw.lock", "pw"]);
}

#[test]
fn a_change_by_a_program_that_takes_no_lock_begins_the_edit_anew() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    let mut calls = 0;
    update::<Infallible>(&path, &Options::default(), |reader| {
        calls += 1;
        let mut seen = Vec::new();
        reader.read_to_end(&mut seen).unwrap();
        if calls == 1 {
            fs::write(&path, b"a:1\nother:2\n").unwrap();
        }
        Ok(splices(&[(seen.len() as u64, seen.len() as u64, b"b:3\n")]))
    })
    .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a:1\nother:2\nb:3\n");
    assert_eq!(calls, 2);

    let refused = refusal(update(&path, &Options::default(), |_| {
        let mut content = fs::read(&path).unwrap();
        content.push(b'#');
        fs::write(&path, content).unwrap();
        Ok(splices(&[(0, 0, b"b:3\n")]))
    }));
    assert!(matches!(refused, Error::Changing { .. }), "{refused}");
}

#[test]
fn temporary_files_of_the_dead_are_removed_and_similar_names_are_not() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    sandbox.file(".pw.why401-new-4711-0", b"a:");
    sandbox.file(".pw.why401-new-4711-0.bak", b"");
    sandbox.file(".pwx.why401-new-4711-0", b"");
    edit(&path, &[(2, 3, b"2")]).unwrap();
    assert_eq!(sandbox.names(), [".pw.lock", ".pw.why401-new-4711-0.bak", ".pwx.why401-new-4711-0", "pw"]);
}

#[test]
fn a_file_with_several_names_keeps_them_all() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\nb:2\n");
    fs::hard_link(&path, sandbox.path("other")).unwrap();
    for (edits, expected) in [
        (&[(2, 3, &b"longer"[..])][..], &b"a:longer\nb:2\n"[..]),
        (&[(0, 9, b"")], b"b:2\n"),
        (&[(2, 3, b"x")], b"b:x\n"),
        (&[(4, 4, b"c:3\n")], b"b:x\nc:3\n"),
    ] {
        let outcome = edit(&path, edits).unwrap();
        assert!(matches!(outcome.written, Written::InPlace(Why::HardLinks(2))), "{outcome:?}");
        assert_eq!(fs::read(sandbox.path("other")).unwrap(), expected);
        assert_eq!(sandbox.names(), [".pw.lock", "other", "pw"]);
    }
}

#[test]
fn both_ways_of_saving_write_what_the_edit_says() {
    let sandbox = Sandbox::new();
    let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_be_bytes).collect();
    let long = vec![7; 70_000];
    let edits: [&[(u64, u64, &[u8])]; 5] = [
        &[(0, 0, b"first"), (150_001, 150_003, b""), (1_200_000, 1_200_000, b"last")],
        &[(70_000, 500_000, b"")],
        &[(5, 8, b"abc"), (1_000_000, 1_000_002, b"de")],
        &[(65_536, 65_536, &long)],
        &[(0, 1_200_000, b"")],
    ];
    for (number, edits) in edits.into_iter().enumerate() {
        let expected = splices(edits).apply(&content);
        let replaced = sandbox.file(&format!("replaced{number}"), &content);
        assert!(matches!(edit(&replaced, edits).unwrap().written, Written::Rename));
        assert!(fs::read(&replaced).unwrap() == expected);
        let in_place = sandbox.file(&format!("in-place{number}"), &content);
        fs::hard_link(&in_place, sandbox.path(&format!("link{number}"))).unwrap();
        assert!(matches!(edit(&in_place, edits).unwrap().written, Written::InPlace(_)));
        assert!(fs::read(&in_place).unwrap() == expected);
    }
}

/// Leaves the journal that a write in place of `edits` leaves when it is cut off at its very start.
fn cut_off(path: &Path, edits: &[(u64, u64, &[u8])]) {
    let place = Place::find(path).unwrap();
    let target = place.open().unwrap().unwrap();
    Journal::write(&place, &target, target.metadata().unwrap().len(), &splices(edits)).unwrap();
}

#[test]
fn a_write_in_place_that_was_cut_off_anywhere_is_finished_by_the_next_writer() {
    let old = b"alice:old-hash\nbob:2\ncarol:3\n";
    let edits: [&[(u64, u64, &[u8])]; 4] = [
        &[(6, 14, b"a-much-longer-hash")],
        &[(6, 14, b"short")],
        &[(0, 15, b""), (21, 21, b"new:1\n")],
        &[(29, 29, b"dave:4\n")],
    ];
    for edits in edits {
        let new = splices(edits).apply(old);
        for written in 0..=new.len() {
            let sandbox = Sandbox::new();
            let path = sandbox.file("pw", old);
            cut_off(&path, edits);
            let torn = [&new[..written], old.get(written..).unwrap_or_default()].concat();
            fs::write(&path, &torn).unwrap();
            let outcome = edit(&path, &[]).unwrap();
            assert!(outcome.replayed);
            assert_eq!(fs::read(&path).unwrap(), new);
            assert_eq!(sandbox.names(), [".pw.lock", "pw"]);
        }
        // The file lengthened and not yet filled, as a power cut can leave it; and longer than it comes to be.
        for fill in [new.len(), old.len()] {
            let sandbox = Sandbox::new();
            let path = sandbox.file("pw", old);
            cut_off(&path, edits);
            let mut torn = old.to_vec();
            torn.resize(fill.max(old.len()), 0);
            fs::write(&path, &torn).unwrap();
            edit(&path, &[]).unwrap();
            assert_eq!(fs::read(&path).unwrap(), new);
        }
    }
}

#[test]
fn a_journal_is_not_replayed_over_a_file_that_somebody_has_mended_since() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"alice:1\nbob:2\n");
    cut_off(&path, &[(6, 7, b"22")]);
    fs::write(&path, b"alice:1\nbob:mended\n").unwrap();
    let refused = refusal(edit(&path, &[(0, 0, b"x:1\n")]));
    assert!(matches!(refused, Error::JournalConflict { .. }), "{refused}");
    assert_eq!(fs::read(&path).unwrap(), b"alice:1\nbob:mended\n");
    assert_eq!(sandbox.names(), [".pw.lock", ".pw.why401-journal", "pw"]);
    fs::remove_file(sandbox.path(".pw.why401-journal")).unwrap();
    edit(&path, &[(0, 0, b"x:1\n")]).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"x:1\nalice:1\nbob:mended\n");
}

#[test]
fn a_journal_that_others_may_have_written_is_not_replayed() {
    let spoil: [fn(&Path); 6] = [
        |journal| fs::set_permissions(journal, fs::Permissions::from_mode(0o644)).unwrap(),
        |journal| fs::hard_link(journal, journal.with_extension("link")).unwrap(),
        |journal| fs::write(journal, b"").unwrap(),
        |journal| {
            let mut bytes = fs::read(journal).unwrap();
            bytes[60] ^= 1;
            fs::write(journal, bytes).unwrap();
        },
        |journal| {
            let bytes = fs::read(journal).unwrap();
            fs::write(journal, &bytes[..bytes.len() - 1]).unwrap();
        },
        |journal| {
            fs::remove_file(journal).unwrap();
            symlink("elsewhere", journal).unwrap();
        },
    ];
    for spoil in spoil {
        let sandbox = Sandbox::new();
        let path = sandbox.file("pw", b"alice:1\nbob:2\n");
        cut_off(&path, &[(6, 7, b"a-longer-one")]);
        spoil(&sandbox.path(".pw.why401-journal"));
        let refused = refusal(edit(&path, &[(0, 0, b"x:1\n")]));
        assert!(matches!(refused, Error::JournalUntrusted { .. }), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"alice:1\nbob:2\n");
    }
}

#[test]
fn a_backup_holds_the_old_content_and_is_readable_to_the_same_people() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.file("pw~", b"older");
    let options = Options { backup: Some("~".into()), ..Options::default() };
    let outcome = update::<Infallible>(&path, &options, |_| Ok(splices(&[(2, 3, b"2")]))).unwrap();
    assert_eq!(outcome.backup, Some(sandbox.path("pw~")));
    assert_eq!(fs::read(sandbox.path("pw~")).unwrap(), b"a:1\n");
    assert_eq!(fs::metadata(sandbox.path("pw~")).unwrap().mode() & 0o7777, 0o640);
    assert_eq!(sandbox.names(), [".pw.lock", "pw", "pw~"]);
}

#[test]
fn extended_attributes_move_to_the_new_file() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let sandbox = Sandbox::new();
    let path = sandbox.file("pw", b"a:1\n");
    let long = vec![b'x'; 1000];
    if let Err(errno) = setxattr(&path, "user.note", &long, XattrFlags::empty()) {
        let _ = writeln!(io::stderr(), "SKIP extended attributes: {errno}");
        return;
    }
    assert!(matches!(edit(&path, &[(2, 3, b"2")]).unwrap().written, Written::Rename));
    let mut value = vec![0; 2000];
    let length = getxattr(&path, "user.note", &mut value[..]).unwrap();
    assert_eq!(&value[..length], &long[..]);
}

#[test]
fn errors_say_what_to_do() {
    let path = || PathBuf::from("/etc/nginx/.htpasswd");
    let full = Error::Io { path: path(), doing: "write", source: io::ErrorKind::StorageFull.into() };
    assert_eq!(full.to_string(), "can't write /etc/nginx/.htpasswd: no storage space");
    assert!(full.hint().unwrap().contains("the file is unchanged"));
    assert_eq!(Error::Missing { path: path() }.hint().unwrap(), "check the path");
}
