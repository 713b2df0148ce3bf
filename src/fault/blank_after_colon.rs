//! Blanks between the colon and the hash.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "blank-after-colon",
        title: "blank between colon and hash",
        text: "A blank follows the colon. It belongs to the hash, which then matches no password. Remove it: `why401 \
               lint --fix FILE`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    (sight.pad > 0 && sight.form.is_whole()).then(|| {
        let fault = sight.fault(ROW.code, sight.value_at, sight.pad, "a blank stands between the colon and the hash");
        fault.mended(Grade::Safe, "remove the blank", vec![sight.splice(sight.value_at, sight.pad, b"")])
    })
}
