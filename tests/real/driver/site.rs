//! A server's folder, its process, its user file and its log.

use std::fs::{self, File as OpenFile};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::support::answer::PATH;
use crate::support::question::File;

/// Who the servers run as where the tests run as root: `nobody`, so that a file can be unreadable.
pub(crate) const NOBODY: u32 = 65534;

/// How long a server may take to come up.
const START: Duration = Duration::from_secs(20);

/// The folder and the process of one server.
pub(crate) struct Site {
    folder: PathBuf,
    child: Option<Child>,
    log_at: u64,
    placed: Option<File>,
}

impl Site {
    /// A new folder for the server `name`, with the page that is served to those who get in.
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("why401-{name}-{}-{count}", std::process::id()));
        let site = Self { folder, child: None, log_at: 0, placed: None };
        for folder in [site.folder.clone(), site.path("www")] {
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
            if is_root() {
                chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        fs::write(site.path("www/page"), "in\n").unwrap();
        site
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Where the user file stands.
    pub(crate) fn users(&self) -> PathBuf {
        self.path("users")
    }

    /// Where the error log stands.
    pub(crate) fn log(&self) -> PathBuf {
        self.path("error.log")
    }

    /// Writes the configuration and starts the server with it on a free port; tries other ports where another process
    /// took the one that was free. `config` and `command` are given the port.
    pub(crate) fn start(&mut self, config: impl Fn(&Self, u16) -> String, command: impl Fn(&Self) -> Command) -> u16 {
        for _ in 0..5 {
            let port = free_port();
            fs::write(self.path("config"), config(self, port)).unwrap();
            let output = OpenFile::create(self.path("output")).unwrap();
            let mut command = command(self);
            command.current_dir(&self.folder).stdin(Stdio::null());
            command.stdout(output.try_clone().unwrap()).stderr(output);
            if is_root() {
                command.uid(NOBODY).gid(NOBODY);
            }
            self.child = Some(command.spawn().unwrap());
            if self.comes_up(port) {
                self.log_at = fs::metadata(self.log()).map_or(0, |metadata| metadata.len());
                return port;
            }
            self.stop();
        }
        let said = fs::read(self.path("output")).unwrap_or_default();
        let log = fs::read(self.log()).unwrap_or_default();
        panic!("{} does not come up: {}{}", self.folder.display(), said.escape_ascii(), log.escape_ascii());
    }

    fn comes_up(&mut self, port: u16) -> bool {
        let since = Instant::now();
        while since.elapsed() < START && self.runs() {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                // Something answers there; it is ours if ours is still alive a moment later.
                std::thread::sleep(Duration::from_millis(50));
                return self.runs();
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    /// Whether the process runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Whether the process ends within a moment.
    pub(crate) fn ends(&mut self) -> bool {
        let since = Instant::now();
        while self.runs() {
            if since.elapsed() > Duration::from_millis(500) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    /// Ends the process.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Puts `file` where the server looks for the user file.
    pub(crate) fn place(&mut self, file: &File) {
        if self.placed.as_ref() == Some(file) {
            return;
        }
        let users = self.users();
        match self.placed.take() {
            None | Some(File::Missing) => {}
            Some(File::Directory) => fs::remove_dir(&users).unwrap(),
            Some(File::Bytes(_)) if matches!(file, File::Bytes(_)) => {}
            Some(_) => fs::remove_file(&users).unwrap(),
        }
        let write = |bytes: &[u8], mode| {
            fs::write(&users, bytes).unwrap();
            fs::set_permissions(&users, fs::Permissions::from_mode(mode)).unwrap();
        };
        match file {
            File::Missing => {}
            File::Directory => fs::create_dir(&users).unwrap(),
            File::Bytes(bytes) => write(bytes, 0o644),
            File::Unreadable => write(b"", 0o000),
        }
        self.placed = Some(file.clone());
    }

    /// What was added to the log since the last call.
    pub(crate) fn new_log(&mut self) -> Vec<u8> {
        let mut added = Vec::new();
        if let Ok(mut log) = OpenFile::open(self.log()) {
            log.seek(SeekFrom::Start(self.log_at)).unwrap();
            log.read_to_end(&mut added).unwrap();
        }
        self.log_at += added.len() as u64;
        added
    }

    /// `text` with [`PATH`] for the user file's path; where a cut line ends within the path, without that beginning of it.
    pub(crate) fn without_path(&self, text: &[u8], cut: bool) -> Vec<u8> {
        let users = self.users();
        let path = users.as_os_str().as_encoded_bytes();
        let mut found = Vec::new();
        let mut rest = text;
        while let Some(at) = memchr::memmem::find(rest, path) {
            found.extend_from_slice(&rest[..at]);
            found.extend_from_slice(PATH);
            rest = &rest[at + path.len()..];
        }
        let partly = (1..path.len()).rev().find(|&length| cut && rest.ends_with(&path[..length])).unwrap_or(0);
        found.extend_from_slice(&rest[..rest.len() - partly]);
        found
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port that is free now, below those that the system gives to outgoing connections.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let process = std::process::id();
    for _ in 0..10_000 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = u16::try_from(10_240 + process.wrapping_mul(7919).wrapping_add(step * 13) % 22_000).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no free port")
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A path in a server's configuration.
pub(crate) fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_str().expect("the temporary folder's path is UTF-8"))
}
