//! Radicale with `[auth] type = htpasswd` in its default mode, `htpasswd_encryption = autodetect`.
//!
//! Recorded: 3.9.0 on Python 3.11 with bcrypt 5.0.0, argon2-cffi 25.1 and libpass 1.9.4, asked PROPFIND; every other request
//! that needs a login is answered alike, a success with whatever the resource says (200 here). The file is read
//! whole before the server starts, and one odd line keeps it from starting. A field of no exact form is the password
//! itself. Parts: [`crate::basic::radicale`], [`crate::scan::radicale`], [`crate::crypt::radicale`].

use crate::basic;
use crate::basic::{Credentials, Presented, python};
use crate::bytes::split_once;
use crate::crypt::radicale::{Radicale as RadicaleCrypt, Told, strip};
use crate::crypt::{Check, Errno, Work};
use crate::scan;
use crate::scan::Rejected;
use crate::server::entry;
use crate::server::python::{os_error, repr};
use crate::server::{Decision, Evidence, Info, Inputs, Rule, Server};
use crate::server::{python_other, start};
use crate::trace::{Cite, Level, LogLine, Step, Trace, Verdict, codes};

const READ: Cite = Cite("Radicale 3.9.0 auth/htpasswd.py:_read_htpasswd");
const LOGIN: Cite = Cite("Radicale 3.9.0 auth/htpasswd.py:_login");
const FORMAT: Cite = Cite("Radicale 3.9.0 app/base.py:_check_user_format");
const PRINCIPAL: Cite = Cite("Radicale 3.9.0 app/__init__.py:_handle_request");

/// Characters that no user name may hold (`USER_BLACKLIST_MINIMAL`).
const FORBIDDEN: &[char] = &[':', '\'', '"', '*', '?', ','];
/// The folder of all users' collections where the configuration names no other.
const COLLECTIONS: &[u8] = b"/var/lib/radicale/collections/collection-root/";
/// Longest name of a file in bytes, as Linux's file systems have it.
const LONGEST_NAME: usize = 255;

/// Radicale.
pub struct Radicale {
    info: Info,
}

impl Server for Radicale {
    fn info(&self) -> &Info {
        &self.info
    }

    fn decide(&self, inputs: &Inputs<'_>, work: &mut Work) -> Decision {
        let mut request = Trace::default();
        let (presented, exception) = basic::radicale::read(inputs.head, &mut request);
        let mut trace = Trace::default();
        let mut reader = match start::open(inputs, READ, &mut trace) {
            Ok(reader) => reader,
            Err(not) => {
                return not.logging(|errno| {
                    let error = os_error(errno, inputs.path);
                    critical(&format!("Failed to load htpasswd file {}: {error}", repr(inputs.path)))
                });
            }
        };
        let user = entry::user(&presented);
        let table = match scan::radicale::find(&mut *reader, user.unwrap_or_default(), &mut trace) {
            Ok(Ok(table)) => table,
            Ok(Err(rejected)) => {
                return start::rejected(&rejected, trace, |rejected| critical(&invalid(rejected, inputs.path)));
            }
            Err(_) => return start::unreadable(trace, READ),
        };
        entry::append(&mut trace, &request);
        let failed = |status: u16, reason, trace| Decision::new(Verdict::Failed, status, reason, trace);
        match presented {
            Presented::Credentials(credentials) => login(&credentials, &table, inputs, work, trace),
            Presented::Refused { why, .. } => match python::status(why) {
                Some(status) => failed(status, codes::BAD_REQUEST, trace),
                None => Decision::without_status(Verdict::Failed, codes::BAD_REQUEST, trace),
            },
            Presented::Malformed { .. } => {
                let line = excepted(inputs, &exception.unwrap_or_default());
                failed(500, codes::MALFORMED_CREDENTIALS, trace).logging(line)
            }
            Presented::Nothing | Presented::WrongScheme => {
                Decision::new(Verdict::Denied, 401, entry::reason(&presented), trace)
            }
        }
    }
}

