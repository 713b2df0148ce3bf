//! The npm package http-auth with a password file (`auth.basic({ file })`).
//!
//! Recorded: 4.2.1 on Node 20. Every line of a user is asked, and one that throws ends the process, whether or not another
//! has matched. Parts: [`crate::basic::node`], [`crate::scan::node`], [`crate::crypt::node`].

use crate::basic;
use crate::basic::{Credentials, Presented, node};
use crate::crypt::node::HttpAuth as HttpAuthCrypt;
use crate::crypt::{Check, Errno, Work};
use crate::scan;
use crate::scan::Found;
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{entry, start};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const LOAD: Cite = Cite("http-auth 4.2.1 src/auth/base.js:loadUsers");
const FIND: Cite = Cite("http-auth 4.2.1 src/auth/basic.js:findUser");

/// A server that uses http-auth.
pub struct HttpAuth {
    info: Info,
}

impl Server for HttpAuth {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut request = Trace::default();
        let presented = basic::node::http_auth(inputs.head, &mut request);
        let mut trace = Trace::default();
        let mut reader = match start::open(inputs, LOAD, &mut trace) {
            Ok(reader) => reader,
            Err(not) => return not.logging(|errno| LogLine::new(Level::Error, thrown(errno, inputs.path))),
        };
        let user = entry::user(&presented).map(String::from_utf8_lossy).unwrap_or_default();
        let Ok((found, lines)) = scan::node::http_auth(&mut *reader, &user) else {
            return start::unreadable(trace, LOAD);
        };
        entry::append(&mut trace, &request);
        match presented {
            Presented::Credentials(credentials) => login(&credentials, &found, lines, work, trace),
            Presented::Refused { why, .. } => {
                Decision::new(Verdict::Failed, node::status(why), codes::BAD_REQUEST, trace)
            }
            _ => Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace),
        }
    }
}

fn login(credentials: &Credentials, all: &[Found], lines: u64, work: &mut Work, mut trace: Trace) -> Decision {
    let (mut matched, mut missed, mut undecided) = (None, None, None);
    for found in all {
        trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, FIND);
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&HttpAuthCrypt, found, password, FIND, work, &mut trace);
        match check {
            Check::Match => matched = matched.or(Some(entry)),
            Check::Mismatch(_) | Check::Fails(_) => missed = Some(entry),
            Check::Crashes => {
                return Decision::without_status(Verdict::Failed, codes::SERVER_CRASHES, trace).deciding(entry);
            }
            Check::Undecided(not) => undecided = undecided.or(Some((not, entry))),
        }
    }
    match (matched, undecided, missed) {
        (Some(entry), ..) => Decision::new(Verdict::Granted, 200, codes::OK, trace).deciding(entry),
        (None, Some((not, entry)), _) => Decision::undecided(&not, trace, FIND).deciding(entry),
        (None, None, Some(entry)) => {
            Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace).deciding(entry)
        }
        (None, None, None) => {
            trace.push(Step::UserNotFound { lines }, FIND);
            Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace)
        }
    }
}

/// The first words of Node's uncaught error.
fn thrown(errno: Errno, path: &[u8]) -> Vec<u8> {
    let (name, words, call) = match errno {
        Errno::ENOENT => ("ENOENT", "no such file or directory", "open"),
        Errno::EACCES => ("EACCES", "permission denied", "open"),
        Errno::EISDIR => return b"Error: EISDIR: illegal operation on a directory, read".to_vec(),
        Errno::ENOTDIR => ("ENOTDIR", "not a directory", "open"),
        Errno::ELOOP => ("ELOOP", "too many symbolic links encountered", "open"),
        Errno::ENAMETOOLONG => ("ENAMETOOLONG", "name too long", "open"),
        Errno::ENXIO => ("ENXIO", "no such device or address", "open"),
        _ => ("EIO", "i/o error", "open"),
    };
    [format!("Error: {name}: {words}, {call} '").as_bytes(), path, b"'"].concat()
}

/// http-auth 4.2.
pub static HTTP_AUTH: HttpAuth = HttpAuth {
    info: Info {
        name: "http-auth",
        version: "4.2.1",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at the start only",
        summary: "whatever is no hash that it knows is the password itself; a bad bcrypt cost ends the process",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in any case and a blank; the second word is the token. Base64 in both alphabets, foreign bytes are dropped, `=` ends it. Without a colon all is the user and the password is empty. Of several headers the first counts; control characters, folds and a bare LF are 400.",
        source: "4.2.1 on Node 20 recorded; src/auth/basic.js:parseAuthorization",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable or a directory: an exception at the start.",
        source: "4.2.1 recorded",
    },
    Rule {
        topic: "lines",
        text: "LF or CR LF ends a line; nothing is trimmed. A line without colon is a user with an empty field.",
        source: "4.2.1 recorded; src/auth/base.js:loadUsers",
    },
    Rule { topic: "comments", text: "`#` as the first character that is not blank.", source: "4.2.1 recorded" },
    Rule { topic: "duplicates", text: "All lines of a user are asked; any may match.", source: "4.2.1 recorded" },
    Rule { topic: "fields", text: "Everything after the first colon is the field.", source: "4.2.1 recorded" },
    Rule { topic: "line-limit", text: "None.", source: "4.2.1 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}`, `$apr1$` and `$1$` with salts of any length, `$2y$` and `$2a$`, DES crypt; every other field, and a DES one too, is the password itself.",
        source: "4.2.1 recorded; src/auth/basic.js:validate",
    },
    Rule {
        topic: "schemes",
        text: "bcrypt with a cost outside 4 to 31 or a malformed salt throws and ends the process, and so does a password as long as the field in characters and not in bytes.",
        source: "4.2.1 recorded; bcryptjs 3.0.3 index.js:_hash",
    },
    Rule { topic: "reload", text: "Never while it runs.", source: "4.2.1 recorded" },
    Rule {
        topic: "statuses",
        text: "401 for everything that is refused; no answer where a bcrypt cost ends the process; 400 and 431 for a malformed head. Without a readable file it does not start.",
        source: "4.2.1 recorded; Node's llhttp",
    },
];
