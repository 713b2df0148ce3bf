//! A domain before or behind the name.

use crate::hint::{Finding, Hint, Likeness, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "user-domain",
        title: "a domain before or behind the name",
        text: "The name was sent with a domain (`CORP\\alice`, `alice@example.com`) that the file does not have, or \
               without one that it has. Browsers and password stores add it by themselves. Send the name as it \
               stands in the file.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    super::alike(scene, Likeness::Domain, ROW.code, "the names differ in a domain", findings);
}
