//! A hash that ends before it should.

use crate::fault::form::State;
use crate::fault::{Fault, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "hash-cut",
        title: "hash cut short",
        text: "The hash ends before it should: a field of a database or a form was too short for it, a write was \
               interrupted, or a shell took a part of it for a variable. What is missing can't be known. Set the \
               password anew: `why401 set FILE USER`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let hash = &sight.hash()[..sight.form.length.min(sight.hash().len())];
    let nothing_behind = sight.hash()[hash.len()..].trim_ascii().is_empty();
    let is_short = match sight.form.state {
        State::Short => true,
        // The setting alone, or not all of it.
        State::Malformed(_) => {
            hash.starts_with(b"$") && nothing_behind && memchr::memchr_iter(b'$', hash).count() < 4 && {
                let last = hash.rsplit(|byte| *byte == b'$').next().unwrap_or(hash);
                last.len() < 22
            }
        }
        _ => false,
    };
    is_short.then(|| sight.fault(ROW.code, sight.hash_at() + hash.len(), 0, "the hash ends before it should"))
}
