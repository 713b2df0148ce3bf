//! Blanks or invisible characters in the sent name.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-blank",
        title: "a blank or an invisible character in the sent name",
        text: "The name was sent with a blank at its end, or with a character that nobody sees (a zero-width space, \
               a no-break space), as copying from a web page or a chat brings them. Type the name by hand.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    // A blank in the file's name is a fault of the file.
    let longer = |finding: &Finding| finding.names.iter().all(|name| name.len() < scene.user().len());
    let mut found = Vec::new();
    super::alike(
        scene,
        Likeness::Blank,
        ROW.code,
        "the name was sent with a blank or an invisible character",
        &mut found,
    );
    findings.extend(found.into_iter().filter(longer));
}
