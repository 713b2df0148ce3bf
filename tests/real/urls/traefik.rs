//! Traefik: entry points, routers with rules and priorities, chains, users in lists and files; in YAML and TOML.
//!
//! One process reads each configuration anew: a router on an entry point of its own tells when it has.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use why401::inquiry::Finding;

use super::records::Live;
use super::{Count, Disk, chosen, fewer};
use crate::driver::exchange::{Address, begin, status};
use crate::driver::site::{Site, free_port, quoted};
use crate::driver::{first_version, packaged, skip};
use crate::rng::Rng;
use crate::support::urls::{Ask, SECRET, WRONG, files, findings, fits};

const PATHS: &[&str] = &[
    "/",
    "/a",
    "/a/b",
    "/A",
    "/staff/list?q=1",
    "/staff",
    "//staff/x",
    "/staff/../a/b",
    "/%61/b",
    "/a%2Fb",
    "/ab",
    "/x",
];
const HOSTS: &[&str] = &["localhost", "www.example.org", "WWW.example.org:80", "a.example.org.", "127.0.0.1"];
const USERS: &[Option<&str>] = &[None, Some("alice"), Some("bob"), Some("carol"), Some("dave")];
const ENTRIES: &[&str] = &["web", "more", "guarded"];

/// How long Traefik may take to read a configuration.
const PATIENCE: Duration = Duration::from_secs(30);

/// One process that reads what is written beside it.
pub(super) struct Traefik {
    site: Site,
    version: String,
    ready: u16,
    ports: [u16; 3],
    loads: usize,
}

impl Traefik {
    pub(super) fn start() -> Option<Self> {
        let program: PathBuf = match packaged("traefik") {
            Ok(program) => program,
            Err(why) => {
                skip("traefik", &why);
                return None;
            }
        };
        let mut site = Site::new("url-traefik");
        let ports = [free_port(), free_port(), free_port()];
        fs::create_dir(site.path("dynamic")).unwrap();
        let ready = site.start(
            |site, port| {
                let mut text = statically(site, ports);
                let _ = writeln!(text, "# {port}");
                fs::write(site.path("traefik.yml"), &text).unwrap();
                let own = text
                    .replace("entryPoints:\n", &format!("entryPoints:\n  ready: {{address: \"127.0.0.1:{port}\"}}\n"));
                fs::write(site.path("own.yml"), &own).unwrap();
                own
            },
            |site| {
                let mut command = Command::new(&program);
                command.arg(format!("--configfile={}", site.path("own.yml").display()));
                command
            },
        );
        Some(Self { site, version: first_version(&program, "version"), ready, ports, loads: 0 })
    }

