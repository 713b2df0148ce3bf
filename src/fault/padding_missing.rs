//! `{SHA}` without the `=` at its end.

use crate::fault::form::{self, State};
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "padding-missing",
        title: "`=` missing at the end of the hash",
        text: "The base64 of a `{SHA}` or `{SSHA}` hash lacks the `=` at its end, which an editor or a parser took \
               off. Servers compare the whole text. `why401 lint --fix FILE` puts it back.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let scheme = sight.form.scheme.filter(|scheme| matches!(*scheme, "sha1" | "ssha"))?;
    if !matches!(sight.form.state, State::Short | State::Spelling(_)) {
        return None;
    }
    let hash = &sight.hash()[..sight.form.length];
    let padding = [&b"="[..], b"=="].into_iter().find(|padding| {
        let form = form::of(&[hash, padding].concat());
        form.is_whole() && form.scheme == Some(scheme)
    })?;
    let end = sight.hash_at() + sight.form.length;
    let fault = sight.fault(ROW.code, end, 0, "the `=` at the end of the hash is missing");
    Some(fault.mended(Grade::Safe, "put it back", vec![sight.splice(end, 0, padding)]))
}
