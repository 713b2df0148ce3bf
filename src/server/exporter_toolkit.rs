//! Prometheus, Alertmanager and the exporters: exporter-toolkit's `basic_auth_users`.
//!
//! Their users stand in a YAML file. A line of FILE stands here for an entry of the map: lines that are not empty and do
//! not begin with `#`, cut at the first colon, both parts quoted as JSON, bytes that are not UTF-8 replaced by U+FFFD; the
//! state of FILE stands for that of the YAML file. Recorded in this way: Debian's `node_exporter` 1.5.0 (toolkit 0.8.2),
//! just started. Parts: [`crate::basic::go`], [`crate::scan::exporter_toolkit`], [`crate::crypt::go_bcrypt`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::crypt::go_bcrypt::{self, GO_BCRYPT, Wording};
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::exporter_toolkit::Unreadable;
use crate::server::entry;
use crate::server::go::{self, File, Trouble};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const CONFIG: Cite = Cite("exporter-toolkit 0.8.2 web/tls_config.go:getConfig");
const VALIDATE: Cite = Cite("exporter-toolkit 0.8.2 web/handler.go:validateUsers");
const SERVE: Cite = Cite("exporter-toolkit 0.8.2 web/handler.go:ServeHTTP");

/// A program on the toolkit.
pub struct ExporterToolkit {
    info: Info,
}

/// The toolkit 0.8.
pub static EXPORTER_TOOLKIT: ExporterToolkit = ExporterToolkit {
    info: Info {
        name: "exporter-toolkit",
        version: "0.8.2",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "each request; hashes are judged only at the start",
        summary: "users in YAML (FILE stands for the map); no users means no authentication, one bad hash means no start",
        rules: RULES,
    },
};

impl Server for ExporterToolkit {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::go::read(Dialect::Request, Net::OLD, inputs.head, &mut trace).presented;
        let mut loading = Trace::default();
        let mut reader = match go::open(inputs, "open", CONFIG, &mut loading) {
            File::Bytes(reader) => reader,
            File::Decided(decision) => return decision,
            File::Trouble(trouble) => return refuses(trouble.reason, &trouble.text, loading),
        };
        let mut error = None;
        let takes = |field: &[u8]| {
            let refusal = go_bcrypt::cost(field).err();
            error = error.or(refusal);
            refusal.is_none()
        };
        let users = match scan::exporter_toolkit::read(&mut *reader, go::user(&presented), &mut loading, takes) {
            Ok(Ok(users)) => users,
            Ok(Err(unreadable)) => return refuses(codes::FILE_REJECTED, message(&unreadable).as_bytes(), loading),
            Err(_) => return refuses(codes::FILE_UNREADABLE, &Trouble::reading(inputs.path).text, loading),
        };
        if let (Some((line, at)), Some(error)) = (users.first_bad, error) {
            loading.push(Step::FileRejected { line, why: "not-bcrypt", at }, VALIDATE);
            return refuses(codes::FILE_REJECTED, error.text(Wording::Range).as_bytes(), loading);
        }
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        if users.count == 0 {
            return Decision::new(Verdict::Open, 200, codes::OK, loading);
        }
        go::append(&mut trace, &loading);
        let denied = |reason: Code, trace: Trace| Decision::new(Verdict::Denied, 401, reason, trace);
        let Presented::Credentials(credentials) = &presented else {
            return denied(go::reason(&presented), trace);
        };
        let Some(found) = users.found else { return denied(codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&GO_BCRYPT, &found, password, SERVE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, SERVE),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

fn refuses(reason: Code, text: &[u8], trace: Trace) -> Decision {
    Decision::without_status(Verdict::RefusedToStart, reason, trace).logging(LogLine::new(Level::Error, text))
}

fn message(unreadable: &Unreadable) -> String {
    match unreadable {
        Unreadable::Key => "yaml: could not find expected ':'".into(),
        Unreadable::Twice(names) => {
            let errors: Vec<_> = names
                .iter()
                .map(|(line, name)| format!("  line {line}: key {} already set in map", go::quote(name.as_bytes())))
                .collect();
            format!("yaml: unmarshal errors:\n{}", errors.join("\n"))
        }
    }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` in any case and exactly one SP; strict padded base64 with stray bits let pass; cut at the first colon. An empty user is a user. Control bytes, a bad header name, no or two Hosts: 400.",
        source: "0.8.2 recorded; Go net/http/request.go:parseBasicAuth",
    },
    Rule {
        topic: "file",
        text: "A YAML file with the map basic_auth_users, whose entries FILE's lines stand for. Missing, unreadable or not YAML at the start: no start; later: 500 for everyone. An empty map: no authentication at all.",
        source: "0.8.2 recorded; web/tls_config.go:getConfig",
    },
    Rule {
        topic: "lines",
        text: "As put into the map here: LF ends a line, nothing is trimmed. A line without colon is a user with an empty hash, and there is no start. A name over 1022 characters is no key.",
        source: "0.8.2 recorded; yaml.v2",
    },
    Rule {
        topic: "comments",
        text: "As put into the map here: empty lines, and `#` as the first byte.",
        source: "0.8.2 recorded",
    },
    Rule {
        topic: "duplicates",
        text: "A name that stands there twice: no start.",
        source: "0.8.2 recorded; yaml.v2 decode.go",
    },
    Rule {
        topic: "fields",
        text: "Everything after the first colon; what follows the 60th byte does no harm.",
        source: "0.8.2 recorded",
    },
    Rule { topic: "line-limit", text: "None but that for names.", source: "0.8.2 recorded" },
    Rule {
        topic: "schemes",
        text: "bcrypt only, whatever the letter after $2. At the start every field must have a bcrypt cost from 4 to 31; an entry edited in later is tolerated and does not match.",
        source: "0.8.2 recorded; web/handler.go:validateUsers",
    },
    Rule { topic: "reload", text: "Read at every request.", source: "0.8.2 recorded; web/handler.go:ServeHTTP" },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch, nothing logged; 400 for a malformed head.",
        source: "0.8.2 recorded",
    },
];
