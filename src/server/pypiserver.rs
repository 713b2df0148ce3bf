//! pypiserver with a password file and all actions authenticated (`-P FILE -a list,download,update`).
//!
//! Recorded: 2.4.2 with passlib 1.7.4 and bcrypt 4.0.1, over `wsgiref`. Wrong credentials are 403 without a challenge, only
//! missing ones are 401. With bcrypt 5 and passlib 1.7.4 it does not start at all, whatever the file. Parts:
//! [`crate::basic::bottle`], [`crate::scan::passlib`], [`crate::crypt::passlib`].

use crate::basic;
use crate::basic::{Credentials, Presented, python};
use crate::crypt::passlib::HtpasswdContext;
use crate::crypt::{Check, Crypt, Work};
use crate::scan;
use crate::server::python::{os_error, os_error_name, repr};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{entry, start};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const LOAD: Cite = Cite("passlib 1.7.4 apache.py:_load_lines");
const CHECK: Cite = Cite("passlib 1.7.4 apache.py:check_password");
const AUTH: Cite = Cite("pypiserver 2.4.2 _app.py:auth");

/// pypiserver.
pub struct Pypiserver {
    info: Info,
}

impl Server for Pypiserver {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut request = Trace::default();
        let presented = basic::bottle::read(inputs.head, &mut request);
        let mut trace = Trace::default();
        let table = match load(inputs, entry::user(&presented), &mut trace) {
            Ok(table) => table,
            Err(decision) => return *decision,
        };
        entry::append(&mut trace, &request);
        match presented {
            Presented::Credentials(credentials) => login(&credentials, &table, work, trace),
            Presented::Refused { why, .. } => match python::status(why) {
                Some(status) => Decision::new(Verdict::Failed, status, codes::BAD_REQUEST, trace),
                None => Decision::without_status(Verdict::Failed, codes::BAD_REQUEST, trace),
            },
            _ => Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace),
        }
    }
}

/// Reads the file as passlib does at the start of a program, or says how the start ends.
pub(crate) fn load(
    inputs: &Inputs<'_>,
    user: Option<&[u8]>,
    trace: &mut Trace,
) -> Result<scan::passlib::Table, Box<Decision>> {
    let mut reader = start::open(inputs, LOAD, trace).map_err(|not| {
        not.logging(|errno| {
            let text = format!("{}: {}", os_error_name(errno), os_error(errno, inputs.path));
            LogLine::new(Level::Error, text)
        })
    })?;
    match scan::passlib::find(&mut *reader, user.unwrap_or_default(), trace) {
        Ok(Ok(table)) => Ok(table),
        Ok(Err(rejected)) => Err(Box::new(start::rejected(&rejected, std::mem::take(trace), |rejected| {
            let text = format!("ValueError: malformed htpasswd file (error reading line {})", rejected.line);
            LogLine::new(Level::Error, text)
        }))),
        Err(_) => Err(Box::new(start::unreadable(std::mem::take(trace), LOAD))),
    }
}

/// What passlib raises at a user name before it looks it up; `None` where it does not.
pub(crate) fn name_error(user: &[u8]) -> Option<String> {
    if user.len() > 255 {
        return Some(format!("user must be at most 255 characters: b{}", repr(user)));
    }
    let forbidden = user.iter().any(|byte| matches!(byte, b':' | b'\n' | b'\r' | b'\t' | 0));
    forbidden.then(|| format!("user contains invalid characters: b{}", repr(user)))
}

fn login(credentials: &Credentials, table: &scan::passlib::Table, work: &mut Work, mut trace: Trace) -> Decision {
    let raised = |text: &str, reason, trace| {
        let line = LogLine::new(Level::Error, format!("ValueError: {text}"));
        Decision::new(Verdict::Failed, 500, reason, trace).logging(line)
    };
    let user = &credentials.user;
    if let Some(error) = name_error(user) {
        trace.push(Step::Malformed { why: "user-not-taken", at: None }, CHECK);
        return raised(&error, codes::MALFORMED_CREDENTIALS, trace);
    }
    let Some(found) = &table.found else {
        trace.push(Step::UserNotFound { lines: table.lines }, CHECK);
        return Decision::new(Verdict::Denied, 403, codes::USER_NOT_FOUND, trace);
    };
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, CHECK);
    let password = credentials.password.expose();
    let (checked, error) = match HtpasswdContext::verify(&found.field, password, work) {
        Ok(checked) => (checked, String::new()),
        Err(error) => (HtpasswdContext.check(&found.field, password, work), error.text),
    };
    let (check, entry) = entry::record(HtpasswdContext.name(), checked, found, CHECK, &mut trace);
    match check {
        Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
        Check::Mismatch(_) => Decision::new(Verdict::Denied, 403, codes::PASSWORD_MISMATCH, trace),
        Check::Fails(_) | Check::Crashes => raised(&error, codes::CRYPT_FAILED, trace),
        Check::Undecided(not) => Decision::undecided(&not, trace, AUTH),
    }
    .deciding(entry)
}

/// pypiserver 2.4.
pub static PYPISERVER: Pypiserver = Pypiserver {
    info: Info {
        name: "pypiserver",
        version: "2.4.2",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at a request with credentials, when the modification time differs",
        summary: "passlib's HtpasswdFile: unknown fields are the password itself, malformed ones 500; refuses with 403",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in any case, blanks, then base64 that drops foreign bytes and ends at the padding; the text is UTF-8. What can't be read counts as no credentials. Several headers are joined with a comma.",
        source: "2.4.2 recorded; bottle_wrapper/bottle.py:parse_auth",
    },
    Rule {
        topic: "header",
        text: "A user name over 255 bytes, or with a tab, CR, LF or NUL, is 500.",
        source: "2.4.2 recorded; passlib 1.7.4 apache.py:_encode_field",
    },
    Rule { topic: "file", text: "Missing, unreadable or a directory: no start.", source: "2.4.2 recorded" },
    Rule {
        topic: "lines",
        text: "LF ends a line. Blanks at its end go, those at its start belong to the name; blank lines are left out. A line with no colon, or two, keeps the server from starting.",
        source: "2.4.2 recorded; passlib 1.7.4 apache.py:_load_lines",
    },
    Rule { topic: "comments", text: "`#` as the first byte that is not blank.", source: "2.4.2 recorded" },
    Rule {
        topic: "duplicates",
        text: "The first line of a user counts; others are warned about.",
        source: "2.4.2 recorded",
    },
    Rule { topic: "fields", text: "Exactly two.", source: "2.4.2 recorded" },
    Rule { topic: "line-limit", text: "None.", source: "2.4.2 recorded" },
    Rule {
        topic: "schemes",
        text: "bcrypt (not `$2x$`), `$5$`, `$6$`, `$apr1$`, DES crypt, `{SHA}`; everything else, `$1$` and argon2 included, is the password itself. A field with a known prefix and a malformed rest is 500, and so is a NUL in the password for most.",
        source: "2.4.2 recorded; passlib 1.7.4 apache.py:_init_htpasswd_context",
    },
    Rule {
        topic: "reload",
        text: "When the modification time differs. After a broken edit one request is 500, then the old users count; deleted or unreadable: 500.",
        source: "2.4.2 recorded",
    },
    Rule {
        topic: "statuses",
        text: "401 only without credentials; 403 without a challenge for wrong ones; 500 for what raises an exception; 400, 414 or 431 for a malformed head, without a status line where its version is not understood. A file that is refused keeps it from starting.",
        source: "2.4.2 recorded; _app.py:auth",
    },
];
