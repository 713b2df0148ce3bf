//! The last stretch that all servers share: a found entry is handed to a check, and the steps are recorded.

use crate::basic::Presented;
use crate::basic::line;
use crate::bytes::Span;
use crate::crypt::{Check, Checked, Crypt, Errno, Why, Work};
use crate::scan::Found;
use crate::server::Entry;
use crate::trace::{Cite, Code, Step, Trace, codes};

/// Checks `password` against what was found, pushes the steps, and returns the answer with the entry for the decision.
pub(crate) fn check(
    crypt: &dyn Crypt,
    found: &Found,
    password: &[u8],
    cite: Cite,
    work: &mut Work,
    trace: &mut Trace,
) -> (Check, Entry) {
    let checked = crypt.check(&found.field, password, work);
    record(crypt.name(), checked, found, cite, trace)
}

/// The same for a check that the caller made: pushes the steps, and returns the answer with the entry.
pub(crate) fn record(
    by: &'static str,
    checked: Checked,
    found: &Found,
    cite: Cite,
    trace: &mut Trace,
) -> (Check, Entry) {
    trace.push(Step::Check { by, scheme: checked.scheme }, cite);
    match &checked.check {
        Check::Match => trace.push(Step::Match, cite),
        Check::Mismatch(mismatch) => {
            let at = mismatch.at.map(|at| within(at.shifted(found.at.start), found.at));
            trace.push(Step::Mismatch { why: why_name(mismatch.why), at }, cite);
        }
        Check::Fails(errno) => trace.push(Step::CheckFailed { errno: errno.number }, cite),
        Check::Crashes => trace.push(Step::Crash, cite),
        Check::Undecided(_) => {}
    }
    let entry = Entry { line: found.line, user: found.user, field: found.at, scheme: checked.scheme };
    (checked.check, entry)
}

/// `span` kept inside `bounds`: a field that is several pieces of the file is longer there than its bytes.
fn within(span: Span, bounds: Span) -> Span {
    Span::new(span.start.clamp(bounds.start, bounds.end), span.end.clamp(bounds.start, bounds.end))
}

/// The stable name of a reason, as in traces.
pub(crate) const fn why_name(why: Why) -> &'static str {
    match why {
        Why::Digest => "digest",
        Why::TrailingBytes => "trailing-bytes",
        Why::TooShort => "too-short",
        Why::Spelling => "spelling",
        Why::Empty => "empty",
        Why::UnknownScheme => "unknown-scheme",
        Why::ForbiddenByte => "forbidden-byte",
        Why::CostOutOfRange => "cost-out-of-range",
        Why::Malformed => "malformed",
        Why::PasswordTooLong => "password-too-long",
        Why::Text => "text",
    }
}

/// What a failed open(2) is called, its reason, and its errno.
pub(crate) fn failed(errno: Errno) -> (&'static str, Code, Errno) {
    let (what, reason) = match errno {
        Errno::ENOENT => ("missing", codes::FILE_MISSING),
        Errno::ENOTDIR => ("not-a-directory", codes::FILE_MISSING),
        Errno::EACCES => ("permission-denied", codes::FILE_UNREADABLE),
        Errno::ENXIO => ("socket", codes::FILE_NOT_REGULAR),
        Errno::ELOOP => ("symlink-loop", codes::FILE_UNREADABLE),
        Errno::ENAMETOOLONG => ("name-too-long", codes::FILE_UNREADABLE),
        _ => ("unreadable", codes::FILE_UNREADABLE),
    };
    (what, reason, errno)
}

/// The user that was sent, where one was.
pub(crate) fn user(presented: &Presented) -> Option<&[u8]> {
    match presented {
        Presented::Credentials(credentials) => Some(&credentials.user),
        _ => None,
    }
}

/// The reason where no credentials can be had from a request.
pub(crate) const fn reason(presented: &Presented) -> Code {
    match presented {
        Presented::Credentials(_) => codes::OK,
        Presented::Nothing => codes::NO_CREDENTIALS,
        Presented::WrongScheme => codes::WRONG_SCHEME,
        Presented::Malformed { .. } => codes::MALFORMED_CREDENTIALS,
        Presented::Refused { .. } => codes::BAD_REQUEST,
    }
}

/// Puts the steps of `later` after those of `trace`.
pub(crate) fn append(trace: &mut Trace, later: &Trace) {
    for (step, cite) in later.iter() {
        trace.push(step.clone(), *cite);
    }
}

/// `path` with its valid percent escapes decoded.
pub(crate) fn percent_decoded(path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut at = 0;
    while let Some(byte) = path.get(at) {
        let escaped = (*byte == b'%').then(|| line::escaped(path, at)).flatten();
        decoded.push(escaped.unwrap_or(*byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_escapes_are_decoded_and_others_stay() {
        assert_eq!(percent_decoded(b"/%41b%2Fc%5f%zz%4"), b"/Ab/c_%zz%4");
        assert_eq!(percent_decoded(b"%41%42"), b"AB");
    }
}
