//! Percent escapes in the name.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-encoded",
        title: "the name is percent-encoded",
        text: "The name was sent with percent escapes, such as `%40` for `@`. In a URL (`http://user%40host@…`) they \
               are right and the client decodes them; in a header or an option nothing does. Send the plain name.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(scene, Likeness::Encoded, ROW.code, "the name was sent with percent escapes", findings);
}
