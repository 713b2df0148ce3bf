//! lighttpd: mod_auth with the `htpasswd` backend of mod_authn_file.
//!
//! Recorded: Debian's 1.4.69. One log line serves for every refusal of credentials, each after a second's delay; broken
//! credentials are 400; a file that can't be read, a FIFO or a device counts as empty. Parts: [`crate::basic::lighttpd`],
//! [`crate::scan::lighttpd`], [`crate::crypt::lighttpd`].

use crate::basic;
use crate::basic::Presented;
use crate::bytes::{c_string, split_once};
use crate::crypt::lighttpd::Lighttpd as LighttpdCrypt;
use crate::crypt::{Check, Errno, Work};
use crate::scan;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const BASIC: Cite = Cite("lighttpd 1.4.69 src/mod_auth.c:mod_auth_check_basic");
const HTPASSWD: Cite = Cite("lighttpd 1.4.69 src/mod_authn_file.c:mod_authn_file_htpasswd_basic");

/// lighttpd on one C library.
pub struct Lighttpd {
    info: Info,
    crypt: LighttpdCrypt,
}

impl Server for Lighttpd {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let mut log = Vec::new();
        let decision = match basic::lighttpd::read(inputs.head, &mut trace, &mut log) {
            Presented::Credentials(credentials) => return self.check(&credentials, inputs, work, trace),
            Presented::Refused { why: basic::lighttpd::OVERSIZED, .. } => {
                Decision::new(Verdict::Failed, 431, codes::BAD_REQUEST, trace)
            }
            Presented::Refused { why: basic::lighttpd::METHOD, .. } => {
                Decision::new(Verdict::Failed, 501, codes::BAD_REQUEST, trace)
            }
            Presented::Refused { why: basic::lighttpd::VERSION, .. } => {
                Decision::new(Verdict::Failed, 505, codes::BAD_REQUEST, trace)
            }
            Presented::Refused { .. } => Decision::new(Verdict::Failed, 400, codes::BAD_REQUEST, trace),
            Presented::Malformed { why: "token-too-long" } => {
                Decision::new(Verdict::Denied, 401, codes::MALFORMED_CREDENTIALS, trace)
            }
            Presented::Malformed { .. } => Decision::new(Verdict::Failed, 400, codes::MALFORMED_CREDENTIALS, trace),
            Presented::Nothing => Decision::new(Verdict::Denied, 401, codes::NO_CREDENTIALS, trace),
            Presented::WrongScheme => Decision::new(Verdict::Denied, 401, codes::WRONG_SCHEME, trace),
        };
        log.into_iter().fold(decision, Decision::logging)
    }
}

impl Lighttpd {
    fn check(
        &self,
        credentials: &basic::Credentials,
        inputs: &Inputs<'_>,
        work: &mut Work,
        mut trace: Trace,
    ) -> Decision {
        let mut log = Vec::new();
        let user = &credentials.user;
        let refused = |reason: Code, trace: Trace, mut log: Vec<LogLine>| {
            log.push(refusal(inputs.uri, user));
            Decision { log, ..Decision::new(Verdict::Denied, 401, reason, trace) }
        };
        let mut reader = match inputs.file.open() {
            Opened::Bytes(reader) => reader,
            Opened::Fifo | Opened::Device => {
                trace.push(Step::FileFailed { what: "not-regular" }, HTPASSWD);
                return refused(codes::FILE_NOT_REGULAR, trace, log);
            }
            Opened::Directory => {
                trace.push(Step::FileFailed { what: "directory" }, HTPASSWD);
                log.push(not_loaded(inputs.path, Errno::EISDIR));
                return refused(codes::FILE_NOT_REGULAR, trace, log);
            }
            Opened::Failed(errno) => {
                let (what, reason, errno) = entry::failed(errno);
                trace.push(Step::FileFailed { what }, HTPASSWD);
                log.push(not_loaded(inputs.path, errno));
                return refused(reason, trace, log);
            }
        };
        trace.push(Step::FileOpened, HTPASSWD);
        let found = scan::lighttpd::find(&mut *reader, user, &mut trace, |_| {
            let parts = [b"(mod_authn_file.c.369) parsed error in ", inputs.path, b" expected 'username:password'"];
            log.push(LogLine::new(Level::None, parts.concat()));
        });
        let Ok(Some(found)) = found else { return refused(codes::USER_NOT_FOUND, trace, log) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&self.crypt, &found, password, HTPASSWD, work, &mut trace);
        match check {
            Check::Match => Decision { log, ..Decision::new(Verdict::Granted, 200, codes::OK, trace) },
            Check::Mismatch(_) | Check::Fails(_) => refused(codes::PASSWORD_MISMATCH, trace, log),
            Check::Crashes => {
                Decision { log, ..Decision::without_status(Verdict::Failed, codes::SERVER_CRASHES, trace) }
            }
            Check::Undecided(not) => Decision::undecided(&not, trace, BASIC),
        }
        .deciding(entry)
    }
}

