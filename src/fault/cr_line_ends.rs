//! Carriage returns alone between lines, as old Macs wrote them.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "cr-line-ends",
        title: "line ends of carriage returns alone",
        text: "A carriage return without a line feed does not end a line: to most servers the lines it separates are \
               one, so that only the first user of them, or none, is found. `why401 lint --fix-unsafe FILE` puts \
               line feeds in their place. Look at it first: users come to light that no server saw.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let text = sight.text;
    let last = text.iter().rposition(|byte| *byte != b'\r')?;
    let ends: Vec<usize> = memchr::memchr_iter(b'\r', &text[..last]).collect();
    // A line on its other side, and not a stray byte in a hash or a name.
    let first = *ends.first()?;
    memchr::memchr(b':', &text[first..])?;
    let mut splices: Vec<_> = ends.iter().map(|at| sight.splice(*at, 1, b"\n")).collect();
    if sight.line.end() == b"\r" {
        splices.push(sight.splice(text.len(), 1, b"\n"));
    }
    let fault =
        sight.fault(ROW.code, first, 1, "a carriage return alone stands between two lines, which makes them one");
    Some(fault.mended(Grade::Consent, "put a line feed in place of each carriage return", splices))
}
