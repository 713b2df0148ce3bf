//! lighttpd: blocks with conditions, `else`, includes and what is set in them.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use why401::conf::lighttpd::tree;
use why401::inquiry::lighttpd;

use super::{Asked, Count, Disk, chosen, found};
use crate::driver::exchange::{Exchange, Then, status};
use crate::driver::site::{Site, quoted};
use crate::driver::{find, skip};
use crate::rng::Rng;

const PATHS: &[&str] =
    &["/", "/a", "/a/b", "/c/x.inc", "/staff/list?q=1", "/staff/../a/b", "/%61/b", "//staff/x", "/A"];
const HOSTS: &[&str] = &["localhost", "www.example.org", "WWW.example.org:80", "127.0.0.1"];
const USERS: &[Option<&str>] = &[None, Some("alice"), Some("bob"), Some("carol")];

#[test]
fn lighttpd_answers_as_its_random_configuration_is_read() {
    let program = match find(&["lighttpd"]) {
        Ok(program) => program,
        Err(why) => return skip("lighttpd", &why),
    };
    let (seed, configs) = chosen("lighttpd");
    let mut count = Count::default();
    for index in 0..configs {
        let mut rng = Rng::new(seed, index);
        let mut site = Site::new("url-lighttpd");
        for (name, users) in [("one", &["alice", "carol"][..]), ("two", &["bob", "alice", "carol"])] {
            let lines: Vec<_> =
                users.iter().map(|user| format!("{user}:{{SHA}}5en6G6MezRroT3XKqkdPOmY/BfQ=")).collect();
            fs::write(site.path(name), lines.join("\n")).unwrap();
        }
        fs::create_dir(site.path("www/a")).unwrap();
        fs::write(site.path("www/a/page"), "in\n").unwrap();
        fs::write(site.path("more.conf"), rules(&mut rng, &site, 1)).unwrap();
        let rules = body(&mut rng, &site);
        let config = |site: &Site, port: u16| {
            format!(
                "server.bind = \"127.0.0.1\"\nserver.port = {port}\nserver.document-root = {}\nserver.errorlog = {}\n\
                 index-file.names = (\"page\")\n{rules}",
                quoted(&site.path("www")),
                quoted(&site.log()),
            )
        };
        let port = site.try_start(config, |site| {
            let mut command = Command::new(&program);
            command.arg("-D").arg("-f").arg(site.path("config"));
            command
        });
        let Some(port) = port else {
            // A block whose condition stands there already is refused when another one is between them.
            let said =
                [site.path("output"), site.log()].map(|path| fs::read_to_string(path).unwrap_or_default()).concat();
            assert!(said.contains("condition"), "lighttpd does not start with\n{rules}\n{said}");
            continue;
        };
        let tree = tree::read(&site.path("config"), &Disk);
        let tree = tree.unwrap_or_else(|trouble| panic!("{}: {}\n{rules}", trouble.place, trouble.message));
        let asked: Vec<Asked> =
            (0..12).map(|_| Asked { host: rng.word(HOSTS), target: rng.word(PATHS), user: *rng.pick(USERS) }).collect();
        // Refusals are held back for a second, all of them at once.
        let exchanges: Vec<_> =
            asked.iter().map(|asked| Exchange::start(port, &asked.head(), Then::Wait).unwrap()).collect();
        for (asked, exchange) in asked.iter().zip(exchanges) {
            let status = status(&exchange.finish());
            let finding = found("lighttpd", |means, work| lighttpd::ask(&tree, &asked.request(port), means, work));
            count.add(&finding, status, || format!("{asked:?}\n{rules}\n-- more.conf\n{}", more(&site)));
        }
    }
    count.finish("lighttpd");
}

fn more(site: &Site) -> String {
    fs::read_to_string(site.path("more.conf")).unwrap()
}

