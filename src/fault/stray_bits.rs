//! A last character whose stray bits are set.

use crate::basic::base64;
use crate::fault::form::{self, State};
use crate::fault::{Fault, Grade, Row, Sight};
use crate::scheme::{bcrypt, h64};
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
    let value: fn(u8) -> Option<u8> = match sight.form.scheme? {
        "bcrypt" => bcrypt::value,
        "sha1" | "ssha" => base64::value,
        _ => h64::value,
    };
    let there = value(hash[place])?;
    // The bits that no character has which a check would write here.
    let written = (b'+'..=b'z').filter_map(|symbol| {
        hash[place] = symbol;
        let form = form::of(&hash);
        Some((symbol, value(symbol)?)).filter(|_| form.is_whole() && form.length == hash.len())
    });
    let written: Vec<(u8, u8)> = written.collect();
    let used = written.iter().fold(0, |bits, (_, value)| bits | value);
    let (written, _) = written.iter().find(|(_, value)| *value == there & used)?;
    let at = sight.hash_at() + place;
    let fault = sight.fault(ROW.code, at, 1, "a character of the hash carries bits that a check leaves out");
    Some(fault.mended(Grade::Safe, "write it as a check does", vec![sight.splice(at, 1, &[*written])]))
}
