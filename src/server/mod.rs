//! The servers: each an assembly of a header dialect ([`crate::basic`]), a scan ([`crate::scan`]) and a check
//! ([`crate::crypt`]) that turns [`Inputs`] into a [`Decision`].
//!
//! Deciding is a pure function: no server here reads a disk, a clock or an environment. A server is one file and its
//! rows in [`SERVERS`].

pub mod apache;
pub mod caddy;
pub mod dufs;
mod entry;
pub mod envoy;
pub mod exporter_toolkit;
mod go;
pub mod go_htpasswd;
pub mod h2o;
pub mod haproxy;
pub mod http_auth;
pub mod lighttpd;
pub mod miniserve;
pub mod mitmproxy;
pub mod nginx;
pub mod oauth2_proxy;
pub mod openshift;
pub mod pypiserver;
mod python;
mod python_other;
pub mod radicale;
pub mod rclone;
pub mod registry;
pub mod rest_server;
pub mod squid;
mod start;
pub mod static_web_server;
pub mod traefik;
pub mod verdaccio;
pub mod zot;

use std::io::BufRead;

use crate::bytes::Span;
use crate::crypt::{Errno, NotComputed, Work};
use crate::trace::{Cite, Code, LogLine, Step, Trace, Verdict, codes};

/// What a decision is made from.
pub struct Inputs<'a> {
    /// The request head as bytes on an HTTP/1.1 wire, up to and including the empty line.
    pub head: &'a [u8],
    /// The user file's path as the server's configuration names it; it appears in log lines.
    pub path: &'a [u8],
    /// The user file.
    pub file: &'a dyn UserFile,
    /// The path of the request as it appears in log lines.
    pub uri: &'a [u8],
}

/// The user file, as often as a server wants to open it.
pub trait UserFile {
    /// What open(2) finds.
    fn open(&self) -> Opened<'_>;

    /// Whether the line stands for a password that its server is told to compare as it is; no file says so itself.
    fn is_in_clear(&self, _line: u64) -> bool {
        false
    }
}

/// What opening the user file finds.
pub enum Opened<'a> {
    /// It can't be opened, with the errno: missing, no permission, a socket, too many links.
    Failed(Errno),
    /// A directory.
    Directory,
    /// A character or block device other than `/dev/null`.
    Device,
    /// A FIFO; opening it blocks.
    Fifo,
    /// Its bytes from the start. A read error ends the bytes and is kept by whoever made the reader.
    Bytes(Box<dyn BufRead + 'a>),
}

impl UserFile for &[u8] {
    fn open(&self) -> Opened<'_> {
        Opened::Bytes(Box::new(*self))
    }
}

/// The entry that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// 1-based number of its first physical line.
    pub line: u64,
    /// The bytes of the user name in the file.
    pub user: Span,
    /// The bytes of the stored field in the file, as this server delimits it.
    pub field: Span,
    /// Name of the scheme it was taken for.
    pub scheme: Option<&'static str>,
}

/// What a server answers, and why.
#[must_use]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The kind of answer.
    pub verdict: Verdict,
    /// The HTTP status; `None` where the connection ends without one, or where it is not decided.
    pub status: Option<u16>,
    /// The reason.
    pub reason: Code,
    /// The lines the server would write to its log, in order.
    pub log: Vec<LogLine>,
    /// The entry that decided, where one was found.
    pub entry: Option<Entry>,
    /// How the decision was made.
    pub trace: Trace,
}

impl Decision {
    /// An answer with a status, nothing logged and no entry found (yet).
    pub fn new(verdict: Verdict, status: u16, reason: Code, trace: Trace) -> Self {
        Self { verdict, status: Some(status), reason, log: Vec::new(), entry: None, trace }
    }

    /// An end without an answer: the connection closes, or the server does not come up.
    pub fn without_status(verdict: Verdict, reason: Code, trace: Trace) -> Self {
        Self { verdict, status: None, reason, log: Vec::new(), entry: None, trace }
    }

    /// No decision, since a hash was not computed.
    pub fn undecided(not: &NotComputed, mut trace: Trace, cite: Cite) -> Self {
        let (reason, scheme, milliseconds) = match not {
            NotComputed::WorkLimit { scheme, seconds } => (codes::WORK_LIMIT, *scheme, Some(to_milliseconds(*seconds))),
            NotComputed::NotBuilt { scheme } => (codes::SCHEME_NOT_BUILT, *scheme, None),
            NotComputed::Impossible => (codes::PASSWORD_MISMATCH, "", None),
        };
        trace.push(Step::NotComputed { scheme, milliseconds }, cite);
        Self::without_status(Verdict::Undecided, reason, trace)
    }

    /// The same with a log line added.
    pub fn logging(mut self, line: LogLine) -> Self {
        self.log.push(line);
        self
    }

    /// The same with the entry that decided.
    pub fn deciding(mut self, entry: Entry) -> Self {
        self.entry = Some(entry);
        self
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an estimate for people; `as` saturates")]
fn to_milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

/// How a row's behaviour is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Answers were recorded from the running program of this version.
    Recorded,
    /// Only its source was read.
    Source,
}

impl Evidence {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Source => "source",
        }
    }
}

/// A row's description.
pub struct Info {
    /// The name: product in lower case, a C library after a slash, a generation after `@`.
    pub name: &'static str,
    /// The version the behaviour was learned from.
    pub version: &'static str,
    /// How it is known.
    pub evidence: Evidence,
    /// The C library whose crypt(3) answers, where one does.
    pub libc: Option<&'static str>,
    /// When the server reads the file.
    pub reload: &'static str,
    /// In one line: what it is, or where it differs from Apache.
    pub summary: &'static str,
    /// Its rules in full, in the order of [`TOPICS`]; a topic may have several rules or none.
    pub rules: &'static [Rule],
}

