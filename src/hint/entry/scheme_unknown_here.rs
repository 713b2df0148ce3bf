//! The hash is whole, and this server does not take its kind.

use crate::crypt::any::ANY;
use crate::crypt::{Check, Work};
use crate::fault::Grade;
use crate::fault::form;
use crate::hint::{Action, Finding, Fix, Hint, Scene, Strength, quoted};
use crate::htpasswd::Line;
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
    // What stands around it may be all that is wrong.
    if super::alone(scene).is_some_and(|bare| scene.lets_in_assuming(&bare)) {
        return;
    }
    let why = scene.step(|step| match step {
        Step::Mismatch { why, .. } => Some(*why),
        Step::CheckFailed { .. } => Some("crypt-failed"),
        _ => None,
    });
    let message = match why {
        Some("cost-out-of-range") => format!("the hash is good ({scheme}), and this server does not take its cost"),
        Some("crypt-failed") if scene.server.info().libc.is_some() => {
            format!("the hash is good ({scheme}), and the C library of this server does not know its kind")
        }
        _ if scene.decision.reason == codes::FILE_REJECTED => {
            format!("the hash is good ({scheme}), and this server refuses the whole file for a hash of this kind")
        }
        _ => format!("the hash is good ({scheme}), and this server does not take its kind"),
    };
    let password = sent.password.expose();
    let change = super::made_anew(scene, password).map(|(change, _)| change);
    let name =
        super::deciding(scene).and_then(Line::entry).map_or_else(|| sent.user.clone(), |entry| entry.name.to_vec());
    let is_own = name == sent.user;
    if change.is_none() && (is_own || scene.decision.reason != codes::FILE_REJECTED) {
        return;
    }
    // Of somebody else's hash it is enough that the server takes another.
    let is_right = !is_own || ANY.check(stored, password, &mut Work::limited(LIMIT)).check == Check::Match;
    let lets_in = |change| scene.decide(change).verdict.lets_in();
    let strength =
        if is_right && change.as_ref().is_some_and(lets_in) { Strength::Proved } else { Strength::Consistent };
    let server = scene.server.info().name;
    let command = match &change {
        Some(change) => {
            format!("why401 set --for {} {} {}", scene.takers(change), scene.asked.file, quoted(&name))
        }
        // More lines than this one.
        None => format!("why401 lint --for {server} {}", scene.asked.file),
    };
    let fix = Some(Fix { grade: Grade::Consent, what: Action::Command(command) });
    findings.push(Finding { place: super::place(scene), fix, change, ..Finding::new(ROW.code, strength, message) });
}
