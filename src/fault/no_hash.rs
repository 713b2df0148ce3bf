//! Nothing after the colon.

use crate::fault::form::State;
use crate::fault::{Fault, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "no-hash",
        title: "no hash after the name",
        text: "Nothing stands after the colon. Most servers refuse everybody with this name; nginx on a C library \
               before glibc 2.17 lets everybody in. A shell may have taken `$apr1$…` for a variable when the line \
               was written. Set a password: `why401 set FILE USER`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let is_empty = sight.kind == Kind::Entry && sight.pad == sight.value.len() && sight.form.state == State::Empty;
    is_empty.then(|| sight.fault(ROW.code, sight.value_at, sight.value.len(), "no hash stands after the colon"))
}
