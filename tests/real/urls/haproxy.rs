//! HAProxy: rules of frontends and backends, ACLs, userlists and groups.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use why401::conf::haproxy::tree;
use why401::inquiry::haproxy;

use super::{Asked, Count, Disk, chosen, found};
use crate::driver::exchange::{Address, begin, status};
use crate::driver::site::Site;
use crate::driver::{find, skip};
use crate::rng::Rng;

const PATHS: &[&str] = &["/", "/a", "/a/b", "/staff/list?q=1", "/public/a", "/A", "/x.png"];
const HOSTS: &[&str] = &["localhost", "www.example.org", "WWW.example.org", "admin.example.org"];
const USERS: &[Option<&str>] = &[None, Some("alice"), Some("bob"), Some("carol"), Some("dave")];

#[test]
fn haproxy_answers_as_its_random_configuration_is_read() {
    let program = match find(&["haproxy"]) {
        Ok(program) => program,
        Err(why) => return skip("haproxy", &why),
    };
    let (seed, configs) = chosen("haproxy");
    let mut count = Count::default();
    for index in 0..configs {
        let mut rng = Rng::new(seed, index);
        let mut site = Site::new("url-haproxy");
        let rules = body(&mut rng);
        let port = site.start(
            |_, port| rules.replace("@PORT@", &port.to_string()),
            |site| {
                let mut command = Command::new(&program);
                command.arg("-db").arg("-f").arg(site.path("config"));
                command
            },
        );
        let tree = tree::read(&site.path("config"), &Disk).unwrap();
        for _ in 0..12 {
            let asked = Asked { host: rng.word(HOSTS), target: rng.word(PATHS), user: *rng.pick(USERS) };
            let status = status(&begin(Address::Port(port), &asked.head()).unwrap());
            let finding = found("haproxy", |means, work| haproxy::ask(&tree, &asked.request(port), means, work));
            count.add(&finding, status, || format!("{asked:?}\n{}", fs::read_to_string(site.path("config")).unwrap()));
        }
    }
    count.finish("haproxy");
}

fn body(rng: &mut Rng) -> String {
    let mut text = String::from(
        "defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n\
         userlist one\n group staff users alice\n group others\n\
         user alice insecure-password secret # in clear\n user \"bob\" password $5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA\n\
         user carol insecure-password secret groups staff,others\n user carol insecure-password other\n\
         userlist two\n user dave insecure-password 'secret'\n user bob insecure-password sec\\ ret\n",
    );
    let name = if rng.chance(30) { "listen" } else { "frontend" };
    let _ = writeln!(text, "{name} f\n bind 127.0.0.1:@PORT@");
    text.push_str(&rules(rng));
    if name == "frontend" {
        if rng.chance(40) {
            let _ = writeln!(text, " use_backend b2 if {}", condition(rng));
        }
        text.push_str(" default_backend b1\n");
    } else {
        text.push_str(" http-request return status 200\n");
    }
    for backend in ["b1", "b2"] {
        let _ = writeln!(text, "backend {backend}\n{} http-request return status 200", rules(rng));
    }
    text
}

fn rules(rng: &mut Rng) -> String {
    let mut text = String::new();
    for (name, criterion) in
        [("public", "path_beg /public"), ("staff", "path_beg -i /STAFF /a"), ("in", "http_auth(one)")]
    {
        let _ = writeln!(text, " acl {name} {criterion}");
    }
    if rng.chance(40) {
        text.push_str(" acl public path_end .png\n");
    }
    for _ in 0..rng.below(4) {
        let (action, condition) = (action(rng), condition(rng));
        let word = if rng.chance(60) { "unless" } else { "if" };
        let _ = writeln!(text, " http-request {action} {word} {condition}");
    }
    text
}

fn action(rng: &mut Rng) -> &'static str {
    rng.word(&[
        "auth",
        "auth realm Staff",
        "auth",
        "deny",
        "deny deny_status 404",
        "allow",
        "redirect location /elsewhere",
        "set-header X-User %[http_auth_user]",
        "return status 200",
    ])
}

fn condition(rng: &mut Rng) -> String {
    let one = |rng: &mut Rng| {
        rng.word(&[
            "in",
            "!in",
            "{ http_auth(one) }",
            "{ http_auth(two) }",
            "{ http_auth_group(one) staff }",
            "{ http_auth_group(one) others staff }",
            "public",
            "! staff",
            "{ hdr(host) -i www.example.org }",
            "{ hdr_beg(host) admin. }",
            "{ path -m reg ^/a(/|$) }",
            "{ method POST }",
            "METH_GET",
            "{ src 127.0.0.0/8 }",
            "FALSE",
        ])
    };
    let mut text = one(rng).to_owned();
    for _ in 0..rng.below(3) {
        let joint = if rng.chance(50) { " || " } else { " " };
        text.push_str(joint);
        text.push_str(one(rng));
    }
    text
}
