//! Random questions are answered alike by the live server and by the emulator: in status, reason and log.
//!
//! `WHY401_SEED` (a number) and `WHY401_CASES` (how many) choose the questions. A question that the emulator does not decide
//! (too much work, a scheme that is not built, memory that the server leaves unset) is not asked. A difference is made as
//! small as it gets, kept in `tests/cases/found/`, and fails the test.

mod grammar;
mod shrink;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256, Sha512};
use why401::crypt::Work;
use why401::server::{self, Server};

use crate::driver::{Live, number, say, start};
use crate::rng::Rng;
use crate::support::answer::{Judged, decide, judge};
use crate::support::question::{Question, name_of};
use crate::support::tests;
use grammar::Grammar;

/// Seconds of estimated work for one question.
const LIMIT: f64 = 0.1;

/// The reasons for which the emulator leaves a question undecided.
const NOT_ASKED: [&str; 3] = ["work-limit", "scheme-not-built", "not-modelled"];

/// How many questions are asked at a time.
const BATCH: usize = 500;

/// How many differences are made small and shown.
const SHOWN: usize = 6;

#[test]
fn apache_and_the_emulator_agree_on_random_cases() {
    run("apache");
}

#[test]
fn nginx_and_the_emulator_agree_on_random_cases() {
    run("nginx");
}

#[test]
fn lighttpd_and_the_emulator_agree_on_random_cases() {
    run("lighttpd");
}

#[test]
fn haproxy_and_the_emulator_agree_on_random_cases() {
    run_part("haproxy", 2);
}

#[test]
fn haproxy_2_8_and_the_emulator_agree_on_random_cases() {
    run_part("haproxy@2.8", 2);
}

#[test]
fn squid_and_the_emulator_agree_on_random_cases() {
    run("squid");
}

#[test]
fn registry_and_the_emulator_agree_on_random_cases() {
    run("registry");
}

#[test]
fn traefik_and_the_emulator_agree_on_random_cases() {
    run("traefik");
}

#[test]
fn caddy_and_the_emulator_agree_on_random_cases() {
    run_part("caddy", 5);
}

#[test]
fn caddy_2_6_and_the_emulator_agree_on_random_cases() {
    run_part("caddy@2.6", 5);
}

#[test]
fn envoy_and_the_emulator_agree_on_random_cases() {
    run("envoy");
}

#[test]
fn rclone_and_the_emulator_agree_on_random_cases() {
    run("rclone");
}

#[test]
fn rclone_1_60_and_the_emulator_agree_on_random_cases() {
    run("rclone@1.60");
}

#[test]
fn exporter_toolkit_and_the_emulator_agree_on_random_cases() {
    run_part("exporter-toolkit", 2);
}

#[test]
fn h2o_and_the_emulator_agree_on_random_cases() {
    run("h2o");
}

#[test]
fn radicale_and_the_emulator_agree_on_random_cases() {
    run("radicale");
}

#[test]
fn pypiserver_and_the_emulator_agree_on_random_cases() {
    run("pypiserver");
}

#[test]
fn mitmproxy_and_the_emulator_agree_on_random_cases() {
    run("mitmproxy");
}

#[test]
fn miniserve_and_the_emulator_agree_on_random_cases() {
    run("miniserve");
}

#[test]
fn dufs_and_the_emulator_agree_on_random_cases() {
    run("dufs");
}

#[test]
fn static_web_server_and_the_emulator_agree_on_random_cases() {
    run("static-web-server");
}

#[test]
fn http_auth_and_the_emulator_agree_on_random_cases() {
    run("http-auth");
}

#[test]
fn verdaccio_and_the_emulator_agree_on_random_cases() {
    run("verdaccio");
}

/// A live server and its emulator.
struct Pair<'a> {
    name: &'a str,
    live: Box<dyn Live>,
    emulator: &'static dyn Server,
}

impl Pair<'_> {
    /// For each question: how the emulator's decision compares to the server's answer, and both in words. `None` where the
    /// question is not asked.
    fn compare(&mut self, questions: &[Question]) -> Vec<Option<Compared>> {
        let decisions: Vec<_> =
            questions.iter().map(|question| decide(self.emulator, question, &mut Work::limited(LIMIT))).collect();
        let asked: Vec<_> =
            (0..questions.len()).filter(|&at| !NOT_ASKED.contains(&decisions[at].reason.name)).collect();
        let sent: Vec<_> = asked.iter().map(|&at| questions[at].clone()).collect();
        let mut compared: Vec<Option<Compared>> = questions.iter().map(|_| None).collect();
        for (at, answer) in asked.into_iter().zip(self.live.ask(&sent)) {
            let emulator = match judge(self.name, &answer, &decisions[at]) {
                Judged::Equal => None,
                Judged::Undecided(reason) => Some(format!("undecided, {reason}")),
                Judged::Different(said) => Some(said),
            };
            compared[at] = Some(Compared { reason: decisions[at].reason.name, server: answer.to_string(), emulator });
        }
        compared
    }
}

