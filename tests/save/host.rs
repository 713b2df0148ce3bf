//! What this machine can do, and the command as another user or with strace.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::sandbox::{Ran, Sandbox, ran};

/// A user who is nobody here.
const NOBODY: &str = "65534";

/// `short`, or `long` where `WHY401_LONG` is set.
pub(crate) fn times(short: usize, long: usize) -> usize {
    if std::env::var_os("WHY401_LONG").is_some() { long } else { short }
}

/// Says why a test is not run; fails where everything has to be.
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("WHY401_REQUIRE_SERVERS").is_none(), "required here: {why}");
    println!("SKIP {why}");
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether all of these can be run; a skip is said where not.
pub(crate) fn has(programs: &[&str]) -> bool {
    let is_there = |program: &&&str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    match programs.iter().find(|program| !is_there(program)) {
        None => true,
        Some(missing) => {
            skip(&format!("{missing} is not installed"));
            false
        }
    }
}

/// Whether this is root and all of these can be run.
pub(crate) fn has_root_and(programs: &[&str]) -> bool {
    if !is_root() {
        skip("needs root");
        return false;
    }
    has(programs)
}

/// The built command.
pub(crate) fn why401() -> &'static str {
    env!("CARGO_BIN_EXE_why401")
}

/// `set FILE USER` with this password in a form that is the same each time.
pub(crate) fn set_words<'a>(file: &'a str, user: &'a str) -> [&'a str; 6] {
    ["set", file, user, "--scheme", "sha1", "--password-stdin"]
}

/// The field that [`set_words`] makes of a password.
pub(crate) fn field(password: &str) -> Vec<u8> {
    let sandbox = Sandbox::with("f", b"");
    sandbox.run_with(&set_words("f", "u"), password.as_bytes(), &[]).expect(0);
    let line = sandbox.read("f");
    line.strip_prefix(b"u:").unwrap().strip_suffix(b"\n").unwrap().to_vec()
}

/// Runs `set` in the folder.
pub(crate) fn set(sandbox: &Sandbox, file: &str, user: &str, password: &str) -> Ran {
    sandbox.run_with(&set_words(file, user), password.as_bytes(), &[])
}

/// A command that runs in the folder.
pub(crate) fn command(sandbox: &Sandbox, program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words).current_dir(sandbox.path());
    command
}

/// Runs a program in the folder to its end, which must be good.
pub(crate) fn good(sandbox: &Sandbox, program: &str, words: &[&str]) -> Ran {
    ran(command(sandbox, program, words), b"").expect(0)
}

/// Runs `set` as nobody.
pub(crate) fn set_as_nobody(sandbox: &Sandbox, file: &str, user: &str, password: &str) -> Ran {
    ran(as_nobody(sandbox, &set_words(file, user)), password.as_bytes())
}

/// The built command with these words, to be run as nobody. It is copied where that user can reach it.
pub(crate) fn as_nobody(sandbox: &Sandbox, words: &[&str]) -> Command {
    let program = reachable();
    let identity = ["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", program.to_str().unwrap()];
    command(sandbox, "setpriv", &[&identity[..], words].concat())
}

/// Whether a shell's command ends well.
pub(crate) fn good_shell(command: &str) -> bool {
    Command::new("sh").args(["-c", command]).stderr(Stdio::inherit()).status().is_ok_and(|status| status.success())
}

/// A copy of the command that everybody may run.
fn reachable() -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    static COPY: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    COPY.get_or_init(|| {
        let path = std::env::temp_dir().join(format!("why401-save-{}", std::process::id()));
        fs::copy(why401(), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    })
    .clone()
}

/// Names in the folder, without those that may stay: the file, its lock.
pub(crate) fn leftovers(folder: &Path, file: &str) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut left: Vec<_> = names.filter(|name| name != file && *name != format!(".{file}.lock")).collect();
    left.sort();
    left
}

/// `count` entries of users who are not touched.
pub(crate) fn entries(count: usize) -> Vec<u8> {
    (0..count).flat_map(|number| format!("user{number:07}:$apr1${number:08}${number:022}\n").into_bytes()).collect()
}

/// Runs a shell script in the folder, with mounts that nobody else sees; `None` where that can't be had.
pub(crate) fn with_own_mounts(sandbox: &Sandbox, script: &str) -> Option<Ran> {
    if !has_root_and(&["unshare", "mount"]) {
        return None;
    }
    let trial = ran(command(sandbox, "unshare", &["-m", "mount", "-t", "tmpfs", "none", "/mnt"]), b"");
    if trial.status != Some(0) {
        skip(&format!("no mounts here: {}", trial.err().trim()));
        return None;
    }
    let script = format!("set -u\nwhy401=\"$1\"\n{script}");
    Some(ran(command(sandbox, "unshare", &["-m", "sh", "-c", &script, "sh", why401()]), b""))
}
