//! `$$` for `$`, as a compose file wants it and a user file does not.

use crate::fault::form;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "dollar-doubled",
        title: "doubled dollar signs in the hash",
        text: "The hash has `$$` where `$` should be. A docker-compose file needs the doubling in its labels; a user \
               file must not have it. `why401 lint --fix FILE` halves them.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let hash = sight.hash();
    if sight.form.is_whole() || !hash.starts_with(b"$$") {
        return None;
    }
    let mut halved = Vec::with_capacity(hash.len());
    let mut pairs = Vec::new();
    let mut at = 0;
    while let Some(byte) = hash.get(at) {
        halved.push(*byte);
        if hash[at..].starts_with(b"$$") {
            pairs.push(at);
            at += 1;
        }
        at += 1;
    }
    form::of(&halved).is_whole().then(|| {
        let fault = sight.fault(ROW.code, sight.hash_at(), 2, "the dollar signs of the hash are doubled");
        let splices = pairs.iter().map(|at| sight.splice(sight.hash_at() + at, 1, b"")).collect();
        fault.mended(Grade::Safe, "halve them", splices)
    })
}
