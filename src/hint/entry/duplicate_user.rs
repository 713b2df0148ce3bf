//! The user has several lines, and another than the deciding one has this password.

use crate::fault::Grade;
use crate::hint::{Action, Change, Finding, Fix, Hint, Place, Scene, Strength};
use crate::htpasswd::{Kind, Splice};
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "duplicate-user",
        title: "several lines of one user",
        text: "The user has more than one line. Apache, nginx, lighttpd and most others take the first, whatever it \
               holds; Traefik, the Docker registry and others the last. An entry that was appended and not replaced \
               is never looked at. Keep the line that is right and remove the others.",
    },
    find,
};

/// Lines of a user that are tried.
const MOST: usize = 8;

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    if !scene.refused_for(&[codes::PASSWORD_MISMATCH, codes::CRYPT_FAILED]) {
        return;
    }
    let (Some(survey), Some(decided)) = (scene.survey, &scene.decision.entry) else { return };
    let lines: Vec<_> = survey.lines_of(scene.user()).filter(|line| line.kind() == Kind::Entry).take(MOST).collect();
    let Some(deciding) = lines.iter().find(|line| line.number == decided.line) else { return };
    for line in lines.iter().filter(|line| line.number != decided.line) {
        let others = lines.iter().filter(|other| other.number != line.number);
        let change = Change::splices(others.map(|other| Splice { span: other.span(), bytes: Vec::new() }).collect());
        if !scene.decide(&change).verdict.lets_in() {
            continue;
        }
        let message = format!(
            "the user has {} lines, and line {} has this password, but line {} decides",
            lines.len(),
            line.number,
            decided.line
        );
        let edit = format!("keep line {} and remove the other lines of the user", line.number);
        let fix = Some(Fix { grade: Grade::Consent, what: Action::Edit(edit) });
        let place = Place::File { line: decided.line, column: 1, at: deciding.span() };
        findings.push(Finding {
            place,
            fix,
            change: Some(change),
            ..Finding::new(ROW.code, Strength::Proved, message)
        });
        return;
    }
}