/// What was said to one question.
struct Compared {
    /// The emulator's reason.
    reason: &'static str,
    /// The server's answer in words.
    server: String,
    /// The emulator's, where it is another.
    emulator: Option<String>,
}

/// The questions that suit a server.
fn grammar(name: &str) -> Grammar {
    let product = name.split(['@', '/']).next().unwrap_or(name);
    match product {
        "envoy" => Grammar::new().calm(&["{SHA}"]),
        "registry" | "caddy" | "exporter-toolkit" | "static-web-server" => Grammar::new().calm(&["$2"]),
        "haproxy" => Grammar::new().calm(&["$", "_"]),
        "traefik" | "rclone" => Grammar::new().calm(&["$1", "$apr1", "$2", "{SHA}"]),
        "radicale" | "pypiserver" | "mitmproxy" => Grammar::new().with(<[u8]>::to_vec).calm(&["$", "{SHA}"]),
        "dufs" => Grammar::new().with(<[u8]>::to_vec).calm(&["$6$"]),
        "miniserve" => {
            let sha256 = |password: &[u8]| [&b"sha256:"[..], &hex(&Sha256::digest(password))].concat();
            let sha512 = |password: &[u8]| [&b"sha512:"[..], &hex(&Sha512::digest(password))].concat();
            Grammar::new().with(<[u8]>::to_vec).with(sha256).with(sha512).calm(&[])
        }
        _ => Grammar::new(),
    }
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xF]);
    digits.map(|digit| b"0123456789abcdef"[usize::from(digit)]).collect()
}

fn run(name: &str) {
    run_part(name, 1);
}

/// The same with one question of so many, for servers that take long for one.
fn run_part(name: &str, part: u64) {
    let Some(emulator) = server::find(name) else {
        say(&format!("SKIP {name}: the emulator is not built"));
        return;
    };
    let Some(live) = start(name) else { return };
    let (seed, cases) = (number("WHY401_SEED", 401), number("WHY401_CASES", 2000) / part);
    say(&format!("{name} {}: WHY401_SEED={seed} WHY401_CASES={cases}", live.version()));
    let mut pair = Pair { name, live, emulator };
    let grammar = grammar(name);
    let (mut reasons, mut different) = (BTreeMap::<&str, usize>::new(), Vec::new());
    let questions: Vec<_> = (0..cases).map(|index| grammar.question(&mut Rng::new(seed, index))).collect();
    for batch in questions.chunks(BATCH) {
        for (question, compared) in batch.iter().zip(pair.compare(batch)) {
            let reason = compared.as_ref().map_or("not asked", |compared| compared.reason);
            *reasons.entry(reason).or_default() += 1;
            if compared.is_some_and(|compared| compared.emulator.is_some()) {
                different.push(question.clone());
            }
        }
        if different.len() >= SHOWN {
            break;
        }
    }
    say(&format!("{name}: {reasons:?}"));
    let mut shown = String::new();
    for question in different.iter().take(SHOWN) {
        shown.push_str(&keep(&mut pair, question));
    }
    assert!(different.is_empty(), "{name}: {} of {cases} with seed {seed} differ\n{shown}", different.len());
}

/// Makes a differing question small, writes it as a case, and tells what each said.
fn keep(pair: &mut Pair<'_>, question: &Question) -> String {
    let small = shrink::shrink(question, |candidates| {
        let compared = pair.compare(candidates);
        compared.into_iter().map(|compared| compared.is_some_and(|compared| compared.emulator.is_some())).collect()
    });
    let compared = pair.compare(std::slice::from_ref(&small)).remove(0);
    let (server, emulator) = compared.map_or_else(Default::default, |c| (c.server, c.emulator.unwrap_or_default()));
    let case = small.to_case("found at random", pair.name);
    let path = tests("cases/found").join(format!("{}.case", name_of(&case)));
    std::fs::create_dir_all(tests("cases/found")).unwrap();
    std::fs::write(&path, &case).unwrap();
    format!("\n{}\n  asked:  {small}\n  server: {server}\n  why401: {emulator}\n", path.display())
}
