//! restic's rest-server with its `.htpasswd`.
//!
//! Recorded: its own `htpasswd.go` at 2f31e10 (0.14.0) behind a small server; the decision is its own, status and log of the
//! whole program may differ. The file is read at the start. Parts: [`crate::basic::go`], [`crate::scan::go_users`],
//! [`crate::crypt::go_sha_bcrypt`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::go_sha_bcrypt::REST_SERVER as CRYPT;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::go_users::is_rest_server_name;
use crate::server::entry;
use crate::server::go::{self, File, Trouble};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const RELOAD: Cite = Cite("rest-server 0.14.0 htpasswd.go:Reload");
const VALIDATE: Cite = Cite("rest-server 0.14.0 htpasswd.go:Validate");

/// rest-server.
pub struct RestServer {
    info: Info,
}

/// rest-server 0.14.
pub static REST_SERVER: RestServer = RestServer {
    info: Info {
        name: "rest-server",
        version: "0.14.0",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at most once in 30 seconds, when time or size differ, and on SIGHUP",
        summary: "reads the file as CSV, takes only names of letters, digits and @._-, and only {SHA} and bcrypt",
        rules: RULES,
    },
};

impl Server for RestServer {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::go::read(Dialect::Request, Net::RECENT, inputs.head, &mut trace).presented;
        let mut loading = Trace::default();
        let cannot_load = |reason: Code, text: &[u8], loading: Trace| {
            let text = [b"error: cannot load ", inputs.path, b" (use --no-auth to disable): ", text].concat();
            Decision::without_status(Verdict::RefusedToStart, reason, loading).logging(LogLine::new(Level::Crit, text))
        };
        let mut reader = match go::open(inputs, "stat", RELOAD, &mut loading) {
            File::Bytes(reader) => reader,
            File::Trouble(trouble) => return cannot_load(trouble.reason, &trouble.text, loading),
            File::Decided(decision) => return decision,
        };
        let user = go::user(&presented);
        let mut ignored = None;
        let found = scan::go_users::find(&mut *reader, user, is_rest_server_name, RELOAD, &mut loading, |name| {
            if Some(name) == user {
                ignored = Some(LogLine::new(Level::None, ignoring(name)));
            }
        });
        let found = match found {
            Ok(Ok(found)) => found,
            Ok(Err(rejected)) if rejected.why == "one-field" => {
                let text = "panic: runtime error: index out of range [1] with length 1";
                return Decision::without_status(Verdict::RefusedToStart, codes::FILE_REJECTED, loading)
                    .logging(LogLine::new(Level::Crit, text));
            }
            Ok(Err(rejected)) => return cannot_load(codes::FILE_REJECTED, &rejected.bytes, loading),
            Err(_) => return cannot_load(codes::FILE_UNREADABLE, &Trouble::reading(inputs.path).text, loading),
        };
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        go::append(&mut trace, &loading);
        let Presented::Credentials(credentials) = &presented else {
            return Decision::new(Verdict::Denied, 401, go::reason(&presented), trace);
        };
        let Some(found) = found else {
            let decision = Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace);
            return ignored.into_iter().fold(decision, Decision::logging);
        };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&CRYPT, &found, password, VALIDATE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, VALIDATE),
            _ => {
                let text = [b"Invalid htpasswd entry for ", &credentials.user[..], b"."].concat();
                Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace)
                    .logging(LogLine::new(Level::None, text))
            }
        }
        .deciding(entry)
    }
}

fn ignoring(name: &[u8]) -> String {
    let name = go::quote(name);
    let allowed = "consists of characters other than letters, numbers, '_', '-', '.' and '@'";
    format!("Ignoring invalid username {name} in htpasswd, {allowed}")
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` in any case and exactly one SP; strict padded base64 with stray bits let pass; cut at the first colon.",
        source: "0.14.0 recorded; Go net/http/request.go:parseBasicAuth",
    },
    Rule {
        topic: "file",
        text: "`.htpasswd` in the data directory unless named. Missing, unreadable, a directory: no start. Empty: starts, nobody gets in.",
        source: "0.14.0 htpasswd.go:NewHtpasswdFromFile",
    },
    Rule {
        topic: "lines",
        text: "Go's CSV with `:` for the comma: blanks before a field go, blanks after it stay; a field that begins with `\"` is quoted; a `\"` elsewhere refuses the file. Names must be letters, digits or @ . _ -; others are left out with a log line.",
        source: "0.14.0 recorded; htpasswd.go:Reload",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte of a line; empty lines. An indented comment is a record.",
        source: "0.14.0 recorded; Go encoding/csv/reader.go:readRecord",
    },
    Rule { topic: "duplicates", text: "The last record of a user decides.", source: "0.14.0 recorded" },
    Rule {
        topic: "fields",
        text: "All records need as many fields as the first, or there is no start; fields after the second are ignored. A record of one field ends the program in a panic.",
        source: "0.14.0 recorded; htpasswd.go:Reload",
    },
    Rule { topic: "line-limit", text: "None.", source: "0.14.0 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}` in its canonical text; bcrypt under $2a$, $2b$ and $2y$, with anything after its 60th byte. Others load and never match.",
        source: "0.14.0 recorded; htpasswd.go:isMatchingHashAndPassword",
    },
    Rule {
        topic: "reload",
        text: "Looked at no more than once in 30 seconds; a broken edit keeps the old users. Good logins are remembered for a minute.",
        source: "0.14.0 recorded; htpasswd.go:ReloadCheck",
    },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch; no start for a file that is refused; 400 for a malformed head.",
        source: "0.14.0 recorded",
    },
];
