//! Something after a second colon.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "third-field",
        title: "third field after the hash",
        text: "A second colon and more text follow the hash. Apache and nginx end the hash there; lighttpd, the \
               Docker registry and several libraries take it for a part of the hash, and Traefik drops the whole \
               middleware. Put the text on a comment line.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let behind = sight.behind();
    behind.starts_with(b":").then(|| {
        let at = sight.hash_at() + sight.form.length;
        let fault = sight.fault(ROW.code, at, behind.len(), "a third field follows the hash");
        fault.mended(Grade::Consent, "remove the third field", vec![sight.splice(at, behind.len(), b"")])
    })
}
