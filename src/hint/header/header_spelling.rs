//! The credentials are right and the header around them is not.

use crate::hint::{Finding, Hint, Scene};
use crate::secret::Secret;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "header-spelling",
        title: "the header is spelled otherwise than the server takes it",
        text: "The credentials in the header are right, and the server does not get to see them: a tab in place of \
               the blank after `Basic`, several blanks, a missing blank, a missing padding, a control byte, or a \
               fault elsewhere in the request head. Send exactly `Authorization: Basic TOKEN`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some(sent) = scene.sent.filter(|_| super::is_about_head(scene) && findings.is_empty()) else { return };
    let credentials = (sent.user.clone(), Secret::from(sent.password.expose()));
    let message = "the credentials are right, and the header or the request around them is not as the server wants it";
    super::made_anew(
        scene,
        ROW.code,
        sent.at,
        message,
        "send exactly `Authorization: Basic TOKEN`",
        &credentials,
        findings,
    );
}
