//! The same characters, composed otherwise.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-normal-form",
        title: "the name in another Unicode normal form",
        text: "The name looks the same and is made of other characters: a letter with its accent in one piece (as \
               Windows and Linux send it) or in two (as some macOS programs do), or a full-width form. Servers \
               compare bytes. Store the composed form (NFC), which RFC 7617 asks clients to send.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(
        scene,
        Likeness::NormalForm,
        ROW.code,
        "the name is the same in another normal form of Unicode",
        findings,
    );
}
