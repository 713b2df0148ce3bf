//! The last line has no line feed.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "no-final-newline",
        title: "no line feed at the end of the file",
        text: "The last line has no line feed. Servers read it all the same, but the next program that appends an \
               entry, Apache's `htpasswd` among them, glues it to this line and breaks both. `why401 lint --fix \
               FILE` adds it.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let raw: &[u8] = &sight.line.raw;
    // Carriage returns alone are a fault of their own, the last one with the others.
    let is_of_cr = raw.ends_with(b"\r") && memchr::memchr(b'\r', sight.text).is_some();
    (!raw.is_empty() && !raw.ends_with(b"\n") && !is_of_cr).then(|| {
        let fault = sight.fault(ROW.code, raw.len(), 0, "the last line has no line feed");
        // With a line feed after it a carriage return becomes a part of the line end.
        let grade = if raw.ends_with(b"\r") { Grade::Consent } else { Grade::Safe };
        fault.mended(grade, "add a line feed", vec![sight.splice(raw.len(), 0, b"\n")])
    })
}
