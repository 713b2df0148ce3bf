//! A server's answer, recorded or live, and whether the emulator gives the same.

use std::fmt::Write as _;

use why401::crypt::Work;
use why401::server::{Decision, Inputs, Server};
use why401::trace::{Level, Verdict};

use super::escape::escape;
use super::question::Question;

/// The user file's path in every log line here: recorded paths are replaced by it.
pub(crate) const PATH: &[u8] = b"FILE";

/// The kind of an answer, as the records name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The credentials were accepted, whatever the status.
    Accept,
    /// They were refused.
    Reject,
    /// The server could not do its job.
    Error,
    /// The server did not come up with this file.
    RefusesToStart,
}

impl Kind {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::Accept, "accept"),
        (Self::Reject, "reject"),
        (Self::Error, "error"),
        (Self::RefusesToStart, "refuses-to-start"),
    ];

    /// Its word in a table.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The kind of this word.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    /// The kind that a plain web server's status stands for.
    pub(crate) fn of_status(status: Option<u16>) -> Self {
        match status {
            Some(200) => Self::Accept,
            Some(401) => Self::Reject,
            _ => Self::Error,
        }
    }

    fn fits(self, verdict: Verdict) -> bool {
        match self {
            Self::Accept => verdict.lets_in(),
            Self::Reject => matches!(verdict, Verdict::Denied | Verdict::Forbidden),
            Self::Error => verdict == Verdict::Failed,
            Self::RefusesToStart => verdict == Verdict::RefusedToStart,
        }
    }
}

/// A line of the server's log without time, process and client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The server's word for the severity; `raw` where the line is kept as it was written and is not compared.
    pub(crate) level: String,
    /// Its text, with [`PATH`] for the user file's path.
    pub(crate) text: Vec<u8>,
    /// The log cut the line, so that the text is only the beginning.
    pub(crate) cut: bool,
}

impl Line {
    fn is_the_same(&self, other: &Self) -> bool {
        let begins = self.text.starts_with(&other.text) || other.text.starts_with(&self.text);
        self.level == other.level && self.cut == other.cut && if self.cut { begins } else { self.text == other.text }
    }

    fn fits(&self, level: Level, text: &[u8]) -> bool {
        let same =
            if self.cut { text.starts_with(&self.text) || self.text.starts_with(text) } else { text == self.text };
        self.level == level.name() && same
    }
}

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The kind.
    pub(crate) kind: Kind,
    /// The HTTP status; `None` where the connection ended without one.
    pub(crate) status: Option<u16>,
    /// The lines it wrote to its log at level `info` and above; `None` where they were not recorded.
    pub(crate) log: Option<Vec<Line>>,
}

impl Answer {
    /// Whether the two say the same: of lines that the log cut, as far as both go. A log that was not read, or kept as it
    /// was written, is not compared.
    pub(crate) fn is_the_same(&self, other: &Self) -> bool {
        let raw = |log: &Vec<Line>| log.iter().any(|line| line.level == "raw");
        let same_log = match (&self.log, &other.log) {
            (Some(own), Some(others)) if !raw(own) && !raw(others) => {
                own.len() == others.len() && own.iter().zip(others).all(|(own, other)| own.is_the_same(other))
            }
            _ => true,
        };
        self.kind == other.kind && self.status == other.status && same_log
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.status.map_or("no status".into(), |status| status.to_string());
        write!(f, "{} {status}", self.kind.name())?;
        for line in self.log.iter().flatten() {
            let cut = if line.cut { "…" } else { "" };
            write!(f, " [{}] {}{cut}", line.level, escape(&line.text))?;
        }
        Ok(())
    }
}

/// How the emulator's decision compares to an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    /// The same answer.
    Equal,
    /// The emulator does not decide, for this reason.
    Undecided(&'static str),
    /// Another answer: what the emulator says.
    Different(String),
}

/// The emulator's decision.
pub(crate) fn decide(server: &dyn Server, question: &Question, work: &mut Work) -> Decision {
    let inputs = Inputs { head: &question.head, path: PATH, file: &question.file, uri: b"/" };
    server.decide(&inputs, work)
}

