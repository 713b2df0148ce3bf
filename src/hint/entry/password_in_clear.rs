//! The entry holds the typed password itself.

use crate::hint::{Finding, Hint, Scene, Strength};
use crate::scheme;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "password-in-clear",
        title: "the entry is the password itself",
        text: "The entry holds the password as it was typed, not a hash of it, and this server wants a hash. \
               Everybody who can read the file knows the password, so choose another one: `why401 set FILE USER`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let (Some(sent), Some((stored, _))) = (scene.sent, super::hash(scene)) else { return };
    let stored = stored.strip_prefix(b"{PLAIN}").unwrap_or(stored);
    if stored.is_empty() || !scheme::same(stored, sent.password.expose()) {
        return;
    }
    let Some((change, _)) = super::made_anew(scene, stored) else { return };
    if scene.decide(&change).verdict.lets_in() {
        let message = "the entry is the password itself, not a hash of it";
        let (place, fix) = (super::place(scene), Some(scene.set()));
        findings.push(Finding {
            place,
            fix,
            change: Some(change),
            ..Finding::new(ROW.code, Strength::Proved, message)
        });
    }
}
