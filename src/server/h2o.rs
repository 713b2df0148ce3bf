//! h2o with its `htpasswd.rb` as an mruby handler.
//!
//! Recorded: Debian 12's 2.2.5+dfsg2-7, whose MD5 is broken, so that `$apr1$` never matches. The file is read for each request
//! with credentials, and the first of the user's lines that matches, or that the script does not know, settles it. Paths
//! with `/.ht` in them are 404 before all this. Parts: [`crate::basic::h2o`], [`crate::scan::h2o`], [`crate::crypt::h2o`].

use std::ops::ControlFlow;

use crate::basic;
use crate::basic::h2o::Presented;
use crate::crypt::h2o::{H2o as H2oCrypt, is_apr1};
use crate::crypt::{Check, Checked, Crypt, Errno, Work};
use crate::scan;
use crate::scan::Found;
use crate::scheme::sha1;
use crate::server::entry;
use crate::server::{Decision, Entry, Evidence, Info, Inputs, Opened, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const LOOKUP: Cite = Cite("h2o 2.2.5 share/h2o/mruby/htpasswd.rb:lookup");

/// h2o.
pub struct H2o {
    info: Info,
}

impl Server for H2o {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::h2o::read(inputs.head, &mut trace);
        let decide = |verdict, status, reason, trace| Decision::new(verdict, status, reason, trace);
        match presented {
            Presented::User { user, password } => {
                let password = password.as_ref().map(crate::secret::Secret::expose);
                lookup(user.as_deref(), password, inputs, work, trace)
            }
            Presented::Nothing => decide(Verdict::Denied, 401, codes::NO_CREDENTIALS, trace),
            Presented::WrongScheme => decide(Verdict::Denied, 401, codes::WRONG_SCHEME, trace),
            Presented::Refused => decide(Verdict::Failed, 400, codes::BAD_REQUEST, trace),
            Presented::Unknown => Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace),
            Presented::Raises { why } => {
                let (line, method) = if why == "no-scheme" { (40, "casecmp") } else { (41, "unpack") };
                let start = [b"[h2o_mruby] in request:", inputs.uri, b":mruby raised: "].concat();
                let raised = format!(
                    "/usr/share/h2o/mruby/htpasswd.rb:{line}: undefined method '{method}' for nil (NoMethodError)"
                );
                decide(Verdict::Failed, 500, codes::MALFORMED_CREDENTIALS, trace)
                    .logging(LogLine::new(Level::None, [start, raised.into_bytes()].concat()))
            }
        }
    }
}

