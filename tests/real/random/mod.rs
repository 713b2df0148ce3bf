//! Random questions are answered alike by the live server and by the emulator: in status, reason and log.
//!
//! `WHY401_SEED` (a number) and `WHY401_CASES` (how many) choose the questions. A question that the emulator does not decide
//! (too much work, a scheme that is not built, memory that the server leaves unset) is not asked. A difference is made as
//! small as it gets, kept in `tests/cases/found/`, and fails the test. Each server's last line says how many were asked, not
//! asked and different.

mod grammar;
mod shrink;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256, Sha512};
use why401::crypt::haproxy::LIBXCRYPT;
use why401::crypt::{Check, Crypt as _, NotComputed, Work};
use why401::server::{self, Server};

use crate::driver::files::accounts;
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

/// What takes a second of the server's work: for a user that it does not know, Caddy tries bcrypt of cost 14. One of
/// [`DEAR_PART`] is asked.
const DEAR: [(&str, &str); 2] = [("caddy", "user-not-found"), ("caddy@2.6", "user-not-found")];

/// See [`DEAR`].
const DEAR_PART: u64 = 8;

/// How many questions are asked without `WHY401_CASES`.
const CASES: u64 = 2000;

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
    run("haproxy");
}

#[test]
fn haproxy_2_8_and_the_emulator_agree_on_random_cases() {
    run("haproxy@2.8");
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
    /// How many of [`DEAR`] there were; `None` where each is asked.
    dear: Option<u64>,
}

impl Pair<'_> {
    /// Whether a question of this outcome is asked.
    fn is_asked(&mut self, reason: &str) -> bool {
        if NOT_ASKED.contains(&reason) {
            return false;
        }
        match &mut self.dear {
            Some(count) if DEAR.contains(&(self.name, reason)) => {
                *count += 1;
                *count % DEAR_PART == 1
            }
            _ => true,
        }
    }

    /// For each question: how the emulator's decision compares to the server's answer, and both in words. `None` where the
    /// question is not asked.
    fn compare(&mut self, questions: &[Question]) -> Vec<Option<Compared>> {
        let decisions: Vec<_> =
            questions.iter().map(|question| decide(self.emulator, question, &mut Work::limited(LIMIT))).collect();
        let asked: Vec<_> = (0..questions.len())
            .filter(|&at| self.is_asked(decisions[at].reason.name) && !is_dear_to_load(self.name, &questions[at]))
            .collect();
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

/// Whether the server works for long with the file before it is asked: HAProxy makes a hash of each line's setting.
fn is_dear_to_load(name: &str, question: &Question) -> bool {
    let dear = |field: &[u8]| match LIBXCRYPT.check(field, b"", &mut Work::limited(0.0)).check {
        Check::Undecided(NotComputed::WorkLimit { seconds, .. }) => seconds > LIMIT,
        _ => false,
    };
    name.starts_with("haproxy") && accounts(question.file.bytes()).iter().any(|(_, field)| dear(field))
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
        "h2o" => Grammar::new().calm(&["$apr1$", "{SHA}"]),
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

/// The same with one question of so many where nobody said how many: for servers that take long for one.
fn run_part(name: &str, part: u64) {
    let Some(emulator) = server::find(name) else {
        say(&format!("SKIP {name}: the emulator is not built"));
        return;
    };
    let Some(live) = start(name) else { return };
    let (seed, cases) = (number("WHY401_SEED", 401), number("WHY401_CASES", CASES / part));
    let title = format!("{name} {}", live.version());
    say(&format!("{title}: WHY401_SEED={seed} WHY401_CASES={cases}"));
    let mut pair = Pair { name, live, emulator, dear: Some(0) };
    let grammar = grammar(name);
    let (mut asked, mut not_asked, mut different) = (0, 0, Vec::new());
    let mut reasons = BTreeMap::<&str, usize>::new();
    for start in (0..cases).step_by(BATCH) {
        let end = cases.min(start + BATCH as u64);
        let questions: Vec<_> = (start..end).map(|index| grammar.question(&mut Rng::new(seed, index))).collect();
        for (question, compared) in questions.iter().zip(pair.compare(&questions)) {
            let Some(compared) = compared else {
                not_asked += 1;
                continue;
            };
            asked += 1;
            *reasons.entry(compared.reason).or_default() += 1;
            if compared.emulator.is_some() {
                different.push((question.clone(), compared));
            }
        }
        if different.len() >= SHOWN {
            break;
        }
    }
    say(&format!("{name}: {reasons:?}"));
    let ended = if asked + not_asked < cases { ", ended early" } else { "" };
    let count = different.len();
    pair.dear = None;
    say(&format!("{title}: {asked} asked, {not_asked} not asked, {count} different{ended} (seed {seed})"));
    let shown: String =
        different.into_iter().take(SHOWN).map(|(question, was)| keep(&mut pair, &question, was)).collect();
    assert!(count == 0, "{name}: {count} of {asked} with seed {seed} differ\n{shown}");
}

/// Makes a differing question small, writes it as a case, and tells what each said.
fn keep(pair: &mut Pair<'_>, question: &Question, was: Compared) -> String {
    let again = pair.compare(std::slice::from_ref(question)).remove(0);
    if again.is_none_or(|again| again.emulator.is_none()) {
        let (server, emulator) = (was.server, was.emulator.unwrap_or_default());
        return format!("\nasked again, they agree\n  asked:  {question}\n  server: {server}\n  why401: {emulator}\n");
    }
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
