//! Blanks before the name, which only Apache trims.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "leading-blank",
        title: "blank before the name",
        text: "Blanks stand before the user's name. Apache trims them; to nginx, lighttpd and most others they \
               belong to the name, so the user is not found. Remove them.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let entry = sight.entry.as_ref().filter(|entry| sight.kind == Kind::Entry && !entry.indent.is_empty())?;
    let length = entry.indent.len();
    let fault = sight.fault(ROW.code, 0, length, "a blank stands before the name");
    Some(fault.mended(Grade::Consent, "remove it", vec![sight.splice(0, length, b"")]))
}
