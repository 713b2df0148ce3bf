//! Envoy: the `basic_auth` HTTP filter with `users: {filename: FILE}`; also Envoy Gateway.
//!
//! Recorded: Envoy 1.40.0. The file is read when the configuration is loaded, and one line that it does not take refuses the
//! whole configuration. Parts: [`crate::basic::envoy`], [`crate::scan::envoy`], [`crate::crypt::go_sha_bcrypt`].

use crate::basic;
use crate::basic::Presented;
use crate::crypt::go_sha_bcrypt::ENVOY as CRYPT;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const READ: Cite = Cite("Envoy 1.40.0 source/common/config/datasource.cc:read");
const VALIDATE: Cite = Cite("Envoy 1.40.0 source/extensions/filters/http/basic_auth/basic_auth_filter.cc:validateUser");

/// Envoy.
pub struct Envoy {
    info: Info,
}

/// Envoy 1.40.
pub static ENVOY: Envoy = Envoy {
    info: Info {
        name: "envoy",
        version: "1.40.0",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "with the configuration",
        summary: "{SHA} only; any other hash, CRLF, a blank or a duplicate anywhere, and the configuration is refused",
        rules: RULES,
    },
};

impl Server for Envoy {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::envoy::read(inputs.head, &mut trace);
        let user = entry::user(&presented);
        let mut loading = Trace::default();
        let refuses = |reason: Code, text: Vec<u8>, trace: Trace| {
            Decision::without_status(Verdict::RefusedToStart, reason, trace).logging(LogLine::new(Level::Crit, text))
        };
        let mut reader = match inputs.file.open() {
            Opened::Bytes(reader) => reader,
            other => {
                let (what, reason) = match other {
                    Opened::Failed(errno) => {
                        let (what, reason, _) = entry::failed(errno);
                        (what, reason)
                    }
                    Opened::Fifo => {
                        loading.push(Step::FileFailed { what: "fifo" }, READ);
                        return Decision::without_status(Verdict::Failed, codes::WOULD_HANG, loading);
                    }
                    Opened::Device => {
                        loading.push(Step::FileFailed { what: "device" }, READ);
                        return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, loading);
                    }
                    _ => ("directory", codes::FILE_NOT_REGULAR),
                };
                loading.push(Step::FileFailed { what }, READ);
                return refuses(reason, [b"Invalid path: ", inputs.path].concat(), loading);
            }
        };
        loading.push(Step::FileOpened, READ);
        if reader.fill_buf().is_ok_and(<[u8]>::is_empty) {
            loading.push(Step::FileRejected { line: 1, why: "empty", at: crate::bytes::Span::default() }, READ);
            return refuses(codes::FILE_REJECTED, [b"file ", inputs.path, b" is empty"].concat(), loading);
        }
        let found = match scan::envoy::find(&mut *reader, user, &mut loading) {
            Ok(Ok(found)) => found,
            Ok(Err(rejected)) => return refuses(codes::FILE_REJECTED, rejected.bytes, loading),
            Err(_) => return refuses(codes::FILE_UNREADABLE, [b"Invalid path: ", inputs.path].concat(), loading),
        };
        let denied = |reason: Code, details: &str, trace: Trace| {
            Decision::new(Verdict::Denied, 401, reason, trace).logging(LogLine::new(Level::Info, details))
        };
        let credentials = match presented {
            Presented::Credentials(credentials) => credentials,
            Presented::Refused { why, .. } => {
                let status = match why {
                    basic::envoy::VERSION => 426,
                    _ if basic::envoy::OVERSIZED.contains(&why) => 431,
                    _ => 400,
                };
                return Decision::new(Verdict::Failed, status, codes::BAD_REQUEST, trace);
            }
            Presented::Nothing => return denied(codes::NO_CREDENTIALS, "no_credential_for_basic_auth", trace),
            Presented::WrongScheme => return denied(codes::WRONG_SCHEME, "invalid_scheme_for_basic_auth", trace),
            Presented::Malformed { .. } => {
                return denied(codes::MALFORMED_CREDENTIALS, "invalid_format_for_basic_auth", trace);
            }
        };
        entry::append(&mut trace, &loading);
        let invalid = "invalid_credential_for_basic_auth";
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, invalid, trace) };
        let (check, entry) = entry::check(&CRYPT, &found, credentials.password.expose(), VALIDATE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, VALIDATE),
            _ => denied(codes::PASSWORD_MISMATCH, invalid, trace),
        }
        .deciding(entry)
    }
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic ` exactly. Up to two `=` at the end do not count, then clean base64 without stray bits, and a colon. Several Authorization lines are joined with commas, empty ones left out. CR is dropped, folds are joined; a control byte, no Host, a bad name: 400; over 60 kB or 100 lines: 431.",
        source: "1.40.0 recorded; basic_auth_filter.cc:decodeHeaders, base64.cc:decodeWithoutPadding",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable, a directory, or empty: the configuration is refused. Comments only: nobody gets in.",
        source: "1.40.0 recorded; source/common/config/datasource.cc:read",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line, nothing is trimmed: CRLF or a blank at the end refuses the configuration. A line without colon does too.",
        source: "1.40.0 recorded; config.cc:readHtpasswd",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte of a line; lines without any byte.",
        source: "1.40.0 recorded; config.cc:readHtpasswd",
    },
    Rule { topic: "duplicates", text: "Refuse the configuration.", source: "1.40.0 recorded; config.cc:readHtpasswd" },
    Rule {
        topic: "fields",
        text: "Everything after the first colon is the hash; an empty user or hash refuses the configuration.",
        source: "1.40.0 recorded; config.cc:readHtpasswd",
    },
    Rule { topic: "line-limit", text: "None.", source: "1.40.0 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}` and exactly 28 characters, compared as text. Any other hash on any line refuses the configuration.",
        source: "1.40.0 recorded; config.cc:readHtpasswd",
    },
    Rule {
        topic: "reload",
        text: "With the configuration; an edit of the file alone changes nothing.",
        source: "1.40.0 recorded",
    },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch, the reason in %RESPONSE_CODE_DETAILS%; 400 and 431 for heads.",
        source: "1.40.0 recorded; basic_auth_filter.cc:onDenied",
    },
];
