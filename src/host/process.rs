//! The servers that run here, from `/proc`: their processes, how they were started, who they are, and when they read their configuration.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::host::identity::Identity;
use crate::host::layout;
use crate::host::people::People;
use crate::host::{Host, below};

/// The products and the names of their programs.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("apache", &["apache2", "httpd", "httpd-prefork", "httpd-worker", "httpd-event"]),
    ("nginx", &["nginx"]),
    ("lighttpd", &["lighttpd"]),
    ("caddy", &["caddy"]),
    ("haproxy", &["haproxy"]),
    ("traefik", &["traefik"]),
];

/// A process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Hundredths of a second between the machine's start and its own.
    pub started: u64,
}

/// A server that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The server, as its name begins.
    pub product: &'static str,
    /// Its first process.
    pub master: Process,
    /// The processes that answer requests; empty where the first one does.
    pub workers: Vec<Process>,
    /// Where it wrote its number, if that is in a usual place.
    pub pid_file: Option<PathBuf>,
}

/// The product that a program's name stands for.
fn product(name: &[u8]) -> Option<&'static str> {
    PROGRAMS.iter().find(|(_, names)| names.iter().any(|known| known.as_bytes() == name)).map(|(product, _)| *product)
}

fn folder(pid: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

fn named(host: &dyn Host, pid: u32) -> Option<&'static str> {
    product(host.contents(&folder(pid).join("comm"))?.trim_ascii_end())
}

impl Process {
    /// The process of this number.
    #[must_use]
    pub fn read(host: &dyn Host, pid: u32) -> Option<Self> {
        let stat = host.contents(&folder(pid).join("stat"))?;
        // The name is in parentheses and may hold anything.
        let behind = stat.get(memchr::memrchr(b')', &stat)? + 2..)?;
        let fields: Vec<&str> = std::str::from_utf8(behind).ok()?.split_ascii_whitespace().collect();
        Some(Self { pid, parent: fields.get(1)?.parse().ok()?, started: fields.get(19)?.parse().ok()? })
    }

    /// When it started, in milliseconds since 1970.
    #[must_use]
    pub fn start(&self, host: &dyn Host) -> Option<i64> {
        let uptime = host.contents(Path::new("/proc/uptime"))?;
        let uptime: f64 = std::str::from_utf8(&uptime).ok()?.split_ascii_whitespace().next()?.parse().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "an uptime in milliseconds is far below 2^53")]
        let booted = host.now()? - (uptime * 1000.0) as i64;
        Some(booted + i64::try_from(self.started).ok()? * 10)
    }
}

