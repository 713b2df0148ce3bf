//! miniserve with `--auth-file FILE`.
//!
//! Recorded: 0.35.0. Its file has entries of its own kind, `USER:PASSWORD`, `USER:sha256:HEX` and `USER:sha512:HEX`; the hashes
//! of a htpasswd file are passwords to it. Every line must be an entry, and a file without lines lets everyone in. Parts:
//! [`crate::basic::rust`], [`crate::scan::miniserve`], [`crate::crypt::rust`].

use crate::basic;
use crate::basic::{Credentials, Presented, httparse};
use crate::crypt::rust::Miniserve as MiniserveCrypt;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::Rejected;
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{entry, start};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const READ: Cite = Cite("miniserve 0.35.0 src/config.rs:try_from_args");
const MATCH: Cite = Cite("miniserve 0.35.0 src/auth.rs:match_auth");

/// miniserve.
pub struct Miniserve {
    info: Info,
}

impl Server for Miniserve {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut request = Trace::default();
        let presented = basic::rust::miniserve(inputs.head, &mut request);
        let mut trace = Trace::default();
        let mut reader = match start::open(inputs, READ, &mut trace) {
            Ok(reader) => reader,
            Err(not) => {
                return not.logging(|errno| {
                    LogLine::new(Level::Error, format!("Error: {} (os error {})", errno.text, errno.number))
                });
            }
        };
        let table = match scan::miniserve::find(&mut *reader, entry::user(&presented), &mut trace) {
            Ok(Ok(table)) => table,
            Ok(Err(rejected)) => return start::rejected(&rejected, trace, refusal),
            Err(_) => return start::unreadable(trace, READ),
        };
        entry::append(&mut trace, &request);
        match presented {
            Presented::Refused { why, .. } => {
                Decision::new(Verdict::Failed, httparse::status(why), codes::BAD_REQUEST, trace)
            }
            _ if table.lines == 0 => Decision::new(Verdict::Open, 200, codes::OK, trace),
            Presented::Credentials(credentials) => login(&credentials, &table, work, trace),
            _ => Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace),
        }
    }
}

fn login(credentials: &Credentials, table: &scan::miniserve::Table, work: &mut Work, mut trace: Trace) -> Decision {
    let denied = |reason: Code, trace| {
        let line = LogLine::new(Level::Error, "Invalid credentials for HTTP authentication");
        Decision::new(Verdict::Denied, 401, reason, trace).logging(line)
    };
    let mut last = None;
    for found in &table.found {
        trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, MATCH);
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&MiniserveCrypt, found, password, MATCH, work, &mut trace);
        match check {
            Check::Match => return Decision::new(Verdict::Granted, 200, codes::OK, trace).deciding(entry),
            Check::Undecided(not) => return Decision::undecided(&not, trace, MATCH).deciding(entry),
            _ => last = Some(entry),
        }
    }
    if let Some(entry) = last {
        return denied(codes::PASSWORD_MISMATCH, trace).deciding(entry);
    }
    trace.push(Step::UserNotFound { lines: table.lines }, MATCH);
    denied(codes::USER_NOT_FOUND, trace)
}

fn refusal(rejected: &Rejected) -> LogLine {
    let text = match rejected.why {
        "not-utf8" => "stream did not contain valid UTF-8".to_owned(),
        "digest-not-hex" => "Invalid format for password hash. Expected hex code".to_owned(),
        "password-too-long" => "HTTP password length exceeds 255 characters".to_owned(),
        "method-unknown" => {
            // What stands there may be a hash, or a password.
            let method = rejected.bytes.split(|byte| *byte == b':').nth(1).unwrap_or_default();
            return LogLine::new(Level::Error, "Error: ")
                .with(method, true)
                .with(b" is not a valid hashing method. Expected sha256 or sha512", false);
        }
        _ => "Invalid format for credentials string. Expected username:password, username:sha256:hash or \
              username:sha512:hash"
            .to_owned(),
    };
    LogLine::new(Level::Error, format!("Error: {text}"))
}

/// miniserve 0.35.
pub static MINISERVE: Miniserve = Miniserve {
    info: Info {
        name: "miniserve",
        version: "0.35.0",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at the start only",
        summary: "an entry format of its own: passwords, or plain SHA-256 and SHA-512 in hex; hashes are passwords",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in this spelling, one SP, strict base64, UTF-8 with a colon. Of several headers the first counts; control characters, folds and a second Host are 400.",
        source: "0.35.0 recorded; actix-web-httpauth 0.8.3 basic.rs:parse",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable, a directory, or not UTF-8: no start. Without any line everyone is let in.",
        source: "0.35.0 recorded; src/config.rs",
    },
    Rule {
        topic: "lines",
        text: "LF or CR LF ends a line, nothing is trimmed. Every line must be an entry: a blank one keeps it from starting.",
        source: "0.35.0 recorded; src/args.rs:parse_auth",
    },
    Rule { topic: "comments", text: "None: a line with `#` must be an entry too.", source: "0.35.0 recorded" },
    Rule { topic: "duplicates", text: "All lines of a user are asked; any may match.", source: "0.35.0 recorded" },
    Rule {
        topic: "fields",
        text: "Two, or three with `sha256` or `sha512` as the second and hex as the third; anything else keeps it from starting.",
        source: "0.35.0 recorded; src/args.rs:parse_auth",
    },
    Rule {
        topic: "line-limit",
        text: "Passwords over 255 bytes keep it from starting.",
        source: "0.35.0 src/args.rs:parse_auth",
    },
    Rule {
        topic: "schemes",
        text: "The password itself, or its unsalted SHA-256 or SHA-512. No hash of a htpasswd file.",
        source: "0.35.0 recorded; src/auth.rs:compare_password",
    },
    Rule { topic: "reload", text: "Never while it runs.", source: "0.35.0 recorded" },
    Rule {
        topic: "statuses",
        text: "401 for everything that is refused; 400 for a malformed head, 431 from the 97th header on. A file that is refused keeps it from starting.",
        source: "0.35.0 recorded; httparse 1.10.1",
    },
];
