//! Whether an identity can read a file: random trees of modes, owners, access control lists and links, each held against a thread that
//! really took that identity. `WHY401_TREES=5000` asks for more than a few hundred, `WHY401_SEED` for others.
//!
//! A part of the refusals is repaired with the command that is advised, which must take that block away and let no stranger in.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::fs::{chown, lchown, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::XattrFlags;
use rustix::io::Errno;
use why401::cli::host::Disk;
use why401::cli::identity::Identity;
use why401::host::acl::ATTRIBUTE;
use why401::host::block::{Block, Cause};
use why401::host::identity::Identity as Who;
use why401::host::people::People;
use why401::host::walk::{Reach, View};

use crate::host;
use crate::rng::Rng;
use crate::support::sandbox::Sandbox;

const USERS: &[u32] = &[0, 33, 1000, 1001, 65534];
const GROUPS: &[u32] = &[0, 33, 1000, 2000, 2001];
const FOLDER_MODES: &[u32] =
    &[0o755, 0o751, 0o750, 0o710, 0o700, 0o711, 0o701, 0o1777, 0o777, 0o770, 0o077, 0o707, 0o070, 0o000];
const FILE_MODES: &[u32] = &[0o644, 0o640, 0o600, 0o604, 0o044, 0o077, 0o607, 0o400, 0o440, 0o000, 0o660, 0o060];

/// A list with random entries, in the kernel's order.
fn list(rng: &mut Rng, mode: u32) -> Vec<u8> {
    let mut bytes = 2_u32.to_le_bytes().to_vec();
    let mut entry = |tag: u16, permissions: u32, id: u32| {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&u16::try_from(permissions & 7).unwrap().to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    };
    let named = |rng: &mut Rng, ids: &[u32]| {
        let ids: Vec<u32> = ids.iter().copied().filter(|_| rng.chance(35)).collect();
        ids.into_iter().map(|id| (id, u32::try_from(rng.below(8)).unwrap())).collect::<Vec<_>>()
    };
    entry(0x01, mode >> 6, u32::MAX);
    for (id, permissions) in named(rng, USERS) {
        entry(0x02, permissions, id);
    }
    entry(0x04, u32::try_from(rng.below(8)).unwrap(), u32::MAX);
    for (id, permissions) in named(rng, GROUPS) {
        entry(0x08, permissions, id);
    }
    entry(0x10, *rng.pick(&[7, 5, 4, 1, 0]), u32::MAX);
    entry(0x20, mode, u32::MAX);
    bytes
}

/// Owner, list and mode of what stands at `path`, each of them or none. A mode that is set last is what `chmod` does to a list.
fn dress(rng: &mut Rng, path: &Path, modes: &[u32], kind: usize) {
    if rng.chance(60) {
        chown(path, Some(*rng.pick(USERS)), Some(*rng.pick(GROUPS))).unwrap();
    }
    let mode = if rng.chance(kind) { modes[0] } else { *rng.pick(modes) };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if rng.chance(35) {
        rustix::fs::setxattr(path, ATTRIBUTE, &list(rng, mode), XattrFlags::empty()).unwrap();
        if rng.chance(30) {
            fs::set_permissions(path, fs::Permissions::from_mode(*rng.pick(modes))).unwrap();
        }
    }
}

/// A tree below `base`, and a path in it.
fn grow(rng: &mut Rng, base: &Path) -> PathBuf {
    fs::create_dir(base).unwrap();
    let mut folders = vec![base.to_path_buf()];
    let mut path = base.to_path_buf();
    let mut real = base.to_path_buf();
    for depth in 0..=rng.below(4) {
        let name = format!("d{depth}");
        let folder = real.join(&name);
        fs::create_dir(&folder).unwrap();
        folders.push(folder.clone());
        // A link beside the folder, sometimes one to a link.
        if rng.chance(25) {
            let beside = real.join(format!("l{depth}"));
            let target = match rng.below(4) {
                0 => folder.clone(),
                1 => PathBuf::from(&name),
                2 => PathBuf::from(format!("./{name}/../{name}")),
                _ => PathBuf::from(format!("{name}/")),
            };
            symlink(target, &beside).unwrap();
            lchown(&beside, Some(*rng.pick(USERS)), None).unwrap();
            path = path.join(beside.file_name().unwrap());
        } else {
            path = path.join(&name);
        }
        if rng.chance(10) {
            path = path.join("..").join(&name);
        }
        real = folder;
    }
    let file = real.join("users");
    fs::write(&file, "x:y\n").unwrap();
    dress(rng, &file, FILE_MODES, 60);
    path = match rng.below(20) {
        0 => path.join("missing"),
        1 => path.join("users/more"),
        2 => path.join("users/"),
        3 => path,
        4..=8 => {
            let mut at = "users".to_owned();
            for step in 0..*rng.pick(&[1, 1, 2, 3, 40, 41]) {
                let link = real.join(format!("u{step}"));
                symlink(&at, &link).unwrap();
                lchown(&link, Some(*rng.pick(USERS)), None).unwrap();
                at = format!("u{step}");
            }
            path.join(at)
        }
        _ => path.join("users"),
    };
    for folder in &folders {
        dress(rng, folder, FOLDER_MODES, 80);
    }
    path
}

