//! Letters that look alike.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-look-alike",
        title: "letters that look alike in the name",
        text: "The name was sent with a letter that looks like another: a Cyrillic or Greek one among Latin ones, a \
               zero for an O, a one for an l. Type the name again on one keyboard layout.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(scene, Likeness::LookAlike, ROW.code, "the name differs in letters that look alike", findings);
}
