//! Zot, the OCI registry, with `http.auth.htpasswd`.
//!
//! Recorded: its own `pkg/api/htpasswd.go` at 6d19b445 (after 2.1.20) behind a small server; the decision is its own, status
//! and log of the whole program may differ. Before 2.1.11 it took bcrypt only. Parts: [`crate::basic::go`],
//! [`crate::scan::go_lines`], [`crate::crypt::zot`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::go_bcrypt::Wording;
use crate::crypt::zot::{self, Said};
use crate::crypt::{Check, Crypt, Work};
use crate::scan;
use crate::scan::go_lines::Rules;
use crate::server::entry;
use crate::server::go::{self, File};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Level, LogLine, Trace, Verdict, codes};

const RELOAD: Cite = Cite("zot 2.1.20 pkg/api/htpasswd.go:Reload");
const AUTHENTICATE: Cite = Cite("zot 2.1.20 pkg/api/htpasswd.go:Authenticate");

const LINES: Rules =
    Rules { trim: false, comments: false, colon_required: false, length_required: false, cite: RELOAD };

/// Zot.
pub struct Zot {
    info: Info,
}

/// Zot 2.1.
pub static ZOT: Zot = Zot {
    info: Info {
        name: "zot",
        version: "2.1.20",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "when the file changes, by inotify or once a second",
        summary: "no comments; bcrypt, $5$ and $6$, both read leniently; no {SHA}, no apr1",
        rules: RULES,
    },
};

impl Server for Zot {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let read = basic::go::read(Dialect::Zot, Net::RECENT, inputs.head, &mut trace);
        let mut loading = Trace::default();
        let reader = match go::open(inputs, "open", RELOAD, &mut loading) {
            File::Bytes(reader) => Some(reader),
            File::Decided(decision) => return decision,
            // It opens, and the error of reading is not asked for: a file without users.
            File::Trouble(trouble) if trouble.is_directory() => None,
            File::Trouble(trouble) => {
                let text = [b"failed to reload htpasswd: ", &trouble.text[..]].concat();
                return Decision::without_status(Verdict::RefusedToStart, trouble.reason, loading)
                    .logging(LogLine::new(Level::Error, text));
            }
        };
        let credentials = match &read.presented {
            Presented::Credentials(credentials) => credentials,
            Presented::Refused { why, .. } => return go::refused(why, trace),
            other => return Decision::new(Verdict::Denied, 401, go::reason(other), trace),
        };
        go::append(&mut trace, &loading);
        let user = Some(&credentials.user[..]);
        let table =
            reader.map(|mut reader| scan::go_lines::find(&mut *reader, user, LINES, &mut trace, |_| true, |_| ()));
        let table = table.and_then(Result::ok).and_then(Result::ok).unwrap_or_default();
        let Some(found) = table.found else {
            return Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace);
        };
        let (checked, said) = zot::authenticate(&found.field, credentials.password.expose(), work);
        let (check, entry) = entry::record(zot::ZOT.name(), checked, &found, AUTHENTICATE, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, AUTHENTICATE),
            _ => Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace)
                .logging(LogLine::new(Level::Warn, message(said))),
        }
        .deciding(entry)
    }
}

fn message(said: Said) -> String {
    match said {
        Said::BcryptFailed(error) => {
            let error = error.map_or_else(
                || "crypto/bcrypt: hashedPassword is not the hash of the given password".into(),
                |error| error.text(Wording::InclusiveRange),
            );
            format!("htpasswd bcrypt compare failed: {error}")
        }
        Said::Unsupported => "htpasswd entry has unsupported hash type".into(),
        Said::ParsingFailed => "htpasswd entry parsing failed".into(),
        Said::ShaFailed => "htpasswd sha compare failed".into(),
    }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` in any case and exactly one SP; strict padded base64 with stray bits let pass; cut at the first colon.",
        source: "2.1.20 recorded; pkg/api/authn.go",
    },
    Rule {
        topic: "file",
        text: "Missing or unreadable at the start: no start. A directory counts as empty.",
        source: "2.1.20 pkg/api/htpasswd.go:Reload",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line, one CR before it goes, nothing is trimmed. A line without colon is left out.",
        source: "2.1.20 recorded; htpasswd.go:Reload",
    },
    Rule { topic: "comments", text: "None: `#u:hash` is the user `#u`.", source: "2.1.20 recorded" },
    Rule { topic: "duplicates", text: "The last line of a user decides.", source: "2.1.20 recorded" },
    Rule {
        topic: "fields",
        text: "Everything after the first colon is the field; what follows a complete hash does no harm.",
        source: "2.1.20 recorded",
    },
    Rule {
        topic: "line-limit",
        text: "A line of 65,536 bytes or more silently ends the list.",
        source: "2.1.20 recorded; Go bufio/scan.go:Scan",
    },
    Rule {
        topic: "schemes",
        text: "bcrypt under $2a$, $2b$ and $2y$; $5$ and $6$ with salts cut at 16, rounds brought into range, and anything after the hash. An empty password never passes for $5$ and $6$. No bcrypt in FIPS mode; before 2.1.11 bcrypt only.",
        source: "2.1.20 recorded; htpasswd.go:Authenticate, nathanaelle/password",
    },
    Rule { topic: "reload", text: "By inotify, else once a second.", source: "2.1.20 htpasswd.go:HTPasswdWatcher" },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch, with a warning for an unknown hash; 400 for a malformed head.",
        source: "2.1.20 recorded",
    },
];
