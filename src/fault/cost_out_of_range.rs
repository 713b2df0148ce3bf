//! A cost that crypt(3) does not take.

use crate::fault::form::State;
use crate::fault::{Fault, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "cost-out-of-range",
        title: "cost of the hash out of range",
        text: "The cost or the number of rounds in the hash is outside what the hash function takes: bcrypt takes 04 \
               to 31 in two digits (Apache 04 to 17), SHA-crypt 1000 to 999999999 rounds without leading zeros. Such \
               a hash matches no password. Set it anew.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let State::Cost(at) = sight.form.state else { return None };
    let start = usize::try_from(at.start).ok()?;
    let length = usize::try_from(at.len()).ok()?;
    Some(sight.fault(
        ROW.code,
        sight.hash_at() + start,
        length,
        "the cost of the hash is outside what its function takes",
    ))
}
