//! NUL bytes in a line: what a torn write or a binary file leaves.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "nul-byte",
        title: "NUL byte in the file",
        text: "A line holds NUL bytes, as a crash during a write or a copied block device leaves them. Apache ends \
               the line there, lighttpd the whole file, nginx reads on. Restore a backup; `why401 list` shows which \
               entries are still whole.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let first = memchr::memchr(0, &sight.line.raw)?;
    let splices = memchr::memchr_iter(0, &sight.line.raw).map(|at| sight.splice(at, 1, b"")).collect();
    let fault = sight.fault(ROW.code, first, 1, "a NUL byte stands in the line");
    Some(fault.mended(Grade::Consent, "remove the NUL bytes", splices))
}
