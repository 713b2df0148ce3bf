//! Drivers: each starts one real server on a free port of 127.0.0.1, with a configuration and a folder of its own, and asks it
//! questions. A server is stopped by its process id when its driver is dropped.
//!
//! Servers that read the user file at every request have it rewritten before each question. Servers that read it when they
//! start are given many files at once, each with a listener of its own, and are started anew for the next questions.

pub(crate) mod apache;
pub(crate) mod caddy;
mod crates;
mod embedded;
mod envoy;
pub(crate) mod exchange;
mod exporter_toolkit;
pub(crate) mod files;
mod h2o;
mod haproxy;
mod lighttpd;
pub(crate) mod nginx;
mod rclone;
mod registry;
pub(crate) mod site;
mod squid;
mod traefik;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::answer::Answer;
use crate::support::question::Question;

/// How many processes of a server that is started for each question run at a time.
const AT_A_TIME: usize = 8;

/// A running server.
pub(crate) trait Live {
    /// The version it reports.
    fn version(&self) -> &str;

    /// Its answers, in the order of the questions.
    fn ask(&mut self, questions: &[Question]) -> Vec<Answer>;
}

/// A row of [`DRIVERS`].
pub(crate) struct Driver {
    /// The server's name, as in the library's table.
    pub(crate) server: &'static str,
    /// Starts it: `Err` with the reason where it is not installed. Panics where it is and does not come up.
    start: fn() -> Result<Box<dyn Live>, String>,
    /// Whether `WHY401_REQUIRE_SERVERS` means it: not the ones that are asked on demand only.
    required: bool,
}

/// The drivers.
pub(crate) static DRIVERS: &[Driver] = &[
    Driver { server: "apache", start: apache::start, required: true },
    Driver { server: "nginx", start: nginx::start, required: true },
    Driver { server: "lighttpd", start: lighttpd::start, required: true },
    Driver { server: "haproxy", start: haproxy::debian, required: true },
    Driver { server: "haproxy@2.8", start: haproxy::v2_8, required: true },
    Driver { server: "squid", start: squid::start, required: true },
    Driver { server: "registry", start: registry::start, required: true },
    Driver { server: "traefik", start: traefik::start, required: true },
    Driver { server: "caddy", start: caddy::packaged_one, required: true },
    Driver { server: "caddy@2.6", start: caddy::debian, required: true },
    Driver { server: "envoy", start: envoy::start, required: true },
    Driver { server: "rclone", start: rclone::packaged_one, required: true },
    Driver { server: "rclone@1.60", start: rclone::debian, required: true },
    Driver { server: "exporter-toolkit", start: exporter_toolkit::start, required: true },
    Driver { server: "h2o", start: h2o::start, required: true },
    Driver { server: "radicale", start: embedded::radicale, required: false },
    Driver { server: "pypiserver", start: embedded::pypiserver, required: false },
    Driver { server: "mitmproxy", start: embedded::mitmproxy, required: false },
    Driver { server: "http-auth", start: embedded::http_auth, required: false },
    Driver { server: "verdaccio", start: embedded::verdaccio, required: false },
    Driver { server: "miniserve", start: crates::miniserve, required: false },
    Driver { server: "dufs", start: crates::dufs, required: false },
    Driver { server: "static-web-server", start: crates::static_web_server, required: false },
];

/// Starts the server of this name, or says that it is skipped and why. `WHY401_REQUIRE_SERVERS=1` makes that a failure.
pub(crate) fn start(server: &str) -> Option<Box<dyn Live>> {
    let driver = DRIVERS.iter().find(|driver| driver.server == server).expect("a driver of this name");
    match (driver.start)() {
        Ok(live) => Some(live),
        Err(why) if driver.required => {
            skip(server, &why);
            None
        }
        Err(why) => {
            say(&format!("SKIP {server}: {why}"));
            None
        }
    }
}

/// The answers of a server that is started for each question, several of them at a time; in the order of the questions.
fn each(questions: &[Question], answer: impl Fn(&Question) -> Answer + Sync) -> Vec<Answer> {
    let size = questions.len().div_ceil(AT_A_TIME).max(1);
    let answer = &answer;
    std::thread::scope(|scope| {
        let parts = questions.chunks(size).map(|part| scope.spawn(|| part.iter().map(answer).collect::<Vec<_>>()));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    })
}

/// The answer of a server that was started for this question. Some listen before they look at their users, and end then.
fn first_answer(site: &mut site::Site, port: u16, head: &[u8]) -> Answer {
    match exchange::begin(exchange::Address::Port(port), head).map(|answer| exchange::status(&answer)) {
        Err(_) | Ok(None) if site.ends() => files::refused(),
        Err(error) => panic!("nobody listens, and the server runs: {error}"),
        Ok(status) => files::answered(status, 401),
    }
}

/// Says that the test of `what` is skipped and why. `WHY401_REQUIRE_SERVERS=1` makes that a failure.
pub(crate) fn skip(what: &str, why: &str) {
    let required = std::env::var_os("WHY401_REQUIRE_SERVERS").is_some_and(|value| value == "1");
    assert!(!required, "{what} is required and {why}");
    say(&format!("SKIP {what}: {why}"));
}

/// A number from the environment.
pub(crate) fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// Prints a line that the test runner does not hold back.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The first of these programs that is installed.
pub(crate) fn find(names: &[&str]) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from));
    let folders: Vec<_> = folders.collect();
    let candidates = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file()).ok_or(format!("not installed (no {})", names.join(", ")))
}

/// Where the servers from PyPI are: `$WHY401_SERVERS`, a folder made by `python3 -m venv`; `target/servers` where it is not
/// set. See `tests/README.md`.
fn packages() -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers");
    std::env::var_os("WHY401_SERVERS").map_or_else(default, PathBuf::from)
}

/// A program in the folder of servers from PyPI.
pub(crate) fn packaged(program: &str) -> Result<PathBuf, String> {
    let path = packages().join("bin").join(program);
    if path.is_file() { Ok(path) } else { Err(format!("not installed (no {})", path.display())) }
}

/// The first number with dots in what `program` says to `argument`.
pub(crate) fn first_version(program: &Path, argument: &str) -> String {
    let output = std::process::Command::new(program).arg(argument).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    let numbers = text.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.'));
    numbers.into_iter().find(|word| word.contains('.')).unwrap_or("unknown").to_owned()
}

/// The version number in what `program` says to `argument`: the digits and dots after the first `/` or blank before a digit.
pub(crate) fn version(program: &Path, argument: &str) -> String {
    let output = std::process::Command::new(program).arg(argument).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let start =
        text.windows(2).position(|pair| b"/ ".contains(&pair[0]) && pair[1].is_ascii_digit()).map_or(0, |at| at + 1);
    let number = text[start..].iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.');
    String::from_utf8(number.copied().collect()).unwrap()
}

/// The date in UTC.
pub(crate) fn today() -> String {
    let mut days = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() / 86_400;
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", days + 1)
}
