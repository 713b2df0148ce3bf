//! Caddy: sites, snippets, matchers, blocks and accounts, of both generations.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use why401::inquiry::{Finding, Request};
use why401::trace::Verdict;

use super::records::Live;
use super::{Count, Disk, chosen, fewer};
use crate::driver::caddy::{admin, insist, load};
use crate::driver::site::{Site, free_port};
use crate::driver::{find, first_version, packaged, skip};
use crate::rng::Rng;
use crate::support::urls::{Ask, SECRET as HASH, WRONG as OTHER, files, findings, fits};

const PATHS: &[&str] = &[
    "/",
    "/a",
    "/a/b",
    "/A/B",
    "/staff/list?q=1",
    "/staff",
    "/staff/",
    "//staff/x",
    "/staff/../a/b",
    "/%61/b",
    "/x.png",
    "/zz",
];
const HOSTS: &[&str] = &["localhost", "www.example.org", "WWW.example.org:80", "a.example.org", "127.0.0.1"];
const USERS: &[Option<&str>] = &[None, Some("alice"), Some("bob"), Some("carol")];

/// One process, which is given one configuration after the other.
pub(super) struct Caddy {
    pub(super) server: &'static str,
    version: String,
    site: Site,
    admin: u16,
    ports: Vec<u16>,
    loads: usize,
}

impl Caddy {
    /// Those that are installed.
    pub(super) fn all() -> Vec<Self> {
        let old = find(&["caddy"]).and_then(|program| {
            let is_old = first_version(&program, "version").starts_with("2.6.");
            is_old.then_some(program).ok_or_else(|| "of another generation".to_owned())
        });
        let programs = [("caddy", packaged("caddy")), ("caddy@2.6", old)];
        let started = programs.into_iter().filter_map(|(server, program)| match program {
            Ok(program) => Some(Self::start(server, &program)),
            Err(why) => {
                skip(server, &why);
                None
            }
        });
        started.collect()
    }

    fn start(server: &'static str, program: &Path) -> Self {
        let mut site = Site::new("url-caddy");
        let ports: Vec<u16> = (0..32).map(|_| free_port()).collect();
        let admin = admin(&mut site, program, ports[0]);
        Self { server, version: first_version(program, "version"), site, admin, ports, loads: 0 }
    }

    /// Where this is served; `None` where Caddy does not take it.
    fn load(&mut self, body: &str) -> Option<u16> {
        self.loads += 1;
        let port = self.ports[self.loads % self.ports.len()];
        let body = body.replace("@PORT@", &port.to_string());
        let options = format!(" admin 127.0.0.1:{}\n grace_period 1ms\n", self.admin);
        // The first braces of all are those of the options.
        let body = body
            .strip_prefix("{\n")
            .map_or_else(|| format!("{{\n{options}}}\n{body}"), |rest| format!("{{\n{options}{rest}"));
        fs::write(self.site.path("Caddyfile"), &body).unwrap();
        load(self.admin, "text/caddyfile", &body).then_some(port)
    }

    /// What `why401` makes of it, and the server.
    fn both(&self, at: u16, ask: &Ask) -> (Result<Finding, String>, Option<u16>) {
        (self.said(&ask.request(at)), insist(at, &ask.head()))
    }

    fn said(&self, request: &Request) -> Result<Finding, String> {
        let found = findings(self.server, &self.site.path("Caddyfile"), &Disk, std::slice::from_ref(request));
        found.map(|mut all| all.remove(0)).map_err(|trouble| format!("{}: {}", trouble.place, trouble.message))
    }

    /// Whether a configuration shows that the two differ about a request.
    fn differs(&mut self, body: &str, ask: &Ask) -> bool {
        self.load(body).is_some_and(|port| match self.both(port, ask) {
            (Ok(finding), status) => fits(&finding, status) == Some(false),
            (Err(_), _) => true,
        })
    }
}

impl Live for Caddy {
    fn version(&self) -> String {
        self.version.clone()
    }

    fn ask(&mut self, row: &Value, asks: &[Ask]) -> Option<Vec<Option<u16>>> {
        let port = self.ports[(self.loads + 1) % self.ports.len()];
        let files = files(row, &self.site.path(""), port, free_port());
        for (name, text) in &files[1..] {
            fs::write(self.site.path(name), text).unwrap();
        }
        let port = self.load(&files[0].1)?;
        Some(asks.iter().map(|ask| insist(port, &ask.head())).collect())
    }
}

#[test]
fn caddy_answers_as_its_random_configuration_is_read() {
    for mut live in Caddy::all() {
        asked(&mut live);
    }
}

