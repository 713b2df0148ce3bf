//! What is left of a file: the scenarios of `tests/save/` for this command, Apache's `htpasswd` and `sed -i`.
//!
//! `cargo bench --bench survival` prints a Markdown table; `WHY401_LONG=1` takes the long counts. As root it also fills a small
//! tmpfs. Each figure is counted, none is a verdict: `sed -i` takes no lock and does not claim to.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and has nobody to report to"
)]

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const WHY401: &str = env!("CARGO_BIN_EXE_why401");
const TOOLS: [Tool; 3] = [Tool::Why401, Tool::Htpasswd, Tool::Sed];

/// What edits the file.
#[derive(Clone, Copy)]
enum Tool {
    Why401,
    Htpasswd,
    Sed,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Why401 => "why401",
            Self::Htpasswd => "htpasswd",
            Self::Sed => "sed",
        }
    }

    /// Gives `user`, who is there or is `added`, this password. Its temporary files go into the folder.
    fn start(self, folder: &Path, user: &str, added: bool, password: &str) -> Child {
        let (program, words) = match self {
            Self::Why401 => {
                (WHY401, ["set", "f", user, "--scheme", "sha1", "--password-stdin"].map(str::to_owned).to_vec())
            }
            Self::Htpasswd => ("htpasswd", ["-bs", "f", user, password].map(str::to_owned).to_vec()),
            Self::Sed if added => ("sed", vec!["-i".to_owned(), format!("$a {user}:{password}"), "f".to_owned()]),
            Self::Sed => ("sed", vec!["-i".to_owned(), format!("s/^{user}:.*/{user}:{password}/"), "f".to_owned()]),
        };
        let mut command = Command::new(program);
        command.args(words).current_dir(folder).env("TMPDIR", folder.parent().unwrap());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // One that does not read its stdin may close it.
        let _ = child.stdin.take().unwrap().write_all(password.as_bytes());
        child
    }
}

fn main() {
    let long = std::env::var_os("WHY401_LONG").is_some();
    let times = |short, long_count| if long { long_count } else { short };
    let tools: Vec<Tool> = TOOLS
        .into_iter()
        .filter(|tool| matches!(tool, Tool::Why401) || Command::new(tool.name()).stdin(Stdio::null()).output().is_ok())
        .collect();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name()).collect();
    println!("| | {} |", names.join(" | "));
    println!("|---|{}", "---|".repeat(names.len()));
    let row = |what: &str, cells: Vec<String>| println!("| {what} | {} |", cells.join(" | "));
    let each = |scenario: &dyn Fn(Tool) -> String| tools.iter().map(|tool| scenario(*tool)).collect::<Vec<_>>();
    let rounds = times(3, 20);
    row(
        &format!("50 writers at once, {rounds} rounds: of 50 new and 200 old users, least left"),
        each(&|tool| writers(tool, rounds)),
    );
    let rewrites = times(500, 10_000);
    row(&format!("a reader during {rewrites} rewrites: bad reads of all"), each(&|tool| readers(tool, rewrites)));
    let kills = times(40, 500);
    row(
        &format!("killed {kills} times while it updates 50 MB: damaged files, leftovers"),
        each(&|tool| killed(tool, kills)),
    );
    row("a disk that is full: exit status, file", each(&full_disk));
    row("hard link, mode and owner after an edit", each(&attributes));
}

/// A folder of its own, with an empty one in it where the file is; removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn with(content: &[u8]) -> Self {
        let outer = std::env::temp_dir().join(format!("why401-survival-{}", std::process::id()));
        let _ = fs::remove_dir_all(&outer);
        fs::create_dir_all(outer.join("d")).unwrap();
        fs::write(outer.join("d/f"), content).unwrap();
        Self(outer)
    }

    fn inner(&self) -> PathBuf {
        self.0.join("d")
    }

    fn read(&self) -> Vec<u8> {
        fs::read(self.0.join("d/f")).unwrap_or_default()
    }

    /// Files other than the file and its lock, in both folders.
    fn leftovers(&self) -> usize {
        let count = |path: &Path| {
            let names = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name());
            names.filter(|name| name != "d" && name != "f" && name != ".f.lock").count()
        };
        count(&self.0) + count(&self.inner())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn entries(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("user{number:07}:$apr1${number:08}${number:022}\n").into_bytes()).collect()
}

