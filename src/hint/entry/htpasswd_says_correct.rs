//! `htpasswd -v` calls the password correct while the server refuses it: people check with it.
//!
//! Behaviour of httpd 2.4.71 `support/htpasswd.c:main`: 255 bytes of a line at a time, blanks before the name passed over, a
//! line without colon ends it, a NUL ends a line, every line of the user must match, the hash ends at CR or LF.

use std::io::Read as _;

use crate::crypt::apr::Apr;
use crate::crypt::{Check, Crypt, Work, libxcrypt};
use crate::hint::{Finding, Hint, Scene, Strength};
use crate::server::Opened;
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "htpasswd-says-correct",
        title: "`htpasswd -v` calls the password correct",
        text: "Apache's `htpasswd -v` reads the file in a way of its own, which is neither Apache's nor any other \
               server's: it passes over blanks before a name, knows no continued lines and no limits. Here it says \
               that the password is correct while the server refuses it. Do not take it for the server's answer.",
    },
    find,
};

/// Bytes of a line that are read at once.
const BUFFER: usize = 255;
/// Longest password.
const PASSWORD: usize = 255;
/// Estimated seconds that the check may take.
const LIMIT: f64 = 2.0;
/// Bytes of the file that are looked at.
const LARGEST: u64 = 64 << 20;

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if !scene.refused_for(&[codes::PASSWORD_MISMATCH, codes::USER_NOT_FOUND, codes::CRYPT_FAILED]) {
        return;
    }
    let Some(sent) = scene.sent else { return };
    if says_correct(scene, &sent.user, sent.password.expose()).unwrap_or(false) {
        let message = "`htpasswd -v` says that this password is correct; it does not check as this server does";
        findings.push(Finding::new(ROW.code, Strength::Consistent, message));
    }
}

fn says_correct(scene: &Scene<'_>, user: &[u8], password: &[u8]) -> Option<bool> {
    // A name with a colon is refused, and so is a password that does not fit.
    if memchr::memchr2(b':', 0, user).is_some()
        || password.len() > PASSWORD
        || memchr::memchr3(0, b'\n', b'\r', password).is_some()
    {
        return None;
    }
    let Opened::Bytes(reader) = scene.inputs.file.open() else { return None };
    let mut file = Vec::new();
    reader.take(LARGEST).read_to_end(&mut file).ok()?;
    let apr = Apr { libc: &libxcrypt::V4_4_33 };
    let mut work = Work::limited(LIMIT);
    let mut found = false;
    for line in file.split_inclusive(|byte| *byte == b'\n').flat_map(|line| line.chunks(BUFFER)) {
        // A string of C ends at its NUL.
        let line = &line[..memchr::memchr(0, line).unwrap_or(line.len())];
        let line = line.trim_ascii_start();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        let (name, hash) = crate::bytes::split_once(line, b':')?;
        if name != user {
            continue;
        }
        let hash = &hash[..memchr::memchr2(b'\r', b'\n', hash).unwrap_or(hash.len())];
        if hash.is_empty() || apr.check(hash, password, &mut work).check != Check::Match {
            return Some(false);
        }
        found = true;
    }
    Some(found)
}
