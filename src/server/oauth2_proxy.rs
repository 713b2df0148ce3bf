//! oauth2-proxy with `--htpasswd-file`.
//!
//! Recorded: its own `htpasswd.go` and `session_utils.go` at 14af2951 (after 7.15.3) behind a small server; the decision is
//! theirs, status and log of the whole program may differ. The file is read at the start and watched. A refused login is
//! no Basic challenge: the sign-in page comes with 403. Parts: [`crate::basic::go`], [`crate::scan::oauth2_proxy`],
//! [`crate::crypt::go_sha_bcrypt`].

use crate::basic;
use crate::basic::Presented;
use crate::basic::go::{Dialect, Read};
use crate::basic::go_http::Net;
use crate::crypt::go_sha_bcrypt::OAUTH2_PROXY as CRYPT;
use crate::crypt::{Check, Work};
use crate::scan;
use crate::scan::oauth2_proxy::Refusal;
use crate::server::entry;
use crate::server::go::{self, File, Trouble};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Trace, Verdict, codes};

const LOAD: Cite = Cite("oauth2-proxy 7.15.3 pkg/authentication/basic/htpasswd.go:loadHTPasswdFile");
const VALIDATE: Cite = Cite("oauth2-proxy 7.15.3 pkg/authentication/basic/htpasswd.go:Validate");

/// oauth2-proxy.
pub struct Oauth2Proxy {
    info: Info,
}

/// oauth2-proxy 7.
pub static OAUTH2_PROXY: Oauth2Proxy = Oauth2Proxy {
    info: Info {
        name: "oauth2-proxy",
        version: "7.15.3",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "when the file changes; a broken edit keeps the old users",
        summary: "reads the file as CSV of exactly two fields, takes {SHA} and bcrypt, and answers 403 with a sign-in page",
        rules: RULES,
    },
};

impl Server for Oauth2Proxy {
    fn info(&self) -> &Info {
        &self.info
    }

    fn looks_at_others(&self) -> bool {
        false
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let read = basic::go::read(Dialect::Oauth2Proxy, Net::RECENT, inputs.head, &mut trace);
        let mut loading = Trace::default();
        let mut reader = match go::open(inputs, "open", LOAD, &mut loading) {
            File::Bytes(reader) => reader,
            File::Trouble(trouble) => {
                let call = if trouble.is_directory() { "read" } else { "open" };
                return refuses(trouble.reason, call, &trouble.text, loading);
            }
            File::Decided(decision) => return decision,
        };
        let found = match scan::oauth2_proxy::find(&mut *reader, go::user(&read.presented), &mut loading) {
            Ok(Ok(found)) => found,
            Ok(Err(Refusal::Csv(text))) => return refuses(codes::FILE_REJECTED, "read", text.as_bytes(), loading),
            Ok(Err(refusal)) => return refuses(codes::FILE_REJECTED, "", message(&refusal).as_bytes(), loading),
            Err(_) => {
                return refuses(codes::FILE_UNREADABLE, "read", &Trouble::reading(inputs.path).text, loading);
            }
        };
        if let Presented::Refused { why, .. } = read.presented {
            return go::refused(why, trace);
        }
        go::append(&mut trace, &loading);
        let Presented::Credentials(credentials) = &read.presented else {
            let decision = Decision::new(Verdict::Denied, 403, go::reason(&read.presented), trace);
            return complaint(&read).into_iter().fold(decision, Decision::logging);
        };
        let denied = |reason: Code, trace: Trace| {
            let text = "Invalid authentication via basic auth: not in Htpasswd File";
            Decision::new(Verdict::Denied, 403, reason, trace).logging(LogLine::new(Level::Info, text))
        };
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let password = credentials.password.expose();
        let (check, entry) = entry::check(&CRYPT, &found, password, VALIDATE, work, &mut trace);
        match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace)
                .logging(LogLine::new(Level::Info, "Authenticated via basic auth and HTpasswd File")),
            Check::Undecided(not) => Decision::undecided(&not, trace, VALIDATE),
            _ => denied(codes::PASSWORD_MISMATCH, trace),
        }
        .deciding(entry)
    }
}

fn refuses(reason: Code, call: &str, text: &[u8], trace: Trace) -> Decision {
    let start = b"ERROR: unable to load htpasswd: could not load htpasswd file: ";
    let call = if call.is_empty() { String::new() } else { format!("could not {call} htpasswd file: ") };
    let line = LogLine::new(Level::Crit, [start, call.as_bytes(), text].concat());
    Decision::without_status(Verdict::RefusedToStart, reason, trace).logging(line)
}

