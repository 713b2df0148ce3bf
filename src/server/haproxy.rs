//! `HAProxy`: `http_auth()` on a userlist.
//!
//! `HAProxy` reads no user file. A line of FILE stands here for a user of the list: lines that are not empty and do not begin
//! with `#`, cut at the first colon and written as `user 'NAME' password 'FIELD'`. Recorded in this way: Debian's 2.6.12 and
//! 2.8.25; on Alpine only by its source. Parts: [`crate::basic::haproxy`], [`crate::scan::haproxy`],
//! [`crate::crypt::haproxy`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::haproxy::Generation;
use crate::bytes::c_string;
use crate::crypt::haproxy::Haproxy as HaproxyCrypt;
use crate::crypt::{Check, Checked, Crypt, Mismatch, Why, Work};
use crate::crypt::{libxcrypt, musl};
use crate::scan;
use crate::scheme;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const CONFIG: Cite = Cite("HAProxy 2.6.12 src/cfgparse.c:cfg_parse_users");
const CHECK: Cite = Cite("HAProxy 2.6.12 src/auth.c:check_user");

/// `HAProxy` of one generation on one C library.
pub struct Haproxy {
    info: Info,
    generation: Generation,
    crypt: HaproxyCrypt,
}

const SUMMARY: &str =
    "no user file (FILE stands for a userlist); hashes are crypt(3)'s only; CR in a line means no start";

/// `HAProxy` 2.6 on Debian 12.
pub static DEBIAN: Haproxy = Haproxy {
    info: Info {
        name: "haproxy",
        version: "2.6.12",
        evidence: Evidence::Recorded,
        libc: Some("libxcrypt 4.4.33"),
        reload: "with the configuration",
        summary: SUMMARY,
        rules: RULES,
    },
    generation: Generation::V2_6,
    crypt: HaproxyCrypt { libc: &libxcrypt::V4_4_33 },
};

/// `HAProxy` 2.8.
pub static V2_8: Haproxy = Haproxy {
    info: Info {
        name: "haproxy@2.8",
        version: "2.8.25",
        evidence: Evidence::Recorded,
        libc: Some("libxcrypt 4.4.33"),
        reload: "with the configuration",
        summary: SUMMARY,
        rules: RULES,
    },
    generation: Generation::V2_8,
    crypt: HaproxyCrypt { libc: &libxcrypt::V4_4_33 },
};

/// The image `haproxy:alpine`.
pub static MUSL: Haproxy = Haproxy {
    info: Info {
        name: "haproxy/musl",
        version: "2.8",
        evidence: Evidence::Source,
        libc: Some("musl 1.2"),
        reload: "with the configuration",
        summary: "as haproxy, without yescrypt, scrypt and the rarer schemes",
        rules: RULES,
    },
    generation: Generation::V2_8,
    crypt: HaproxyCrypt { libc: &musl::MUSL },
};

impl Server for Haproxy {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::haproxy::read(inputs.head, self.generation, &mut trace);
        let user = entry::user(&presented);
        let mut loading = Trace::default();
        let Opened::Bytes(mut reader) = inputs.file.open() else {
            // Without the lines nothing is known of the userlist.
            return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, loading);
        };
        loading.push(Step::FileOpened, CONFIG);
        let found = match scan::haproxy::find(&mut *reader, user, &mut loading) {
            Ok(Ok(found)) => found,
            Ok(Err(rejected)) => {
                let text = match rejected.why {
                    "empty-user" => "'user' expects <name> as arguments.",
                    _ => "unmatched quote",
                };
                return Decision::without_status(Verdict::RefusedToStart, codes::FILE_REJECTED, loading)
                    .logging(LogLine::new(Level::Crit, text));
            }
            Err(_) => return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, loading),
        };
        let denied = |reason: Code, trace: Trace| Decision::new(Verdict::Denied, 401, reason, trace);
        let credentials = match presented {
            Presented::Credentials(credentials) => credentials,
            Presented::Refused { .. } => return Decision::new(Verdict::Failed, 400, codes::BAD_REQUEST, trace),
            Presented::Nothing => return denied(codes::NO_CREDENTIALS, trace),
            Presented::WrongScheme => return denied(codes::WRONG_SCHEME, trace),
            Presented::Malformed { .. } => return denied(codes::MALFORMED_CREDENTIALS, trace),
        };
        entry::append(&mut trace, &loading);
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = if inputs.file.is_in_clear(found.line) {
            entry::record(self.crypt.name(), insecure(&found.field, password), &found, CHECK, &mut trace)
        } else {
            entry::check(&self.crypt, &found, password, CHECK, work, &mut trace)
        };
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, CHECK),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

/// `insecure-password`: strcmp(3).
fn insecure(text: &[u8], password: &[u8]) -> Checked {
    let is_same = scheme::same(c_string(text), c_string(password));
    let check = if is_same { Check::Match } else { Check::Mismatch(Mismatch { why: Why::Text, at: None }) };
    Checked { check, scheme: Some("plain") }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts, and of it the first value before a comma outside quotes. `Basic` in any case, any number of SP, no tab. Base64 in groups of four, each of which may be padded; stray bits pass. The text ends at a NUL and is cut at the first colon. A CR inside a line, 101 header lines, 15 kB: 400; a NUL too from 2.8 on.",
        source: "2.6.12 and 2.8.25 recorded; src/http_fetch.c:get_http_auth, src/base64.c:base64dec",
    },
    Rule {
        topic: "file",
        text: "None: users stand in the configuration, and FILE's lines stand for them.",
        source: "2.6.12 src/cfgparse.c:cfg_parse_users",
    },
    Rule {
        topic: "lines",
        text: "As put into the userlist here: LF ends a line, nothing is trimmed. A CR or NUL leaves a quote open: no start. A line without colon is a user whose empty hash never matches.",
        source: "2.6.12 recorded; src/tools.c:parse_line",
    },
    Rule {
        topic: "comments",
        text: "As put into the userlist here: empty lines, and `#` as the first byte.",
        source: "2.6.12 recorded",
    },
    Rule {
        topic: "duplicates",
        text: "The first user of a name counts; a warning at the start.",
        source: "2.6.12 recorded; src/cfgparse.c:cfg_parse_users",
    },
    Rule {
        topic: "fields",
        text: "Everything after the first colon is the hash. An empty name: no start.",
        source: "2.6.12 recorded",
    },
    Rule { topic: "line-limit", text: "None.", source: "2.6.12 recorded" },
    Rule {
        topic: "schemes",
        text: "What crypt(3) of the C library knows; the recomputed text must equal the stored one byte for byte. A hash that is not known never matches (on a library that returns NULL: no start).",
        source: "2.6.12 recorded; src/auth.c:check_user",
    },
    Rule { topic: "reload", text: "With the configuration.", source: "2.6.12" },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch (407 as a proxy), no reason logged; 400 for a malformed head.",
        source: "2.6.12 recorded",
    },
];
