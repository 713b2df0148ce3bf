//! Marks of a locked account.

use crate::fault::form;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd;
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "locked-entry",
        title: "the entry is locked",
        text: "The line begins with `# why401 lock`: `why401 lock` made it a comment, and `why401 unlock` makes it an \
               entry again. Or a `!` or `*` stands before the hash, or a mark such as `x` or `*LK*` in its place: \
               somebody locked the account, or it was copied from /etc/passwd. `*0` is what crypt(3) returns where it \
               fails, and some tools store it. Unlock the entry, or set a new password, if the user is to get in.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if htpasswd::is_locked(sight.line) {
        return Some(sight.fault(ROW.code, 0, htpasswd::lock::MARK.len(), "the entry is locked, by `why401 lock`"));
    }
    let hash = sight.hash().trim_ascii_end();
    if sight.kind != Kind::Entry || hash.is_empty() {
        return None;
    }
    let marks = hash.iter().take_while(|byte| matches!(byte, b'!' | b'*')).count();
    if matches!(hash, b"x" | b"-" | b"NP" | b"*LK*" | b"*NP*" | b"*0" | b"*1") || marks == hash.len() {
        return Some(sight.fault(
            ROW.code,
            sight.hash_at(),
            hash.len(),
            "a mark stands in place of the hash: the entry is locked",
        ));
    }
    if marks == 0 || !form::of(&hash[marks..]).is_whole() {
        return None;
    }
    let fault = sight.fault(ROW.code, sight.hash_at(), marks, "a mark before the hash locks the entry");
    Some(fault.mended(
        Grade::Manual,
        "remove the mark, if the user is to get in",
        vec![sight.splice(sight.hash_at(), marks, b"")],
    ))
}