/// The line for a user who is not let in, whatever the reason.
#[must_use]
pub fn refusal(uri: &[u8], user: &[u8]) -> LogLine {
    let path = split_once(uri, b'?').map_or(uri, |(path, _)| path);
    let path = entry::percent_decoded(path);
    let text = [b"(mod_auth.c.850) password doesn't match for ", &path[..], b" username: ", c_string(user)].concat();
    LogLine::new(Level::None, basic::lighttpd::escaped(&text))
}

fn not_loaded(path: &[u8], errno: Errno) -> LogLine {
    let parts = [b"(fdevent.c.647) fdevent_load_file() ", path, b": ", errno.text.as_bytes()];
    LogLine::new(Level::None, parts.concat())
}

/// Debian's lighttpd.
pub static DEBIAN: Lighttpd = Lighttpd {
    info: Info {
        name: "lighttpd",
        version: "1.4.69",
        evidence: Evidence::Recorded,
        libc: Some("libxcrypt 4.4.33"),
        reload: "each request",
        summary: "lighttpd with the htpasswd backend: no trimming, no third field, broken credentials are 400",
        rules: RULES,
    },
    crypt: LighttpdCrypt { libc: &crate::crypt::libxcrypt::V4_4_33 },
};

/// lighttpd on Alpine.
pub static MUSL: Lighttpd = Lighttpd {
    info: Info {
        name: "lighttpd/musl",
        version: "1.4.69",
        evidence: Evidence::Source,
        libc: Some("musl 1.2"),
        reload: "each request",
        summary: "lighttpd on Alpine: as lighttpd, without yescrypt",
        rules: RULES,
    },
    crypt: LighttpdCrypt { libc: &crate::crypt::musl::MUSL },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in any case and one SP. The decoder skips blanks and control bytes, stops at the first other byte and takes what it has; nothing, or one symbol over, is 400, and so is a text without colon. A token over 1363 bytes is 401.",
        source: "1.4.69 recorded; mod_auth.c:mod_auth_check_basic",
    },
    Rule {
        topic: "file",
        text: "Read for every request with credentials, up to 64 MB. Missing, unreadable, a directory, a FIFO: 401.",
        source: "1.4.69 recorded; mod_authn_file.c",
    },
    Rule {
        topic: "lines",
        text: "LF ends a line, one CR before it is dropped, nothing else is trimmed. A NUL ends the file. A line without colon is skipped and logged.",
        source: "1.4.69 recorded; mod_authn_file.c:mod_authn_file_htpasswd_get",
    },
    Rule { topic: "comments", text: "`#` as the first byte of a line.", source: "1.4.69 recorded" },
    Rule {
        topic: "duplicates",
        text: "The first line of a user decides, whatever its hash.",
        source: "1.4.69 recorded",
    },
    Rule { topic: "fields", text: "Everything after the first colon is the hash.", source: "1.4.69 recorded" },
    Rule { topic: "line-limit", text: "1024 bytes; a longer line is not seen.", source: "1.4.69 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}` with a lenient decoder (more than 40 bytes abort the server), `$apr1$`, and crypt(3) for fields of 13 bytes and more.",
        source: "1.4.69 recorded; mod_authn_file.c:mod_authn_file_htpasswd_basic",
    },
    Rule { topic: "reload", text: "Never cached, unless auth.cache is on.", source: "1.4.69 recorded" },
    Rule {
        topic: "statuses",
        text: "401 after a second's delay for every refusal, with one and the same log line; 400 for broken credentials.",
        source: "1.4.69 recorded",
    },
];
