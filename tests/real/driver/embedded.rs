//! Servers that read the user file only when they start: their own code runs inside a small program (`embedded/`) that starts
//! anew, inside, for each connection.
//!
//! Their packages are not Debian's, so that they are asked only where an environment variable says where they are:
//! `WHY401_RADICALE`, `WHY401_PYPISERVER` and `WHY401_MITMPROXY` name a Python that has them, `WHY401_NODE_MODULES` a
//! folder with `http-auth` and `verdaccio`.

use std::path::PathBuf;
use std::process::Command;

use super::exchange::{Exchange, Then, status};
use super::site::{Site, quoted};
use super::{Live, find};
use crate::support::answer::{Answer, Kind, Line};
use crate::support::question::Question;

/// The status for a file that keeps the server from starting.
const REFUSED: u16 = 599;

/// What a program writes that can't answer with [`REFUSED`].
const REFUSED_LINE: &[u8] = b"REFUSED\n";

/// Reads a line of a log.
type ReadLine = fn(&Site, &[u8]) -> Option<Line>;

/// What differs between these servers.
struct Rules {
    /// The server's name.
    name: &'static str,
    /// The small program.
    program: &'static str,
    /// The request line that is sent instead of `GET / HTTP/1.1`: for something that wants a login.
    request: &'static str,
    /// The status of what stands behind the login.
    accepts: u16,
    /// The statuses of refused credentials.
    rejects: &'static [u16],
    /// Whether the connection ends with the answer.
    closes: bool,
    /// Takes the lines that are compared from what was written; `None` where they are not read.
    log: Option<ReadLine>,
}

struct Embedded {
    rules: &'static Rules,
    interpreter: PathBuf,
    modules: PathBuf,
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn radicale() -> Result<Box<dyn Live>, String> {
    static RULES: Rules = Rules {
        name: "radicale",
        program: include_str!("embedded/radicale.py"),
        request: "PROPFIND / HTTP/1.1",
        accepts: 207,
        rejects: &[401],
        closes: true,
        log: Some(radicale_line),
    };
    python(&RULES, "WHY401_RADICALE", "Radicale")
}

pub(crate) fn pypiserver() -> Result<Box<dyn Live>, String> {
    static RULES: Rules = Rules {
        name: "pypiserver",
        program: include_str!("embedded/pypiserver.py"),
        request: "GET /simple/ HTTP/1.1",
        accepts: 200,
        rejects: &[401, 403],
        closes: true,
        log: None,
    };
    python(&RULES, "WHY401_PYPISERVER", "pypiserver")
}

pub(crate) fn mitmproxy() -> Result<Box<dyn Live>, String> {
    static RULES: Rules = Rules {
        name: "mitmproxy",
        program: include_str!("embedded/mitmproxy.py"),
        request: "GET / HTTP/1.1",
        accepts: 200,
        rejects: &[401],
        closes: false,
        log: None,
    };
    python(&RULES, "WHY401_MITMPROXY", "mitmproxy")
}

pub(crate) fn http_auth() -> Result<Box<dyn Live>, String> {
    static RULES: Rules = Rules {
        name: "http-auth",
        program: include_str!("embedded/http_auth.js"),
        request: "GET / HTTP/1.1",
        accepts: 200,
        rejects: &[401],
        closes: false,
        log: None,
    };
    node(&RULES)
}

pub(crate) fn verdaccio() -> Result<Box<dyn Live>, String> {
    static RULES: Rules = Rules {
        name: "verdaccio",
        program: include_str!("embedded/verdaccio.js"),
        request: "GET /why401 HTTP/1.1",
        accepts: 404,
        rejects: &[401],
        closes: false,
        log: None,
    };
    node(&RULES)
}

fn python(rules: &'static Rules, variable: &str, package: &str) -> Result<Box<dyn Live>, String> {
    let interpreter = named(variable)?;
    let code = format!("from importlib.metadata import version; print(version({package:?}), end='')");
    let output = Command::new(&interpreter).arg("-c").arg(code).output().map_err(|error| error.to_string())?;
    let version = String::from_utf8(output.stdout).unwrap();
    if version.is_empty() {
        return Err(format!("{variable} names a Python without {package}"));
    }
    Ok(Box::new(Embedded::start(rules, interpreter, PathBuf::new(), version)))
}

fn node(rules: &'static Rules) -> Result<Box<dyn Live>, String> {
    let modules = named("WHY401_NODE_MODULES")?;
    let about = std::fs::read(modules.join(rules.name).join("package.json"));
    let about = about.map_err(|_| format!("WHY401_NODE_MODULES has no {}", rules.name))?;
    let about: serde_json::Value = serde_json::from_slice(&about).unwrap();
    let version = about["version"].as_str().unwrap().to_owned();
    Ok(Box::new(Embedded::start(rules, find(&["node"])?, modules, version)))
}

fn named(variable: &str) -> Result<PathBuf, String> {
    std::env::var_os(variable).map(PathBuf::from).ok_or(format!("{variable} does not say where it is"))
}

impl Embedded {
    fn start(rules: &'static Rules, interpreter: PathBuf, modules: PathBuf, version: String) -> Self {
        let site = Site::new(rules.name);
        let mut server = Self { rules, interpreter, modules, site, port: 0, version };
        server.restart();
        server
    }