/// The login of a user, possibly of the empty name, which is none.
fn login(
    credentials: &Credentials,
    table: &scan::radicale::Table,
    inputs: &Inputs<'_>,
    work: &mut Work,
    mut trace: Trace,
) -> Decision {
    let user = &credentials.user;
    match basic::radicale::charset(inputs.head).as_deref() {
        None | Some(b"utf-8" | b"utf8") => {}
        // The credentials would be read in another charset first.
        Some(_) => return Decision::without_status(Verdict::Undecided, codes::NOT_MODELLED, trace),
    }
    let denied = |reason, trace| Decision::new(Verdict::Denied, 401, reason, trace);
    if user.is_empty() {
        trace.push(Step::UserNotFound { lines: table.lines }, PRINCIPAL);
        return denied(codes::USER_NOT_FOUND, trace);
    }
    if let Some(why) = unfit(user) {
        trace.push(Step::Malformed { why, at: None }, FORMAT);
        let line = attempt(user, "not compliant to 'minimal'");
        return denied(codes::MALFORMED_CREDENTIALS, trace).logging(line);
    }
    let Some(found) = &table.found else {
        trace.push(Step::UserNotFound { lines: table.lines }, LOGIN);
        let text = [&b"Login verification user not found (htpasswd): '"[..], user, b"'"].concat();
        return denied(codes::USER_NOT_FOUND, trace)
            .logging(LogLine::new(Level::Warn, text))
            .logging(attempt(user, "htpasswd"));
    };
    trace.push(Step::EntryFound { line: found.line, user: found.user, field: found.at }, LOGIN);
    let crypt = RadicaleCrypt { bcrypt: table.bcrypt };
    let Told { checked, method, error, quotes_field } = crypt.verify(&found.field, credentials.password.expose(), work);
    let (check, entry) = entry::record("radicale", checked, found, LOGIN, &mut trace);
    match check {
        Check::Match => granted(user, trace),
        Check::Mismatch(_) => {
            let level = if error.is_some() { Level::Error } else { Level::Warn };
            let start = [b"Login verification failed for user: '", &user[..], b"' (htpasswd/autodetect"].concat();
            let mut line = LogLine::new(level, start);
            line = match error {
                Some(error) => line.with(format!(") with error '{error}").as_bytes(), false),
                None => line.with(format!("/{method})").as_bytes(), false),
            };
            if let Some(before) = quotes_field {
                let quoted = repr(strip(&found.field));
                line =
                    line.with(format!(" ({before}b").as_bytes(), false).with(quoted.as_bytes(), true).with(b")", false);
            }
            if level == Level::Error {
                line = line.with(b"'", false);
            }
            denied(codes::PASSWORD_MISMATCH, trace).logging(line).logging(attempt(user, "htpasswd"))
        }
        Check::Fails(_) | Check::Crashes => Decision::new(Verdict::Failed, 500, codes::CRYPT_FAILED, trace)
            .logging(excepted(inputs, &error.unwrap_or_default())),
        Check::Undecided(not) => Decision::undecided(&not, trace, LOGIN),
    }
    .deciding(entry)
}

/// After the password was right: the user's collection is looked up, or made, under the name.
fn granted(user: &[u8], mut trace: Trace) -> Decision {
    let line = LogLine::new(Level::Info, format!("Successful login: {} (htpasswd)", repr(user)));
    if user.contains(&b'/') || matches!(user, b"." | b"..") {
        trace.push(Step::Malformed { why: "unsafe-name", at: None }, PRINCIPAL);
        return Decision::new(Verdict::Denied, 401, codes::MALFORMED_CREDENTIALS, trace)
            .logging(line)
            .logging(LogLine::new(Level::Info, format!("Refused unsafe username: {}", repr(user))));
    }
    let mut lines = vec![line];
    let error = if user.starts_with(b".") || user.ends_with(b"~") {
        let error = format!("Can't translate name safely to filesystem: {}", repr(user));
        let text = format!("Unsafe path {} requested from storage: {error}", repr(user));
        lines.push(LogLine::new(Level::Warn, text));
        Some(format!("ValueError {error}"))
    } else if user.len() > LONGEST_NAME {
        let folder = [COLLECTIONS, user].concat();
        Some(format!("OSerror {}", os_error(Errno::ENAMETOOLONG, &folder)))
    } else {
        None
    };
    if let Some(error) = error {
        trace.push(Step::Malformed { why: "name-not-fit-for-a-file", at: None }, PRINCIPAL);
        let text = format!("Failed to create principal collection for user {}: {error}", repr(user));
        lines.push(LogLine::new(Level::Error, text));
        let failed = Decision::new(Verdict::Failed, 500, codes::MALFORMED_CREDENTIALS, trace);
        return lines.into_iter().fold(failed, Decision::logging);
    }
    lines.into_iter().fold(Decision::new(Verdict::Granted, 200, codes::OK, trace), Decision::logging)
}

/// Why a name is refused before it is looked up, with `validate_user_value = minimal`.
fn unfit(user: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(user).unwrap_or_default();
    if text.starts_with('@') || text.ends_with('@') || text.matches('@').count() > 1 {
        return Some("user-at-sign");
    }
    if text.chars().any(|c| python_other::is_other(c) || FORBIDDEN.contains(&c)) {
        return Some("user-forbidden-character");
    }
    None
}

fn attempt(user: &[u8], info: &str) -> LogLine {
    let mut line = LogLine::new(Level::Warn, format!(": {} ({info})", repr(user)));
    line.prefix = b"Failed login attempt from ".to_vec();
    line
}

/// The line for an exception that nothing caught.
fn excepted(inputs: &Inputs<'_>, error: &str) -> LogLine {
    let method = split_once(inputs.head, b' ').map_or(&b""[..], |(method, _)| method);
    let path = split_once(inputs.uri, b'?').map_or(inputs.uri, |(path, _)| path);
    let path = repr(&entry::percent_decoded(path));
    let text = [b"An exception occurred during ", method, b" request on ", path.as_bytes(), b": ", error.as_bytes()];
    LogLine::new(Level::Error, text.concat())
}

