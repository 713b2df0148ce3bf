//! Random configurations with files around them, asked of the live server and of the library: who gets in must be the same.
//!
//! `WHY401_SEED` chooses the configurations and `WHY401_REQUESTS` how many requests are asked in all. A difference is made smaller by
//! leaving out lines, and fails the test with what is left of the configuration.

mod apache;
mod apache_grammar;
mod apache_rewrites;
mod dump;
mod nginx;
mod nginx_grammar;
mod nginx_refusals;
mod records;
mod world;

use std::collections::BTreeMap;
use std::path::Path;

use why401::basic::base64;
use why401::cli::file::DiskFile;
use why401::cli::host::Disk;
use why401::cli::identity::Identity;
use why401::inquiry::{Finding, Means, Request};
use why401::server::{self, UserFile};
use why401::trace::Verdict;

use crate::driver::exchange::{Exchange, Then, status};
use crate::driver::site::{Site, is_root};
use crate::driver::{number, say, skip};
use crate::rng::Rng;

/// How many differences are made small and shown.
const SHOWN: usize = 5;
/// How many smaller scenes are tried for one difference.
const TRIES: usize = 400;

/// A configuration, the files that belong to it, and what is asked.
#[derive(Clone)]
struct Scene {
    /// Lines after the fixed beginning; `@D@` stands for the folder and `@P@` for the port.
    config: Vec<String>,
    /// Files of the folder that not every scene has.
    files: Vec<world::File>,
    /// The requests.
    asks: Vec<Ask>,
}

/// A request.
#[derive(Clone, Debug)]
struct Ask {
    method: &'static str,
    host: &'static str,
    path: &'static str,
    /// The value of `Authorization`.
    authorization: Option<String>,
    /// The client's address, which the server takes from a header.
    client: &'static str,
    /// More header lines, each with its line end.
    headers: &'static str,
}

/// The lines of a log.
type Lines = fn(&[u8]) -> Vec<String>;

/// A server whose configuration is read.
struct Product {
    name: &'static str,
    /// Whether the library knows what the server does not start with; else such a scene is passed over.
    knows_refusals: bool,
    /// Makes a scene.
    scene: fn(&mut Rng) -> Scene,
    /// The command that runs in the site, or why it is not installed.
    program: fn() -> Result<std::path::PathBuf, String>,
    command: fn(&Path, &Site) -> std::process::Command,
    /// The whole configuration.
    config: fn(&Scene, &Path, u16) -> String,
    /// What a log says of who may come in, each line cut to its level and text; `None` where that is not compared.
    log: Option<Lines>,
    /// What the library says; `Err` where the server would not start.
    ask: fn(&Path, &[Request]) -> Result<Vec<Finding>, String>,
}

const CLIENTS: &[&str] = &["10.1.2.3", "10.1.9.9", "192.0.2.7", "2001:db8::1", "10.200.0.1"];

