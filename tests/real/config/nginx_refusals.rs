//! Broken configurations: where the library says that nginx refuses one, `nginx -t` does, with the same words at the same line.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use why401::cli::host::Disk;
use why401::conf::nginx::refusal;
use why401::conf::nginx::tree;

use super::nginx;
use super::nginx_grammar::scene;
use crate::driver::site::{Site, free_port};
use crate::driver::{number, say, skip};
use crate::rng::Rng;

const STRAY: &[&str] = &[
    "auth_basic on off;",
    "auth_basic;",
    "auth_basic_user_file pw pw2;",
    "auth_basic_userfile pw;",
    "auth_basic $zz;",
    "auth_basic \"a $\";",
    "auth_basic_user_file $nothing/pw;",
    "auth_delay soon;",
    "auth_delay 1s;",
    "auth_request /a;",
    "auth_request_set x y;",
    "auth_request_set $x $y;",
    "auth_ldap on;",
    "satisfy one;",
    "satisfy ANY;",
    "satisfy all;",
    "allow 10.0.0.0/33;",
    "allow 300.1.2.3;",
    "allow localhost;",
    "allow 10.0.0.1 10.0.0.2;",
    "allow 10.0.0.1/;",
    "deny;",
    "deny none;",
    "deny unix:;",
    "deny 10.1.2.3/8;",
    "return;",
    "return ok;",
    "return 1000;",
    "return /a;",
    "return 200 $zz;",
    "rewrite ^/a;",
    "rewrite ^/a /b now;",
    "rewrite ^/a$ /b$zz last;",
    "set x y;",
    "set $x $y;",
    "set $y 1;",
    "break;",
    "break now;",
    "error_page 200 /a;",
    "error_page x /a;",
    "error_page 404 =x /a;",
    "error_page 404;",
    "error_page 499 /a;",
    "listen 127.0.0.1:@P@;",
    "server_name two.test;",
    "root @D@/www;",
    "alias @D@/www;",
    "index;",
    "autoindex yes;",
    "autoindex ON;",
    "internal;",
    "internal on;",
    "merge_slashes off;",
    "try_files $uri;",
    "try_files $uri /a;",
    "include missing.conf;",
    "include missing*.conf;",
    "include;",
    "worker_processes 1;",
    "worker_connections 10;",
    "user nobody;",
    "pid x;",
    "http { }",
    "events { }",
    "server { }",
    "server x { }",
    "location / { }",
    "location /a { internal; }",
    "location = / { location /b { } }",
    "location ! /x { }",
    "location @x { location /b { } }",
    "location @named { }",
    "location ~ ^/(?<q>.*)$ { return 200 $q; }",
    "if ($zz) { return 403; }",
    "if ($uri) { deny all; }",
    "if ($uri) { auth_basic x; }",
    "if $uri { }",
    "limit_except get { }",
    "limit_except HELLO { deny all; }",
    "limit_except GET { satisfy any; }",
    "map $uri $m { default 1; }",
    "map $uri { }",
    "map $zz $n { default 1; }",
    "geo $g { default 1; }",
    "proxy_pass http://127.0.0.1:1;",
    "proxy_pass 127.0.0.1:1;",
    "add_header a $zz;",
    "log_format x \"$zz\";",
    "ssl on;",
    "http2 on;",
    "load_module x.so;",
    "\"unclosed;",
    "\"a\"b;",
    "};",
    "}",
    "{",
    ";",
];

