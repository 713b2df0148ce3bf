//! A hash with a foreign byte, or one that goes on.

use crate::fault::form::State;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "hash-mistyped",
        title: "hash of the wrong length or alphabet",
        text: "The hash holds a character that can't be in it, or more characters than its scheme has. It was \
               mistyped, or damaged on its way. Set the password anew: `why401 set FILE USER`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let at = sight.hash_at();
    match sight.form.state {
        State::Malformed(span) => {
            let hash = sight.form.length;
            let (start, length) = span.map_or((0, hash), |span| {
                (usize::try_from(span.start).unwrap_or(0), usize::try_from(span.len()).unwrap_or(0))
            });
            Some(sight.fault(ROW.code, at + start, length, "the hash is malformed here"))
        }
        State::Whole => {
            let behind = sight.behind();
            let first = *behind.first()?;
            (first.is_ascii_graphic() && first != b':').then(|| {
                let length =
                    behind.iter().position(|byte| !byte.is_ascii_graphic() || *byte == b':').unwrap_or(behind.len());
                let start = at + sight.form.length;
                let fault = sight.fault(ROW.code, start, length, "the hash is longer than its scheme has it");
                fault.mended(Grade::Consent, "cut off the rest", vec![sight.splice(start, length, b"")])
            })
        }
        _ => None,
    }
}