fn asked(live: &mut Caddy) {
    let (seed, configs) = chosen(live.server);
    let mut count = Count::default();
    for index in 0..configs {
        let mut rng = Rng::new(seed, index);
        let word = if live.server == "caddy" && rng.chance(70) { "basic_auth" } else { "basicauth" };
        let more = list(&mut rng, word, 1);
        let body = body(&mut rng, word, &more);
        let asks: Vec<Ask> = (0..12)
            .map(|_| Ask {
                host: rng.word(HOSTS).to_owned(),
                target: rng.word(PATHS).to_owned(),
                credentials: rng.pick(USERS).map(|user| format!("{user}:secret")),
            })
            .collect();
        let Some(port) = live.load(&body) else {
            count.refused += 1;
            if let Ok(finding) = live.said(&asks[0].request(1))
                && !matches!(finding.decision.verdict, Verdict::RefusedToStart | Verdict::Undecided)
            {
                count.wrong.push(format!("Caddy refuses this:\n{body}\n"));
            }
            continue;
        };
        let mut wrong = None;
        for ask in &asks {
            match live.both(port, ask) {
                (Ok(finding), status) if fits(&finding, status) != Some(false) => {
                    count.add(&finding, status, String::new);
                }
                _ => wrong = wrong.or(Some(ask)),
            }
        }
        if let Some(ask) = wrong {
            let small = fewer(&body, |text| live.differs(text, ask));
            let port = live.load(&small).unwrap();
            match live.both(port, ask) {
                (Ok(finding), status) => count.add(&finding, status, || format!("{ask:?}\n{small}")),
                (Err(trouble), status) => {
                    count.wrong.push(format!("{ask:?}\n{small}\n  {status:?}, why401: {trouble}\n"));
                }
            }
        }
    }
    count.finish(live.server);
}

fn body(rng: &mut Rng, word: &str, more: &str) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "(own) {{\n {word} {{args.0}} {{\n  bob {HASH}\n  alice {OTHER}\n  carol {OTHER}\n }}\n}}");
    let _ = writeln!(text, "(more) {{\n{more}}}");
    let hosts =
        ["http://:@PORT@", "http://www.example.org:@PORT@", "http://*.example.org:@PORT@, http://127.0.0.1:@PORT@"];
    let mut any = false;
    for host in hosts {
        if rng.chance(60) {
            any = true;
            let _ = writeln!(text, "{host} {{\n{}}}", list(rng, word, 0));
        }
    }
    if !any {
        let _ = writeln!(text, ":@PORT@\n{{\n{}}}", list(rng, word, 0));
    }
    text
}

fn matcher(rng: &mut Rng) -> &'static str {
    rng.word(&[
        "", "", "*", "/a", "/a/*", "/staff*", "/staff/*", "@staff", "@host", "@not", "/A/b", "@many", "/a*", "/zz",
        "\"/a/b\"", "`*`",
    ])
}

fn list(rng: &mut Rng, word: &str, depth: usize) -> String {
    let mut text = String::new();
    if depth == 0 {
        text.push_str(
            "@staff path /staff/* /a/b # those\n@host host www.example.org\n@not {\n not path /a*\n method GET\n}\n\
 @many {\n path *.png\n path /staff\n protocol http\n}\n",
        );
    }
    for _ in 0..=rng.below(4) {
        match rng.below(if depth < 3 { 11 } else { 7 }) {
            0..=2 => {
                let own = if rng.chance(50) { ["alice", "carol"] } else { ["bob", "dave"] };
                // Caddy takes its time over a user that is not there, so that few are not.
                let others = ["alice", "bob", "carol"].into_iter().filter(|user| !own.contains(user) && rng.chance(98));
                let mut users = own.map(|user| format!(" \"{user}\" {HASH}\n")).concat();
                for user in others {
                    let _ = writeln!(users, " {user} {OTHER}");
                }
                let realm = if rng.chance(20) { "bcrypt Staff" } else { "" };
                let _ = writeln!(text, "{word} {} {realm} {{\n{users}}}", matcher(rng));
            }
            3 => {
                let answer = rng.word(&["200", "403", "\"in\"", "`in` 200", "404", "401"]);
                let _ = writeln!(text, "respond {} {answer}", matcher(rng));
            }
            4 => {
                let at = rng.word(&["/a*", "*", "@staff", "/staff/*"]);
                let _ = writeln!(text, "import own {at}");
            }
            5 => {
                let more = rng.word(&[
                    "redir /a /elsewhere",
                    "error /staff* 403",
                    "error @host \"no\" 401",
                    "redir /only",
                    "header X-Frame-Options DENY # C:\\x\n",
                    "respond /a/b <<END\n  a } text {\n  END 403",
                    "request_header -Authorization",
                    "error /a*",
                    "root * /srv\\\n",
                    "php_fastcgi /zz 127.0.0.1:1",
                    "header X-Frame-Options DENY",
                    "encode gzip",
                    "abort /staff",
                    "rewrite /staff* /a",
                    "request_header X-User x",
                ]);
                let _ = writeln!(text, "{more}");
            }
            6 => text.push_str("respond 204\n"),
            7 => {
                let _ = writeln!(text, "handle {} {{\n{}}}", matcher(rng), list(rng, word, depth + 2));
            }
            8 => {
                let _ = writeln!(text, "route {} {{\n{}}}", matcher(rng), list(rng, word, depth + 2));
            }
            9 => {
                let path = rng.word(&["/a/*", "/staff*", "/staff/*"]);
                let _ = writeln!(text, "handle_path {path} {{\n{}}}", list(rng, word, depth + 2));
            }
            _ if depth == 0 => text.push_str("handle /a* {\n import more\n}\n"),
            _ => text.push_str("respond 200\n"),
        }
    }
    text
}
