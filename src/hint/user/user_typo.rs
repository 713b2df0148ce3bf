//! Few letters differ.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-typo",
        title: "a name that differs in few letters",
        text: "There is no user of this name, and one whose name differs in a letter or two. It may be a typing \
               error, or somebody else.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(scene, Likeness::Typo, ROW.code, "a name in the file differs in a letter or two", findings);
}
