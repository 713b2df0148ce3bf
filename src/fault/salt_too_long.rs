//! Salt or parameters in other characters than a check writes.

use crate::fault::form::State;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::scheme;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "salt-too-long",
        title: "salt or parameters that a check writes otherwise",
        text: "The salt is longer than its scheme takes, or its parameters are written in another way than a check \
               writes them. C libraries make the whole text anew and compare it, so the entry matches no password \
               although its digest is right. Set it anew; where the digest was made with the cut salt, cutting it \
               mends the entry.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let State::Spelling(at) = sight.form.state else { return None };
    let (start, length) = (usize::try_from(at.start).ok()?, usize::try_from(at.len()).ok()?);
    let hash = &sight.hash()[..sight.form.length];
    let cut = [&hash[..start], &hash[start + length..]].concat();
    if !super::form::of(&cut).is_whole() || scheme::identify(&cut).is_none() {
        return None;
    }
    let at = sight.hash_at() + start;
    let fault = sight.fault(ROW.code, at, length, "the salt is longer than its scheme takes");
    Some(fault.mended(Grade::Consent, "cut the salt", vec![sight.splice(at, length, b"")]))
}
