//! A line longer than a server reads.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "line-too-long",
        title: "line longer than servers read",
        text: "lighttpd does not see a line of more than 1024 bytes, Apache ends its search at a line of more than \
               8190 bytes, so that every later user is not found, and Apache's own `htpasswd` gives up at 255. \
               Shorten the line, or remove it if it is a comment.",
    },
    find,
    lint: true,
};

/// What lighttpd reads of a line.
const LONGEST: usize = 1024;

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let text = sight.text;
    (text.len() > LONGEST).then(|| {
        let fault = sight.fault(ROW.code, LONGEST, text.len() - LONGEST, format!("the line has {} bytes", text.len()));
        let behind = sight.behind().len();
        if text.len() - behind <= LONGEST && behind > 0 {
            let cut = sight.splice(text.len() - behind, behind, b"");
            fault.mended(Grade::Consent, "cut off what follows the hash", vec![cut])
        } else {
            fault.mended(Grade::Manual, "shorten or remove the line", vec![sight.splice(0, sight.line.raw.len(), b"")])
        }
    })
}
