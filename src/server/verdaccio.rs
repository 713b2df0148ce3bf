//! Verdaccio with its htpasswd plugin, asked for a package that wants `$authenticated`.
//!
//! Recorded: 6.8.0 with its default `security.api.legacy`. The file is read at each login and merged into what was read
//! before, so that a removed user stays until a restart; the decision here is that of a Verdaccio that has just
//! started. Parts: [`crate::basic::node`], [`crate::scan::node`], [`crate::crypt::node`].

use crate::basic;
use crate::basic::{Credentials, Presented, node};
use crate::crypt::node::{Verdaccio as VerdaccioCrypt, bcryptjs_error};
use crate::crypt::{Check, Work};
use crate::scan;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const RELOAD: Cite = Cite("Verdaccio 6.8.0 verdaccio-htpasswd/build/htpasswd.js:reload");
const AUTHENTICATE: Cite = Cite("Verdaccio 6.8.0 verdaccio-htpasswd/build/htpasswd.js:authenticate");

/// What every object of JavaScript has, and so every table of users: a function or an object in place of a hash.
const INHERITED: &[&[u8]] = &[
    b"__defineGetter__",
    b"__defineSetter__",
    b"__lookupGetter__",
    b"__lookupSetter__",
    b"__proto__",
    b"constructor",
    b"hasOwnProperty",
    b"isPrototypeOf",
    b"propertyIsEnumerable",
    b"toLocaleString",
    b"toString",
    b"valueOf",
];

/// Verdaccio.
pub struct Verdaccio {
    info: Info,
}

impl Server for Verdaccio {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::node::verdaccio(inputs.head, &mut trace);
        match presented {
            Presented::Credentials(credentials) => login(&credentials, inputs, work, trace),
            Presented::Refused { why, .. } => {
                Decision::new(Verdict::Failed, node::status(why), codes::BAD_REQUEST, trace)
            }
            Presented::Malformed { why: node::UNKNOWN_JSON } => {
                Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace)
            }
            _ => denied(entry::reason(&presented), trace),
        }
    }
}

fn denied(reason: Code, trace: Trace) -> Decision {
    Decision::new(Verdict::Denied, 401, reason, trace)
}

fn login(credentials: &Credentials, inputs: &Inputs<'_>, work: &mut Work, mut trace: Trace) -> Decision {
    let user = &credentials.user;
    let (what, reason) = match inputs.file.open() {
        Opened::Bytes(mut reader) => {
            trace.push(Step::FileOpened, RELOAD);
            let name = String::from_utf8_lossy(user);
            match scan::node::verdaccio(&mut *reader, &name) {
                Ok((found, lines)) => return check(credentials, found, lines, work, trace),
                Err(_) => ("read-error", codes::FILE_UNREADABLE),
            }
        }
        Opened::Fifo => {
            trace.push(Step::FileFailed { what: "fifo" }, RELOAD);
            return Decision::without_status(Verdict::Failed, codes::WOULD_HANG, trace);
        }
        Opened::Device => {
            trace.push(Step::FileFailed { what: "device" }, RELOAD);
            return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace);
        }
        Opened::Directory => ("directory", codes::FILE_NOT_REGULAR),
        Opened::Failed(errno) => {
            let (what, reason, _) = entry::failed(errno);
            (what, reason)
        }
    };
    trace.push(Step::FileFailed { what }, RELOAD);
    denied(reason, trace)
}

