//! The file ends in the middle of an entry.

use crate::fault::Grade;
use crate::fault::Sight;
use crate::fault::form::State;
use crate::hint::{Action, Finding, Fix, Hint, Place, Scene, Strength};
use crate::htpasswd::Kind;
use crate::trace::{Code, codes};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "file-truncated",
        title: "the file ends in the middle of an entry",
        text: "The last line has no line feed, and its entry is not whole: a write was interrupted (a full disk, a \
               crash, two programs at once), and what came after it is lost. The user may have been among it. \
               Compare with a backup.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some(last) = scene.survey.and_then(|survey| survey.last.as_ref()) else { return };
    let sight = Sight::of(last);
    let is_cut = match sight.kind {
        Kind::Entry => matches!(sight.form.state, State::Short | State::Empty | State::Malformed(_)),
        Kind::NoColon => true,
        Kind::Blank | Kind::Comment => false,
    };
    if is_cut && scene.decision.reason == codes::USER_NOT_FOUND && !super::is_proved(findings) {
        let message =
            format!("the file ends in the middle of an entry (line {}); this user's may be lost", last.number);
        let length = last.raw.len() as u64;
        let at = crate::bytes::Span::at(last.start + length, 0);
        let place = Place::File { line: last.number, column: length + 1, at };
        let fix = Fix { grade: Grade::Manual, what: Action::Edit("restore the file from a backup".to_owned()) };
        findings.push(Finding { place, fix: Some(fix), ..Finding::new(ROW.code, Strength::Consistent, message) });
    }
}
