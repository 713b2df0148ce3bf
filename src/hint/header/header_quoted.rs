//! Quotes around the header's token.

use crate::bytes::trim;
use crate::hint::sent::{decode, token};
use crate::hint::{Finding, Hint, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "header-quoted",
        title: "quotes in the header",
        text: "Quotes or brackets stand around the credentials in the header, from a configuration file or a script \
               that passed them on. They are not base64, and servers read nothing or not all. Remove them.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    const QUOTES: &[u8] = b"\"'`<>{}[]";
    for line in super::authorizations(scene) {
        let outside = trim(line.value, QUOTES);
        let Some(inside) = token(outside) else { continue };
        let bare = trim(inside, QUOTES);
        if (outside.len() < line.value.len() || bare.len() < inside.len())
            && let Some(sent) = decode(bare)
        {
            let message = "quotes or brackets stand around the credentials in the header";
            super::made_anew(scene, ROW.code, line.at, message, "remove them", &sent, findings);
        }
    }
}