fn check(
    credentials: &Credentials,
    found: Option<scan::Found>,
    lines: u64,
    work: &mut Work,
    mut trace: Trace,
) -> Decision {
    let user = &credentials.user[..];
    // Assigning a text to `__proto__` does nothing; any other name is hidden by the file's own.
    let found = found.filter(|_| user != b"__proto__");
    let Some(found) = found else {
        trace.push(Step::UserNotFound { lines }, AUTHENTICATE);
        let decision = denied(codes::USER_NOT_FOUND, trace);
        return if INHERITED.contains(&user) {
            decision.logging(unable("hash.match is not a function"))
        } else {
            decision
        };
    };
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, AUTHENTICATE);
    if found.field.is_empty() {
        // An empty text counts as no user.
        trace.push(Step::Mismatch { why: "empty", at: Some(found.at) }, AUTHENTICATE);
        let entry = crate::server::Entry { line: found.line, user: found.user, field: found.at, scheme: None };
        return denied(codes::PASSWORD_MISMATCH, trace).deciding(entry);
    }
    let password = credentials.password.expose();
    let (check, entry) = entry::check(&VerdaccioCrypt, &found, password, AUTHENTICATE, work, &mut trace);
    match check {
        Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
        Check::Mismatch(_) => denied(codes::PASSWORD_MISMATCH, trace),
        Check::Fails(_) | Check::Crashes => {
            let error = bcryptjs_error(&found.field).unwrap_or_default();
            denied(codes::CRYPT_FAILED, trace).logging(unable(&error))
        }
        Check::Undecided(not) => Decision::undecided(&not, trace, AUTHENTICATE),
    }
    .deciding(entry)
}

fn unable(error: &str) -> LogLine {
    LogLine::new(Level::Error, format!("Unable to verify user password: {error}"))
}

/// Verdaccio 6.
pub static VERDACCIO: Verdaccio = Verdaccio {
    info: Info {
        name: "verdaccio",
        version: "6.8.0",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at each login, merged into what was read before",
        summary: "trims every field, has no comments, and keeps a removed user until it is restarted",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "Exactly two words with one SP between them, `Basic` in any case. Base64 in both alphabets, foreign bytes are dropped, `=` ends it; then `user:password`, or JSON with both. What can't be read leaves the request anonymous. Of several headers the first counts; control characters, folds and a bare LF are 400.",
        source: "6.8.0 on Node 20 recorded; @verdaccio/auth/build/utils.js:getMiddlewareCredentials",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable, a directory: 401.",
        source: "6.8.0 recorded; htpasswd.js:reload",
    },
    Rule {
        topic: "lines",
        text: "LF or CR LF ends a line. Every field is trimmed, a byte order mark counts as a blank. A line without colon is left out.",
        source: "6.8.0 recorded; utils.js:parseHTPasswd",
    },
    Rule { topic: "comments", text: "None: `#u:hash` is the user `#u`.", source: "6.8.0 recorded" },
    Rule { topic: "duplicates", text: "The last line of a user counts.", source: "6.8.0 recorded" },
    Rule {
        topic: "fields",
        text: "The second field is the hash, what follows another colon is left out.",
        source: "6.8.0 recorded",
    },
    Rule { topic: "line-limit", text: "None.", source: "6.8.0 recorded" },
    Rule {
        topic: "schemes",
        text: "`$2a$`, `$2b$`, `$2y$` in exactly 60 characters, `{PLAIN}`, `{SHA}`, `$apr1$` and `$1$` with salts of any length, DES crypt. MD5 and DES see only ASCII as a C library does.",
        source: "6.8.0 recorded; utils.js:verifyPassword",
    },
    Rule {
        topic: "reload",
        text: "At each login; users are added and changed, never removed until a restart.",
        source: "6.8.0 recorded; htpasswd.js:reload",
    },
    Rule {
        topic: "statuses",
        text: "401 for everything that is refused, also where the file can't be read; 400 and 431 for a malformed head.",
        source: "6.8.0 recorded; Node's llhttp",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::{base64, head};

    #[test]
    fn credentials_in_json_that_only_javascript_reads_are_left_open() {
        let value = [b"Basic ", &base64::encode(br#"{"user":"\ud800","password":"x"}"#)[..]].concat();
        let head = head::with_authorization(&[&value]);
        let inputs = Inputs { head: &head, path: b"f", file: &&b"u:x\n"[..], uri: b"/" };
        assert_eq!(VERDACCIO.decide(&inputs, &mut Work::limited(1.0)).verdict, Verdict::Undecided);
    }
}
