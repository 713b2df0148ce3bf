//! A captured request whose password is simply another: what a client has stored may be old.

use crate::fault::Grade;
use crate::hint::{Action, Finding, Fix, Hint, Place, Scene, Strength};
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "stale-credentials",
        title: "the client may send an old password",
        text: "The request was captured, its user is in the file, and its password is not the one stored. If the \
               person types the right one, the client sends another that it has stored: a browser (until it is \
               closed), a password manager, `~/.netrc`, git's credential helper (`git credential reject`), a \
               keyring, a cookie of a proxy. Delete it there.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let captured = scene.asked.user.is_none();
    if captured && scene.decision.reason == codes::PASSWORD_MISMATCH && scene.is_usable() && findings.is_empty() {
        let message = "the password in the request is another than the one stored; the client may have kept an old one";
        let fix = Some(Fix {
            grade: Grade::Manual,
            what: Action::Edit("delete the stored password in the client".to_owned()),
        });
        let place = scene.sent.map_or(Place::None, |sent| Place::Head(sent.at));
        findings.push(Finding { place, fix, ..Finding::new(ROW.code, Strength::Unchecked, message) });
    }
}
