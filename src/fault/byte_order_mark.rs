//! The file begins with a byte order mark, which belongs to the first name.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "byte-order-mark",
        title: "byte order mark at the start of the file",
        text: "The file begins with the bytes EF BB BF, which some editors write in front of UTF-8. To the server \
               they belong to the first line, so the first user is not found and all others are. Remove them: \
               `why401 lint --fix FILE`. (A client that sends the mark as part of the name would get in; nobody \
               does.)",
    },
    find,
    lint: true,
};

pub(super) const MARK: &[u8] = b"\xEF\xBB\xBF";

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let here = sight.line.number == 1 && sight.line.raw.starts_with(MARK);
    here.then(|| {
        let fault =
            sight.fault(ROW.code, 0, MARK.len(), "a byte order mark stands before the first name and belongs to it");
        fault.mended(Grade::Safe, "remove the byte order mark", vec![sight.splice(0, MARK.len(), b"")])
    })
}
