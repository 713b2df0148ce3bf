//! Backslashes or percent escapes in a hash.

use crate::fault::form::{self, is_hash_byte};
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "escaped-hash",
        title: "escaped characters in the hash",
        text: "The hash holds escapes, such as `\\$`, `\\/` or `%24`, from a shell script, JSON or a URL. Servers \
               read them as they stand. `why401 lint --fix FILE` takes them off.",
    },
    find,
    lint: true,
};

/// What stands for one byte, and which.
const ESCAPES: &[(&[u8], &[u8])] = &[
    (b"\\u0024", b"$"),
    (b"\\u002f", b"/"),
    (b"\\u002F", b"/"),
    (b"\\", b""),
    (b"%24", b"$"),
    (b"%2F", b"/"),
    (b"%2f", b"/"),
    (b"&#36;", b"$"),
];

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::Entry || sight.form.is_whole() {
        return None;
    }
    let hash = sight.hash();
    let hash = &hash[..hash.iter().position(|byte| !is_hash_byte(*byte)).unwrap_or(hash.len())];
    let (mut plain, mut splices) = (Vec::with_capacity(hash.len()), Vec::new());
    let (mut at, mut first) = (0, None);
    while at < hash.len() {
        if let Some((escape, bytes)) = ESCAPES.iter().find(|(escape, _)| hash[at..].starts_with(escape)) {
            first.get_or_insert((at, escape.len()));
            splices.push(sight.splice(sight.hash_at() + at, escape.len(), bytes));
            plain.extend_from_slice(bytes);
            at += escape.len();
        } else {
            plain.push(hash[at]);
            at += 1;
        }
    }
    let (at, length) = first?;
    let form = form::of(&plain);
    (form.is_whole() && form.scheme != Some("descrypt")).then(|| {
        let fault =
            sight.fault(ROW.code, sight.hash_at() + at, length, "the hash holds escapes that nothing takes off");
        fault.mended(Grade::Safe, "take them off", splices)
    })
}
