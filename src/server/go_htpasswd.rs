//! Small Go servers on the library tg123/go-htpasswd with its default parsers.
//!
//! Recorded: library 1.2.4 behind a small `net/http` server that exits where the file does not load. The library reads the
//! file at the start; reloading is the program's affair. Parts: [`crate::basic::go`], [`crate::scan::go_lines`],
//! [`crate::crypt::go_htpasswd`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::go_htpasswd::{self, GO_HTPASSWD as CRYPT};
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::go_lines::Rules;
use crate::server::entry;
use crate::server::go::{self, File, Trouble};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const RELOAD: Cite = Cite("go-htpasswd 1.2.4 htpasswd.go:ReloadFromReader");
const MATCH: Cite = Cite("go-htpasswd 1.2.4 htpasswd.go:Match");

const LINES: Rules = Rules { trim: true, comments: false, colon_required: false, length_required: true, cite: RELOAD };

/// A server on the library.
pub struct GoHtpasswd {
    info: Info,
}

/// The library 1.2.
pub static GO_HTPASSWD: GoHtpasswd = GoHtpasswd {
    info: Info {
        name: "go-htpasswd",
        version: "1.2.4",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at the start, and when the program asks for it",
        summary: "no comments; a field of no form that it knows is its own password, in plain text",
        rules: RULES,
    },
};

impl Server for GoHtpasswd {
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
        let refuses = |reason: Code, text: &[u8], loading: Trace| {
            Decision::without_status(Verdict::RefusedToStart, reason, loading).logging(LogLine::new(Level::Crit, text))
        };
        let mut reader = match go::open(inputs, "open", RELOAD, &mut loading) {
            File::Bytes(reader) => reader,
            File::Decided(decision) => return decision,
            File::Trouble(trouble) if trouble.is_directory() => {
                let text = [b"Error scanning htpasswd file: ", &trouble.text[..]].concat();
                return refuses(trouble.reason, &text, loading);
            }
            File::Trouble(trouble) => return refuses(trouble.reason, &trouble.text, loading),
        };
        let takes = |field: &[u8]| go_htpasswd::accepts(field).is_ok();
        let user = go::user(&presented);
        let found = match scan::go_lines::find(&mut *reader, user, LINES, &mut loading, takes, |_| ()) {
            Ok(Ok(table)) => table.found,
            Ok(Err(_)) => {
                let text = b"Error scanning htpasswd file: bufio.Scanner: token too long";
                return refuses(codes::FILE_REJECTED, text, loading);
            }
            Err(_) => return refuses(codes::FILE_UNREADABLE, &Trouble::reading(inputs.path).text, loading),
        };
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        go::append(&mut trace, &loading);
        let denied = |reason: Code, trace: Trace| Decision::new(Verdict::Denied, 401, reason, trace);
        let Presented::Credentials(credentials) = &presented else {
            return denied(go::reason(&presented), trace);
        };
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&CRYPT, &found, password, MATCH, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, MATCH),
            // `net/http` catches the panic and closes the connection.
            Check::Crashes => Decision::without_status(Verdict::Failed, codes::SERVER_CRASHES, trace),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "As the program reads it; recorded with `Request.BasicAuth`: `Basic` in any case and exactly one SP, strict padded base64 with stray bits let pass, cut at the first colon.",
        source: "1.2.4 recorded; Go net/http/request.go:parseBasicAuth",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable, a directory: an error from the library; recorded as no start.",
        source: "1.2.4 htpasswd.go:New",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line. Blanks, tabs and CR at both ends go, Unicode's blanks too. A line without colon, or with a malformed field of a known form, is left out.",
        source: "1.2.4 recorded; htpasswd.go:addHtpasswdUser",
    },
    Rule { topic: "comments", text: "None: `#u:hash` is the user `#u`.", source: "1.2.4 recorded" },
    Rule { topic: "duplicates", text: "The last usable line of a user decides.", source: "1.2.4 recorded" },
    Rule {
        topic: "fields",
        text: "Everything after the first colon is the field.",
        source: "1.2.4 recorded; htpasswd.go:addHtpasswdUser",
    },
    Rule {
        topic: "line-limit",
        text: "A line of 65,536 bytes or more refuses the file.",
        source: "1.2.4 recorded; Go bufio/scan.go:Scan",
    },
    Rule {
        topic: "schemes",
        text: "apr1 and $1$ with the salt uncut, {SHA} and {SSHA} as bytes, bcrypt under $2a$, $2b$, $2x$ and $2y$, $5$, $6$, and everything else as plain text (also after {PLAIN}). Rounds that are no number end the request in a panic.",
        source: "1.2.4 recorded; md5.go, sha.go, ssha.go, bcrypt.go, cryptsha.go, plain.go",
    },
    Rule { topic: "reload", text: "Only when the program calls Reload.", source: "1.2.4 htpasswd.go:Reload" },
    Rule {
        topic: "statuses",
        text: "As the program answers; recorded: 401 for no credentials, unknown user and mismatch; 400 for a malformed head.",
        source: "1.2.4 recorded",
    },
];
