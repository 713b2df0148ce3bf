//! Caddy: `basic_auth` with accounts in its own configuration, hashed with bcrypt.
//!
//! Caddy reads no user file. A line of FILE stands here for an account of the JSON configuration: lines that are not empty
//! and do not begin with `#`, cut at the first colon, bytes that are not UTF-8 replaced by U+FFFD. Recorded in this way:
//! 2.11.7 and Debian's 2.6.2. Parts: [`crate::basic::go`], [`crate::scan::entries`], [`crate::crypt::go_bcrypt`].

use std::io;

use crate::basic;
use crate::basic::go::Dialect;
use crate::basic::go_http::Net;
use crate::basic::{Presented, go_base64};
use crate::crypt::go_bcrypt::{self, GO_BCRYPT, Wording};
use crate::crypt::{Check, Crypt, Work};
use crate::scan::Found;
use crate::scan::entries::{Entries, Entry};
use crate::scan::names::Names;
use crate::server::entry;
use crate::server::go::{self, File};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::trace::{Cite, Code, Level, LogLine, Step, Trace, Verdict, codes};

const PROVISION: Cite = Cite("Caddy 2.6.2 modules/caddyhttp/caddyauth/basicauth.go:Provision");
const AUTHENTICATE: Cite = Cite("Caddy 2.6.2 modules/caddyhttp/caddyauth/basicauth.go:Authenticate");

/// Caddy of one generation.
pub struct Caddy {
    info: Info,
    /// Placeholders that Caddy does not know become empty; otherwise they stay as they are.
    unknown_vanishes: bool,
    wording: Wording,
    net: Net,
}

const fn row(name: &'static str, version: &'static str, unknown_vanishes: bool, wording: Wording, net: Net) -> Caddy {
    Caddy {
        info: Info {
            name,
            version,
            evidence: Evidence::Recorded,
            libc: None,
            reload: "with the configuration",
            summary: "no user file (FILE stands for its accounts); a field that is not $… is base64-decoded, or Caddy does not start",
            rules: RULES,
        },
        unknown_vanishes,
        wording,
        net,
    }
}

/// Caddy 2.11 reads 16 kB of headers and wants a Host that is not empty.
const NET_2_11: Net = Net { refuses_empty_host: true, ..Net::RECENT.with_header_bytes(16 * 1024) };

/// Caddy 2.11.
pub static CADDY: Caddy = row("caddy", "2.11.7", false, Wording::InclusiveRange, NET_2_11);
/// Caddy 2.6, as in Debian 12.
pub static V2_6: Caddy = row("caddy@2.6", "2.6.2", true, Wording::Range, Net::OLD);

/// What became of the accounts.
enum Accounts {
    /// They are taken; the account of the user that was asked.
    Taken(Option<Found>),
    /// Caddy does not start.
    Refused(String),
    /// One of them holds a placeholder whose value is not known here.
    NotModelled,
}

