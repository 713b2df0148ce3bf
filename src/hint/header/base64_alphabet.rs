//! The token is of the other base64 alphabet.

use crate::hint::sent::{decode, token};
use crate::hint::{Finding, Hint, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "base64-alphabet",
        title: "credentials in URL-safe base64",
        text: "The token is of the alphabet for URLs, with `-` and `_` in place of `+` and `/`. Most servers stop \
               reading there. Use standard base64, with its padding.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for line in super::authorizations(scene) {
        let Some(text) = token(line.value).filter(|text| memchr::memchr2(b'-', b'_', text).is_some()) else { continue };
        if let Some(sent) = decode(text) {
            let message = "the token is of the base64 alphabet for URLs";
            super::made_anew(scene, ROW.code, line.at, message, "use standard base64", &sent, findings);
        }
    }
}
