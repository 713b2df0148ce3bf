//! The password of a backup of the file.

use crate::fault::Grade;
use crate::hint::change::whole;
use crate::hint::{Action, Change, Finding, Fix, Hint, Scene, Strength};
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "backup-entry",
        title: "the password of an older copy of the file",
        text: "With a backup that lies beside the file (`.htpasswd~`, `.bak`, `.dpkg-old`, `.rpmsave`) the server \
               lets the user in: the password is an earlier one, or the entry was lost since. It is looked for only \
               with `--compare-backups`. Copy the user's line from the backup if the old password is to count again.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for (name, file) in scene.asked.backups {
        let Some(change) = whole(*file).map(Change::Whole) else { continue };
        if scene.decide(&change).verdict.lets_in() {
            let message = format!("with the older copy {name} the server lets the user in");
            let edit = format!("copy the user's line from {name}, if that password is to count");
            let fix = Some(Fix { grade: Grade::Manual, what: Action::Edit(edit) });
            findings.push(Finding { fix, change: Some(change), ..Finding::new(ROW.code, Strength::Proved, message) });
        }
    }
}