fn writers(tool: Tool, rounds: usize) -> String {
    let old = entries(200);
    let (mut new_left, mut old_left, mut claimed) = (50, 200, 0);
    for _ in 0..rounds {
        let folder = Folder::with(&old);
        let children: Vec<Child> =
            (0..50).map(|number| tool.start(&folder.inner(), &format!("new{number:02}"), true, "pw")).collect();
        claimed += children.into_iter().filter_map(|mut child| child.wait().ok()).filter(ExitStatus::success).count();
        let after = folder.read();
        let lines: std::collections::HashSet<&[u8]> = after.split(|&byte| byte == b'\n').collect();
        let is_there = |number: &usize| {
            let begins = format!("new{number:02}:");
            lines.iter().any(|line| line.starts_with(begins.as_bytes()))
        };
        new_left = new_left.min((0..50).filter(is_there).count());
        old_left = old_left
            .min(old.split(|&byte| byte == b'\n').filter(|line| !line.is_empty() && lines.contains(line)).count());
    }
    format!("{new_left} and {old_left}; {claimed} of {} said done", rounds * 50)
}

fn readers(tool: Tool, rewrites: usize) -> String {
    let folder = Folder::with(&[&entries(2_000)[..], b"changing:x\nlast:y\n"].concat());
    let path = folder.inner().join("f");
    let done = AtomicBool::new(false);
    let (bad, all) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut bad, mut all) = (0_usize, 0_usize);
            while !done.load(Ordering::Relaxed) {
                all += 1;
                let is_good = fs::read(&path)
                    .is_ok_and(|seen| seen.ends_with(b"\nlast:y\n") && seen.starts_with(b"user0000000:"));
                bad += usize::from(!is_good);
            }
            (bad, all)
        });
        for number in 0..rewrites {
            tool.start(&folder.inner(), "changing", false, &number.to_string()).wait().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap()
    });
    format!("{bad} of {all}")
}

fn killed(tool: Tool, kills: usize) -> String {
    let old = entries(1_000_000);
    let folder = Folder::with(&old);
    let start = Instant::now();
    tool.start(&folder.inner(), "user0500000", false, "pw").wait().unwrap();
    let whole = start.elapsed();
    let mut damaged = 0;
    for number in 0..kills {
        // Moments spread evenly over the run and a little beyond it.
        let share = (u32::try_from(number).unwrap(), u32::try_from(kills).unwrap());
        let moment = whole.mul_f64(1.2 * f64::from(share.0) / f64::from(share.1));
        let mut child = tool.start(&folder.inner(), "user0500000", false, &number.to_string());
        std::thread::sleep(moment.max(Duration::from_micros(100)));
        let _ = child.kill();
        child.wait().unwrap();
        let after = folder.read();
        if memchr::memchr_iter(b'\n', &after).count() != 1_000_000 || !after.ends_with(&old[old.len() - 40..]) {
            damaged += 1;
            fs::write(folder.inner().join("f"), &old).unwrap();
        }
    }
    let left = folder.leftovers();
    tool.start(&folder.inner(), "user0500000", false, "pw").wait().unwrap();
    format!("{damaged}; {left} left, {} after one more run", folder.leftovers())
}

/// A file that grows over the end of a page, on a tmpfs without a free one.
fn full_disk(tool: Tool) -> String {
    let mut old = entries(4_000);
    old.truncate(4096 * 40 - 11);
    old.push(b'\n');
    let folder = Folder::with(&old);
    let edit = match tool {
        Tool::Why401 => format!("{WHY401} set m/f newcomer --scheme sha1 --generate"),
        Tool::Htpasswd => "htpasswd -bs m/f newcomer pw".to_owned(),
        Tool::Sed => "sed -i '$a newcomer:{SHA}0000000000000000000000000000' m/f".to_owned(),
    };
    let script = format!(
        "mkdir m && mount -t tmpfs -o size=3m none m || exit 99
        cp d/f m/f
        dd if=/dev/zero of=m/ballast bs=4096 count=100000 2>/dev/null
        {edit} >/dev/null 2>&1; echo \"exit $?\"
        cmp -s m/f d/f && echo intact || echo changed: $(wc -c <m/f) of {} bytes",
        old.len()
    );
    let output = Command::new("unshare").args(["-m", "sh", "-c", &script]).current_dir(&folder.0).output();
    match output {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().replace('\n', ", "),
        _ => "not tried: needs root".to_owned(),
    }
}

fn attributes(tool: Tool) -> String {
    let folder = Folder::with(&entries(10));
    let (file, other) = (folder.inner().join("f"), folder.0.join("other"));
    fs::hard_link(&file, &other).unwrap();
    let _ = std::os::unix::fs::chown(&file, Some(33), Some(33));
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let before = fs::metadata(&file).unwrap();
    tool.start(&folder.inner(), "user0000003", false, "pw").wait().unwrap();
    let after = fs::metadata(&file).unwrap();
    let said = |kept: bool| if kept { "kept" } else { "lost" };
    format!(
        "{}, {}, {}",
        said(after.ino() == fs::metadata(&other).unwrap().ino()),
        said(after.mode() == before.mode()),
        said((after.uid(), after.gid()) == (before.uid(), before.gid()))
    )
}
