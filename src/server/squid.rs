//! Squid with the helper `basic_ncsa_auth`, as an accelerator, names taken as sent (`casesensitive on`).
//!
//! Recorded: Debian's 5.7. By default Squid lower-cases the name first, and then an entry `Bob` can never log in. Squid
//! remembers good credentials for two hours; the decision is that for credentials it has not seen. Parts:
//! [`crate::basic::squid`], [`crate::scan::squid`], [`crate::crypt::squid`].

use crate::basic;
use crate::basic::{Credentials, Presented};
use crate::crypt::squid::Squid as SquidCrypt;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const HELPER: Cite = Cite("Squid 5.7 src/auth/basic/NCSA/basic_ncsa_auth.cc:main");
const START: Cite = Cite("Squid 5.7 src/auth/basic/UserRequest.cc:startHelperLookup");

/// Bytes of the longest line that the helper of 5.7 answered: user, blank, password and line feed. Its buffer has 8196.
const LONGEST_LINE: usize = 8185;

/// Squid on one C library.
pub struct Squid {
    info: Info,
    crypt: SquidCrypt,
}

/// Debian's Squid.
pub static DEBIAN: Squid = Squid {
    info: Info {
        name: "squid",
        version: "5.7",
        evidence: Evidence::Recorded,
        libc: Some("libxcrypt 4.4.33"),
        reload: "at a login, when the modification time differs by a second",
        summary: "indented lines are no entries, colons in a row count as one; crypt(3), apr1 and md5 hex; no {SHA}",
        rules: RULES,
    },
    crypt: SquidCrypt { libc: &crate::crypt::libxcrypt::V4_4_33 },
};

impl Server for Squid {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let reason = match basic::squid::read(inputs.head, &mut trace) {
            Presented::Credentials(credentials) => return self.check(&credentials, inputs, work, trace),
            Presented::Refused { why, .. } => {
                let status = match why {
                    basic::squid::VERSION => 505,
                    _ if basic::squid::OVERSIZED.contains(&why) => 431,
                    _ => 400,
                };
                return Decision::new(Verdict::Failed, status, codes::BAD_REQUEST, trace);
            }
            Presented::Nothing => codes::NO_CREDENTIALS,
            Presented::WrongScheme => codes::WRONG_SCHEME,
            Presented::Malformed { .. } => codes::MALFORMED_CREDENTIALS,
        };
        denied(reason, trace)
    }
}

fn denied(reason: Code, trace: Trace) -> Decision {
    Decision::new(Verdict::Denied, 401, reason, trace)
}

