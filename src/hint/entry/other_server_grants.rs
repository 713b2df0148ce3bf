//! Another server lets the user in with the same request and file.

use crate::hint::{Answer, Finding, Hint, Scene, Strength};
use crate::trace::{Code, Step};

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "other-server-grants",
        title: "another server lets the user in",
        text: "With the same file and the same request another server lets the user in, so the password is right and \
               the two servers read the file or the header differently. The hint says which server and in what it \
               differs. Change the file so that both agree: the other hints say how.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let granting: Vec<&Answer> =
        scene.asked.answers.iter().filter(|(_, decision)| decision.verdict.lets_in()).collect();
    let Some(first) = granting.first() else { return };
    let names: Vec<&str> = granting.iter().map(|(server, _)| server.info().name).collect();
    let names = match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => return,
    };
    let verb = if granting.len() == 1 { "lets" } else { "let" };
    let difference = difference(scene, first).map_or_else(String::new, |what| format!(": {what}"));
    let message = format!("{names} {verb} the user in with the same request{difference}");
    findings.push(Finding::new(ROW.code, Strength::Consistent, message));
}

/// What the other server does otherwise, as far as the two traces tell.
fn difference(scene: &Scene<'_>, (_, other): &Answer) -> Option<String> {
    let (own, others) = (&scene.decision.entry, &other.entry);
    if let (Some(own), Some(others)) = (own, others)
        && own.line != others.line
    {
        return Some(format!("of several lines it takes line {}", others.line));
    }
    if own.is_none() && others.is_some() {
        return Some(match others.as_ref().zip(scene.survey) {
            Some((entry, survey))
                if survey.faults.iter().any(|fault| fault.line == entry.line && fault.code.name == "leading-blank") =>
            {
                "it trims the blank before the name".to_owned()
            }
            _ => "it finds the user's line".to_owned(),
        });
    }
    let cut = other.trace.iter().find_map(|(step, _)| match step {
        Step::FieldCut { why, .. } => Some(*why),
        _ => None,
    });
    let mismatch = scene.step(|step| match step {
        Step::Mismatch { why, .. } => Some(*why),
        Step::CheckFailed { .. } => Some("unknown-scheme"),
        _ => None,
    });
    Some(match (cut, mismatch) {
        (Some("blanks"), _) => "it trims the blanks at the end of the line".to_owned(),
        (Some("third-field"), _) => "it ends the hash at the second colon".to_owned(),
        (Some("nul"), _) => "it stops at the NUL".to_owned(),
        (_, Some("unknown-scheme")) => "it knows this kind of hash".to_owned(),
        (_, Some("cost-out-of-range")) => "it takes this cost".to_owned(),
        (_, Some("trailing-bytes")) => "it passes over what follows the hash".to_owned(),
        (_, Some("spelling" | "malformed" | "too-short")) => "it does not mind how the hash is written".to_owned(),
        _ => return None,
    })
}
