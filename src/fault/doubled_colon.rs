//! More than one colon between name and hash.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "doubled-colon",
        title: "several colons before the hash",
        text: "Several colons stand between the name and the hash. Apache passes over all of them; nginx reads an \
               empty hash, and on a C library before glibc 2.17 an empty hash lets everybody in. Leave one colon.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let entry = sight.entry.as_ref().filter(|entry| entry.colons.len() > 1 && sight.kind == Kind::Entry)?;
    let at = entry.indent.len() + entry.name.len() + 1;
    let more = entry.colons.len() - 1;
    let fault = sight.fault(ROW.code, at, more, "more than one colon stands between name and hash");
    Some(fault.mended(Grade::Consent, "leave one colon", vec![sight.splice(at, more, b"")]))
}
