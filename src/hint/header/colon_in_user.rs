//! A colon in the name: the server ends the name there.

use crate::hint::{Finding, Hint, Scene};
use crate::secret::Secret;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "colon-in-user",
        title: "a colon before the one after the name",
        text: "The name that the client was given has a colon in it, or a prefix such as `realm:`. In the header the \
               name ends at the first colon, and in the file too: a name can't hold one. Send the bare name.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some(sent) = scene.sent.filter(|_| super::super::user::is_not_found(scene)) else { return };
    let password = sent.password.expose();
    let Some(at) = memchr::memchr(b':', password).filter(|at| *at > 0) else { return };
    let credentials = (password[..at].to_vec(), Secret::from(&password[at + 1..]));
    let message = "the credentials hold a colon before the one that ends the name";
    super::made_anew(scene, ROW.code, sent.at, message, "send the bare name", &credentials, findings);
}
