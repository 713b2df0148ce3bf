//! `OpenShift`'s htpasswd identity provider.
//!
//! Recorded: its own `htpasswd.go`, `md5.go` and `basicauth.go` at f892602b8 behind a small server; the decision is theirs,
//! status and log of the whole program may differ: 500 stands for "the authenticator returned an error". Parts:
//! [`crate::basic::go`], [`crate::scan::go_lines`], [`crate::crypt::openshift`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::openshift;
use crate::crypt::{Check, Crypt, Work};
use crate::scan;
use crate::scan::go_lines::Rules;
use crate::server::entry;
use crate::server::go::{self, File};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const LOAD: Cite = Cite("oauth-server f892602b8 pkg/authenticator/password/htpasswd/htpasswd.go:loadIfNeeded");
const TEST: Cite = Cite("oauth-server f892602b8 pkg/authenticator/password/htpasswd/htpasswd.go:testPassword");

const LINES: Rules = Rules {
    trim: false,
    comments: false,
    colon_required: false,
    length_required: false,
    cite: Cite("oauth-server f892602b8 pkg/authenticator/password/htpasswd/htpasswd.go:load"),
};

/// Bytes of a user name that are looked up.
const NAME_BYTES: usize = 255;

/// `OpenShift`.
pub struct Openshift {
    info: Info,
}

/// The oauth-server of `OpenShift` 4.
pub static OPENSHIFT: Openshift = Openshift {
    info: Info {
        name: "openshift",
        version: "f892602b8",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at a login, when the modification time differs",
        summary: "no comments, no $2b$; any hash that it does not know is an error (500), not a refusal",
        rules: RULES,
    },
};

impl Server for Openshift {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let read = basic::go::read(Dialect::Openshift, Net::RECENT, inputs.head, &mut trace);
        let mut loading = Trace::default();
        let mut reader = match go::open(inputs, "stat", LOAD, &mut loading) {
            File::Bytes(reader) => Some(reader),
            File::Decided(decision) => return decision,
            File::Trouble(trouble) if trouble.is_missing() => {
                let text = [b"error building htpasswd authenticator: ", &trouble.text[..]].concat();
                return Decision::without_status(Verdict::RefusedToStart, trouble.reason, loading)
                    .logging(LogLine::new(Level::Crit, text));
            }
            // What can be seen and not read counts as a file without users.
            File::Trouble(_) => None,
        };
        let credentials = match &read.presented {
            Presented::Credentials(credentials) => credentials,
            Presented::Refused { why, .. } => return go::refused(why, trace),
            Presented::Malformed { why } => {
                let text = if *why == "base64" {
                    "no valid base64 data in basic auth scheme found"
                } else {
                    "invalid Authorization header"
                };
                return Decision::new(Verdict::Failed, 500, codes::MALFORMED_CREDENTIALS, trace)
                    .logging(LogLine::new(Level::Error, text));
            }
            other => return Decision::new(Verdict::Denied, 401, go::reason(other), trace),
        };
        go::append(&mut trace, &loading);
        let denied = |reason: Code, trace: Trace| Decision::new(Verdict::Denied, 401, reason, trace);
        let user = &credentials.user[..credentials.user.len().min(NAME_BYTES)];
        let table = match &mut reader {
            Some(reader) => scan::go_lines::find(&mut **reader, Some(user), LINES, &mut trace, |_| true, |_| ()),
            None => return denied(codes::USER_NOT_FOUND, trace),
        };
        // A read error ends the list, as it does for `bufio.Scanner` where nobody asks for its error.
        let table = table.ok().and_then(Result::ok).unwrap_or_default();
        let Some(found) = table.found else { return denied(codes::USER_NOT_FOUND, trace) };
        let twice = (table.entries > 1).then(|| {
            let parts = [inputs.path, b" contains multiple passwords for user '", user];
            let text = [&parts.concat()[..], b"'. The last one specified will be used."].concat();
            LogLine::new(Level::Warn, text)
        });
        let tested = openshift::test(&found.field, credentials.password.expose(), work);
        let name = openshift::OPENSHIFT.name();
        let (check, entry) = entry::record(name, tested.checked, &found, TEST, &mut trace);
        let decision = match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, TEST),
            Check::Fails(_) => Decision::new(Verdict::Failed, 500, codes::CRYPT_FAILED, trace),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        };
        let error = tested.error.map(|error| {
            let user = go::quote(user);
            let text = format!("Error authenticating login {user} with provider \"htpasswd\": {error}");
            LogLine::new(Level::Error, text)
        });
        twice.into_iter().chain(error).fold(decision, Decision::logging).deciding(entry)
    }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts; it must begin with `Basic ` exactly, or it is not looked at. Strict padded base64 with stray bits let pass, and a colon, or an error. An empty user or password is not tried. Names are cut to 255 bytes.",
        source: "f892602b8 recorded; basicauthrequest/basicauth.go:getBasicAuthInfo",
    },
    Rule {
        topic: "file",
        text: "Missing at the start: no start. Unreadable or a directory: starts without users.",
        source: "f892602b8 recorded; htpasswd.go:loadIfNeeded",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line, one CR before it goes, nothing is trimmed. A line without colon is left out with a warning.",
        source: "f892602b8 recorded; htpasswd.go:load",
    },
    Rule {
        topic: "comments",
        text: "None: `#u:hash` is the user `#u`.",
        source: "f892602b8 recorded; htpasswd.go:load",
    },
    Rule {
        topic: "duplicates",
        text: "The last line of a user decides, with one warning.",
        source: "f892602b8 recorded; htpasswd.go:load",
    },
    Rule {
        topic: "fields",
        text: "Everything after the first colon is the field: a third one spoils apr1 and {SHA}, not bcrypt.",
        source: "f892602b8 recorded",
    },
    Rule {
        topic: "line-limit",
        text: "A line of 65,536 bytes or more silently ends the list.",
        source: "f892602b8 recorded; Go bufio/scan.go:Scan",
    },
    Rule {
        topic: "schemes",
        text: "$apr1$ of exactly four parts, $2y$ and $2a$, {SHA} in its canonical text. $2b$ and all others are errors.",
        source: "f892602b8 recorded; htpasswd.go:testPassword",
    },
    Rule {
        topic: "reload",
        text: "At a login whose stat(2) shows another time; deleted later: an error for every login.",
        source: "f892602b8 recorded; htpasswd.go:loadIfNeeded",
    },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch; an error (500) for an unknown hash and a malformed header.",
        source: "f892602b8 recorded",
    },
];