fn critical(text: &str) -> LogLine {
    LogLine::new(Level::Crit, format!("An exception occurred during server startup: {text}"))
}

fn invalid(rejected: &Rejected, path: &[u8]) -> String {
    let problem = match rejected.why {
        "not-utf8" => return String::from_utf8_lossy(&rejected.bytes).into_owned(),
        "no-colon" => "not enough values to unpack (expected 2, got 1)".to_owned(),
        "duplicate-user" => {
            let user = split_once(&rejected.bytes, b':').map_or(&b""[..], |(user, _)| user);
            format!("(\"htpasswd file contains duplicate login: '%s'\", {}, {})", repr(user), rejected.line)
        }
        _ => {
            let line = rejected.line;
            format!("htpasswd file contains problematic line not matching <login>:<digest> in line: {line}")
        }
    };
    format!("Invalid htpasswd file {}: {problem}", repr(path))
}

/// Radicale 3.9.
pub static RADICALE: Radicale = Radicale {
    info: Info {
        name: "radicale",
        version: "3.9.0",
        evidence: Evidence::Recorded,
        libc: None,
        reload: "at each login; at the start one odd line keeps it from starting",
        summary: "verifies a few exact forms and takes every other field for the password itself",
        rules: RULES,
    },
};

const RULES: &[Rule] = &[
    Rule {
        topic: "header",
        text: "`Basic` in this spelling, with or without blanks after it. Base64 drops foreign bytes and ends at the padding; the text is UTF-8, or else ISO 8859-1. What can't be read, or has no colon, is 500. Several headers are joined with a comma.",
        source: "3.9.0 recorded; app/__init__.py:_handle_request",
    },
    Rule {
        topic: "header",
        text: "A name with a control, format or unassigned character, one of `'\"*?,`, an `@` at an end or two of them is refused before it is looked up; one with `/` after; one that begins with `.`, ends with `~` or is longer than 255 bytes is 500 once the password is right.",
        source: "3.9.0 recorded; app/base.py:_check_user_format, pathutils.py:path_to_filesystem",
    },
    Rule {
        topic: "file",
        text: "Missing, unreadable, a directory, or not UTF-8: no start.",
        source: "3.9.0 recorded; auth/htpasswd.py:_read_htpasswd",
    },
    Rule {
        topic: "lines",
        text: "LF, CR LF or CR ends a line. Blank lines are left out; a line without colon, with an empty name or an empty field keeps the server from starting, and is skipped with a warning later. Names and fields are not trimmed.",
        source: "3.9.0 recorded; auth/htpasswd.py:_read_htpasswd",
    },
    Rule { topic: "comments", text: "`#` as the first character that is not blank.", source: "3.9.0 recorded" },
    Rule {
        topic: "duplicates",
        text: "A second line of a user keeps the server from starting; later the first counts.",
        source: "3.9.0 recorded",
    },
    Rule { topic: "fields", text: "Everything after the first colon is the field.", source: "3.9.0 recorded" },
    Rule { topic: "line-limit", text: "None.", source: "3.9.0 recorded; auth/htpasswd.py:_read_htpasswd" },
    Rule {
        topic: "schemes",
        text: "`$apr1$` with 8 characters of salt, `$2?$` in 60 characters, `$argon2i/d/id$`, `$5$` and `$6$` with 16 characters of salt. Everything else, `{SHA}` and `$1$` included, is the password itself.",
        source: "3.9.0 recorded; auth/htpasswd.py:_autodetect",
    },
    Rule {
        topic: "schemes",
        text: "A field that looks like bcrypt and is not 60 characters long is 500 where the file has no other bcrypt entry, and the password itself where it has one. Passwords are cut at 72 bytes for bcrypt.",
        source: "3.9.0 recorded; auth/htpasswd.py:_bcrypt",
    },
    Rule {
        topic: "reload",
        text: "The file is read at each login, unless htpasswd_cache is on. Deleted while running: 500.",
        source: "3.9.0 recorded",
    },
    Rule {
        topic: "statuses",
        text: "401 for refused credentials, after about a second; 500 for a header or field that raises an exception; 400, 414 or 431 for a malformed head, without a status line where its version is not understood. A file that is refused keeps it from starting.",
        source: "3.9.0 recorded",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_refused_before_they_are_looked_up() {
        for user in ["@a", "a@", "a@b@c", "a\u{1}", "a'b", "a*", "a\u{200b}"] {
            assert!(unfit(user.as_bytes()).is_some(), "{user:?}");
        }
        for user in ["a@b", "a/b", ".a", " a ", "ü", "\u{a0}"] {
            assert_eq!(unfit(user.as_bytes()), None, "{user:?}");
        }
    }
}
