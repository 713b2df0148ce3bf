//! Apache httpd: mod_auth_basic with mod_authn_file, one protected `/` with `Require valid-user`.
//!
//! Read: httpd 2.4.68 source; recorded: Debian's 2.4.71. The file is opened for every request that carries Basic
//! credentials, so a broken path shows only then. Parts: [`crate::basic::apache`], [`crate::scan::apache`],
//! [`crate::crypt::apr`].

use crate::basic;
use crate::basic::Presented;
use crate::bytes::Span;
use crate::bytes::split_once;
use crate::crypt::apr::{self, Apr};
use crate::crypt::{Check, Errno};
use crate::scan;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const AUTHENTICATE: Cite = Cite("httpd 2.4.71 modules/aaa/mod_auth_basic.c:authenticate_basic_user");
const OPEN: Cite = Cite("httpd 2.4.71 modules/aaa/mod_authn_file.c:check_password");

/// A message is cut at this many bytes (`MAX_STRING_LEN` less the NUL).
const LONGEST_MESSAGE: usize = 8191;

/// Apache with one way to check passwords.
pub struct Apache {
    info: Info,
    crypt: &'static Apr,
}

impl Server for Apache {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut crate::crypt::Work) -> Decision {
        let mut trace = Trace::default();
        let mut log = Vec::new();
        let uri = uri(inputs.uri);
        let credentials = match basic::apache::read(inputs.head, &mut trace, &mut log) {
            Presented::Credentials(credentials) => credentials,
            Presented::Refused { why: basic::apache::VERSION_0_9, .. } => {
                return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace);
            }
            Presented::Refused { why, .. } => {
                let status = if why == basic::apache::ESCAPE { 404 } else { 400 };
                let decision = Decision::new(Verdict::Failed, status, codes::BAD_REQUEST, trace);
                return log.into_iter().fold(decision, Decision::logging);
            }
            Presented::Nothing => return Decision::new(Verdict::Denied, 401, codes::NO_CREDENTIALS, trace),
            Presented::WrongScheme | Presented::Malformed { .. } => {
                return Decision::new(Verdict::Denied, 401, codes::WRONG_SCHEME, trace)
                    .logging(error(&[b"AH01614: client used wrong authentication scheme: ", &uri]));
            }
        };
        let mut reader = match inputs.file.open() {
            Opened::Bytes(reader) => reader,
            other => return not_opened(&other, inputs.path, trace),
        };
        trace.push(Step::FileOpened, OPEN);
        let user = &credentials.user;
        let Ok(Some(found)) = scan::apache::find(&mut *reader, user, &mut trace) else {
            let mut line = error(&[b"AH01618: user ", user, b" not found: ", &uri]);
            let whole = trace.takes_all_for_the_user().then_some(0);
            line.secrets.extend(whole.or_else(|| credentials.password_in_user()).map(|at| {
                let length = |user: &[u8]| basic::apache::escaped(&[b"AH01618: user ", user].concat()).len() as u64;
                Span::new(length(&user[..at]), length(user))
            }));
            return Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace).logging(line);
        };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(self.crypt, &found, password, AUTHENTICATE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, AUTHENTICATE),
            Check::Mismatch(_) | Check::Fails(_) | Check::Crashes => {
                let text: &[&[u8]] =
                    &[b"AH01617: user ", user, b": authentication failure for \"", &uri, b"\": Password Mismatch"];
                Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace).logging(error(text))
            }
        }
        .deciding(entry)
    }
}

/// The answer where the user file can't be read: 500, or none.
fn not_opened(opened: &Opened<'_>, path: &[u8], mut trace: Trace) -> Decision {
    let (what, reason, errno) = match opened {
        Opened::Fifo => {
            trace.push(Step::FileFailed { what: "fifo" }, OPEN);
            return Decision::without_status(Verdict::Failed, codes::WOULD_HANG, trace);
        }
        Opened::Failed(errno) => entry::failed(*errno),
        Opened::Directory => ("directory", codes::FILE_NOT_REGULAR, Errno::EBADF),
        Opened::Device | Opened::Bytes(_) => ("device", codes::FILE_NOT_REGULAR, Errno::EBADF),
    };
    trace.push(Step::FileFailed { what }, OPEN);
    let mut decision = Decision::new(Verdict::Failed, 500, reason, trace);
    if errno == Errno::EBADF {
        decision =
            decision.logging(error(&[b"AH00554: Access to file ", path, b" denied by server: not a regular file"]));
    }
    let mut line = error(&[b"AH01620: Could not open password file: ", path]);
    line.prefix = format!("({}){}: ", errno.number, errno.text).into_bytes();
    decision.logging(line)
}

/// An error line, escaped and cut as `ap_log_rerror` does.
fn error(parts: &[&[u8]]) -> LogLine {
    let mut text = basic::apache::escaped(&parts.concat());
    text.truncate(LONGEST_MESSAGE);
    LogLine::new(Level::Error, text)
}

