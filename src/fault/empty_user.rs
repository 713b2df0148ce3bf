//! An entry without a name.

use crate::fault::{Fault, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "empty-user",
        title: "entry without a name",
        text: "The line begins with its colon, so it is the entry of a user whose name is empty. Somebody who sends \
               an empty name and the right password gets in. Remove the line if that is not meant.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let entry = sight.entry.as_ref().filter(|entry| sight.kind == Kind::Entry && entry.name.is_empty())?;
    Some(sight.fault(ROW.code, entry.indent.len(), 1, "no name stands before the colon"))
}