/// Holds `decision` of the server `name` against what the server answered.
pub(crate) fn judge(name: &str, answer: &Answer, decision: &Decision) -> Judged {
    if decision.verdict == Verdict::Undecided {
        return Judged::Undecided(decision.reason.name);
    }
    // An accepted request is answered by what stands behind the login, which is the test's and not the server's.
    let status_fits = answer.kind == Kind::Accept || answer.status == decision.status;
    let mut said: Vec<_> = decision.log.iter().filter(|line| line.level != Level::Debug).collect();
    let log = answer.log.as_ref().filter(|_| has_comparable_log(name));
    let log_fits = log.is_none_or(|lines| {
        let compared: Vec<_> = lines.iter().filter(|line| line.level != "raw").collect();
        if compared.len() < lines.len() {
            said.clear();
        }
        compared.len() == said.len() && compared.iter().zip(&said).all(|(line, said)| line.fits(said.level, &said.text))
    });
    let reason_fits = reasons(name, answer).is_none_or(|reasons| reasons.contains(&decision.reason.name));
    if answer.kind.fits(decision.verdict) && status_fits && log_fits && reason_fits {
        return Judged::Equal;
    }
    let status = decision.status.map_or("no status".into(), |status| status.to_string());
    let mut text = format!("{} {status} {}", decision.verdict.name(), decision.reason.name);
    for line in &decision.log {
        let _ = write!(text, " [{}] {}", line.level.name(), escape(&line.text));
    }
    Judged::Different(text)
}

/// Whether the lines of a server's log were recorded as its own words; those of the others are kept as they were written,
/// without what was logged before the request.
fn has_comparable_log(name: &str) -> bool {
    matches!(name.split(['/', '@']).next(), Some("apache" | "nginx" | "lighttpd" | "h2o" | "radicale"))
}

/// The reasons that an answer of Apache, nginx or lighttpd can stand for, by the code or the words in its log.
fn reasons(name: &str, answer: &Answer) -> Option<&'static [&'static str]> {
    let log = answer.log.as_ref()?;
    let product = name.split(['/', '@']).next()?;
    if !matches!(product, "apache" | "nginx" | "lighttpd") || log.iter().any(|line| line.cut) {
        return None;
    }
    for (words, reasons) in REASONS {
        if log.iter().any(|line| memchr::memmem::find(&line.text, words.as_bytes()).is_some()) {
            return Some(reasons);
        }
    }
    match (product, answer.status) {
        (_, Some(200)) => Some(&["ok"]),
        (_, Some(400)) => Some(&["bad-request"]),
        (_, Some(401)) => Some(&["no-credentials", "wrong-scheme", "malformed-credentials"]),
        ("lighttpd", None) => Some(&["server-crashes"]),
        _ => None,
    }
}

/// Words in the log of Apache, nginx and lighttpd, and the reasons they stand for; the first that is found counts.
const REASONS: &[(&str, &[&str])] = &[
    ("AH01614:", &["wrong-scheme"]),
    ("AH01617:", &["password-mismatch"]),
    ("AH01618:", &["user-not-found"]),
    ("AH00554:", &["file-not-regular"]),
    ("AH01620:", &["file-missing", "file-unreadable"]),
    ("AH00561:", &["bad-request"]),
    ("\" was not found in \"", &["user-not-found"]),
    (": password mismatch", &["password-mismatch"]),
    ("no user/password was provided", &["no-credentials", "wrong-scheme", "malformed-credentials"]),
    ("crypt_r() failed", &["crypt-failed"]),
    ("(2: No such file", &["file-missing"]),
    ("(13: Permission", &["file-unreadable"]),
    ("(21: Is a directory", &["file-not-regular"]),
    ("decoding base64-string failed", &["malformed-credentials"]),
    ("missing ':' in ", &["malformed-credentials"]),
    (": No such file or directory", &["file-missing"]),
    (": Permission denied", &["file-unreadable"]),
    ("fdevent_load_file()", &["file-not-regular"]),
    ("password doesn't match", &["password-mismatch", "user-not-found"]),
];
