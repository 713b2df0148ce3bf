//! lighttpd. It reads the user file at every request and writes its log at once, but holds a refusal back for a second: so the
//! next question is asked as soon as the log shows that the last one is decided, and the answers are collected later.
//!
//! Some files abort it. The question that was being decided is the one to blame; those that still waited for their answer are
//! asked again of a new process.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::exchange::{Exchange, Then, status};
use super::site::{Site, quoted};
use super::{Live, find, version};
use crate::support::answer::{Answer, Kind, Line};
use crate::support::question::Question;

/// How many refusals may wait for their second to pass.
const WAITING: usize = 400;

/// What the log says when a login is refused and the answer held back.
const REFUSED: &[u8] = b"password doesn't match for ";

struct Lighttpd {
    program: PathBuf,
    site: Site,
    port: u16,
    version: String,
}

pub(crate) fn start() -> Result<Box<dyn Live>, String> {
    let program = find(&["lighttpd"])?;
    let mut server = Lighttpd { version: version(&program, "-v"), program, site: Site::new("lighttpd"), port: 0 };
    server.restart();
    Ok(Box::new(server))
}

fn config(site: &Site, port: u16) -> String {
    format!(
        "server.modules = (\"mod_auth\", \"mod_authn_file\")\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
         server.document-root = {www}\nindex-file.names = (\"page\")\nserver.errorlog = {log}\nserver.pid-file = {pid}\n\
         server.max-keep-alive-requests = 0\nserver.max-connections = {connections}\nserver.max-fds = {fds}\n\
         auth.backend = \"htpasswd\"\nauth.backend.htpasswd.userfile = {users}\n\
         auth.require = (\"\" => (\"method\" => \"basic\", \"realm\" => \"x\", \"require\" => \"valid-user\"))\n",
        connections = WAITING + 50,
        fds = 2 * WAITING + 200,
        www = quoted(&site.path("www")),
        log = quoted(&site.log()),
        pid = quoted(&site.path("pid")),
        users = quoted(&site.users()),
    )
}

/// A question that is decided, and its answer held back.
struct Held {
    question: usize,
    exchange: Exchange,
    log: Vec<Line>,
}

impl Live for Lighttpd {
    fn version(&self) -> &str {
        &self.version
    }

    fn ask(&mut self, questions: &[Question]) -> Vec<Answer> {
        let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
        let mut due: VecDeque<usize> = (0..questions.len()).collect();
        let mut held: VecDeque<Held> = VecDeque::new();
        while !due.is_empty() || !held.is_empty() {
            if due.is_empty() || held.len() >= WAITING {
                if let Some(Held { question, exchange, log }) = held.pop_front() {
                    answers[question] = Some(answer(status(&exchange.finish()), log));
                }
                continue;
            }
            let Some(question) = due.pop_front() else { continue };
            match self.decide(&questions[question]) {
                Decided::Held(exchange, log) => held.push_back(Held { question, exchange, log }),
                Decided::Answered(answer) => answers[question] = Some(answer),
                Decided::Died(answer) => {
                    answers[question] = Some(answer);
                    due.extend(held.drain(..).map(|held| held.question));
                    self.restart();
                }
            }
        }
        answers.into_iter().map(|answer| answer.expect("every question is answered or asked again")).collect()
    }
}

/// How far a question has come.
enum Decided {
    /// The refusal is in the log; the answer comes later.
    Held(Exchange, Vec<Line>),
    /// It is answered.
    Answered(Answer),
    /// The process ended over it.
    Died(Answer),
}

impl Lighttpd {
    fn restart(&mut self) {
        self.site.stop();
        let program = self.program.clone();
        self.port = self.site.start(config, |site| {
            let mut command = Command::new(&program);
            command.arg("-D").arg("-f").arg(site.path("config"));
            command
        });
    }

    /// Asks `question` and waits until it is decided.
    fn decide(&mut self, question: &Question) -> Decided {
        self.site.place(&question.file);
        let mut exchange = Exchange::start(self.port, &question.head, Then::Wait).unwrap();
        let mut log = Vec::new();
        loop {
            // The answer first: what is in the log by then was written before it.
            let ended = exchange.poll();
            log.extend(self.site.new_log());
            let refused = log.ends_with(b"\n") && memchr::memmem::find(&log, REFUSED).is_some();
            if !ended && !refused {
                std::thread::sleep(Duration::from_micros(50));
                continue;
            }
            let lines: Vec<_> =
                log.split(|&byte| byte == b'\n').filter_map(|line| log_line(&self.site, line)).collect();
            if !ended {
                return Decided::Held(exchange, lines);
            }
            let status = status(exchange.received());
            let answer = answer(status, lines);
            return if status.is_none() && self.site.ends() {
                Decided::Died(answer)
            } else {
                Decided::Answered(answer)
            };
        }
    }
}

fn answer(status: Option<u16>, log: Vec<Line>) -> Answer {
    Answer { kind: Kind::of_status(status), status, log: Some(log) }
}

/// `YYYY-MM-DD HH:MM:SS: (file.c.N) TEXT IP: A` → `(file.c.N) TEXT`. What the process says as it dies has no time.
fn log_line(site: &Site, line: &[u8]) -> Option<Line> {
    let rest = line.get(19..)?.strip_prefix(b": ")?;
    let text = rest.strip_suffix(b" IP: 127.0.0.1").unwrap_or(rest);
    Some(Line { level: "none".into(), text: site.without_path(text, false), cut: false })
}
