//! static-web-server with `--basic-auth 'USER:HASH'`, made of the first line of FILE.
//!
//! Recorded: 2.44.1. It reads no user file and takes one user: the first line that is neither empty nor begins with `#`
//! stands for the option. Without one, everyone is let in; with anything but exact bcrypt it does not start. Parts:
//! [`crate::basic::rust`], [`crate::scan::static_web_server`], [`crate::crypt::rust`].

use crate::basic;
use crate::basic::{Credentials, Presented, httparse};
use crate::crypt::rust::{StaticWebServer as StaticWebServerCrypt, bcrypt_defect};
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::{Found, Rejected};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{entry, start};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const INIT: Cite = Cite("static-web-server 2.44.1 src/basic_auth.rs:init");
const CHECK: Cite = Cite("static-web-server 2.44.1 src/basic_auth.rs:check_request");

/// static-web-server.
pub struct StaticWebServer {
    info: Info,
}

impl Server for StaticWebServer {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let mut reader = match start::open(inputs, INIT, &mut trace) {
            Ok(reader) => reader,
            Err(not) => return not.decision,
        };
        let first = match scan::static_web_server::first(&mut *reader, &mut trace) {
            Ok(Ok(first)) => first,
            Ok(Err(rejected)) => return start::rejected(&rejected, trace, refusal),
            Err(_) => return start::unreadable(trace, INIT),
        };
        if let Some((found, _)) = &first
            && let Some((why, at)) = bcrypt_defect(&found.field)
        {
            let (why, at) = (entry::why_name(why), at.shifted(found.at.start));
            trace.push(Step::FileRejected { line: found.line, why, at }, INIT);
            let rejected = Rejected { line: found.line, why, at, bytes: Vec::new() };
            return start::rejected(&rejected, trace, refusal);
        }
        let presented = basic::rust::static_web_server(inputs.head, &mut trace);
        match (presented, first) {
            (Presented::Refused { why, .. }, _) => {
                Decision::new(Verdict::Failed, httparse::status(why), codes::BAD_REQUEST, trace)
            }
            (_, None) => Decision::new(Verdict::Open, 200, codes::OK, trace),
            (Presented::Credentials(credentials), Some((found, name))) => {
                login(&credentials, &found, &name, work, trace)
            }
            (presented, _) => Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace).logging(failure()),
        }
    }
}

fn failure() -> LogLine {
    LogLine::new(Level::Warn, "basic authentication failed 401")
}

fn login(credentials: &Credentials, found: &Found, name: &[u8], work: &mut Work, mut trace: Trace) -> Decision {
    if credentials.user != name {
        trace.push(Step::UserNotFound { lines: found.line }, CHECK);
        return Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace).logging(failure());
    }
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, CHECK);
    let password = credentials.password.expose();
    let (check, entry) = entry::check(&StaticWebServerCrypt, found, password, CHECK, work, &mut trace);
    match check {
        Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
        Check::Undecided(not) => Decision::undecided(&not, trace, CHECK),
        _ => Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace).logging(failure()),
    }
    .deciding(entry)
}

fn refusal(rejected: &Rejected) -> LogLine {
    let text = match rejected.why {
        "empty-user" => "user ID is empty",
        "empty-field" => "password hash is empty",
        "not-utf8" => return LogLine::new(Level::Error, "error: invalid UTF-8 was detected in one or more arguments"),
        _ => "configured bcrypt hash is invalid",
    };
    LogLine::new(Level::Error, format!("server failed to start up: basic authentication {text}"))
}

/// static-web-server 2.44.
pub static STATIC_WEB_SERVER: StaticWebServer = StaticWebServer {
    info: Info {
        name: "static-web-server",
        version: "2.44.1",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at the start only",
        summary: "one user with exact bcrypt, as an option; none lets everyone in",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in this spelling, one SP or several, strict base64, UTF-8 with a colon. Of several headers the first counts; control characters and folds are 400.",
        source: "2.44.1 recorded; headers 0.3.9 src/common/authorization.rs:decode",
    },
    Rule {
        topic: "file",
        text: "It reads none: the first line of the file that is neither empty nor begins with `#` stands for the option `--basic-auth`. Without one everyone is let in.",
        source: "2.44.1 recorded",
    },
    Rule {
        topic: "lines",
        text: "Blanks around the line go. One without colon, with an empty name or field, or not UTF-8 keeps it from starting.",
        source: "2.44.1 recorded; src/basic_auth.rs:init",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte of a line, by the way the line becomes an option.",
        source: "2.44.1 recorded",
    },
    Rule { topic: "duplicates", text: "There is one entry.", source: "2.44.1 recorded" },
    Rule { topic: "fields", text: "Everything after the first colon is the hash.", source: "2.44.1 recorded" },
    Rule { topic: "line-limit", text: "None of its own; a hash has 60 bytes.", source: "2.44.1 recorded" },
    Rule {
        topic: "schemes",
        text: "bcrypt with the letters `a`, `b`, `x`, `y`, in exactly 60 characters without stray bits; anything else keeps it from starting. Passwords of 72 bytes and more are refused.",
        source: "2.44.1 recorded; bcrypt 0.19.3 src/lib.rs:split_hash",
    },
    Rule { topic: "reload", text: "Never while it runs.", source: "2.44.1 recorded" },
    Rule {
        topic: "statuses",
        text: "401 for everything that is refused; 400 for a malformed head, 431 from the 101st header on. An entry that is refused keeps it from starting.",
        source: "2.44.1 recorded; httparse 1.10.1",
    },
];
