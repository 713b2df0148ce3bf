//! What the benchmarks of whole processes share: files, runs, time and memory.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

/// The built command.
pub const WHY401: &str = env!("CARGO_BIN_EXE_why401");

/// A folder of its own, on tmpfs where there is one; removed when dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    /// An empty one.
    pub fn new(name: &str) -> Self {
        let shm = Path::new("/dev/shm");
        let above = if shm.is_dir() { shm.to_owned() } else { std::env::temp_dir() };
        let path = above.join(format!("why401-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file of `count` lines: well-formed apr1 entries of others, then one of `last` with the password `secret`.
    pub fn entries(&self, name: &str, count: usize) -> PathBuf {
        let path = self.0.join(name);
        let mut file = BufWriter::new(File::create(&path).unwrap());
        for number in 0..count - 1 {
            let text = symbols(number as u64);
            writeln!(file, "user{number:07}:$apr1${}${}", &text[..8], &text[8..]).unwrap();
        }
        file.write_all(b"last:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n").unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Eight characters of salt and 22 of digest, of which the last holds two bits.
fn symbols(seed: u64) -> String {
    const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut state = seed;
    let mut next = |of: u64| {
        // Steele, Lea and Flood's SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        char::from(ALPHABET[usize::try_from((mixed ^ (mixed >> 31)) % of).unwrap()])
    };
    let mut text: String = (0..29).map(|_| next(64)).collect();
    text.push(next(4));
    text
}

/// A command with a password on its standard input.
pub fn command(words: &[String], password: &Path) -> Command {
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).stdin(File::open(password).unwrap());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Milliseconds from start to end.
pub fn time(words: &[String], password: &Path) -> f64 {
    timed(words, |words| command(words, password).status().unwrap())
}

/// The same where what is printed is read: GNU grep ends at the first match where nobody does.
pub fn time_read(words: &[String], password: &Path) -> f64 {
    timed(words, |words| command(words, password).stdout(Stdio::piped()).output().unwrap().status)
}

fn timed(words: &[String], run: impl FnOnce(&[String]) -> ExitStatus) -> f64 {
    let start = Instant::now();
    let status = run(words);
    let time = start.elapsed().as_secs_f64() * 1000.0;
    // A check that finds something says so by 1.
    assert!(matches!(status.code(), Some(0 | 1)), "{words:?}: {status}");
    time
}

/// Peak resident memory in KiB, as `/usr/bin/time -v` has it.
pub fn memory(words: &[String], password: &Path) -> String {
    if !PathBuf::from("/usr/bin/time").exists() {
        return "-".to_owned();
    }
    let timed = [&["/usr/bin/time".to_owned(), "-v".to_owned()], words].concat();
    let output = command(&timed, password).stderr(Stdio::piped()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| line.contains("Maximum resident")).unwrap_or_default();
    line.rsplit(' ').next().unwrap_or("-").to_owned()
}

/// The words of a command line.
pub fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// The one in the middle.
pub fn median(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