impl Ask {
    /// A request of one of several logins, clients and headers.
    fn random(rng: &mut Rng, methods: &[&'static str], hosts: &[&'static str], paths: &[&'static str]) -> Self {
        fn word(rng: &mut Rng, choices: &[&'static str]) -> &'static str {
            choices[rng.below(choices.len())]
        }
        let login = |user: &str, password: &str| {
            let token = base64::encode(format!("{user}:{password}").as_bytes());
            Some(format!("Basic {}", String::from_utf8(token).unwrap()))
        };
        let authorization = match rng.below(14) {
            0..=2 => None,
            3..=5 => login("alice", "pass"),
            6 => login("alice", "wrong"),
            7 => login("alice", "other"),
            8 | 9 => login("bob", "pass"),
            10 => login("carol", "pass"),
            11 => login("nobody", "pass"),
            12 => Some("Bearer abc".to_owned()),
            _ => login("guest", "a@b.c"),
        };
        let headers = ["", "", "", "User-Agent: curl/8\r\n", "X-Team: red\r\n", "Referer: http://localhost/\r\n"];
        Self {
            method: word(rng, methods),
            host: word(rng, hosts),
            path: word(rng, paths),
            authorization,
            client: word(rng, CLIENTS),
            headers: word(rng, &headers),
        }
    }

    fn head(&self) -> String {
        let authorization =
            self.authorization.as_ref().map(|value| format!("Authorization: {value}\r\n")).unwrap_or_default();
        let Self { method, path, host, client, headers, .. } = self;
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nX-Client: {client}\r\n{headers}{authorization}Connection: close\r\n\r\n"
        )
    }

    fn request(&self, port: u16) -> Request {
        Request {
            scheme: b"http".to_vec(),
            host: self.host.into(),
            address: Some(std::net::Ipv4Addr::LOCALHOST.into()),
            port,
            target: self.path.into(),
            method: self.method.into(),
            client: self.client.parse().unwrap(),
            head: self.head().into_bytes(),
        }
    }
}

/// What the library may ask of this machine, as the server that runs beside it.
fn means<T>(name: &str, job: impl FnOnce(&Means<'_>) -> T) -> T {
    let disk = Disk::below("/".into());
    let run_as = is_root().then(|| Identity::named("nobody").unwrap());
    let users = |path: &Path| -> Box<dyn UserFile> { Box::new(DiskFile::seen_by_server(path, run_as.clone())) };
    job(&Means { server: server::find(name).unwrap(), files: &disk, users: &users })
}

/// What came of one request.
enum Compared {
    Equal(&'static str),
    Undecided(String),
    Different(String),
}

/// What came of a scene: each request's outcome; a single one where the server does not start.
fn compare(product: &Product, program: &Path, scene: &Scene) -> Vec<Compared> {
    let mut site = Site::new(&format!("config-{}", product.name));
    world::lay(&site.path(""), &scene.files);
    let port = site
        .try_start(|site, port| (product.config)(scene, &site.path(""), port), |site| (product.command)(program, site));
    let requests: Vec<Request> = scene.asks.iter().map(|ask| ask.request(port.unwrap_or(80))).collect();
    let said = (product.ask)(&site.path("config"), &requests);
    let (port, findings) = match (port, said) {
        (Some(port), Ok(findings)) => (port, findings),
        (None, Err(_)) => return vec![Compared::Equal("refused-to-start")],
        (Some(_), Err(message)) => return vec![Compared::Different(format!("it starts; why401: {message}"))],
        (None, Ok(_)) if !product.knows_refusals => return vec![Compared::Equal("not-started")],
        (None, Ok(_)) => {
            let output = std::fs::read(site.path("output")).unwrap_or_default();
            return vec![Compared::Different(format!("it does not start: {}", String::from_utf8_lossy(&output)))];
        }
    };
    let mut all = Vec::new();
    for (ask, finding) in scene.asks.iter().zip(findings) {
        site.new_log();
        let answer = Exchange::start(port, ask.head().as_bytes(), Then::Wait).unwrap().finish();
        all.push(judge(product, status(&answer), &site.new_log(), &finding, ask));
    }
    all
}

fn judge(product: &Product, status: Option<u16>, log: &[u8], finding: &Finding, ask: &Ask) -> Compared {
    let decision = &finding.decision;
    if decision.verdict == Verdict::Undecided {
        let why = finding.chain.last().map(|link| link.text.clone()).unwrap_or_default();
        return Compared::Undecided(why);
    }
    let equal = match status {
        // What stands behind is not there.
        Some(500..) if finding.chain.iter().any(|link| link.rule == "upstream") => decision.verdict.lets_in(),
        Some(400 | 401 | 403 | 500) => decision.status == status,
        _ => decision.verdict.lets_in(),
    };
    // What Apache logs of those who get through is not about access.
    let refused = matches!(status, Some(401 | 403 | 500)) && !decision.verdict.lets_in();
    let logged = product.log.filter(|_| refused || product.name != "apache").map(|lines| lines(log));
    let own: Vec<String> = decision
        .log
        .iter()
        .map(|line| {
            let text = [&line.prefix[..], &line.text].concat();
            format!("{} {}", line.level.name(), String::from_utf8_lossy(&text))
        })
        .collect();
    if equal && logged.as_ref().is_none_or(|logged| *logged == own) {
        return Compared::Equal(decision.reason.name);
    }
    let chain: Vec<String> = finding
        .chain
        .iter()
        .map(|link| format!("\n      {} {}", link.place.as_ref().map_or(0, |place| place.line), link.text))
        .collect();
    Compared::Different(format!(
        "{ask:?}\n    server {status:?}: {}\n    log {logged:?}\n    own {own:?}\n    why401 {} {:?} {}{}",
        String::from_utf8_lossy(log).trim_end(),
        decision.verdict.name(),
        decision.status,
        decision.reason.name,
        chain.concat()
    ))
}

fn run(product: &Product, default: u64) {
    let program = match (product.program)() {
        Ok(program) => program,
        Err(why) => return skip(product.name, &why),
    };
    let (seed, wanted) = (number("WHY401_SEED", 401), number("WHY401_REQUESTS", default));
    say(&format!("{}: WHY401_SEED={seed} WHY401_REQUESTS={wanted}", product.name));
    let mut reasons = BTreeMap::<&str, usize>::new();
    let mut undecided = BTreeMap::<String, usize>::new();
    let (mut asked, mut index, mut shown, mut different) = (0, 0, String::new(), 0);
    while asked < wanted {
        let scene = (product.scene)(&mut Rng::new(seed, index));
        index += 1;
        let compared = compare(product, &program, &scene);
        asked += compared.len() as u64;
        let mut first = None;
        for (at, one) in compared.into_iter().enumerate() {
            match one {
                Compared::Equal(reason) => *reasons.entry(reason).or_default() += 1,
                Compared::Undecided(why) => *undecided.entry(why).or_default() += 1,
                Compared::Different(_) => first = first.or(Some(at)),
            }
        }
        if let Some(at) = first {
            different += 1;
            shown.push_str(&small(product, &program, &scene, at));
            if different >= SHOWN {
                break;
            }
        }
    }
    let count: usize = undecided.values().sum();
    say(&format!(
        "{}: {asked} requests to {index} configurations, {count} undecided {undecided:?}, {reasons:?}",
        product.name
    ));
    assert!(different == 0, "{}: {different} configurations with seed {seed} differ\n{shown}", product.name);
    assert!(count as u64 * 100 <= asked * 10, "{}: {count} of {asked} are undecided", product.name);
}

/// What kind of difference it is: both answers, without what is logged and how it came.
fn kind(said: &str) -> String {
    let parts = said.lines().filter_map(|line| {
        let line = line.trim_start();
        if line.starts_with("why401 ") {
            Some(line)
        } else {
            line.strip_prefix("server ").and_then(|rest| rest.split(':').next())
        }
    });
    parts.collect::<Vec<_>>().join(" ")
}

/// The scene with as few lines as still show the difference, and what each said.
fn small(product: &Product, program: &Path, scene: &Scene, at: usize) -> String {
    let mut small = scene.clone();
    small.asks = scene.asks.get(at).map(|ask| vec![ask.clone()]).unwrap_or_default();
    if small.asks.is_empty() {
        small.asks.clone_from(&scene.asks);
    }
    let mut said = String::new();
    let mut tries = 0;
    let mut wanted = None;
    let mut differs = |scene: &Scene| {
        tries += 1;
        let found = compare(product, program, scene).into_iter().find_map(|one| match one {
            Compared::Different(said) => Some(said),
            _ => None,
        });
        let found = found.filter(|said| wanted.get_or_insert_with(|| kind(said)) == &kind(said));
        (found, tries < TRIES)
    };
    let (first, _) = differs(&small);
    said = first.unwrap_or(said);
    let mut size = small.config.len().div_ceil(2);
    'sizes: while size > 0 {
        let mut start = 0;
        while start < small.config.len() {
            let mut smaller = small.clone();
            smaller.config.drain(start..(start + size).min(small.config.len()));
            let (found, more) = differs(&smaller);
            match found {
                Some(found) => (said, small) = (found, smaller),
                None => start += size,
            }
            if !more {
                break 'sizes;
            }
        }
        size /= 2;
    }
    for file in (0..small.files.len()).rev() {
        let mut smaller = small.clone();
        smaller.files.remove(file);
        if let (Some(found), _) = differs(&smaller) {
            (said, small) = (found, smaller);
        }
    }
    let files: Vec<String> =
        small.files.iter().map(|file| format!("--- {} {:o}\n{}", file.name, file.mode, file.text)).collect();
    format!("\n{}\n{}    {said}\n", small.config.join("\n"), files.concat())
}

#[test]
fn apache_and_the_library_agree_on_random_configurations() {
    run(&apache::PRODUCT, 1500);
}

#[test]
fn nginx_and_the_library_agree_on_random_configurations() {
    run(&nginx::PRODUCT, 1500);
}