/// What settled the search.
enum Settled {
    Matched(Entry),
    Raised(Entry, Code, &'static str),
    Undecided(Decision),
}

fn lookup(
    user: Option<&[u8]>,
    password: Option<&[u8]>,
    inputs: &Inputs<'_>,
    work: &mut Work,
    mut trace: Trace,
) -> Decision {
    let failed = |reason, error: &str, trace: Trace| {
        let text = [b"failed to validate password using file:", inputs.path, b":", error.as_bytes()].concat();
        Decision::new(Verdict::Failed, 500, reason, trace).logging(LogLine::new(Level::None, text))
    };
    let mut reader = match inputs.file.open() {
        Opened::Bytes(reader) => reader,
        Opened::Fifo => {
            trace.push(Step::FileFailed { what: "fifo" }, LOOKUP);
            return Decision::without_status(Verdict::Failed, codes::WOULD_HANG, trace);
        }
        Opened::Device => {
            trace.push(Step::FileFailed { what: "device" }, LOOKUP);
            return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace);
        }
        Opened::Directory => {
            trace.push(Step::FileFailed { what: "directory" }, LOOKUP);
            return failed(codes::FILE_NOT_REGULAR, &format!("{} - sysread failed", Errno::EISDIR.text), trace);
        }
        Opened::Failed(errno) => {
            let (what, reason, errno) = entry::failed(errno);
            trace.push(Step::FileFailed { what }, LOOKUP);
            return failed(reason, &format!("{} - open", errno.text), trace);
        }
    };
    trace.push(Step::FileOpened, LOOKUP);
    let (mut settled, mut last) = (None, None);
    let lines = scan::h2o::each(&mut *reader, user, |found| {
        settled = judge(&found, password, work, &mut trace, &mut last);
        if settled.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    match (settled, last, lines) {
        (Some(Settled::Matched(entry)), ..) => Decision::new(Verdict::Granted, 200, codes::OK, trace).deciding(entry),
        (Some(Settled::Raised(entry, reason, error)), ..) => failed(reason, error, trace).deciding(entry),
        (Some(Settled::Undecided(decision)), ..) => decision,
        (None, _, Err(_)) => failed(codes::FILE_UNREADABLE, "Input/output error - sysread failed", trace),
        (None, Some(entry), Ok(_)) => {
            Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace).deciding(entry)
        }
        (None, None, Ok(lines)) => {
            trace.push(Step::UserNotFound { lines }, LOOKUP);
            Decision::new(Verdict::Denied, 401, codes::USER_NOT_FOUND, trace)
        }
    }
}

fn judge(
    found: &Found,
    password: Option<&[u8]>,
    work: &mut Work,
    trace: &mut Trace,
    last: &mut Option<Entry>,
) -> Option<Settled> {
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, LOOKUP);
    let known = is_apr1(&found.field) || found.field.starts_with(sha1::PREFIX);
    let checked = match password {
        Some(password) => H2oCrypt.check(&found.field, password, work),
        // Without a password the digests raise an error of their own.
        None => Checked { check: Check::Fails(Errno::EINVAL), scheme: None },
    };
    let (check, entry) = entry::record(H2oCrypt.name(), checked, found, LOOKUP, trace);
    match check {
        Check::Match => Some(Settled::Matched(entry)),
        Check::Fails(_) | Check::Crashes if known => {
            let error = if is_apr1(&found.field) { "undefined method 'length' for nil" } else { "expected String" };
            Some(Settled::Raised(entry, codes::MALFORMED_CREDENTIALS, error))
        }
        Check::Fails(_) | Check::Crashes => {
            Some(Settled::Raised(entry, codes::CRYPT_FAILED, "crypt-style password hash is not supported"))
        }
        Check::Undecided(not) => {
            let decision = Decision::undecided(&not, std::mem::take(trace), LOOKUP).deciding(entry);
            Some(Settled::Undecided(decision))
        }
        Check::Mismatch(_) => {
            *last = Some(entry);
            None
        }
    }
}

/// h2o 2.2 on Debian 12.
pub static H2O: H2o = H2o {
    info: Info {
        name: "h2o",
        version: "2.2.5",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at each request with credentials",
        summary: "{SHA} only on Debian 12, where its MD5 is broken; any other field of the user is 500",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "Two words between blanks, the scheme in any case. Base64 is taken in fours: foreign ASCII is skipped, padding ends it, a group that is not whole is dropped. Several headers are joined with a comma. An empty header, or `Basic` alone, is 500.",
        source: "2.2.5 recorded; htpasswd.rb:call, deps/mruby-pack/src/pack.c:unpack_m",
    },
    Rule {
        topic: "file",
        text: "Missing or unreadable: 500 with credentials, 401 without.",
        source: "2.2.5 recorded; htpasswd.rb:call",
    },
    Rule {
        topic: "lines",
        text: "LF, CR LF or a last CR is dropped, nothing else is trimmed. An empty line is an entry of those who send neither name nor password.",
        source: "2.2.5 recorded; htpasswd.rb:lookup",
    },
    Rule { topic: "comments", text: "None: `#u:hash` is the user `#u`.", source: "2.2.5 recorded" },
    Rule {
        topic: "duplicates",
        text: "All lines of a user are asked in order; the first that matches, or that is not known, settles it.",
        source: "2.2.5 recorded; htpasswd.rb:lookup",
    },
    Rule { topic: "fields", text: "Everything after the first colon is the hash.", source: "2.2.5 recorded" },
    Rule { topic: "line-limit", text: "None.", source: "2.2.5 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}`, compared as text; `$apr1$`, which never matches on Debian 12 since its MD5 is broken. Any other field is 500, for that user only.",
        source: "2.2.5+dfsg2-7 recorded; htpasswd.rb:validate",
    },
    Rule { topic: "reload", text: "Never cached.", source: "2.2.5 recorded" },
    Rule {
        topic: "statuses",
        text: "401 for refused credentials; 500 for what raises an exception, a file that can't be read too; 404 for paths with `/.ht`; 400 for a malformed head.",
        source: "2.2.5 recorded; htpasswd.rb:call",
    },
];
