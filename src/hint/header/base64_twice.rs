//! The token is encoded twice.

use crate::basic::base64;
use crate::hint::sent::{decode, token};
use crate::hint::{Finding, Hint, Scene};
use crate::secret::Secret;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "base64-twice",
        title: "credentials encoded twice",
        text: "What the header holds is the base64 of base64: a program was given credentials that were encoded \
               already, as a Kubernetes secret or a CI variable has them. Give it `user:password`, or the header as \
               it is.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for line in super::authorizations(scene) {
        let Some(outer) = token(line.value) else { continue };
        let inner = Secret::from(base64::unpack(&outer[..base64::symbols(outer)]));
        let text = inner.expose().trim_ascii();
        let text = token(text).unwrap_or(text);
        // What has a colon is credentials already.
        if memchr::memchr(b':', text).is_none()
            && let Some(sent) = decode(text)
        {
            let message = "the credentials are encoded in base64 twice";
            super::made_anew(scene, ROW.code, line.at, message, "encode them once", &sent, findings);
        }
    }
}
