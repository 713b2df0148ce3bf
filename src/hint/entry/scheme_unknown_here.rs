//! The hash is whole, and this server does not take its kind.

use crate::crypt::any::ANY;
use crate::crypt::{Check, Crypt, Work};
use crate::fault::Grade;
use crate::fault::form;
use crate::hint::{Action, Finding, Fix, Hint, Scene, Strength};
use crate::trace::{Code, Step, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "scheme-unknown-here",
        title: "a hash that this server does not take",
        text: "The hash in the entry is a good one, and this server does not know its scheme or does not take its \
               cost: `{SSHA}` is nginx's alone, argon2 is known to few, the Docker registry takes only bcrypt, Envoy \
               only `{SHA}`, and what crypt(3) knows depends on the C library. nginx answers 500 where crypt(3) \
               returns an error. Set the password under a scheme that the server takes: `why401 set --for SERVER \
               FILE USER`, or `why401 migrate` for the whole file.",
    },
    find,
};

/// Estimated seconds that checking the password apart from the server may take.
const LIMIT: f64 = 2.0;

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let reasons = [codes::PASSWORD_MISMATCH, codes::CRYPT_FAILED, codes::SERVER_CRASHES, codes::FILE_REJECTED];
    if !reasons.contains(&scene.decision.reason) || scene.is_usable() || super::is_proved(findings) {
        return;
    }
    let (Some(sent), Some((stored, _))) = (scene.sent, super::hash(scene)) else { return };
    let form = form::of(stored);
    let Some(scheme) = form.scheme.filter(|_| form.is_whole() && form.length == stored.len()) else { return };
    let why = scene.step(|step| match step {
        Step::Mismatch { why, .. } => Some(*why),
        Step::CheckFailed { .. } => Some("crypt-failed"),
        _ => None,
    });
    let message = match why {
        Some("cost-out-of-range") => format!("the hash is good ({scheme}), and this server does not take its cost"),
        Some("crypt-failed") => {
            format!("the hash is good ({scheme}), and the C library of this server does not know its kind")
        }
        _ => format!("the hash is good ({scheme}), and this server does not take its kind"),
    };
    let password = sent.password.expose();
    let Some((change, _)) = super::made_anew(scene, password) else { return };
    let is_right = ANY.check(stored, password, &mut Work::limited(LIMIT)).check == Check::Match;
    let strength =
        if is_right && scene.decide(&change).verdict.lets_in() { Strength::Proved } else { Strength::Consistent };
    let user = crate::hint::scene::quoted(scene.user());
    let command = format!("why401 set --for {} {} {user}", scene.server.info().name, scene.asked.file);
    let fix = Some(Fix { grade: Grade::Consent, what: Action::Command(command) });
    findings.push(Finding {
        place: super::place(scene),
        fix,
        change: Some(change),
        ..Finding::new(ROW.code, strength, message)
    });
}
