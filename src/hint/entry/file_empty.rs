//! The file holds no entry at all.

use crate::hint::{Finding, Hint, Scene, Strength};
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "file-empty",
        title: "the file holds no entry",
        text: "The file is empty, or holds comments only: a full disk or an interrupted program emptied it, \
               `htpasswd -c` made it anew, or a container mounted an empty one over it. Nobody gets in. Restore a \
               backup, or add the users: `why401 set FILE USER`.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some(survey) = scene.survey.filter(|survey| survey.entries == 0) else { return };
    if scene.decision.reason == codes::USER_NOT_FOUND && !super::is_proved(findings) {
        let message = if survey.bytes == 0 { "the file is empty" } else { "the file holds no entry" };
        findings.push(Finding { fix: Some(scene.set()), ..Finding::new(ROW.code, Strength::Consistent, message) });
    }
}
