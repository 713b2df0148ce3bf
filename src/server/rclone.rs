//! rclone: `serve http`, `serve webdav`, `serve restic` and `rcd` with `--htpasswd`; also cAdvisor and Skipper, which use
//! the same library.
//!
//! Recorded: rclone 1.75.2 and Debian's 1.60.1, which answer alike. The library panics where it can't read the file or take
//! it, and the request's connection closes; it does so only for requests with credentials. Parts: [`crate::basic::go`],
//! [`crate::scan::go_users`], [`crate::crypt::go_http_auth`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::bytes::split_once;
use crate::crypt::go_http_auth::GO_HTTP_AUTH;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::server::entry;
use crate::server::go::{self, File, Trouble};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const PROVIDER: Cite = Cite("go-http-auth 0.4.0 users.go:HtpasswdFileProvider");
const CHECK: Cite = Cite("go-http-auth 0.4.0 basic.go:CheckAuth");

/// rclone of one generation.
pub struct Rclone {
    info: Info,
    /// Severity of the line about a panic.
    panic_level: Level,
    net: Net,
}

const fn row(name: &'static str, version: &'static str, panic_level: Level, net: Net) -> Rclone {
    Rclone {
        info: Info {
            name,
            version,
            evidence: Evidence::Recorded,
            libc: None,
            reload: "at a request with credentials, when the modification time differs",
            summary: "reads the file as CSV: quotes count, all lines need as many fields as the first, or connections close",
            rules: RULES,
        },
        panic_level,
        // rclone reads 4 kB of headers.
        net: net.with_header_bytes(4096),
    }
}

/// rclone 1.75.
pub static RCLONE: Rclone = row("rclone", "1.75.2", Level::Warn, Net::RECENT);
/// rclone 1.60, as in Debian 12.
pub static V1_60: Rclone = row("rclone@1.60", "1.60.1", Level::None, Net::OLD);

impl Server for Rclone {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::go::read(Dialect::Abbot, self.net, inputs.head, &mut trace).presented;
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        let denied = |reason: Code, trace: Trace| {
            let path = split_once(inputs.uri, b'?').map_or(inputs.uri, |(path, _)| path);
            let user = go::user(&presented).unwrap_or_default();
            let mut line = LogLine::new(Level::Info, [b"Unauthorized request from ", user].concat());
            line.prefix = [&entry::percent_decoded(path)[..], b": "].concat();
            Decision::new(Verdict::Denied, 401, reason, trace).logging(line)
        };
        let Presented::Credentials(credentials) = &presented else {
            return denied(go::reason(&presented), trace);
        };
        let mut reader = match go::open(inputs, "stat", PROVIDER, &mut trace) {
            File::Bytes(reader) => reader,
            File::Trouble(trouble) => return self.panics(trouble.reason, &trouble.text, trace),
            File::Decided(decision) => return decision,
        };
        let user = &credentials.user;
        let found = scan::go_users::find(&mut *reader, Some(user), |_| true, PROVIDER, &mut trace, |_| ());
        let found = match found {
            Ok(Ok(found)) => found,
            Ok(Err(rejected)) if rejected.why == "one-field" => {
                let text = b"runtime error: index out of range [1] with length 1";
                return self.panics(codes::FILE_REJECTED, text, trace);
            }
            Ok(Err(rejected)) => return self.panics(codes::FILE_REJECTED, &rejected.bytes, trace),
            Err(_) => {
                return self.panics(codes::FILE_UNREADABLE, &Trouble::reading(inputs.path).text, trace);
            }
        };
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&GO_HTTP_AUTH, &found, password, CHECK, work, &mut trace);
        match check {
            // Success is told by the name that is returned, so the empty one never passes.
            Check::Match if user.is_empty() => denied(codes::MALFORMED_CREDENTIALS, trace),
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, CHECK),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

impl Rclone {
    /// `net/http` catches the panic and closes the connection without an answer.
    fn panics(&self, reason: Code, text: &[u8], trace: Trace) -> Decision {
        let text = [b"http: panic serving: ", text].concat();
        Decision::without_status(Verdict::Failed, reason, trace).logging(LogLine::new(self.panic_level, text))
    }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` exactly and one SP; strict padded base64 with stray bits let pass; cut at the first colon. An empty user never passes. Control bytes, a bad header name, no or two Hosts: 400.",
        source: "1.75.2 recorded; go-http-auth basic.go:CheckAuth",
    },
    Rule {
        topic: "file",
        text: "Looked at for every request with credentials. Missing, unreadable, a directory: the connection closes without an answer; without credentials 401.",
        source: "1.75.2 recorded; go-http-auth users.go:ReloadIfNeeded",
    },
    Rule {
        topic: "lines",
        text: "Go's CSV with `:` for the comma: blanks before a field go, blanks after it stay; a field that begins with `\"` is quoted and may go on over lines; a `\"` elsewhere refuses the file. LF or CRLF ends a line.",
        source: "1.75.2 recorded; Go encoding/csv/reader.go:readRecord",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte of a line; empty lines. An indented comment is a record.",
        source: "1.75.2 recorded; Go encoding/csv/reader.go:readRecord",
    },
    Rule { topic: "duplicates", text: "The last record of a user decides.", source: "1.75.2 recorded" },
    Rule {
        topic: "fields",
        text: "All records need as many fields as the first, or the file is refused; fields after the second are ignored. A file of one-field records ends in a panic too.",
        source: "1.75.2 recorded; go-http-auth users.go:reloadHTPasswd",
    },
    Rule { topic: "line-limit", text: "None.", source: "1.75.2 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}`; bcrypt under $2a$, $2b$, $2x$ and $2y$, with anything after its 60th byte; for all the rest MD5 crypt with whatever `$id$` and the salt uncut, so apr1 and $1$. Others load and never match.",
        source: "1.75.2 recorded; go-http-auth basic.go:CheckSecret",
    },
    Rule {
        topic: "reload",
        text: "The time is noted before parsing: after a broken edit one connection closes, then the old users go on.",
        source: "1.75.2 recorded; go-http-auth users.go:ReloadIfNeeded",
    },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch; no answer where the file is refused or can't be read; 400 for a malformed head.",
        source: "1.75.2 recorded",
    },
];