/// All servers that run here, in the order of their processes' numbers. Reads the name of every process.
#[must_use]
pub fn all(host: &dyn Host) -> Vec<Running> {
    let mut pids: Vec<u32> =
        host.names(Path::new("/proc")).iter().filter_map(|name| name.to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    let known: Vec<(&'static str, Process)> =
        pids.iter().filter_map(|pid| Some((named(host, *pid)?, Process::read(host, *pid)?))).collect();
    let is_known = |product: &str, pid: u32| known.iter().any(|(name, one)| *name == product && one.pid == pid);
    let masters = known.iter().filter(|(product, one)| !is_known(product, one.parent));
    masters
        .map(|(product, master)| {
            let mine = |one: &&(&str, Process)| one.0 == *product && one.1.parent == master.pid;
            Running {
                product,
                workers: known.iter().filter(mine).map(|(_, one)| one.clone()).collect(),
                pid_file: layout::pids(product, host, &folder(master.pid).join("root"))
                    .into_iter()
                    .find_map(|(pid, path)| (pid == master.pid).then_some(path)),
                master: master.clone(),
            }
        })
        .collect()
}

/// The products that run here, as their pid files show; where this machine has few processes, their names too. Cheap: commands that
/// answer in a millisecond ask it.
#[must_use]
pub fn products(host: &dyn Host) -> Vec<(&'static str, u32)> {
    /// A container has fewer.
    const FEW: usize = 32;
    let mut found: Vec<(&'static str, u32)> = Vec::new();
    for (product, _) in PROGRAMS {
        let pids = layout::pids(product, host, Path::new("/"));
        if let Some((pid, _)) = pids.into_iter().find(|(pid, _)| named(host, *pid) == Some(product)) {
            found.push((product, pid));
        }
    }
    if !found.is_empty() || !is_young(host) {
        return found;
    }
    let mut pids: Vec<u32> =
        host.names(Path::new("/proc")).iter().filter_map(|name| name.to_str()?.parse().ok()).collect();
    pids.sort_unstable();
    for pid in pids.into_iter().take(FEW) {
        if let Some(product) = named(host, pid)
            && !found.iter().any(|(known, _)| *known == product)
        {
            found.push((product, pid));
        }
    }
    found
}

/// Whether few processes were ever started here, as in a container: a host of services has pid files, and a look at all its processes
/// takes longer than what it is for.
fn is_young(host: &dyn Host) -> bool {
    const YOUNG: u32 = 1000;
    let stat = host.contents(Path::new("/proc/self/stat")).unwrap_or_default();
    let pid =
        stat.split(|byte| *byte == b' ').next().and_then(|pid| std::str::from_utf8(pid).ok()?.parse::<u32>().ok());
    pid.is_some_and(|pid| pid < YOUNG)
}

/// The row of [`crate::host`]'s product for the C library that a process has loaded: `nginx`, `nginx/musl`, `nginx/glibc`.
#[must_use]
pub fn with_library(host: &dyn Host, product: &str, pid: u32) -> String {
    let maps = host.contents(&folder(pid).join("maps")).unwrap_or_default();
    let has = |name: &[u8]| memchr::memmem::find(&maps, name).is_some();
    let library = match product {
        _ if has(b"/ld-musl-") => "/musl",
        "apache" | "nginx" if has(b"/libcrypt-2.") => "/glibc",
        "nginx" if has(b"/libcrypt.so.2") => "/fedora",
        _ => "",
    };
    format!("{product}{library}")
}

/// How a server was started, as its command line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Started {
    /// Its main configuration file, if one was named; relative to `folder`.
    pub config: Option<PathBuf>,
    /// The folder that relative names are taken from, if one was named.
    pub folder: Option<PathBuf>,
    /// Names defined with `-D`.
    pub defines: Vec<String>,
}

impl Running {
    /// How it was started.
    #[must_use]
    pub fn started(&self, host: &dyn Host) -> Started {
        let line = host.contents(&folder(self.master.pid).join("cmdline")).unwrap_or_default();
        // nginx writes one line over its words.
        let blank = |byte: &u8| if self.product == "nginx" { b"\0 ".contains(byte) } else { *byte == 0 };
        let words: Vec<&[u8]> = line.split(blank).filter(|word| !word.is_empty()).collect();
        let mut started = Started::default();
        let (config, folder): (&[&str], &[&str]) = match self.product {
            "apache" => (&["-f"], &["-d"]),
            "nginx" => (&["-c"], &["-p"]),
            "caddy" => (&["--config", "-c"], &[]),
            "traefik" => (&["--configFile", "--configfile"], &[]),
            _ => (&["-f"], &[]),
        };
        let path = |bytes: &[u8]| PathBuf::from(OsStr::from_bytes(bytes));
        let mut at = 0;
        while at < words.len() {
            let mut value = |names: &[&str]| {
                let name = names.iter().find(|name| words[at].starts_with(name.as_bytes()))?;
                let rest = &words[at][name.len()..];
                match rest.strip_prefix(b"=").unwrap_or(rest) {
                    b"" => {
                        at += 1;
                        words.get(at).copied()
                    }
                    _ if name.starts_with("--") && !rest.starts_with(b"=") => None,
                    rest => Some(rest),
                }
            };
            if let Some(name) = value(config) {
                started.config.get_or_insert(path(name));
            } else if let Some(name) = value(folder) {
                started.folder = Some(path(name));
            } else if self.product == "apache"
                && let Some(name) = value(&["-D"])
            {
                started.defines.push(String::from_utf8_lossy(name).into_owned());
            }
            at += 1;
        }
        started
    }

    /// Where its `/` is to be seen from here.
    #[must_use]
    pub fn root(&self, host: &dyn Host) -> PathBuf {
        let own = |name: &str| {
            (host.target(&PathBuf::from("/proc/self").join(name)), host.target(&folder(self.master.pid).join(name)))
        };
        let same = |(mine, other): (Option<PathBuf>, Option<PathBuf>)| other.is_none() || mine == other;
        if same(own("ns/mnt")) && same(own("root")) {
            return PathBuf::from("/");
        }
        folder(self.workers.first().map_or(self.master.pid, |worker| worker.pid)).join("root")
    }

    /// Who answers requests: the first worker that is no longer root, else the first process.
    #[must_use]
    pub fn identity(&self, host: &dyn Host) -> Option<Identity> {
        let people = People::of(host, &self.root(host));
        let of =
            |process: &Process| Identity::of_process(&host.contents(&folder(process.pid).join("status"))?, &people);
        let mut workers = self.workers.iter().filter_map(of);
        workers.find(|who| who.uid != 0).or_else(|| of(&self.master))
    }

    /// Whether it listens on a TCP port.
    #[must_use]
    pub fn listens_on(&self, host: &dyn Host, port: u16) -> bool {
        !self.listening(host, port).is_empty()
    }

    /// The addresses at which it listens on a TCP port. Only root may look at others' sockets.
    #[must_use]
    pub fn listening(&self, host: &dyn Host, port: u16) -> Vec<IpAddr> {
        let table = |name: &str| host.contents(&folder(self.master.pid).join(name)).unwrap_or_default();
        let tables = [table("net/tcp"), table("net/tcp6")].concat();
        let sockets: Vec<(IpAddr, Vec<u8>)> =
            tables.split(|byte| *byte == b'\n').filter_map(|line| listening(line, port)).collect();
        if sockets.is_empty() {
            return Vec::new();
        }
        let files = folder(self.master.pid).join("fd");
        let open: Vec<PathBuf> = host.names(&files).iter().filter_map(|name| host.target(&files.join(name))).collect();
        let is_own = |inode: &[u8]| {
            open.iter().any(|target| target.as_os_str().as_bytes() == [b"socket:[", inode, b"]"].concat())
        };
        sockets.into_iter().filter(|(_, inode)| is_own(inode)).map(|(address, _)| address).collect()
    }

    /// When it last read its configuration, at the latest, in milliseconds since 1970.
    ///
    /// Each reload brings new workers, so that none of the newest read an older configuration. Apache writes its number anew, and replaces
    /// workers at other times too (httpd 2.4.71 `server/mpm/event/event.c:event_run`; nginx 1.22.1 `ngx_process_cycle.c`).
    #[must_use]
    pub fn loaded(&self, host: &dyn Host) -> Option<i64> {
        let from_workers = self.workers.iter().filter_map(|worker| worker.start(host)).max();
        let from_master = self.master.start(host);
        let latest = from_workers.max(from_master)?;
        let written = self.pid_file.as_ref().filter(|_| self.product == "apache");
        let written = written.and_then(|path| host.node(path).ok()).map(|node| node.modified);
        Some(
            written
                .filter(|at| from_master.is_some_and(|start| *at >= start - 2000))
                .map_or(latest, |at| at.min(latest)),
        )
    }

    /// Whether the file at `path` was put in place of another while a mount of that file alone keeps the old one for this server.
    #[must_use]
    pub fn keeps_old(&self, host: &dyn Host, path: &Path) -> bool {
        let table = host.contents(&folder(self.master.pid).join("mountinfo")).unwrap_or_default();
        table.split(|byte| *byte == b'\n').any(|line| {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
            fields.len() > 4 && fields[4] == path.as_os_str().as_bytes() && fields[3].ends_with(b"//deleted")
        })
    }
}

/// Address and number of the socket in a line of `/proc/net/tcp` or `tcp6`, where that one listens on `port`.
fn listening(line: &[u8], port: u16) -> Option<(IpAddr, Vec<u8>)> {
    let fields: Vec<&str> = std::str::from_utf8(line).ok()?.split_ascii_whitespace().collect();
    let (address, own) = fields.get(1)?.rsplit_once(':')?;
    if *fields.get(3)? != "0A" || u16::from_str_radix(own, 16).ok()? != port {
        return None;
    }
    // Words of 32 bits in this machine's order.
    let mut bytes = Vec::with_capacity(16);
    for at in (0..address.len()).step_by(8) {
        bytes.extend_from_slice(&u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?.to_ne_bytes());
    }
    let ip = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    Some((ip, fields.get(9)?.as_bytes().to_vec()))
}

/// A path of the server's view as this host reads it.
#[must_use]
pub fn seen(root: &Path, path: &Path) -> PathBuf {
    below(root, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::fake::Fake;

    const ROOT: (u32, u32) = (0, 0);

    fn process(host: Fake, pid: u32, parent: u32, comm: &str, line: &[u8], uid: u32) -> Fake {
        let stat = format!("{pid} ({comm}) S {parent} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {} 0 0\n", pid * 100);
        let status = format!("Uid:\t0\t{uid}\t0\t{uid}\nGid:\t0\t{uid}\t0\t{uid}\nGroups:\t\nCapEff:\t0\n");
        host.file(&format!("/proc/{pid}/comm"), 0o444, ROOT, format!("{comm}\n").as_bytes())
            .file(&format!("/proc/{pid}/stat"), 0o444, ROOT, stat.as_bytes())
            .file(&format!("/proc/{pid}/status"), 0o444, ROOT, status.as_bytes())
            .file(&format!("/proc/{pid}/cmdline"), 0o444, ROOT, line)
    }

    fn started(product: &'static str, comm: &str, line: &[u8]) -> Started {
        let host = process(Fake::default(), 7, 1, comm, line, 0);
        let running = all(&host);
        assert_eq!(running[0].product, product);
        running[0].started(&host)
    }

    #[test]
    fn masters_have_workers_who_have_the_identity() {
        let host = process(Fake::default(), 10, 1, "apache2", b"/usr/sbin/apache2\0-k\0start\0", 0);
        let host = process(host, 11, 10, "apache2", b"/usr/sbin/apache2\0-k\0start\0", 33);
        let host = process(host, 12, 1, "bash", b"bash\0", 0).file("/run/apache2/apache2.pid", 0o644, ROOT, b"10\n");
        let running = all(&host);
        assert_eq!((running.len(), running[0].master.pid, running[0].workers.len()), (1, 10, 1));
        assert_eq!(running[0].identity(&host).unwrap().uid, 33);
        assert_eq!(products(&host), [("apache", 10)]);
    }

    #[test]
    fn without_pid_files_the_few_processes_of_a_container_are_looked_at() {
        let host = process(Fake::default(), 1, 0, "nginx", b"nginx: master process nginx\0", 0);
        assert_eq!(products(&host), []);
        let host = host.file("/proc/self/stat", 0o444, ROOT, b"40 (why401) R 1");
        assert_eq!(products(&host), [("nginx", 1)]);
    }

    #[test]
    fn command_lines_name_the_configuration() {
        let path = |text: &str| Some(PathBuf::from(text));
        let apache = started("apache", "httpd", b"httpd\0-DA\0-D\0B\0-d\0/srv\0-f\0conf/h.conf\0");
        assert_eq!(
            (apache.config, apache.folder, apache.defines),
            (path("conf/h.conf"), path("/srv"), vec!["A".into(), "B".into()])
        );
        let nginx = started("nginx", "nginx", b"nginx: master process nginx -c /x.conf -p /y -g daemon off;\0");
        assert_eq!((nginx.config, nginx.folder), (path("/x.conf"), path("/y")));
        assert_eq!(started("caddy", "caddy", b"caddy\0run\0--config=/C\0").config, path("/C"));
        assert_eq!(started("traefik", "traefik", b"traefik\0--configFile\0/t.yml\0").config, path("/t.yml"));
        assert_eq!(started("lighttpd", "lighttpd", b"lighttpd\0-D\0-f\0/l.conf\0").config, path("/l.conf"));
    }

    #[test]
    fn a_listening_socket_is_known_by_its_line() {
        // Of Linux 6.18: nginx on 127.0.0.1:8080.
        let line = b"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 48213 1 0 100 0 0 10 0";
        assert_eq!(listening(line, 8080), Some((IpAddr::from([127, 0, 0, 1]), b"48213".to_vec())));
        assert_eq!(listening(line, 80), None);
    }

    #[test]
    fn the_library_makes_the_row() {
        let host = Fake::default().file("/proc/7/maps", 0o444, ROOT, b"7f r--p 0 0:0 1 /lib/ld-musl-x86_64.so.1\n");
        assert_eq!(with_library(&host, "nginx", 7), "nginx/musl");
        assert_eq!(with_library(&host, "nginx", 8), "nginx");
    }
}