    /// Has these files read; others are taken away before. Whether Traefik does so in time.
    fn load(&mut self, dynamic: &[(String, String)], patience: Duration) -> bool {
        self.loads += 1;
        let mark = format!("ready{}", self.loads);
        for entry in fs::read_dir(self.site.path("dynamic")).unwrap() {
            let path = entry.unwrap().path();
            if !dynamic.iter().any(|(name, _)| path.ends_with(name)) {
                fs::remove_file(path).unwrap();
            }
        }
        for (name, text) in dynamic {
            self.write(name, text);
        }
        let rule = format!("Path(`/{mark}`)");
        let router = format!(
            "http:\n  routers:\n    {mark}: {{rule: \"{rule}\", entryPoints: [ready], service: noop@internal}}\n"
        );
        self.write("zz-ready.yml", &router);
        let head = format!("GET /{mark} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes();
        let since = Instant::now();
        while status(&begin(Address::Port(self.ready), &head).unwrap()) != Some(418) {
            if since.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// Puts a file in place of another at once, so that no half of it is read.
    fn write(&self, name: &str, text: &str) {
        fs::write(self.site.path("new"), text).unwrap();
        fs::rename(self.site.path("new"), self.site.path("dynamic").join(name)).unwrap();
    }

    fn both(&self, port: u16, ask: &Ask) -> (Result<Finding, String>, Option<u16>) {
        let status = status(&begin(Address::Port(port), &ask.head()).unwrap());
        let found = findings("traefik", &self.site.path("traefik.yml"), &Disk, &[ask.request(port)]);
        (
            found.map(|mut all| all.remove(0)).map_err(|trouble| format!("{}: {}", trouble.place, trouble.message)),
            status,
        )
    }
}

impl Live for Traefik {
    fn version(&self) -> String {
        self.version.clone()
    }

    fn ask(&mut self, row: &Value, asks: &[Ask]) -> Option<Vec<Option<u16>>> {
        let files = files(row, &self.site.path(""), self.ports[0], self.ports[1]);
        let dynamic: Vec<(String, String)> = files
            .iter()
            .filter_map(|(name, text)| Some((name.strip_prefix("dynamic/")?.to_owned(), text.clone())))
            .collect();
        for (name, text) in files.iter().filter(|(name, _)| name.starts_with("users")) {
            fs::write(self.site.path(name), text).unwrap();
        }
        assert!(self.load(&dynamic, PATIENCE), "Traefik does not load {row}");
        Some(asks.iter().map(|ask| status(&begin(Address::Port(self.ports[0]), &ask.head()).unwrap())).collect())
    }
}

/// The configuration to start with, without the entry point that tells when a configuration is read.
fn statically(site: &Site, ports: [u16; 3]) -> String {
    let [web, more, guarded] = ports;
    format!(
        "entryPoints:\n  web: {{address: \"127.0.0.1:{web}\", asDefault: true}}\n  more: {{address: \":{more}\"}}\n  guarded:\n    \
         address: \"127.0.0.1:{guarded}\"\n    http:\n      middlewares: [outer@file]\nproviders:\n  providersThrottleDuration: 1ms\n  \
         file: {{directory: {}, watch: true}}\nlog: {{level: ERROR}}\nglobal: {{checkNewVersion: false, sendAnonymousUsage: false}}\n",
        quoted(&site.path("dynamic"))
    )
}

#[test]
fn traefik_answers_as_its_random_configuration_is_read() {
    let Some(mut live) = Traefik::start() else { return };
    let (seed, configs) = chosen("traefik");
    let mut count = Count::default();
    fs::write(live.site.path("users"), format!("# those\n bob:{SECRET} \n\ndave:{WRONG}\n")).unwrap();
    fs::write(live.site.path("broken"), format!("bob:{SECRET}:x\n")).unwrap();
    for index in 0..configs {
        let mut rng = Rng::new(seed, index);
        let is_toml = rng.chance(30);
        let name = if is_toml { "d.toml" } else { "d.yml" };
        let text = if is_toml { toml(&mut rng, &live.site) } else { yaml(&mut rng, &live.site) };
        let load =
            |live: &mut Traefik, text: &str, patience| live.load(&[(name.to_owned(), text.to_owned())], patience);
        assert!(load(&mut live, &text, PATIENCE), "Traefik does not load\n{text}");
        let asks: Vec<(usize, Ask)> = (0..14)
            .map(|_| {
                let ask = Ask {
                    host: rng.word(HOSTS).to_owned(),
                    target: rng.word(PATHS).to_owned(),
                    credentials: rng.pick(USERS).map(|user| format!("{user}:secret")),
                };
                (rng.below(3), ask)
            })
            .collect();
        let mut wrong = None;
        for (at, ask) in &asks {
            match live.both(live.ports[*at], ask) {
                (Ok(finding), status) if fits(&finding, status) != Some(false) => {
                    count.add(&finding, status, String::new);
                }
                _ => wrong = wrong.or(Some((*at, ask))),
            }
        }
        if let Some((at, ask)) = wrong {
            let port = live.ports[at];
            let small = fewer(&text, |text| {
                // What is left may be none that it takes.
                if !load(&mut live, text, Duration::from_secs(2)) {
                    return false;
                }
                let (found, status) = live.both(port, ask);
                found.is_ok_and(|finding| fits(&finding, status) == Some(false))
            });
            assert!(load(&mut live, &small, PATIENCE));
            match live.both(port, ask) {
                (Ok(finding), status) => count.add(&finding, status, || format!("{} {ask:?}\n{small}", ENTRIES[at])),
                (Err(trouble), _) => count.wrong.push(format!("{trouble}\n{small}")),
            }
        }
    }
    count.finish("traefik");
}

/// A rule and what may be said beside it.
fn rule(rng: &mut Rng, depth: usize) -> String {
    match rng.below(if depth < 2 { 14 } else { 8 }) {
        0 | 1 => format!("PathPrefix(`{}`)", rng.word(&["/", "/a", "/staff", "/a/", "/A"])),
        2 | 3 => format!("Path(`{}`)", rng.word(&["/a", "/staff", "/a/b", "/x", "x"])),
        4 | 5 => format!(
            "{}(`{}`)",
            rng.word(&["Host", "host", "HOST"]),
            rng.word(&["www.example.org", "WWW.Example.org", "a.example.org", "localhost", "a.example.org."])
        ),
        6 => rng
            .word(&["Method(`GET`)", "Method(`post`)", "ClientIP(`127.0.0.0/8`)", "ClientIP(`192.0.2.1`)"])
            .to_owned(),
        7 if rng.chance(70) => "PathPrefix(`/a`)".to_owned(),
        7 => rng.word(&["PathRegexp(`^/a`)", "Path(\"/a\")", "Path(`/a`, `/b`)", "Query(`q`, `1`)"]).to_owned(),
        8 | 9 => format!("{} && {}", rule(rng, depth + 1), rule(rng, depth + 1)),
        10 => format!("{} || {}", rule(rng, depth + 1), rule(rng, depth + 1)),
        11 => format!("!{}", rule(rng, depth + 2)),
        12 => format!("({} || {}) && {}", rule(rng, depth + 1), rule(rng, depth + 1), rule(rng, depth + 1)),
        _ => format!("{}  ||{}", rule(rng, depth + 1), rule(rng, depth + 1)),
    }
}

const MIDDLEWARES: &[&str] =
    &["one", "two@file", "filed", "both", "chained", "away", "strip", "local", "far", "broken", "missing"];

/// Name, rule, entry points, middlewares, service, priority.
type Router = (String, String, Vec<&'static str>, Vec<&'static str>, &'static str, Option<i64>);

fn routers(rng: &mut Rng) -> Vec<Router> {
    let number = 1 + rng.below(5);
    let mut all = Vec::new();
    if rng.chance(75) {
        let middlewares = if rng.chance(70) { vec![MIDDLEWARES[rng.below(6)]] } else { Vec::new() };
        all.push((
            "all".to_owned(),
            "PathPrefix(`/`)".to_owned(),
            ENTRIES.to_vec(),
            middlewares,
            "noop@internal",
            Some(1),
        ));
    }
    for at in 0..number {
        let entries = ENTRIES.iter().copied().filter(|_| rng.chance(45)).collect();
        let count = *rng.pick(&[0, 1, 1, 1, 2]);
        let middlewares = (0..count).map(|_| MIDDLEWARES[rng.below(MIDDLEWARES.len())]).collect();
        let service = *rng.pick(&["noop@internal", "noop@internal", "noop@internal", "back"]);
        let service = if rng.chance(5) { "none" } else { service };
        let priority = rng.chance(15).then(|| i64::try_from(rng.below(60)).unwrap());
        all.push((format!("r{at}"), rule(rng, 0), entries, middlewares, service, priority));
    }
    all
}

fn yaml(rng: &mut Rng, site: &Site) -> String {
    let mut text = String::from("http:\n  routers:\n");
    for (name, rule, entries, middlewares, service, priority) in routers(rng) {
        let _ = writeln!(text, "    {name}:\n      rule: '{rule}'\n      service: {service}");
        if !entries.is_empty() {
            let _ = writeln!(text, "      entryPoints: [{}]", entries.join(", "));
        }
        if !middlewares.is_empty() {
            let _ = writeln!(text, "      middlewares: [{}]", middlewares.join(", "));
        }
        if let Some(priority) = priority {
            let _ = writeln!(text, "      priority: {priority}");
        }
    }
    let folder = site.path("");
    let folder = folder.display();
    let _ = write!(
        text,
        "  services:\n    back: {{loadBalancer: {{servers: []}}}}\n  middlewares:\n    outer: {{basicAuth: {{users: ['bob:{SECRET}', 'carol:{SECRET}']}}}}\n    \
         one:\n      basicauth:\n        users:\n          - 'alice:{SECRET}'\n          - 'bob:{WRONG}' # not\n          - \" carol:{SECRET} \"\n          - bob:{SECRET}\n    \
         two: {{basicAuth: {{users: ['bob:{SECRET}'], realm: x}}}}\n    filed: {{basicAuth: {{usersFile: {folder}users}}}}\n    \
         both: {{basicAuth: {{usersFile: {folder}users, users: ['dave:{SECRET}']}}}}\n    broken: {{basicAuth: {{usersFile: {folder}broken}}}}\n    \
         missing: {{basicAuth: {{usersFile: {folder}nothing}}}}\n    chained: {{chain: {{middlewares: [strip, two]}}}}\n    \
         away: {{basicAuth: {{users: ['bob:{SECRET}'], removeHeader: true}}}}\n    strip: {{stripPrefix: {{prefixes: [/a]}}}}\n    \
         local: {{ipAllowList: {{sourceRange: [127.0.0.0/8]}}}}\n    far: {{ipAllowList: {{sourceRange: [192.0.2.0/24]}}}}\n"
    );
    text
}

fn toml(rng: &mut Rng, site: &Site) -> String {
    let mut text = String::new();
    let list = |names: &[&str]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    for (name, rule, entries, middlewares, service, priority) in routers(rng) {
        let _ = writeln!(text, "[http.routers.{name}]\nrule = '''{rule}'''\nservice = \"{service}\"");
        if !entries.is_empty() {
            let _ = writeln!(text, "entryPoints = [{}]", list(&entries));
        }
        let _ = writeln!(text, "middlewares = [{}]", list(&middlewares));
        if let Some(priority) = priority {
            let _ = writeln!(text, "priority = {priority}");
        }
    }
    let folder = site.path("");
    let folder = folder.display();
    let _ = write!(
        text,
        "[http.services.back.loadBalancer]\n[[http.services.back.loadBalancer.servers]]\nurl = \"http://127.0.0.1:1\"\n\
         [http.middlewares]\nouter.basicAuth.users = ['bob:{SECRET}', 'carol:{SECRET}']\none.basicAuth.users = ['alice:{SECRET}', 'bob:{WRONG}',\n  \
         'carol:{SECRET}', 'bob:{SECRET}']\ntwo.basicAuth = {{users = ['bob:{SECRET}']}}\nfiled.basicAuth.usersFile = '{folder}users'\n\
         both.basicAuth = {{usersFile = '{folder}users', users = ['dave:{SECRET}']}}\nbroken.basicAuth.usersFile = '{folder}broken'\n\
         missing.basicAuth.usersFile = '{folder}nothing'\nchained.chain.middlewares = ['strip', 'two']\n\
         away.basicAuth = {{users = ['bob:{SECRET}'], removeHeader = true}}\nstrip.stripPrefix.prefixes = ['/a']\n\
         local.ipAllowList.sourceRange = ['127.0.0.0/8']\nfar.ipAllowList.sourceRange = ['192.0.2.0/24']\n"
    );
    text
}
