//! There is no such user, and nothing else explains it.

use crate::hint::{Finding, Hint, Scene, Strength};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-missing",
        title: "no such user in the file",
        text: "No line of the file has this name, in whatever spelling. The user was never added, was removed, or \
               stands in another file than the server reads. `why401 list FILE` shows who is there; `why401 set FILE \
               USER` adds the user.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if super::is_not_found(scene) && findings.is_empty() {
        let message = "no line of the file has this name or one like it";
        findings.push(Finding { fix: Some(scene.set()), ..Finding::new(ROW.code, Strength::Consistent, message) });
    }
}