/// A text with something broken in it, or moved, or twice, or more of it.
fn mutated(rng: &mut Rng, lines: &mut Vec<String>) {
    let at = rng.below(lines.len());
    match rng.below(12) {
        0 => lines[at] = lines[at].replacen(';', "", 1),
        1 => lines[at] = lines[at].replacen('{', "", 1),
        2 => lines[at] = lines[at].replacen('}', "", 1),
        3 => {
            let line = lines.remove(at);
            lines.insert(rng.below(lines.len() + 1), line);
        }
        4 => {
            let line = lines[at].clone();
            lines.insert(at, line);
        }
        5 => {
            // A letter of the name is lost or doubled.
            let letters: Vec<usize> =
                lines[at].char_indices().filter(|(_, c)| c.is_ascii_lowercase()).map(|(at, _)| at).collect();
            if let Some(letter) = letters.first().map(|_| *rng.pick(&letters)) {
                lines[at].remove(letter);
            }
        }
        6 => {
            let mut words: Vec<&str> = lines[at].split(' ').collect();
            let gone = rng.below(words.len());
            words.remove(gone);
            lines[at] = words.join(" ");
        }
        7 => {
            let word = *rng.pick(&["x", "on", "$uri", "\"\"", "a b", "#", "$zz", "\\"]);
            let mut words: Vec<&str> = lines[at].split(' ').collect();
            words.insert(rng.below(words.len() + 1), word);
            lines[at] = words.join(" ");
        }
        _ => {
            let stray = (*rng.pick(STRAY)).to_owned();
            lines.insert(at, stray);
        }
    }
}

/// What `nginx -t` says: the emergency without its place, and the line where it names one; `None` where it takes the file.
fn asked(program: &Path, site: &Site) -> Option<(String, Option<u32>)> {
    let config = site.path("config");
    let output = Command::new(program)
        .args(["-t", "-q", "-p"])
        .arg(site.path(""))
        .arg("-e")
        .arg(site.log())
        .arg("-c")
        .arg(&config)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return None;
    }
    let text = said.split_once("[emerg] ").map_or(&*said, |(_, text)| text);
    let place = format!(" in {}:", config.display());
    let first = text.split("\nnginx: ").next().unwrap_or(text).trim_end();
    Some(match first.rsplit_once(&place) {
        Some((message, line)) => (message.to_owned(), line.parse().ok()),
        None => (first.to_owned(), None),
    })
}

#[test]
fn what_nginx_refuses_is_said_in_its_words() {
    let program = match nginx::program() {
        Ok(program) => program,
        Err(why) => return skip("nginx", &why),
    };
    let (seed, wanted) = (number("WHY401_SEED", 401), number("WHY401_REQUESTS", 1500) / 3);
    let (mut taken, mut equal, mut missed) = (0, BTreeMap::<String, usize>::new(), BTreeMap::<String, usize>::new());
    let mut wrong = Vec::new();
    for index in 0..wanted {
        let rng = &mut Rng::new(seed, index);
        let mut scene = scene(rng);
        scene.config = scene.config.join("\n").lines().map(str::to_owned).collect();
        for _ in 0..=rng.below(2) {
            mutated(rng, &mut scene.config);
        }
        let site = Site::new("refusals");
        let config = site.path("config");
        std::fs::write(&config, nginx::config(&scene, &site.path(""), free_port())).unwrap();
        let disk = Disk::below("/".into());
        let tree = tree::read(&config, &disk).unwrap();
        let found = refusal::find(&tree, Some(&program), &disk);
        let ours = found.refused.map(|trouble| (trouble.message, trouble.place.line));
        match (asked(&program, &site), ours) {
            (None, None) => taken += 1,
            (Some((theirs, line)), Some((ours, at))) if theirs == ours && line.is_none_or(|line| line == at) => {
                let kind: Vec<&str> = ours.split('"').step_by(2).collect();
                *equal.entry(kind.join("_")).or_default() += 1;
            }
            // Names of hosts are not looked up here.
            (Some((theirs, _)), ours) if ours.is_none() || theirs.starts_with("host not found in") => {
                *missed.entry(theirs).or_default() += 1;
            }
            (theirs, ours) => {
                wrong.push(format!("seed {seed} index {index}\n  nginx: {theirs:?}\n  ours: {ours:?}\n"));
                if wrong.len() < 3 {
                    wrong.push(std::fs::read_to_string(&config).unwrap());
                }
            }
        }
    }
    let refused: usize = equal.values().sum();
    let unknown: usize = missed.values().sum();
    say(&format!(
        "nginx: {wanted} configurations, {taken} taken, {refused} refused alike {equal:?}, {unknown} refused otherwise {missed:?}"
    ));
    assert!(wrong.is_empty(), "{}", wrong.concat());
    assert!(unknown * 20 <= refused && equal.len() > 8, "{unknown} refusals of {refused} are not known");
}
