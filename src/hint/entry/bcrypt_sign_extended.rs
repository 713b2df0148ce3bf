//! A bcrypt hash of a password beyond ASCII, made by a library with the sign extension bug, or without it.

use crate::hint::scene::replaced;
use crate::hint::{Finding, Hint, Scene, Strength};
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "bcrypt-sign-extended",
        title: "bcrypt with or without the sign extension bug",
        text: "Before 2011 a widespread bcrypt library read bytes from 0x80 as negative numbers, and hashes of \
               passwords beyond ASCII came out wrong. `$2x$` marks such hashes; those made then carry `$2a$`, and \
               some were relabelled. Under the right label this password matches. Set it anew: `why401 set FILE \
               USER`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some(sent) = scene.sent.filter(|sent| !sent.password.expose().is_ascii()) else { return };
    let Some((stored, at)) = super::hash(scene).filter(|_| scene.decision.reason == codes::PASSWORD_MISMATCH) else {
        return;
    };
    let label = match stored {
        [b'$', b'2', label @ (b'a' | b'b' | b'y' | b'x'), b'$', ..] => *label,
        _ => return,
    };
    if !scene.is_usable() || sent.password.expose().is_empty() {
        return;
    }
    let others: &[u8] = if label == b'x' { b"ya" } else { b"x" };
    for other in others {
        let change = replaced(crate::bytes::Span::at(at.start + 2, 1), vec![*other]);
        if scene.decide(&change).verdict.lets_in() {
            let message = "the password is right for another kind of bcrypt: the library that made the hash read bytes beyond ASCII otherwise";
            let (place, fix) = (super::place(scene), Some(scene.set()));
            findings.push(Finding {
                place,
                fix,
                change: Some(change),
                ..Finding::new(ROW.code, Strength::Proved, message)
            });
            return;
        }
    }
}