impl Squid {
    fn check(&self, credentials: &Credentials, inputs: &Inputs<'_>, work: &mut Work, mut trace: Trace) -> Decision {
        let (user, password) = (&credentials.user, credentials.password.expose());
        if escaped_length(user) + escaped_length(password) + 2 > LONGEST_LINE {
            trace.push(Step::Malformed { why: "too-long-for-helper", at: None }, START);
            return denied(codes::MALFORMED_CREDENTIALS, trace);
        }
        if user.is_empty() {
            // The helper takes the first word of its line for the user, and finds no second.
            trace.push(Step::Malformed { why: "empty-user", at: None }, HELPER);
            return denied(codes::MALFORMED_CREDENTIALS, trace);
        }
        let fatal = |text: &[&[u8]], reason: Code, trace: Trace| {
            denied(reason, trace).logging(LogLine::new(Level::None, [&[&b"FATAL: "[..]][..], text].concat().concat()))
        };
        let mut reader = match inputs.file.open() {
            Opened::Bytes(reader) => reader,
            Opened::Fifo => {
                trace.push(Step::FileFailed { what: "fifo" }, HELPER);
                return Decision::without_status(Verdict::Failed, codes::WOULD_HANG, trace);
            }
            Opened::Device => {
                trace.push(Step::FileFailed { what: "device" }, HELPER);
                return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace);
            }
            // It opens, and reading gives nothing.
            Opened::Directory => {
                trace.push(Step::FileFailed { what: "directory" }, HELPER);
                return denied(codes::FILE_NOT_REGULAR, trace);
            }
            Opened::Failed(errno) => {
                let (what, reason, errno) = entry::failed(errno);
                trace.push(Step::FileFailed { what }, HELPER);
                // The helper dies; Squid answers as for wrong credentials and starts it again.
                return if what == "permission-denied" {
                    let error = format!(": ({}) {}", errno.number, errno.text);
                    fatal(&[inputs.path, error.as_bytes()], reason, trace)
                } else {
                    fatal(&[b"cannot stat ", inputs.path], reason, trace)
                };
            }
        };
        trace.push(Step::FileOpened, HELPER);
        let found = scan::squid::find(&mut *reader, user, &mut trace, |_| ());
        let Ok(Some(found)) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let (check, entry) = entry::check(&self.crypt, &found, password, HELPER, work, &mut trace);
        match check {
            // `acl … proxy_auth REQUIRED` takes every name but this.
            Check::Match if user == b"-" => Decision::new(Verdict::Forbidden, 403, codes::USER_NOT_AUTHORIZED, trace),
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, HELPER),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

/// Length of what Squid writes to its helper: some bytes become three.
fn escaped_length(bytes: &[u8]) -> usize {
    let unsafe_byte = |byte: &&u8| !byte.is_ascii_graphic() || b"<>\"#%{}|\\^~[]`'".contains(byte);
    bytes.len() + 2 * bytes.iter().filter(unsafe_byte).count()
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. A first word that begins with `basic` in any case, then blanks and tabs, then base64 in which blanks do not count, padded right and without stray bits. The text ends at a NUL and is cut at the first colon; a line end in it, an empty user or password is refused. A NUL in the head: 400; 64 kB or 96 lines: 431.",
        source: "5.7 recorded; src/auth/basic/Config.cc:decodeCleartext",
    },
    Rule {
        topic: "file",
        text: "Missing or unreadable: the helper dies, 401 for everyone, and Squid may give up. A directory counts as empty.",
        source: "5.7 recorded; basic_ncsa_auth.cc:main",
    },
    Rule {
        topic: "lines",
        text: "Cut with strtok(3) at colon, CR and LF: separators in a row count as one, `:u:hash` is user u. A NUL ends a line. Nothing is trimmed; blanks at the end stay in the hash.",
        source: "5.7 recorded; basic_ncsa_auth.cc:read_passwd_file",
    },
    Rule {
        topic: "comments",
        text: "Lines whose first byte is `#`, SP, tab or LF: an indented entry is no entry.",
        source: "5.7 recorded; basic_ncsa_auth.cc:read_passwd_file",
    },
    Rule { topic: "duplicates", text: "The last line of a user decides.", source: "5.7 recorded" },
    Rule {
        topic: "fields",
        text: "Fields after the second are ignored; a line without a second is too.",
        source: "5.7 recorded",
    },
    Rule {
        topic: "line-limit",
        text: "What goes beyond 8194 bytes is read as the next line.",
        source: "5.7 basic_ncsa_auth.cc:read_passwd_file",
    },
    Rule {
        topic: "schemes",
        text: "crypt(3) of the C library; a DES hash only with a password of at most 8 bytes. Then MD5 crypt with whatever `$id$` and the salt cut at 8, so apr1; then unsalted MD5 in lower-case hex.",
        source: "5.7 recorded; basic_ncsa_auth.cc:main, crypt_md5.cc",
    },
    Rule {
        topic: "reload",
        text: "At a login, when the time differs in whole seconds; a deleted file keeps the last users. Squid itself remembers good credentials for credentialsttl, two hours.",
        source: "5.7 recorded; basic_ncsa_auth.cc:main",
    },
    Rule {
        topic: "statuses",
        text: "401 (407 as a forward proxy) for no credentials, unknown user and mismatch, no reason logged; 403 for the user `-`, whom no access rule takes; 400 and 431 for heads. Recorded with casesensitive on; by default names are lower-cased before the lookup.",
        source: "5.7 recorded",
    },
];
