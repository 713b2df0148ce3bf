//! nginx: `auth_basic` with `auth_basic_user_file`, on the C libraries it is built with.
//!
//! Read: nginx 1.22.1 and 1.31.5 source; recorded: Debian's 1.22.1, and 1.31.5 on the other libraries. freenginx and angie
//! have the same logic. The file is opened for every request with credentials; a missing one is 403, any other trouble
//! 500. Parts: [`crate::basic::nginx`], [`crate::scan::nginx`], [`crate::crypt::nginx`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::nginx::Generation;
use crate::bytes::c_string;
use crate::crypt::nginx::Nginx as NginxCrypt;
use crate::crypt::{Check, Errno, Libc, Work};
use crate::crypt::{freebsd, glibc, libxcrypt, macos, musl};
use crate::scan;
use crate::server::entry;
use crate::server::{Decision, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const HANDLER: Cite = Cite("nginx 1.22.1 src/http/modules/ngx_http_auth_basic_module.c:ngx_http_auth_basic_handler");
const CRYPT: Cite = Cite("nginx 1.22.1 src/os/unix/ngx_user.c:ngx_libc_crypt");

/// nginx on one C library.
pub struct Nginx {
    info: Info,
    crypt: NginxCrypt,
    generation: Generation,
    /// The function named in the log where crypt(3) returns NULL.
    function: &'static str,
}

impl Server for Nginx {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let mut log = Vec::new();
        let presented = basic::nginx::read(inputs.head, self.generation, &mut trace, &mut log);
        let decision = self.answer(presented, inputs, work, trace);
        if log.is_empty() {
            return decision;
        }
        log.append(&mut { decision.log });
        Decision { log, ..decision }
    }
}

impl Nginx {
    fn answer(&self, presented: Presented, inputs: &Inputs<'_>, work: &mut Work, trace: Trace) -> Decision {
        let reason = match presented {
            Presented::Credentials(credentials) => return self.check(&credentials, inputs, work, trace),
            Presented::Refused { why: basic::nginx::VERSION_0_9, .. } => {
                return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace);
            }
            Presented::Refused { why: basic::nginx::METHOD_0_9, .. } => {
                return Decision::without_status(Verdict::Failed, codes::BAD_REQUEST, trace);
            }
            Presented::Refused { why: basic::nginx::VERSION, .. } => {
                return Decision::new(Verdict::Failed, 505, codes::BAD_REQUEST, trace);
            }
            Presented::Refused { .. } => return Decision::new(Verdict::Failed, 400, codes::BAD_REQUEST, trace),
            Presented::Nothing => codes::NO_CREDENTIALS,
            Presented::WrongScheme => codes::WRONG_SCHEME,
            Presented::Malformed { .. } => codes::MALFORMED_CREDENTIALS,
        };
        let text = "no user/password was provided for basic authentication";
        Decision::new(Verdict::Denied, 401, reason, trace).logging(LogLine::new(Level::Info, text))
    }

    fn check(
        &self,
        credentials: &basic::Credentials,
        inputs: &Inputs<'_>,
        work: &mut Work,
        mut trace: Trace,
    ) -> Decision {
        let mut reader = match inputs.file.open() {
            Opened::Bytes(reader) => reader,
            other => return not_opened(&other, inputs.path, trace),
        };
        trace.push(Step::FileOpened, HANDLER);
        let user = &credentials.user;
        let line = |level, parts: &[&[u8]]| LogLine::new(level, parts.concat());
        let Ok(Some(found)) = scan::nginx::find(&mut *reader, user, &mut trace) else {
            return Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace)
                .logging(line(Level::Error, &[b"user \"", user, b"\" was not found in \"", inputs.path, b"\""]));
        };
        let password = c_string(credentials.password.expose());
        let (check, entry) = entry::check(&self.crypt, &found, password, CRYPT, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Mismatch(_) | Check::Crashes => Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace)
                .logging(line(Level::Error, &[b"user \"", user, b"\": password mismatch"])),
            Check::Fails(errno) => {
                let text = format!("{}() failed ({}: {})", self.function, errno.number, errno.text);
                Decision::new(Verdict::Failed, 500, codes::CRYPT_FAILED, trace).logging(LogLine::new(Level::Crit, text))
            }
            Check::Undecided(not) => Decision::undecided(&not, trace, CRYPT),
        }
        .deciding(entry)
    }
}

