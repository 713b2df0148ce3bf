//! `Basic user:password`, not encoded.

use crate::bytes::split_once;
use crate::hint::sent::token;
use crate::hint::{Finding, Hint, Scene};
use crate::secret::Secret;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "header-clear-text",
        title: "credentials not encoded",
        text: "The header holds `user:password` as it is. It must be the base64 of that: `printf %s 'user:password' \
               | base64 -w0`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for line in super::authorizations(scene) {
        let text = token(line.value).unwrap_or(line.value);
        if let Some((user, password)) = split_once(text, b':') {
            let sent = (user.to_vec(), Secret::from(password));
            let message = "the credentials stand in the header as they are, not in base64";
            super::made_anew(scene, ROW.code, line.at, message, "encode `user:password` in base64", &sent, findings);
        }
    }
}
