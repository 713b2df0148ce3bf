//! A name that no line of a user file can have.

use crate::fault::Grade;
use crate::hint::{Action, Finding, Fix, Hint, Scene, Strength};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-impossible",
        title: "a name that no entry can have",
        text: "The name begins with `#`, or holds a line break or a NUL. A line that begins with `#` is a comment to \
               most servers, and a line break ends the line, so no entry of this name is ever found. Choose another \
               name.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let user = scene.user();
    let what = if user.starts_with(b"#") {
        "the name begins with `#`, and such a line is a comment"
    } else if user.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        "the name holds a line break or a NUL, which no entry's name can"
    } else {
        return;
    };
    if super::is_not_found(scene) {
        let fix = Fix { grade: Grade::Manual, what: Action::Edit("choose another name".to_owned()) };
        findings.push(Finding { fix: Some(fix), ..Finding::new(ROW.code, Strength::Consistent, what) });
    }
}