fn body(rng: &mut Rng, site: &Site) -> String {
    let modules = [
        "(\"mod_access\", \"mod_auth\", \"mod_authn_file\")",
        "(\"mod_auth\", \"mod_authn_file\")\nserver.modules += (\"mod_access\")",
        "(\"mod_auth\", \"mod_authn_file\", \"mod_access\", \"mod_redirect\")",
        "(\"mod_access\")",
    ];
    let modules = modules[if rng.chance(5) { 3 } else { rng.below(3) }];
    let mut text = format!("server.modules = {modules}\nvar.realm = \"r\" + \"2\"\nvar.folder = \"/\" + \"a\"\n");
    if rng.chance(50) {
        text.push_str("url.access-deny = (\".inc\")\n");
    }
    text.push_str(&rules(rng, site, 0));
    text
}

/// Settings and blocks; each key is set once in a block, as lighttpd wants it.
fn rules(rng: &mut Rng, site: &Site, depth: usize) -> String {
    let mut text = String::new();
    if rng.chance(if depth == 0 { 90 } else { 30 }) {
        text.push_str("auth.backend = \"htpasswd\"\n");
    }
    if rng.chance(if depth == 0 { 80 } else { 40 }) {
        let file = site.path(rng.word(&["one", "two", "two", "missing"]));
        let _ = writeln!(text, "auth.backend.htpasswd.userfile = {}", quoted(&file));
    }
    if rng.chance(60) {
        text.push_str(&require(rng));
    }
    for _ in 0..rng.below(if depth < 2 { 3 } else { 1 }) {
        let _ = writeln!(text, "{} {{\n{}}}", condition(rng), rules(rng, site, depth + 1));
        if rng.chance(30) {
            let _ = writeln!(text, "else {} {{\n{}}}", condition(rng), rules(rng, site, depth + 1));
        }
    }
    if depth == 0 && rng.chance(20) {
        let _ = writeln!(text, "$HTTP[\"url\"] =~ \"^/staff\" {{\n  include \"more.conf\" # here\n}}");
    }
    text
}

fn condition(rng: &mut Rng) -> &'static str {
    rng.word(&[
        "$HTTP[\"host\"] == \"www.example.org\"",
        "$HTTP[\"host\"] != \"localhost\"",
        "$HTTP[\"host\"] =~ \"^www\\.\"",
        "$HTTP[\"url\"] =~ \"^/a(/|$)\"",
        "$HTTP[\"url\"] !~ \"^/staff/\"",
        "$HTTP[\"url\"] == \"/a/b\"",
        "$HTTP[\"url\"] =^ \"/staff\"",
        "$HTTP[\"querystring\"] =~ \"q=\"",
        "$HTTP[\"remoteip\"] == \"127.0.0.0/8\"",
        "$HTTP[\"remoteip\"] != \"10.1.2.3\"",
        "$HTTP[\"scheme\"] == \"http\"",
        "$HTTP[\"request-method\"] == \"POST\"",
    ])
}

fn require(rng: &mut Rng) -> String {
    let prefixes = ["\"/a\"", "\"/a/b\"", "\"\"", "\"/\"", "\"/staff/\"", "var.folder"];
    let mut taken = Vec::new();
    let mut text = String::from("auth.require = (\n");
    for _ in 0..=rng.below(2) {
        let prefix = rng.word(&prefixes);
        if taken.contains(&prefix)
            || (taken.contains(&"\"/a\"") && prefix == "var.folder")
            || (taken.contains(&"var.folder") && prefix == "\"/a\"")
        {
            continue;
        }
        taken.push(prefix);
        let users =
            rng.word(&["valid-user", "user=alice", "user=bob|user=alice", "group=staff|user=bob", "user=carol"]);
        let _ = writeln!(
            text,
            "  {prefix} => (\"method\" => \"basic\", \"realm\" => var.realm, \"require\" => \"{users}\"),"
        );
    }
    text.push_str(")\n");
    text
}