fn message(refusal: &Refusal) -> String {
    let what = match refusal {
        Refusal::Csv(text) => text.clone(),
        Refusal::Records(names) => {
            let names: Vec<_> = names.iter().map(|name| go::quote_ascii(name)).collect();
            format!("invalid htpasswd record(s) [{}]", names.join(" "))
        }
        Refusal::Entry(name) => format!(
            "'[{}]' user(s) could not be added: invalid password, must be a SHA or bcrypt entry",
            go::quote_ascii(name)
        ),
        Refusal::NoUsers => {
            "could not construct htpasswdMap: htpasswd file doesn't contain a single valid user entry".into()
        }
    };
    format!("htpasswd entries error: {what}")
}

/// What is logged about a header that is no credentials. The program quotes the header; here the place of the secret is
/// held by an ellipsis.
fn complaint(read: &Read<'_>) -> Option<LogLine> {
    let what = match (&read.presented, read.illegal_at) {
        (Presented::Malformed { .. }, Some(at)) => {
            format!(
                "error decoding basic auth credentials: invalid basic auth token: illegal base64 data at input byte {at}"
            )
        }
        (Presented::Malformed { why: "not-two-words" }, _) => "invalid authorization header: \"…\"".into(),
        (Presented::Malformed { .. }, _) => "error decoding basic auth credentials: invalid format: \"…\"".into(),
        (Presented::WrongScheme, _) => "invalid Authorization header: \"…\"".into(),
        _ => return None,
    };
    let text = format!("Error retrieving session from token in Authorization header: {what}");
    Some(LogLine::new(Level::Error, text))
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. Exactly two words with one SP between, the first `Basic` exactly; strict padded base64 with stray bits let pass; cut at the first colon. A malformed one is logged and counts as none.",
        source: "7.15.3 recorded; pkg/middleware/session_utils.go:splitAuthHeader",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable, a directory, or without any usable entry: no start.",
        source: "7.15.3 recorded; pkg/authentication/basic/htpasswd.go:loadHTPasswdFile",
    },
    Rule {
        topic: "lines",
        text: "Go's CSV with `:` for the comma: blanks before a field go, blanks after it stay; a field that begins with `\"` is quoted; a `\"` elsewhere refuses the file.",
        source: "7.15.3 recorded; Go encoding/csv/reader.go:readRecord",
    },
    Rule {
        topic: "comments",
        text: "`#` as the first byte of a line; empty lines. An indented comment is a record.",
        source: "7.15.3 recorded; Go encoding/csv/reader.go:readRecord",
    },
    Rule { topic: "duplicates", text: "The last usable record of a user decides.", source: "7.15.3 recorded" },
    Rule {
        topic: "fields",
        text: "Exactly two in every record, or no start.",
        source: "7.15.3 recorded; htpasswd.go:createHtpasswdMap",
    },
    Rule { topic: "line-limit", text: "None.", source: "7.15.3 recorded" },
    Rule {
        topic: "schemes",
        text: "`{SHA}` in its canonical text; bcrypt under $2a$, $2b$, $2x$ and $2y$, with anything after its 60th byte. Another field prevents the start only in the last record; before it is dropped without a word.",
        source: "7.15.3 recorded; htpasswd.go:passShaOrBcrypt",
    },
    Rule {
        topic: "reload",
        text: "The file is watched; an edit that does not load is logged and the old users go on.",
        source: "7.15.3 htpasswd.go:NewHTPasswdValidator",
    },
    Rule {
        topic: "statuses",
        text: "403 with the sign-in page for no credentials, unknown user and mismatch (302 where the page is skipped, 401 under /oauth2/auth and for AJAX); 400 for a malformed head. No WWW-Authenticate.",
        source: "7.15.3 recorded; oauthproxy.go",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::basic::head;

    /// `pkg/middleware/basic_session.go:getBasicSession`, with what it quotes left out.
    #[test]
    fn a_header_that_is_no_credentials_is_complained_about_in_its_words() {
        for (value, words) in [
            (&b"Basic"[..], Some("invalid authorization header: ")),
            (b"Basic dQ==", Some("error decoding basic auth credentials: invalid format: ")),
            (b"Basic dQ", Some("error decoding basic auth credentials: invalid basic auth token: illegal base64 data")),
            (b"Digest dQ==", Some("invalid Authorization header: ")),
            (b"Basic dTpw", None),
        ] {
            let head = head::with_authorization(&[value]);
            let read = basic::go::read(Dialect::Oauth2Proxy, Net::RECENT, &head, &mut Trace::default());
            let said = complaint(&read).map(|line| String::from_utf8_lossy(&line.text).into_owned());
            let begin = "Error retrieving session from token in Authorization header: ";
            let said = said.as_ref().map(|said| said.strip_prefix(begin).unwrap_or_default());
            assert!(
                said.is_some() == words.is_some() && said.unwrap_or("").starts_with(words.unwrap_or("")),
                "{said:?}"
            );
        }
    }
}
