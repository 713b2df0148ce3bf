//! Traefik: the basicAuth middleware with `usersFile`.
//!
//! Recorded: Traefik 3.7.15 with its file provider. The file is read when the router is built; a file it does not take
//! drops the router, and then every request is answered with 404, with or without credentials. Parts:
//! [`crate::basic::go`], [`crate::scan::traefik`], [`crate::crypt::go_http_auth`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::go_http_auth::GO_HTTP_AUTH;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::Rejected;
use crate::scheme;
use crate::server::entry;
use crate::server::go::{self, File};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const LOAD: Cite = Cite("Traefik 3.7.15 pkg/middlewares/auth/auth.go:getUsers");
const SERVE: Cite = Cite("Traefik 3.7.15 pkg/middlewares/auth/basic_auth.go:ServeHTTP");

/// Traefik.
pub struct Traefik {
    info: Info,
}

/// Traefik 3.
pub static TRAEFIK: Traefik = Traefik {
    info: Info {
        name: "traefik",
        version: "3.7.15",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "when the router is built; an edit counts after the next change of the dynamic configuration",
        summary: "one line without exactly one colon, or no users at all, and the whole router answers 404",
        rules: RULES,
    },
};

impl Server for Traefik {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::go::read(Dialect::Request, Net::RECENT, inputs.head, &mut trace).presented;
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        let mut loading = Trace::default();
        let mut reader = match go::open(inputs, "open", LOAD, &mut loading) {
            File::Bytes(reader) => reader,
            File::Trouble(trouble) => return dropped(trouble.reason, &trouble.text, loading),
            File::Decided(decision) => return decision,
        };
        let found = match scan::traefik::find(&mut *reader, go::user(&presented), &mut loading) {
            Ok(Ok(found)) => found,
            Ok(Err(rejected)) => return dropped(codes::FILE_REJECTED, &message(&rejected, inputs.path), loading),
            Err(_) => {
                let trouble = go::Trouble::reading(inputs.path);
                return dropped(trouble.reason, &trouble.text, loading);
            }
        };
        go::append(&mut trace, &loading);
        let Presented::Credentials(credentials) = &presented else {
            return denied(go::reason(&presented), trace);
        };
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&GO_HTTP_AUTH, &found, password, SERVE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace)
                .logging(LogLine::new(Level::Debug, "Authentication succeeded")),
            Check::Undecided(not) => Decision::undecided(&not, trace, SERVE),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

fn denied(reason: Code, trace: Trace) -> Decision {
    Decision::new(Verdict::Denied, 401, reason, trace).logging(LogLine::new(Level::Debug, "Authentication failed"))
}

/// The router is not there.
fn dropped(reason: Code, text: &[u8], trace: Trace) -> Decision {
    Decision::new(Verdict::Failed, 404, reason, trace).logging(LogLine::new(Level::Error, text))
}

/// Traefik quotes the whole line, stored field included; here what may be a hash is masked.
fn message(rejected: &Rejected, path: &[u8]) -> Vec<u8> {
    if rejected.why == "no-users" {
        return [b"no users found in ", path].concat();
    }
    let mut pieces = rejected.bytes.split(|byte| *byte == b':');
    let name = pieces.next().unwrap_or_default();
    // A line without a colon is no entry, but may be a hash.
    let name = if scheme::identify(name).is_some() { scheme::mask(name) } else { name.to_vec() };
    pieces.fold([b"error parsing BasicUser: ", &name[..]].concat(), |text, piece| {
        [text, b":".to_vec(), scheme::mask(piece)].concat()
    })
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` in any case and exactly one SP; the rest is strict padded base64 with stray bits let pass; cut at the first colon. An empty user is a user. Control bytes, a bad header name, no or two Hosts: 400.",
        source: "3.7.15 recorded; Go net/http/request.go:parseBasicAuth",
    },
    Rule {
        topic: "file",
        text: "Read whole when the router is built. Missing, unreadable, a directory, or without any user: the router is dropped, 404 for everyone.",
        source: "3.7.15 recorded; pkg/middlewares/auth/auth.go:getUsers",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line. Blanks, tabs and CR at both ends go, Unicode's blanks too. A byte order mark stays in the first name.",
        source: "3.7.15 recorded; auth.go:getLinesFromFile",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte after trimming; empty lines.",
        source: "3.7.15 recorded; auth.go:getLinesFromFile",
    },
    Rule {
        topic: "duplicates",
        text: "The last line of a user decides; entries of `users:` come after the file's.",
        source: "3.7.15 recorded; auth.go:getUsers",
    },
    Rule {
        topic: "fields",
        text: "Exactly one colon in every line; a line with none or two drops the router.",
        source: "3.7.15 recorded; basic_auth.go:basicUserParser",
    },
    Rule { topic: "line-limit", text: "None.", source: "3.7.15 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}`; bcrypt under $2a$, $2b$, $2x$ and $2y$, with anything after its 60th byte; for all the rest MD5 crypt with whatever `$id$` and the salt uncut, so apr1 and $1$. Others load and never match.",
        source: "3.7.15 recorded; go-http-auth basic.go:CheckSecret",
    },
    Rule {
        topic: "reload",
        text: "An edit of the file alone changes nothing until the dynamic configuration really changes.",
        source: "3.7.15 recorded",
    },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch (logged at debug only); 404 where the router is dropped (logged at error); 400 for a malformed head.",
        source: "3.7.15 recorded",
    },
];
