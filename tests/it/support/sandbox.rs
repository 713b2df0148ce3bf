//! A folder of its own and runs of the built command in it.
//!
//! The command starts with an empty environment, no terminal (a session of its own), and the folder as working directory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use why401::cli::args::DEFAULT_SERVERS;

/// A temporary folder, removed when dropped.
pub struct Sandbox {
    path: PathBuf,
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    /// The exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub out: Vec<u8>,
    /// Standard error.
    pub err: Vec<u8>,
}

impl Sandbox {
    /// An empty folder.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("why401-it-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// An empty folder with one file.
    pub fn with(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let sandbox = Self::new();
        sandbox.write(name, bytes);
        sandbox
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file of the folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path.join(name), bytes).unwrap();
    }

    /// Reads a file of the folder.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path.join(name)).unwrap()
    }

    /// Runs `why401` with these words and nothing on stdin.
    pub fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, b"", &[])
    }

    /// Runs `why401` with `stdin` and environment variables.
    pub fn run_with(&self, words: &[&str], stdin: &[u8], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_why401")).args(words).current_dir(&self.path);
        // What runs on this machine is not to be the answer.
        command.env_clear().env("WHY401_SERVER", DEFAULT_SERVERS).envs(variables.iter().copied());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        ran(command, stdin)
    }
}

/// Runs a command to its end.
pub fn ran(mut command: Command, stdin: &[u8]) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    // A command that does not read its stdin closes it; that is its right.
    let writer = std::thread::spawn(move || drop(pipe.write_all(&stdin)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ran { status: output.status.code(), out: output.stdout, err: output.stderr }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Ran {
    /// Standard output as text.
    pub fn out(&self) -> &str {
        std::str::from_utf8(&self.out).unwrap()
    }

    /// Standard error as text.
    pub fn err(&self) -> &str {
        std::str::from_utf8(&self.err).unwrap()
    }

    /// Standard output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.out)))
    }

    /// Fails unless the exit status is `status`.
    pub fn expect(self, status: i32) -> Self {
        assert_eq!(
            self.status,
            Some(status),
            "\nstdout: {}\nstderr: {}",
            String::from_utf8_lossy(&self.out),
            String::from_utf8_lossy(&self.err)
        );
        self
    }
}