/// The answer where the user file can't be read.
fn not_opened(opened: &Opened<'_>, path: &[u8], mut trace: Trace) -> Decision {
    let (call, what, reason, errno) = match opened {
        Opened::Fifo => {
            trace.push(Step::FileFailed { what: "fifo" }, HANDLER);
            return Decision::without_status(Verdict::Failed, codes::WOULD_HANG, trace);
        }
        Opened::Device | Opened::Bytes(_) => {
            trace.push(Step::FileFailed { what: "device" }, HANDLER);
            return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace);
        }
        Opened::Directory => ("pread", "directory", codes::FILE_NOT_REGULAR, Errno::EISDIR),
        Opened::Failed(errno) => {
            let (what, reason, errno) = entry::failed(*errno);
            ("open", what, reason, errno)
        }
    };
    trace.push(Step::FileFailed { what }, HANDLER);
    let (status, level) = if errno == Errno::ENOENT { (403, Level::Error) } else { (500, Level::Crit) };
    let failed = format!("\" failed ({}: {})", errno.number, errno.text);
    let text = [call.as_bytes(), b"() \"", path, failed.as_bytes()].concat();
    Decision::new(Verdict::Failed, status, reason, trace).logging(LogLine::new(level, text))
}

/// One row: nginx on `libc`, of Debian's version or of 1.31.5.
const fn row(
    name: &'static str,
    generation: Generation,
    evidence: Evidence,
    libc_title: &'static str,
    libc: &'static dyn Libc,
    summary: &'static str,
) -> Nginx {
    let version = match generation {
        Generation::Old => "1.22.1",
        Generation::From1_31 => "1.31.5",
    };
    Nginx {
        info: Info { name, version, evidence, libc: Some(libc_title), reload: "each request", summary, rules: RULES },
        crypt: NginxCrypt { libc },
        generation,
        function: "crypt_r",
    }
}

/// Debian and Ubuntu, and the image `nginx:latest`.
pub static DEBIAN: Nginx = row(
    "nginx",
    Generation::Old,
    Evidence::Recorded,
    "libxcrypt 4.4.33",
    &libxcrypt::V4_4_33,
    "nginx on Debian and Ubuntu: no trimming, a missing file is 403, an unusable hash 401",
);

/// Fedora, RHEL 9 and later, Arch: the same library without failure tokens.
pub static FEDORA: Nginx = row(
    "nginx/fedora",
    Generation::From1_31,
    Evidence::Recorded,
    "libxcrypt 4.4.38, NULL on failure",
    &libxcrypt::V4_4_38_NULL,
    "nginx on Fedora, RHEL 9 and Arch: as nginx, but an unusable hash is 500",
);

/// The image `nginx:alpine` and ingress-nginx.
pub static MUSL: Nginx = row(
    "nginx/musl",
    Generation::From1_31,
    Evidence::Recorded,
    "musl 1.2",
    &musl::MUSL,
    "nginx:alpine and ingress-nginx: as nginx, without yescrypt, bcrypt up to cost 19",
);

/// Debian up to 10, Ubuntu up to 18.04, RHEL 7: glibc's own libcrypt.
pub static GLIBC: Nginx = row(
    "nginx/glibc",
    Generation::From1_31,
    Evidence::Recorded,
    "glibc 2.17 to 2.36",
    &glibc::FROM_2_17,
    "nginx on RHEL 7, Debian 10 and older: no bcrypt, an unusable hash is 500",
);

/// RHEL 6, Debian 6 and 7: glibc's libcrypt before it checked settings.
pub static GLIBC_2_16: Nginx = row(
    "nginx/glibc-2.16",
    Generation::From1_31,
    Evidence::Recorded,
    "glibc before 2.17",
    &glibc::UP_TO_2_16,
    "nginx on RHEL 6 and other old glibc: as nginx/glibc, but never 500, and an empty hash lets anyone in",
);

