//! A last character whose stray bits are set.

use crate::fault::form::{self, State};
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "stray-bits",
        title: "character with stray bits in the hash",
        text: "The last character of a salt or digest carries fewer bits than it could; the others must be zero. \
               Here they are not, as a mistyped or home-made hash has it. C libraries write the character with zero \
               bits and compare the texts, so the entry matches no password. `why401 lint --fix FILE` writes it as \
               they do.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let State::Spelling(at) = sight.form.state else { return None };
    let place = usize::try_from(at.start).ok().filter(|_| at.len() == 1)?;
    let mut hash = sight.hash()[..sight.form.length].to_vec();
    let written = (b'.'..=b'z').find(|symbol| {
        hash[place] = *symbol;
        form::of(&hash).is_whole() && form::of(&hash).length == hash.len()
    })?;
    let at = sight.hash_at() + place;
    let fault = sight.fault(ROW.code, at, 1, "a character of the hash carries bits that a check leaves out");
    Some(fault.mended(Grade::Safe, "write it as a check does", vec![sight.splice(at, 1, &[written])]))
}
