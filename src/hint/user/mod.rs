//! Causes in the name: the file has it otherwise, or can't have it at all.

pub(super) mod user_blank;
pub(super) mod user_case;
pub(super) mod user_charset;
pub(super) mod user_domain;
pub(super) mod user_encoded;
pub(super) mod user_impossible;
pub(super) mod user_look_alike;
pub(super) mod user_missing;
pub(super) mod user_normal_form;
pub(super) mod user_typo;

use crate::fault::Grade;
use crate::hint::{Action, Change, Finding, Fix, Likeness, Place, Scene, Strength};
use crate::trace::{Code, codes};

/// Names of one likeness that are tried.
const MOST: usize = 3;

/// Whether the server found no line of the user.
pub(super) fn is_not_found(scene: &Scene<'_>) -> bool {
    scene.decision.reason == codes::USER_NOT_FOUND
}

/// The names that are like the sent one in this way, each asked of the server in its place.
fn alike(scene: &Scene<'_>, likeness: Likeness, code: Code, message: &str, findings: &mut Vec<Finding>) {
    let (Some(sent), Some(survey)) = (scene.sent, scene.survey) else { return };
    if !is_not_found(scene) {
        return;
    }
    for similar in survey.similar.iter().filter(|similar| similar.likeness == likeness).take(MOST) {
        let change = Change::Head(sent.with_user(&similar.name));
        let strength = if scene.decide(&change).verdict.lets_in() {
            Strength::Proved
        } else if scene.lets_in_assuming(&change) {
            Strength::Consistent
        } else {
            continue;
        };
        let name = shown(&similar.name);
        let place = survey.line(similar.line).map_or(Place::None, |line| {
            let column = line.entry().map_or(0, |entry| entry.indent.len() as u64);
            let at = crate::bytes::Span::at(line.start + column, similar.name.len());
            Place::File { line: line.number, column: column + 1, at }
        });
        findings.push(Finding {
            names: vec![similar.name.clone()],
            place,
            fix: Some(Fix {
                grade: Grade::Manual,
                what: Action::Edit(format!("send the name as it stands in the file: {name}")),
            }),
            change: Some(change),
            ..Finding::new(code, strength, format!("{message}: line {} has {name}", similar.line))
        });
    }
}

/// A name in backticks, what can't be seen in it made visible.
pub(super) fn shown(name: &[u8]) -> String {
    let text: String = match std::str::from_utf8(name) {
        Ok(text) => text
            .chars()
            .map(|char| if is_seen(char) { char.to_string() } else { char.escape_unicode().to_string() })
            .collect(),
        Err(_) => name.escape_ascii().to_string(),
    };
    format!("`{text}`")
}

fn is_seen(char: char) -> bool {
    !char.is_control()
        && !matches!(char, '\u{A0}' | '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202F}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}
