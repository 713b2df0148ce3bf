//! A server's folder, its process, its user file and its log.

use std::fs::{self, File as OpenFile};
use std::io::{Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant, SystemTime};

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
        self.start_with(|site, port| config(site, port).into_bytes(), command)
    }

    /// The same with a configuration in bytes.
    pub(crate) fn start_with(
        &mut self,
        config: impl Fn(&Self, u16) -> Vec<u8>,
        command: impl Fn(&Self) -> Command,
    ) -> u16 {
        self.start_with_port(|site, port| {
            fs::write(site.path("config"), config(site, port)).unwrap();
            command(site)
        })
    }

    /// The same without a configuration.
    pub(crate) fn start_with_port(&mut self, command: impl Fn(&Self, u16) -> Command) -> u16 {
        for _ in 0..5 {
            if let Some(port) = self.try_start_with_port(&command) {
                self.settle();
                return port;
            }
        }
        let said = fs::read(self.path("output")).unwrap_or_default();
        let log = fs::read(self.log()).unwrap_or_default();
        panic!("{} does not come up: {}{}", self.folder.display(), said.escape_ascii(), log.escape_ascii());
    }

    /// Starts the server, for which ending at once is an answer too: `None`. Another port is tried where another process took
    /// the one that was free.
    pub(crate) fn try_start_with_port(&mut self, command: impl Fn(&Self, u16) -> Command) -> Option<u16> {
        for _ in 0..5 {
            if let Some(port) = self.start_on(free_port(), &command) {
                return Some(port);
            }
            let said = fs::read(self.path("output")).unwrap_or_default().to_ascii_lowercase();
            if memchr::memmem::find(&said, b"in use").is_none() {
                break;
            }
        }
        None
    }

    fn start_on(&mut self, port: u16, command: impl Fn(&Self, u16) -> Command) -> Option<u16> {
        let output = OpenFile::create(self.path("output")).unwrap();
        let mut command = command(self, port);
        command.current_dir(&self.folder).stdin(Stdio::null());
        command.stdout(output.try_clone().unwrap()).stderr(output);
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let spawned = {
            let _alone = PORTS_AND_PROCESSES.lock();
            command.spawn()
        };
        self.child = Some(spawned.unwrap());
        if self.comes_up(port) {
            return Some(port);
        }
        self.stop();
        None
    }

    /// The same with a configuration; a server that listens before it refuses it has a moment.
    pub(crate) fn try_start(
        &mut self,
        config: impl Fn(&Self, u16) -> String,
        command: impl Fn(&Self) -> Command,
    ) -> Option<u16> {
        let port = self.try_start_with_port(|site, port| {
            fs::write(site.path("config"), config(site, port)).unwrap();
            command(site)
        })?;
        self.settle();
        self.runs().then_some(port)
    }

    /// Gives the server a moment to log what it thinks of the connection that only looked whether it is there.
    fn settle(&mut self) {
        std::thread::sleep(Duration::from_millis(50));
        self.log_at = fs::metadata(self.log()).map_or(0, |metadata| metadata.len());
    }

    fn comes_up(&mut self, port: u16) -> bool {
        let since = Instant::now();
        while since.elapsed() < START && self.runs() {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return self.runs();
            }
            std::thread::sleep(Duration::from_millis(3));
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

    /// Ends the process with SIGTERM, for servers that leave something behind otherwise; with SIGKILL where it stays.
    pub(crate) fn stop_gently(&mut self) {
        if let Some(child) = &self.child
            && let Some(process) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
            self.ends();
        }
        self.stop();
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

/// Puts `file` at `path`, whatever stands there, with a modification time that nothing had there before.
pub(crate) fn put(path: &Path, file: &File) {
    static SECONDS: AtomicU32 = AtomicU32::new(0);
    let _ = fs::remove_dir(path).or_else(|_| fs::remove_file(path));
    match file {
        File::Missing => return,
        File::Directory => fs::create_dir(path).unwrap(),
        File::Bytes(_) | File::Unreadable => fs::write(path, file.bytes()).unwrap(),
    }
    let second = Duration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed).into());
    OpenFile::open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30) + second).unwrap();
    let mode = match file {
        File::Unreadable => 0o000,
        File::Directory => 0o755,
        _ => 0o644,
    };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Held while a port is tried and while a process is made: one that is made in between would hold the port for a moment.
static PORTS_AND_PROCESSES: Mutex<()> = Mutex::new(());

/// A port that is free now, of those that this process has for itself: another that is tested at the same time takes no port
/// between this and the server's start, and is not taken for that server.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static RANGE: OnceLock<(u16, Option<OpenFile>)> = OnceLock::new();
    let _alone = PORTS_AND_PROCESSES.lock();
    let (first, _) = RANGE.get_or_init(own_ports);
    for _ in 0..PORTS {
        let step = u16::try_from(NEXT.fetch_add(1, Ordering::Relaxed) % u32::from(PORTS)).unwrap();
        if TcpListener::bind((Ipv4Addr::LOCALHOST, first + step)).is_ok() {
            return first + step;
        }
    }
    panic!("no free port")
}

/// How many ports a process has.
const PORTS: u16 = 1000;

/// The first of the ports of this process, below those that the system gives to outgoing connections; and the lock that keeps
/// the others away while it lasts.
fn own_ports() -> (u16, Option<OpenFile>) {
    let first = |range: u16| 10_240 + range * PORTS;
    for range in 0..22 {
        let path = std::env::temp_dir().join(format!("why401-ports-{range}"));
        let _ = OpenFile::options().write(true).create_new(true).open(&path);
        if let Ok(lock) = OpenFile::open(&path)
            && lock.try_lock().is_ok()
        {
            return (first(range), Some(lock));
        }
    }
    (first(u16::try_from(std::process::id() % 22).unwrap()), None)
}

/// Whether the tests run as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A path in a server's configuration.
pub(crate) fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_str().expect("the temporary folder's path is UTF-8"))
}
