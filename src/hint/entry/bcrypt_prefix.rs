//! A bcrypt label that this server does not take.

use crate::fault::Grade;
use crate::hint::scene::replaced;
use crate::hint::{Action, Finding, Fix, Hint, Scene};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "bcrypt-prefix",
        title: "a bcrypt label that this server does not take",
        text: "bcrypt hashes begin with `$2a$`, `$2b$` or `$2y$`, by the program that made them, and some servers \
               take only one or two of the labels. The hashes are the same (for passwords under 255 bytes, and apart \
               from rare 8-bit passwords under `$2a$`), so the label can be rewritten: `why401 migrate`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some((stored, at)) = super::hash(scene) else { return };
    let label = match stored {
        [b'$', b'2', label @ (b'a' | b'b' | b'y' | b'x'), b'$', ..] => *label,
        _ => return,
    };
    if scene.is_usable() {
        return;
    }
    for other in [b'y', b'b', b'a'].into_iter().filter(|other| *other != label) {
        let change = replaced(crate::bytes::Span::at(at.start + 2, 1), vec![other]);
        if let Some(strength) = scene.strength(&change) {
            let (old, new) = (char::from(label), char::from(other));
            let message =
                format!("the server does not take the label `$2{old}$` of bcrypt; `$2{new}$` is the same hash");
            let fix = Some(Fix {
                grade: Grade::Consent,
                what: Action::Edit(format!("write `$2{new}$` in place of `$2{old}$`")),
            });
            findings.push(Finding {
                place: super::place(scene),
                fix,
                change: Some(change),
                ..Finding::new(ROW.code, strength, message)
            });
            return;
        }
    }
}