/// The path as messages show it: without query, percent escapes decoded.
fn uri(uri: &[u8]) -> Vec<u8> {
    let path = split_once(uri, b'?').map_or(uri, |(path, _)| path);
    entry::percent_decoded(path)
}

/// One row: Apache 2.4.71's rules over a C library.
const fn row(
    name: &'static str,
    evidence: Evidence,
    libc: &'static str,
    crypt: &'static Apr,
    summary: &'static str,
) -> Apache {
    let (version, reload) = ("2.4.71", "each request");
    Apache { info: Info { name, version, evidence, libc: Some(libc), reload, summary, rules: RULES }, crypt }
}

/// Debian's Apache: apr-util, then crypt(3) of libxcrypt.
pub static DEBIAN: Apache = row(
    "apache",
    Evidence::Recorded,
    "libxcrypt 4.4.33",
    &apr::LIBXCRYPT,
    "Apache httpd, mod_auth_basic with an AuthUserFile",
);

/// The image `httpd:alpine`.
pub static MUSL: Apache = row(
    "apache/musl",
    Evidence::Source,
    "musl 1.2",
    &apr::MUSL,
    "httpd:alpine: as apache, without yescrypt, sha-crypt passwords up to 256 bytes",
);

/// Apache over glibc's own libcrypt.
pub static GLIBC: Apache = row(
    "apache/glibc",
    Evidence::Source,
    "glibc 2.17 to 2.36",
    &apr::GLIBC,
    "Apache on RHEL 7, Debian 10 and older: as apache, but bcrypt only as $2a$ and $2y$, no yescrypt",
);

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "Lines are joined with \", \", so the first Authorization line decides. Control bytes, bare LF or CR and lines over 8191 bytes are 400.",
        source: "2.4.71 recorded; server/protocol.c:ap_get_mime_headers_core",
    },
    Rule {
        topic: "header",
        text: "The scheme word ends at the first SP and is `basic` in any case; SP and HT after it are skipped.",
        source: "2.4.71 recorded; mod_auth_basic.c:get_basic_auth",
    },
    Rule {
        topic: "header",
        text: "Base64 is read up to the first foreign byte, with or without padding; the text is cut at a NUL. Without a colon the password is empty.",
        source: "2.4.71 recorded; apr_base64.c",
    },
    Rule {
        topic: "file",
        text: "Opened for every request with Basic credentials. Missing, unreadable or not a regular file: 500.",
        source: "2.4.71 recorded; mod_authn_file.c:check_password",
    },
    Rule {
        topic: "lines",
        text: "Blanks at both ends are trimmed; a line that ends in a backslash is joined with the next; a NUL hides the rest of its line. LF and CRLF end lines, CR alone does not.",
        source: "2.4.71 recorded; server/util.c:ap_cfg_getline_core",
    },
    Rule {
        topic: "comments",
        text: "A line whose first byte after blanks is `#`. One that ends in a backslash swallows the next line.",
        source: "2.4.71 recorded",
    },
    Rule {
        topic: "duplicates",
        text: "The first line of a user decides, whatever its hash.",
        source: "2.4.71 recorded; mod_authn_file.c:check_password",
    },
    Rule {
        topic: "fields",
        text: "The user ends at the first colon, all colons that follow are skipped, the hash ends at the next colon or the line's end.",
        source: "2.4.71 recorded; ap_getword",
    },
    Rule {
        topic: "line-limit",
        text: "8190 bytes plus LF, continued lines counted together. A longer line ends the search: every later user is not found.",
        source: "2.4.71 recorded; server/util.c:ap_cfg_getline_core",
    },
    Rule {
        topic: "schemes",
        text: "`$2a$` and `$2y$` of cost 4 to 17, `$apr1$` and `{SHA}` by apr-util; everything else by crypt(3), with passwords under 512 bytes. The recomputed text must equal the stored one byte for byte.",
        source: "2.4.71 recorded; apr-util 1.6.3 apr_password_validate",
    },
    Rule { topic: "reload", text: "Never cached, unless mod_authn_socache is in front.", source: "2.4.71 recorded" },
    Rule {
        topic: "statuses",
        text: "401 without usable credentials, for an unknown user and for a mismatch; 500 where the file can't be opened; 400 for a malformed request.",
        source: "2.4.71 recorded",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_escaped_as_in_the_error_log() {
        assert_eq!(error(&[b"a\\b\t\xE9\x0C\"\x7F"]).text, b"a\\\\b\\t\\xe9\\x0c\"\\x7f");
    }

    #[test]
    fn the_uri_is_shown_decoded_and_without_its_query() {
        assert_eq!(uri(b"/a%20b/%zz?q=1"), b"/a b/%zz");
    }
}
