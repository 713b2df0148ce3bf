//! A line that ends in a backslash, which Apache joins with the next.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "continued-line",
        title: "backslash at the end of a line",
        text: "Apache takes a line that ends in a backslash and the next one for one line, comments too: the next \
               user vanishes, or the hash gets a tail. Other servers know no such thing. Remove the backslash.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if !sight.line.runs_on() {
        return None;
    }
    let text = sight.text;
    let kept = text.iter().rposition(|byte| *byte != b'\\').map_or(0, |last| last + 1);
    let fault = sight.fault(
        ROW.code,
        kept,
        text.len() - kept,
        "the line ends in a backslash, so Apache joins it with the next",
    );
    let grade = if sight.kind == Kind::Comment { Grade::Safe } else { Grade::Consent };
    Some(fault.mended(grade, "remove the backslash", vec![sight.splice(kept, text.len() - kept, b"")]))
}
