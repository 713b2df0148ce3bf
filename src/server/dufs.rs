//! dufs with one `--auth 'USER:HASH@/:rw'` for each line of FILE.
//!
//! Recorded: 0.47.0. dufs reads no user file: each line that is neither empty nor begins with `#` stands for such an option,
//! cut at its first colon. Without any, everyone is let in. A path is asked that all rules cover. Parts:
//! [`crate::basic::rust`], [`crate::scan::dufs`], [`crate::crypt::rust`].

use crate::basic;
use crate::basic::{Credentials, Presented, httparse};
use crate::crypt::rust::Dufs as DufsCrypt;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{entry, start};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const NEW: Cite = Cite("dufs 0.47.0 src/auth.rs:AccessControl::new");
const GUARD: Cite = Cite("dufs 0.47.0 src/auth.rs:guard");

/// dufs.
pub struct Dufs {
    info: Info,
}

impl Server for Dufs {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut request = Trace::default();
        let presented = basic::rust::dufs(inputs.head, &mut request);
        let mut trace = Trace::default();
        let mut reader = match start::open(inputs, NEW, &mut trace) {
            Ok(reader) => reader,
            Err(not) => return not.decision,
        };
        let table = match scan::dufs::find(&mut *reader, entry::user(&presented), &mut trace) {
            Ok(Ok(table)) => table,
            Ok(Err(rejected)) => {
                // The message quotes the rule, and with it the hash.
                return start::rejected(&rejected, trace, |_| LogLine::new(Level::Error, "Error: Invalid auth"));
            }
            Err(_) => return start::unreadable(trace, NEW),
        };
        entry::append(&mut trace, &request);
        match presented {
            Presented::Refused { why, .. } => {
                Decision::new(Verdict::Failed, httparse::status(why), codes::BAD_REQUEST, trace)
            }
            _ if !table.rules => Decision::new(Verdict::Open, 200, codes::OK, trace),
            Presented::Nothing if table.anonymous => Decision::new(Verdict::Open, 200, codes::OK, trace),
            Presented::Credentials(credentials) => login(&credentials, &table, work, trace),
            _ => Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace),
        }
    }
}

fn login(credentials: &Credentials, table: &scan::dufs::Table, work: &mut Work, mut trace: Trace) -> Decision {
    let Some(found) = &table.found else {
        trace.push(Step::UserNotFound { lines: table.lines }, GUARD);
        return Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace);
    };
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, GUARD);
    let password = credentials.password.expose();
    let (check, entry) = entry::check(&DufsCrypt, found, password, GUARD, work, &mut trace);
    match check {
        Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
        Check::Undecided(not) => Decision::undecided(&not, trace, GUARD),
        _ => Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace),
    }
    .deciding(entry)
}

/// dufs 0.47.
pub static DUFS: Dufs = Dufs {
    info: Info {
        name: "dufs",
        version: "0.47.0",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at the start only",
        summary: "entries are options: `$6$` is verified, every other field is the password itself; none lets everyone in",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in this spelling, one SP, strict base64, UTF-8 with a colon. Of several headers the first counts; control characters and folds are 400. Digest is offered too and not modelled.",
        source: "0.47.0 recorded; src/auth.rs:check_auth",
    },
    Rule {
        topic: "file",
        text: "It reads none: each line of the file stands for an option `--auth 'USER:HASH@/:rw'`. Without any, everyone is let in.",
        source: "0.47.0 recorded",
    },
    Rule {
        topic: "lines",
        text: "A line without colon, with an empty name or an empty field keeps it from starting, and so does one that is not UTF-8. Nothing is trimmed. `@/` in a line begins its paths, a `|` after paths another rule.",
        source: "0.47.0 recorded; src/auth.rs:AccessControl::new",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte of a line, by the way lines become options.",
        source: "0.47.0 recorded",
    },
    Rule { topic: "duplicates", text: "The last rule of a user counts.", source: "0.47.0 recorded" },
    Rule { topic: "fields", text: "Everything after the first colon is the field.", source: "0.47.0 recorded" },
    Rule {
        topic: "line-limit",
        text: "None of its own; Linux takes no option of 128 KiB.",
        source: "0.47.0 recorded; Linux execve(2)",
    },
    Rule {
        topic: "schemes",
        text: "`$6$`, with salts cut at 16 characters; every other field, `$5$` and bcrypt included, is the password itself.",
        source: "0.47.0 recorded; src/auth.rs:check_auth, sha-crypt 0.6.0 src/mcf.rs",
    },
    Rule { topic: "reload", text: "Never while it runs.", source: "0.47.0 recorded" },
    Rule {
        topic: "statuses",
        text: "401 for everything that is refused; 400 for a malformed head, 431 from the 101st header on. A line that is no rule keeps it from starting.",
        source: "0.47.0 recorded; httparse 1.10.1",
    },
];