impl Server for Caddy {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut trace = Trace::default();
        let presented = basic::go::read(Dialect::Request, self.net, inputs.head, &mut trace).presented;
        let mut loading = Trace::default();
        let mut reader = match go::open(inputs, "open", PROVISION, &mut loading) {
            File::Bytes(reader) => reader,
            File::Decided(decision) => return decision,
            // Without the lines nothing is known of the accounts.
            File::Trouble(_) => return not_modelled(loading),
        };
        let accounts = self.provision(&mut Entries::new(&mut *reader), go::user(&presented), &mut loading);
        let found = match accounts {
            Ok(Accounts::Taken(found)) => found,
            Ok(Accounts::Refused(text)) => {
                let text = format!("provision http.authentication.providers.http_basic: {text}");
                return Decision::without_status(Verdict::RefusedToStart, codes::FILE_REJECTED, loading)
                    .logging(LogLine::new(Level::Error, text));
            }
            Ok(Accounts::NotModelled) | Err(_) => return not_modelled(loading),
        };
        if let Presented::Refused { why, .. } = presented {
            return go::refused(why, trace);
        }
        go::append(&mut trace, &loading);
        let denied = |reason: Code, trace: Trace| {
            Decision::new(Verdict::Denied, 401, reason, trace).logging(LogLine::new(Level::Debug, "not authenticated"))
        };
        let Presented::Credentials(credentials) = &presented else {
            return denied(go::reason(&presented), trace);
        };
        let Some(found) = found else { return denied(codes::USER_NOT_FOUND, trace) };
        let compared = go_bcrypt::compare(&found.field, credentials.password.expose(), work);
        let (check, entry) = entry::record(GO_BCRYPT.name(), compared.checked, &found, AUTHENTICATE, &mut trace);
        let error = compared.error.map(|error| {
            let text = format!("auth provider returned error: {}", error.text(self.wording));
            LogLine::new(Level::Error, text)
        });
        let decision = match check {
            Check::Match => Decision::new(Verdict::Granted, 200, codes::OK, trace),
            Check::Undecided(not) => Decision::undecided(&not, trace, AUTHENTICATE),
            _ => Decision::new(Verdict::Denied, 401, codes::PASSWORD_MISMATCH, trace),
        };
        error.into_iter().fold(decision, Decision::logging).deciding(entry)
    }
}

fn not_modelled(trace: Trace) -> Decision {
    Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace)
}

impl Caddy {
    fn provision(&self, entries: &mut Entries<'_>, user: Option<&[u8]>, trace: &mut Trace) -> io::Result<Accounts> {
        let mut names = Names::default();
        let mut found: Option<Found> = None;
        let mut number = 0;
        while let Some(entry) = entries.read()? {
            let raw = String::from_utf8_lossy(entry.user);
            if names.contains(raw.as_bytes()) {
                let text = format!("account {number}: username is not unique: {raw}");
                return Ok(refused(&entry, "duplicate-user", text, trace));
            }
            let field = String::from_utf8_lossy(entry.field.unwrap_or_default());
            let (Some(name), Some(field)) = (self.replaced(&raw), self.replaced(&field)) else {
                trace.push(Step::Line { number: entry.line, effect: "placeholder", at: entry.all() }, PROVISION);
                return Ok(Accounts::NotModelled);
            };
            if name.is_empty() || field.is_empty() {
                let why = if name.is_empty() { "empty-user" } else { "empty-field" };
                let text = format!("account {number}: username and password are required");
                return Ok(refused(&entry, why, text, trace));
            }
            let field = if field.starts_with('$') {
                field.into_bytes()
            } else {
                match go_base64::decode(field.as_bytes()) {
                    Ok(bytes) => bytes,
                    Err(at) => {
                        let text = format!("base64-decoding password: illegal base64 data at input byte {at}");
                        return Ok(refused(&entry, "base64", text, trace));
                    }
                }
            };
            if user == Some(name.as_bytes()) {
                found = Some(Found { field, ..entry.found() });
            }
            names.insert(name.as_bytes());
            number += 1;
        }
        if user.is_some() {
            let step = match &found {
                Some(found) => Step::EntryFound { line: found.line, user: found.user, field: found.at },
                None => Step::UserNotFound { lines: entries.lines() },
            };
            trace.push(step, PROVISION);
        }
        Ok(Accounts::Taken(found))
    }

    /// `Replacer.ReplaceAll` or `ReplaceKnown`: placeholders in braces, and braces after a backslash as they are. `None`
    /// where a placeholder names something of the machine.
    fn replaced(&self, text: &str) -> Option<String> {
        if !text.contains(['{', '}']) {
            return Some(text.into());
        }
        let bytes = text.as_bytes();
        let find = |from: usize| memchr::memchr(b'}', &bytes[from..]).map(|at| from + at);
        let mut out = String::new();
        let (mut written, mut unclosed, mut at) = (0, 0, 0);
        'scan: while at < bytes.len() {
            let here = at;
            at += 1;
            if here > 0 && bytes[here - 1] == b'\\' && matches!(bytes[here], b'{' | b'}') {
                out.push_str(&text[written..here - 1]);
                written = here;
                continue;
            }
            if bytes[here] != b'{' {
                continue;
            }
            if unclosed > 100 {
                return Some(String::new());
            }
            let Some(mut end) = find(here) else {
                unclosed += 1;
                continue;
            };
            while end < bytes.len() - 1 && bytes[end - 1] == b'\\' {
                let Some(next) = find(end + 1) else {
                    unclosed += 1;
                    continue 'scan;
                };
                end = next;
            }
            out.push_str(&text[written..here]);
            written = here;
            let key = &text[here + 1..end];
            if ["env.", "file.", "system.", "time."].iter().any(|start| key.starts_with(start)) {
                return None;
            }
            if self.unknown_vanishes {
                at = end + 1;
                written = at;
            }
        }
        out.push_str(&text[written..]);
        Some(out)
    }
}

