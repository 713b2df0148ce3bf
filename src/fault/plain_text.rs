//! Text that is no scheme's hash: most often the password itself.

use crate::fault::form::State;
use crate::fault::{Fault, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "plain-text",
        title: "no hash, perhaps the password itself",
        text: "What stands in the entry is no hash of any scheme known here; most often it is the password itself, \
               as `htpasswd -p` stores it on Windows. On Unix no server here takes it. Whoever can read the file can \
               read it: set a password anew, another one.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let is_unknown = sight.kind == Kind::Entry && sight.form.state == State::Unknown;
    is_unknown.then(|| {
        let length = sight.hash().trim_ascii_end().len();
        sight.fault(
            ROW.code,
            sight.hash_at(),
            length,
            "what stands there is no hash; perhaps it is the password itself",
        )
    })
}
