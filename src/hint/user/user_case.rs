//! The name in other upper and lower case.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-case",
        title: "the name differs in upper and lower case",
        text: "A user of this name is in the file with other upper and lower case. Servers compare names byte for \
               byte. Use the name as it stands in the file, or add an entry for the other spelling.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(scene, Likeness::Case, ROW.code, "the name differs only in upper and lower case", findings);
}