fn refused(entry: &Entry<'_>, why: &'static str, text: String, trace: &mut Trace) -> Accounts {
    trace.push(Step::FileRejected { line: entry.line, why, at: entry.all() }, PROVISION);
    Accounts::Refused(text)
}

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "The first Authorization line counts. `Basic` in any case and exactly one SP; strict padded base64 with stray bits let pass; cut at the first colon. Control bytes, a bad header name, no or two Hosts: 400.",
        source: "2.6.2 and 2.11.7 recorded; Go net/http/request.go:parseBasicAuth",
    },
    Rule {
        topic: "file",
        text: "None since Caddy 2: accounts stand in the configuration, and FILE's lines stand for them. No accounts: nobody gets in.",
        source: "2.6.2 caddyauth/basicauth.go:Provision",
    },
    Rule {
        topic: "lines",
        text: "As put into the configuration here: LF ends a line, nothing is trimmed. A line without colon is an account without password, and Caddy does not start. Placeholders in braces are replaced: 2.6 makes unknown ones empty, 2.11 leaves them.",
        source: "2.6.2 and 2.11.7 recorded; replacer.go:replace",
    },
    Rule {
        topic: "comments",
        text: "As put into the configuration here: empty lines, and `#` as the first byte.",
        source: "2.6.2 recorded",
    },
    Rule {
        topic: "duplicates",
        text: "A name that stands there twice: no start.",
        source: "2.6.2 and 2.11.7 recorded; basicauth.go:Provision",
    },
    Rule {
        topic: "fields",
        text: "An empty user or field: no start. A field that begins with `$` is taken as it is; any other is decoded as base64, and where that fails there is no start.",
        source: "2.6.2 and 2.11.7 recorded; basicauth.go:Provision",
    },
    Rule { topic: "line-limit", text: "None.", source: "2.11.7 recorded" },
    Rule {
        topic: "schemes",
        text: "bcrypt whatever the letter after $2, with anything after its 60th byte. 2.11 knows argon2id where the configuration says so, for all accounts; not modelled here. Others start, never match, and are logged.",
        source: "2.6.2 and 2.11.7 recorded; x/crypto bcrypt.go:CompareHashAndPassword",
    },
    Rule { topic: "reload", text: "With the configuration.", source: "2.6.2 basicauth.go:Provision" },
    Rule {
        topic: "statuses",
        text: "401 for no credentials, unknown user and mismatch, logged at debug; an unknown hash is logged as an error; 400 for a malformed head.",
        source: "2.6.2 and 2.11.7 recorded",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What `caddy validate` of both versions makes of these.
    #[test]
    fn placeholders_vanish_or_stay() {
        for (text, old, new) in [
            ("{SHA}x", "x", "{SHA}x"),
            ("a{b", "a{b", "a{b"),
            ("a}b{", "a}b{", "a}b{"),
            ("\\{x\\}", "{x}", "{x}"),
            ("{x\\}y}z", "z", "{x}y}z"),
            ("{}", "", "{}"),
        ] {
            assert_eq!(V2_6.replaced(text).as_deref(), Some(old), "{text}");
            assert_eq!(CADDY.replaced(text).as_deref(), Some(new), "{text}");
        }
        assert_eq!(CADDY.replaced("{env.HOME}"), None);
    }
}