/// Debian 11 and RHEL 9: libxcrypt before it checked for odd bytes.
pub static LIBXCRYPT_4_4_18: Nginx = row(
    "nginx/libxcrypt-4.4.18",
    Generation::From1_31,
    Evidence::Recorded,
    "libxcrypt 4.4.18",
    &libxcrypt::V4_4_18,
    "nginx on Debian 11: as nginx, but odd bytes in a hash do not refuse it",
);

/// Ubuntu 20.04: libxcrypt that wants its own alphabet in salts.
pub static LIBXCRYPT_4_4_10: Nginx = row(
    "nginx/libxcrypt-4.4.10",
    Generation::From1_31,
    Evidence::Recorded,
    "libxcrypt 4.4.10",
    &libxcrypt::V4_4_10,
    "nginx on Ubuntu 20.04: as nginx, but salts hold nothing but `./0-9A-Za-z`",
);

/// macOS, and Homebrew's nginx: DES only.
pub static MACOS: Nginx = Nginx {
    function: "crypt",
    ..row(
        "nginx/macos",
        Generation::From1_31,
        Evidence::Recorded,
        "Apple Libc 1725",
        &macos::MACOS,
        "nginx on macOS: of crypt's schemes only DES",
    )
};

/// FreeBSD 12 and later.
pub static FREEBSD: Nginx = Nginx {
    function: "crypt",
    ..row(
        "nginx/freebsd",
        Generation::From1_31,
        Evidence::Source,
        "FreeBSD libcrypt",
        &freebsd::FREEBSD,
        "nginx on FreeBSD: no yescrypt, an empty hash lets anyone in",
    )
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "A second Authorization line, a fold, a NUL, a bare CR, or a line that does not fit 8 kB: 400. Only SP is trimmed.",
        source: "1.22.1 recorded; ngx_http_parse.c:ngx_http_parse_header_line",
    },
    Rule {
        topic: "header",
        text: "`Basic` in any case and exactly one SP, more SP are skipped. Base64 before the first `=` must be clean and whole; what follows is ignored. A colon and a non-empty user are needed. The password is cut at a NUL, the user is not.",
        source: "1.22.1 recorded; ngx_http_core_module.c:ngx_http_auth_basic_user",
    },
    Rule {
        topic: "file",
        text: "Opened for every request with credentials. Missing: 403. Unreadable, a directory or a socket: 500.",
        source: "1.22.1 recorded; ngx_http_auth_basic_module.c",
    },
    Rule {
        topic: "lines",
        text: "Nothing is trimmed: blanks belong to the user or the hash. LF ends a line; CR ends a hash only. A line without colon that begins the user's name swallows the next line.",
        source: "1.22.1 recorded; ngx_http_auth_basic_module.c:ngx_http_auth_basic_handler",
    },
    Rule { topic: "comments", text: "`#` or CR as the first byte of a line.", source: "1.22.1 recorded" },
    Rule {
        topic: "duplicates",
        text: "The first line of a user decides, whatever its hash.",
        source: "1.22.1 recorded",
    },
    Rule { topic: "fields", text: "The hash ends at the next colon, CR or LF.", source: "1.22.1 recorded" },
    Rule {
        topic: "line-limit",
        text: "None for lines and names; a hash is cut to 2048 bytes.",
        source: "1.22.1 recorded; NGX_HTTP_AUTH_BUF_SIZE",
    },
    Rule {
        topic: "schemes",
        text: "`$apr1$`, `{PLAIN}`, `{SSHA}` and `{SHA}` by nginx itself; everything else by the C library's crypt(3). The recomputed text must equal the stored one byte for byte.",
        source: "1.22.1 recorded; core/ngx_crypt.c:ngx_crypt",
    },
    Rule { topic: "reload", text: "Never cached.", source: "1.22.1 recorded" },
    Rule {
        topic: "statuses",
        text: "401 without usable credentials (logged at info only), for an unknown user and for a mismatch; 403 for a missing file; 500 for an unreadable one and where crypt(3) returns NULL; 400 for a malformed request.",
        source: "1.22.1 recorded",
    },
];