    fn restart(&mut self) {
        self.site.stop();
        let (rules, interpreter, modules) = (self.rules, self.interpreter.clone(), self.modules.clone());
        let program = self.site.path(if modules.as_os_str().is_empty() { "program.py" } else { "program.js" });
        std::fs::write(&program, rules.program).unwrap();
        // Verdaccio tells the language of its configuration by the name.
        let _ = std::os::unix::fs::symlink(self.site.path("config"), self.site.path("config.yaml"));
        let port = std::cell::Cell::new(0);
        let config = |site: &Site, free: u16| {
            port.set(free);
            match rules.name {
                "radicale" => format!(
                    "[server]\nhosts = 127.0.0.1:{free}\ndelay_on_error = 0\n[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\n\
                     htpasswd_encryption = autodetect\ndelay = 0\n[storage]\nfilesystem_folder = {folder}\n[web]\ntype = none\n",
                    users = site.users().display(),
                    folder = site.path("collections").display(),
                ),
                _ => format!(
                    "storage: {storage}\nauth: {{htpasswd: {{file: {users}}}}}\nuplinks: {{}}\n\
                     packages: {{'**': {{access: $authenticated}}}}\nlog: {{type: stdout, format: json, level: warn}}\n",
                    storage = quoted(&site.path("storage")),
                    users = quoted(&site.users()),
                ),
            }
        };
        self.port = self.site.start(config, |site| {
            let mut command = Command::new(&interpreter);
            command.arg(&program);
            if !modules.as_os_str().is_empty() {
                command.arg(&modules);
            }
            let of_site = match rules.name {
                "radicale" => site.path("config"),
                "verdaccio" => site.path("config.yaml"),
                _ => site.users(),
            };
            command.arg(of_site).arg(port.get().to_string());
            command.arg(site.path("www")).arg(site.log()).env("HOME", site.path("www"));
            command
        });
    }

    fn ask_one(&mut self, question: &Question) -> Answer {
        self.site.place(&question.file);
        let mut head = match question.head.strip_prefix(b"GET / HTTP/1.1") {
            Some(rest) => [self.rules.request.as_bytes(), rest].concat(),
            None => question.head.clone(),
        };
        // Node's limit is one for the whole head, so that it stays as long as it was.
        let host: &[u8] = b"Host: localhost\r\n";
        let longer = self.rules.request.len() - "GET / HTTP/1.1".len();
        if let Some(at) = memchr::memmem::find(&head, host).filter(|_| self.rules.name == "verdaccio") {
            head.drain(at + b"Host: ".len()..at + b"Host: ".len() + longer);
        }
        let exchange = Exchange::start(self.port, &head, Then::Wait).unwrap();
        // A server that writes on when the connection is gone says so in its log.
        let answered = status(&if self.rules.closes { exchange.finish() } else { exchange.finish_head() });
        let written = self.site.new_log();
        // A process that dies of a question takes its time to say why.
        if answered.is_none() && !written.ends_with(REFUSED_LINE) && (0..6).any(|_| self.site.ends()) {
            self.restart();
        }
        let kind = match answered {
            Some(REFUSED) => Kind::RefusesToStart,
            None if written.ends_with(REFUSED_LINE) => Kind::RefusesToStart,
            Some(status) if status == self.rules.accepts => Kind::Accept,
            Some(status) if self.rules.rejects.contains(&status) => Kind::Reject,
            _ => Kind::Error,
        };
        let lines = |line: fn(&Site, &[u8]) -> Option<Line>| {
            written.split(|byte| *byte == b'\n').filter_map(|written| line(&self.site, written)).collect()
        };
        let log = self.rules.log.map(lines);
        Answer { kind, status: answered.filter(|status| *status != REFUSED), log }
    }
}

impl Live for Embedded {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.iter().map(|question| self.ask_one(question)).collect()
    }
}

/// `[TIME] [PROCESS/THREAD] [LEVEL] TEXT`; of what is informative only the lines about a login.
fn radicale_line(site: &Site, written: &[u8]) -> Option<Line> {
    let written = site.without_path(written, false);
    let text = std::str::from_utf8(&written).ok()?;
    let (level, text) = text.splitn(3, "] [").nth(2)?.split_once("] ")?;
    let level = match level {
        "INFO" if text.starts_with("Successful login: ") || text.starts_with("Refused unsafe ") => "info",
        "CRITICAL" if text.starts_with("Logging level set") => return None,
        // It tells the time that was taken.
        "CRITICAL" if text.contains(" response status for ") => return None,
        "WARNING" if text.starts_with("Bcrypt passwords can not be longer") => return None,
        "WARNING" => "warn",
        "ERROR" => "error",
        "CRITICAL" => "crit",
        _ => return None,
    };
    let text = text
        .replace("Failed login attempt from 127.0.0.1", "")
        .replace(&*site.path("collections").to_string_lossy(), "/var/lib/radicale/collections")
        .replace("during PROPFIND request", "during GET request");
    Some(Line { level: level.into(), text: text.into_bytes(), cut: false })
}
