//! A run on a terminal of its own: questions are waited for, then answered.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// How long a question may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// A terminal with a program on it.
pub struct Terminal {
    master: File,
    child: Child,
    output: Receiver<Vec<u8>>,
    seen: Vec<u8>,
    /// Where in `seen` the search for the next question begins.
    from: usize,
}

impl Terminal {
    /// Starts `why401` with these words in `folder`.
    pub fn start(folder: &Path, words: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave =
            || -> OwnedFd { rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap() };
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_why401")])
            .args(words)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .stdin(Stdio::from(slave()))
            .stdout(Stdio::from(slave()))
            .stderr(Stdio::from(slave()))
            .spawn()
            .unwrap();
        let master = File::from(master);
        let (sender, output) = channel();
        let mut reader = master.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            // The read fails when the last program on the terminal has ended.
            while let Ok(length) = reader.read(&mut chunk) {
                if length == 0 || sender.send(chunk[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self { master, child, output, seen: Vec::new(), from: 0 }
    }

    /// Waits for `question`, then types `answer`.
    pub fn answer(&mut self, question: &str, answer: &[u8]) -> &mut Self {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = memchr::memmem::find(&self.seen[self.from..], question.as_bytes()) {
                self.from += at + question.len();
                break;
            }
            let left = until.saturating_duration_since(Instant::now());
            let chunk = self.output.recv_timeout(left);
            let seen = String::from_utf8_lossy(&self.seen);
            self.seen.extend(chunk.unwrap_or_else(|_| panic!("no question `{question}` in: {seen}")));
        }
        self.master.write_all(answer).unwrap();
        self
    }

    /// Waits for the end: the exit status, and all that was on the terminal.
    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap().code();
        while let Ok(chunk) = self.output.recv_timeout(Duration::from_secs(1)) {
            self.seen.extend(chunk);
        }
        (status, String::from_utf8_lossy(&self.seen).replace("\r\n", "\n"))
    }
}
