//! Docker Distribution's registry with `auth: htpasswd`.
//!
//! Recorded: Debian's docker-registry 2.8.2. The file is read for a request with credentials when its time has changed; a
//! file it does not take makes that request 400. A missing file is made at the start, with a user of its own. The
//! decision here is that of a registry that has just started. Parts: [`crate::basic::go`], [`crate::scan::go_lines`],
//! [`crate::crypt::go_bcrypt`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::go_bcrypt::GO_BCRYPT;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::Rejected;
use crate::scan::go_lines::Rules;
use crate::scheme;
use crate::server::entry;
use crate::server::go::{self, File, Trouble};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const ACCESS: Cite = Cite("Distribution 2.8.2 registry/auth/htpasswd/access.go:Authorized");
const AUTHENTICATE: Cite = Cite("Distribution 2.8.2 registry/auth/htpasswd/htpasswd.go:authenticateUser");

const LINES: Rules = Rules {
    trim: true,
    comments: true,
    colon_required: true,
    length_required: true,
    cite: Cite("Distribution 2.8.2 registry/auth/htpasswd/htpasswd.go:parseHTPasswd"),
};

/// The registry.
pub struct Registry {
    info: Info,
}

/// Distribution 2.8.
pub static REGISTRY: Registry = Registry {
    info: Info {
        name: "registry",
        version: "2.8.2",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at a request with credentials, when the modification time differs",
        summary: "bcrypt only; a line without colon makes requests with credentials 400; creates a missing file",
        rules: RULES,
    },
};

impl Server for Registry {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::go::read(Dialect::Request, Net::OLD, inputs.head, &mut trace).presented;
        let mut starting = Trace::default();
        let file = go::open(inputs, "stat", ACCESS, &mut starting);
        if let File::Trouble(trouble) = &file
            && !trouble.is_missing()
            && !trouble.is_directory()
        {
            return does_not_start(trouble, starting);
        }
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        let Presented::Credentials(credentials) = &presented else {
            let challenge = challenged(b"invalid authorization credential");
            return Decision::new(Verdict::Denied, 401, go::reason(&presented), trace).logging(challenge);
        };
        go::append(&mut trace, &starting);
        let user = &credentials.user;
        let mut reader = match file {
            File::Bytes(reader) => reader,
            File::Decided(decision) => return decision,
            File::Trouble(trouble) if trouble.is_missing() => {
                let made = LogLine::new(Level::Warn, "htpasswd is missing, provisioning with default user");
                let decision = denied(user, codes::FILE_MISSING, trace);
                let log = [vec![made], decision.log].concat();
                return Decision { log, ..decision };
            }
            File::Trouble(trouble) => return failed(trouble.reason, &trouble.text, trace),
        };
        let found = scan::go_lines::find(&mut *reader, Some(user), LINES, &mut trace, |_| true, |_| ());
        let found = match found {
            Ok(Ok(table)) => table.found,
            Ok(Err(rejected)) => return failed(codes::FILE_REJECTED, &message(&rejected), trace),
            Err(_) => return failed(codes::FILE_UNREADABLE, &Trouble::reading(inputs.path).text, trace),
        };
        let Some(found) = found else { return denied(user, codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&GO_BCRYPT, &found, password, AUTHENTICATE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace)
                .logging(LogLine::new(Level::Info, "authorized request")),
            Check::Undecided(not) => Decision::undecided(&not, trace, AUTHENTICATE),
            _ => denied(user, codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

fn does_not_start(trouble: &Trouble, trace: Trace) -> Decision {
    let text = [b"unable to configure authorization (htpasswd): ", &trouble.text[..]].concat();
    Decision::without_status(Verdict::RefusedToStart, trouble.reason, trace).logging(LogLine::new(Level::Crit, text))
}

fn denied(user: &[u8], reason: Code, trace: Trace) -> Decision {
    let text = format!("error authenticating user {}: authentication failure", go::quote(user));
    Decision::new(Verdict::Denied, 401, reason, trace)
        .logging(LogLine::new(Level::Error, text))
        .logging(challenged(b"authentication failure"))
}

/// What is logged with a 401; the realm stands for the configured one.
fn challenged(error: &[u8]) -> LogLine {
    let text = [b"error authorizing context: basic authentication challenge for realm \"r\": ", error].concat();
    LogLine::new(Level::Warn, text)
}

fn failed(reason: Code, error: &[u8], trace: Trace) -> Decision {
    Decision::new(Verdict::Failed, 400, reason, trace)
        .logging(LogLine::new(Level::Error, [b"error checking authorization: ", error].concat()))
        .logging(LogLine::new(Level::Warn, [b"error authorizing context: ", error].concat()))
}

/// The registry quotes the line; a bare hash in it is masked here.
fn message(rejected: &Rejected) -> Vec<u8> {
    if rejected.why == "line-too-long" {
        return b"bufio.Scanner: token too long".into();
    }
    let line = if scheme::identify(&rejected.bytes).is_some() {
        scheme::mask(&rejected.bytes)
    } else {
        rejected.bytes.clone()
    };
    format!("htpasswd: invalid entry at line {}: {}", rejected.line, go::quote(&line)).into_bytes()
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` in any case and exactly one SP; strict padded base64 with stray bits let pass; cut at the first colon. An empty user is a user. Control bytes, a bad header name, no or two Hosts: 400.",
        source: "2.8.2 recorded; Go net/http/request.go:parseBasicAuth",
    },
    Rule {
        topic: "file",
        text: "Missing at the start: created, with user docker and a random password that is printed in the log. Unreadable at the start: no start. A directory, or deleted later: 400 for requests with credentials. Requests without never touch it.",
        source: "2.8.2 recorded; registry/auth/htpasswd/access.go",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line. Blanks, tabs and CR at both ends go, Unicode's blanks too.",
        source: "2.8.2 recorded; htpasswd.go:parseHTPasswd",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte after trimming; empty lines.",
        source: "2.8.2 recorded; htpasswd.go:parseHTPasswd",
    },
    Rule { topic: "duplicates", text: "The last line of a user decides.", source: "2.8.2 recorded" },
    Rule {
        topic: "fields",
        text: "Everything after the first colon is the field; a third field does no harm after bcrypt. A line without colon refuses the file.",
        source: "2.8.2 recorded; htpasswd.go:parseHTPasswd",
    },
    Rule {
        topic: "line-limit",
        text: "A line of 65,536 bytes or more refuses the file.",
        source: "2.8.2 recorded; Go bufio/scan.go:Scan",
    },
    Rule {
        topic: "schemes",
        text: "bcrypt only, whatever the letter after $2, cost 4 to 31, with anything after its 60th byte. Others load and never match.",
        source: "2.8.2 recorded; x/crypto bcrypt.go:CompareHashAndPassword",
    },
    Rule {
        topic: "reload",
        text: "At a request with credentials whose stat(2) shows another time. The time is noted before parsing: after a broken edit there is one 400, then the old users go on.",
        source: "2.8.2 recorded; access.go:Authorized",
    },
    Rule {
        topic: "statuses",
        text: "401 without usable credentials, for an unknown user and a mismatch; 400 for a file that is refused or can't be read, and for a malformed head.",
        source: "2.8.2 recorded",
    },
];
