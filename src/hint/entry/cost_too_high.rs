//! A hash that takes so long that clients give up.

use crate::fault::Grade;
use crate::hint::{Action, Finding, Fix, Hint, Scene, Strength};
use crate::trace::{Code, Step, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "cost-too-high",
        title: "a hash that takes too long to check",
        text: "The cost of the hash is so high that one login takes seconds of a processor, at every request, since \
               Basic authentication has no session. Clients and proxies give up before the answer, and a few \
               requests at once occupy the server. Set the password at a cost of 10 to 12, and put a cache in front \
               (mod_authn_socache) if many requests come.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if scene.decision.reason != codes::WORK_LIMIT {
        return;
    }
    let seconds = scene.step(|step| match step {
        Step::NotComputed { milliseconds, .. } => milliseconds.map(|time| time / 1000),
        _ => None,
    });
    let message =
        format!("one check of this hash takes about {} s of a processor, at every request", seconds.unwrap_or(0));
    let user = crate::hint::scene::quoted(scene.user());
    let command = format!("why401 set --for {} {} {user}", scene.server.info().name, scene.asked.file);
    let fix = Some(Fix { grade: Grade::Consent, what: Action::Command(command) });
    findings.push(Finding { place: super::place(scene), fix, ..Finding::new(ROW.code, Strength::Consistent, message) });
}
