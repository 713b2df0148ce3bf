//! Blanks at the end of the line, which only Apache trims.

use crate::fault::sight::is_blank;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "trailing-space",
        title: "blank after the hash",
        text: "A blank, a tab or a second carriage return follows the hash. Apache trims it; nginx, lighttpd and \
               most others compare it as a part of the hash, which then matches no password. Remove it: `why401 lint \
               --fix FILE`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let behind = sight.behind();
    let blank = !behind.is_empty() && behind.iter().all(|byte| is_blank(*byte) || *byte == b'\r');
    blank.then(|| {
        let at = sight.hash_at() + sight.form.length;
        let fault = sight.fault(ROW.code, at, behind.len(), "a blank follows the hash");
        fault.mended(Grade::Safe, "remove the blank", vec![sight.splice(at, behind.len(), b"")])
    })
}