fn identity(rng: &mut Rng) -> Who {
    let uid = *rng.pick(&USERS[1..]);
    let mut groups = vec![*rng.pick(&GROUPS[1..])];
    groups.extend(GROUPS.iter().filter(|_| rng.chance(20)));
    Who { name: uid.to_string(), uid, groups, reads_everything: false }
}

/// What the kernel says to a thread of this identity.
fn really(path: &Path, who: &Who) -> Result<(), Errno> {
    let path = path.to_path_buf();
    let open =
        move || File::options().read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed()).open(path);
    let opened: io::Result<File> = Identity::of(who.clone()).unwrap().run(open);
    opened.map(drop).map_err(|error| Errno::from_raw_os_error(error.raw_os_error().unwrap()))
}

fn said(view: &View<'_>, path: &Path, who: &Who) -> Result<(), Box<(Errno, Block)>> {
    match view.reach(path, who) {
        Reach::Readable { .. } => Ok(()),
        Reach::Unknown(at) => panic!("root may not look at {}", at.display()),
        Reach::Blocked(block) => {
            let errno = match block.cause {
                Cause::Missing => Errno::NOENT,
                Cause::NotAFolder => Errno::NOTDIR,
                Cause::Loop => Errno::LOOP,
                Cause::TooLong => Errno::NAMETOOLONG,
                Cause::Denied(_) | Cause::ProtectedLink { .. } | Cause::Module { .. } => Errno::ACCESS,
            };
            Err(Box::new((errno, block)))
        }
    }
}

/// Does what is advised until the way is free or ends for another reason; the number of repairs.
fn repaired(view: &View<'_>, path: &Path, who: &Who, people: &People, case: &str) -> usize {
    let stranger = Who { name: "4242".to_owned(), uid: 4242, groups: vec![4242], reads_everything: false };
    let closed = really(path, &stranger).is_err();
    let mut done = 0;
    while let Err(block) = said(view, path, who).map_err(|refusal| refusal.1) {
        let Some(command) = block.repairs(who, people).into_iter().next() else { break };
        assert!(!command.contains("777") && !command.contains("o+"), "{command}");
        let ran = host::good_shell(&command);
        assert!(ran, "{case}: {command}");
        done += 1;
        assert!(done < 20, "{case}: the repairs do not end: {command}");
        if let Err(next) = said(view, path, who).map_err(|refusal| refusal.1) {
            assert_ne!((&next.at, &next.cause), (&block.at, &block.cause), "{case}: {command} repairs nothing");
        }
        if let Cause::Denied(denial) = &block.cause {
            let still = view.reach(path, who);
            assert!(
                !matches!(still, Reach::Blocked(next) if next.at == block.at && matches!(&next.cause, Cause::Denied(other) if other.need == denial.need)),
                "{case}: {command} does not let it in"
            );
        }
    }
    if closed {
        assert!(really(path, &stranger).is_err(), "{case}: a stranger gets in");
    }
    done
}

#[test]
fn the_answer_is_that_of_a_thread_which_took_the_identity() {
    if !host::has_root_and(&["setfacl"]) {
        return;
    }
    let sandbox = Sandbox::new();
    fs::set_permissions(sandbox.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let probe = sandbox.path().join("probe");
    fs::write(&probe, "").unwrap();
    let minimal = [&2_u32.to_le_bytes()[..], &list(&mut Rng::new(1, 1), 0o644)[4..]].concat();
    if let Err(errno) = rustix::fs::setxattr(&probe, ATTRIBUTE, &minimal, XattrFlags::empty()) {
        return host::skip(&format!("no access control lists here: {errno}"));
    }
    let number = |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (trees, seed) = (number("WHY401_TREES", 400), number("WHY401_SEED", 1));
    let disk = Disk::below(PathBuf::from("/"));
    let view = View::own(&disk);
    let people = People::parse(b"", b"");
    let (mut questions, mut refused, mut repairs) = (0, 0, 0);
    for index in 0..trees {
        let mut rng = Rng::new(seed, index);
        let base = sandbox.path().join(index.to_string());
        let path = grow(&mut rng, &base);
        for _ in 0..4 {
            let who = identity(&mut rng);
            let case = format!("tree {index} of seed {seed}: {} as {} {:?}", path.display(), who.uid, who.groups);
            let (real, ours) = (really(&path, &who), said(&view, &path, &who));
            assert_eq!(
                ours.as_ref().map_err(|refusal| refusal.0),
                real.as_ref().map_err(|errno| *errno),
                "{case}: {ours:?}"
            );
            questions += 1;
            refused += u32::from(real.is_err());
        }
        if index % 8 == 0 {
            let who = identity(&mut rng);
            repairs += repaired(&view, &path, &who, &people, &format!("tree {index} of seed {seed}"));
        }
        fs::remove_dir_all(&base).unwrap();
    }
    println!("access: {questions} questions about {trees} trees, {refused} refused, {repairs} repairs");
    assert!(u64::from(refused) * 10 > trees && repairs * 40 > usize::try_from(trees).unwrap());
}