/// One rule of a server, in words, with where it is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is about, one of [`TOPICS`].
    pub topic: &'static str,
    /// The rule.
    pub text: &'static str,
    /// Program version, file and function, or how it was recorded.
    pub source: &'static str,
}

/// The topics of rules, in the order in which they are shown.
pub const TOPICS: &[&str] =
    &["header", "file", "lines", "comments", "duplicates", "fields", "line-limit", "schemes", "reload", "statuses"];

/// A server that decides.
pub trait Server: Sync {
    /// Its description.
    fn info(&self) -> &Info;

    /// Its answer. Hashes are computed through `work`, once for all servers that are asked with the same one.
    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision;

    /// Whether well-formed entries of others can count for an answer: where two of one name are an error, or the kind of a
    /// hash is, whoever asks.
    fn looks_at_others(&self) -> bool {
        true
    }
}

/// The servers, in the order of the documentation. Names are unique; a row is added here and nowhere else.
#[rustfmt::skip]
pub static SERVERS: &[&dyn Server] = &[
    &apache::DEBIAN,
    &apache::MUSL,
    &apache::GLIBC,
    &nginx::DEBIAN,
    &nginx::FEDORA,
    &nginx::MUSL,
    &nginx::GLIBC,
    &nginx::GLIBC_2_16,
    &nginx::LIBXCRYPT_4_4_18,
    &nginx::LIBXCRYPT_4_4_10,
    &nginx::MACOS,
    &nginx::FREEBSD,
    &lighttpd::DEBIAN,
    &lighttpd::MUSL,
    &traefik::TRAEFIK,
    &registry::REGISTRY,
    &caddy::CADDY,
    &caddy::V2_6,
    &envoy::ENVOY,
    &haproxy::DEBIAN,
    &haproxy::V2_8,
    &haproxy::MUSL,
    &squid::DEBIAN,
    &rclone::RCLONE,
    &rclone::V1_60,
    &oauth2_proxy::OAUTH2_PROXY,
    &openshift::OPENSHIFT,
    &rest_server::REST_SERVER,
    &zot::ZOT,
    &exporter_toolkit::EXPORTER_TOOLKIT,
    &go_htpasswd::GO_HTPASSWD,
    &radicale::RADICALE,
    &verdaccio::VERDACCIO,
    &pypiserver::PYPISERVER,
    &h2o::H2O,
    &http_auth::HTTP_AUTH,
    &mitmproxy::MITMPROXY,
    &miniserve::MINISERVE,
    &dufs::DUFS,
    &static_web_server::STATIC_WEB_SERVER,
];

/// The server of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Server> {
    SERVERS.iter().copied().find(|server| server.info().name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_told_in_whole_milliseconds() {
        assert_eq!([0.0, 0.0004, 0.25, 2.5].map(to_milliseconds), [0, 0, 250, 2500]);
    }

    #[test]
    fn rules_stand_in_the_order_of_the_topics() {
        for server in SERVERS {
            let Info { name, rules, .. } = server.info();
            let places: Vec<_> =
                rules.iter().map(|rule| TOPICS.iter().position(|topic| *topic == rule.topic)).collect();
            assert!(places.iter().all(Option::is_some), "{name}: a topic is not one of TOPICS");
            assert!(places.is_sorted(), "{name}: topics out of order");
        }
    }

    /// A right password that is not computed is never called wrong.
    #[test]
    fn without_work_no_server_calls_a_right_password_wrong() {
        let head = crate::basic::head::with_user_pass(b"u", &crate::secret::Secret::from(&b"secret"[..]));
        let fields: [&[u8]; 3] = [
            b"u:$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n",
            b"u:$5$rounds=1000$salt$CCvcOM6b7TEJDPb37Aec/9UpOg4QhPNAxPpL9ZzjTB7\n",
            b"u:$6$rounds=1000$salt$HNxBeBnDfSfUrTj6KiLnmd7tGCvHEmcExh8kl/S0cZ5WrCciNZgfhbpkeFQ4JfkHX.8vPq45lY0iINnCx1Lkm.\n",
        ];
        let mut granted = 0;
        for file in &fields {
            let inputs = Inputs { head: head.expose(), path: b"f", file, uri: b"/" };
            for server in SERVERS {
                if server.decide(&inputs, &mut Work::limited(1.0)).verdict == Verdict::Granted {
                    let verdict = server.decide(&inputs, &mut Work::limited(0.0)).verdict;
                    assert_eq!(verdict, Verdict::Undecided, "{}", server.info().name);
                    granted += 1;
                }
            }
        }
        assert!(granted > 40, "only {granted} were granted");
    }

    /// A panic in a handler is caught by `net/http`, which closes the connection.
    #[test]
    fn a_program_in_go_that_panics_answers_without_a_status() {
        let head = crate::basic::head::with_user_pass(b"u", &crate::secret::Secret::from(&b"x"[..]));
        let file = &&b"u:$5$rounds=x$salt$digest\n"[..];
        let inputs = Inputs { head: head.expose(), path: b"f", file, uri: b"/" };
        let decision = find("go-htpasswd").map(|server| server.decide(&inputs, &mut Work::limited(1.0)));
        let decision = decision.map(|decision| (decision.verdict, decision.status, decision.reason));
        assert_eq!(decision, Some((Verdict::Failed, None, codes::SERVER_CRASHES)));
    }
}
