//! mitmproxy with `--proxyauth @FILE`, as a server (`--mode reverse:`).
//!
//! Recorded: 11.0.2 with passlib 1.7.4, the last generation that has passlib; as a forward proxy it answers 407 where 401
//! stands here and reads `Proxy-Authorization`. Parts: [`crate::basic::mitmproxy`], [`crate::scan::passlib`],
//! [`crate::crypt::passlib`].

use crate::basic;
use crate::basic::{Credentials, Presented};
use crate::crypt::passlib::HtpasswdContext;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{entry, pypiserver};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const AUTHENTICATE: Cite = Cite("mitmproxy 11.0.2 addons/proxyauth.py:authenticate_http");
const CHECK: Cite = Cite("passlib 1.7.4 apache.py:check_password");

/// The shortest password that crypt(3) refuses: without the package `bcrypt`, which mitmproxy does not ask for, passlib has no
/// other that it checks bcrypt with (passlib 1.7.4 `handlers/bcrypt.py:_OsCryptBackend`).
const TOO_LONG: usize = 512;

/// mitmproxy.
pub struct Mitmproxy {
    info: Info,
}

impl Server for Mitmproxy {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut request = Trace::default();
        let presented = basic::mitmproxy::read(inputs.head, &mut request);
        let mut trace = Trace::default();
        let table = match pypiserver::load(inputs, entry::user(&presented), &mut trace) {
            Ok(table) => table,
            Err(mut decision) => {
                // mitmproxy has one text for all that keeps it from starting.
                for line in &mut decision.log {
                    *line = LogLine::new(Level::Error, [b"Could not open htpasswd file: ", inputs.path].concat());
                }
                return *decision;
            }
        };
        entry::append(&mut trace, &request);
        match presented {
            Presented::Credentials(credentials) => login(&credentials, &table, work, trace),
            Presented::Refused { .. } => Decision::new(Verdict::Failed, 400, codes::BAD_REQUEST, trace),
            _ => Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace),
        }
    }
}

fn login(credentials: &Credentials, table: &scan::passlib::Table, work: &mut Work, mut trace: Trace) -> Decision {
    let denied = |reason, trace| Decision::new(Verdict::Denied, 401, reason, trace);
    let user = &credentials.user;
    if pypiserver::name_error(user).is_some() {
        trace.push(Step::Malformed { why: "user-not-taken", at: None }, CHECK);
        return denied(codes::MALFORMED_CREDENTIALS, trace);
    }
    let Some(found) = &table.found else {
        trace.push(Step::UserNotFound { lines: table.lines }, CHECK);
        return denied(codes::USER_NOT_FOUND, trace);
    };
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, CHECK);
    let password = credentials.password.expose();
    if is_bcrypt(&found.field) && password.len() >= TOO_LONG {
        trace.push(Step::Mismatch { why: "password-too-long", at: Some(found.at) }, CHECK);
        return denied(codes::CRYPT_FAILED, trace);
    }
    let (check, entry) = entry::check(&HtpasswdContext, found, password, CHECK, work, &mut trace);
    match check {
        Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
        Check::Mismatch(_) => denied(codes::PASSWORD_MISMATCH, trace),
        // Whatever is raised counts as wrong credentials.
        Check::Fails(_) | Check::Crashes => denied(codes::CRYPT_FAILED, trace),
        Check::Undecided(not) => Decision::undecided(&not, trace, AUTHENTICATE),
    }
    .deciding(entry)
}

/// Whether passlib hands the password as it is to bcrypt of crypt(3): for `$2$`, which that does not have, it gives 72 bytes of it.
fn is_bcrypt(field: &[u8]) -> bool {
    matches!(field, [b'$', b'2', b'a' | b'b' | b'x' | b'y', b'$', ..])
}

/// mitmproxy 11.
pub static MITMPROXY: Mitmproxy = Mitmproxy {
    info: Info {
        name: "mitmproxy",
        version: "11.0.2",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at the start only",
        summary: "passlib's HtpasswdFile; no colon in a password, and every error is 401",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "Exactly two words, `Basic` in any case and a token; base64 drops foreign bytes and ends at the padding; what is not UTF-8 is replaced. A second colon, so any in the password, is refused. Several headers are joined and fail.",
        source: "11.0.2 recorded; addons/proxyauth.py:parse_http_basic_auth",
    },
    Rule { topic: "file", text: "Missing, unreadable or a directory: no start.", source: "11.0.2 recorded" },
    Rule {
        topic: "lines",
        text: "LF ends a line. Blanks at its end go, those at its start belong to the name; blank lines are left out. A line with no colon, or two, keeps mitmproxy from starting.",
        source: "11.0.2 recorded; passlib 1.7.4 apache.py:_load_lines",
    },
    Rule { topic: "comments", text: "`#` as the first byte that is not blank.", source: "11.0.2 recorded" },
    Rule { topic: "duplicates", text: "The first line of a user counts.", source: "11.0.2 recorded" },
    Rule { topic: "fields", text: "Exactly two.", source: "11.0.2 recorded" },
    Rule { topic: "line-limit", text: "None.", source: "11.0.2 recorded" },
    Rule {
        topic: "schemes",
        text: "bcrypt (not `$2x$`), `$5$`, `$6$`, `$apr1$`, DES crypt, `{SHA}`; everything else is the password itself. bcrypt is crypt(3)'s, and refuses passwords of 512 bytes and more, but for `$2$`.",
        source: "11.0.2 recorded; passlib 1.7.4 apache.py:_init_htpasswd_context",
    },
    Rule { topic: "reload", text: "Never while it runs.", source: "11.0.2 recorded" },
    Rule {
        topic: "statuses",
        text: "401 for everything (407 as a forward proxy), also for what raises an error; 400 for a malformed head. A file that is refused keeps it from starting.",
        source: "11.0.2 recorded; addons/proxyauth.py:authenticate_http",
    },
];
