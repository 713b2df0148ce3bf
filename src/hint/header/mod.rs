//! Causes in the request head: no credentials in it, or credentials in a form that the server does not read.

pub(super) mod base64_alphabet;
pub(super) mod base64_twice;
pub(super) mod base64_wrapped;
pub(super) mod colon_in_user;
pub(super) mod header_clear_text;
pub(super) mod header_no_colon;
pub(super) mod header_quoted;
pub(super) mod header_spelling;
pub(super) mod no_header;
pub(super) mod other_scheme;
pub(super) mod proxy_authorization;
pub(super) mod two_authorizations;

use crate::basic::head;
use crate::bytes::Span;
use crate::fault::Grade;
use crate::hint::sent::{Field, fields};
use crate::hint::{Action, Change, Finding, Fix, Place, Scene, Strength};
use crate::secret::Secret;
use crate::trace::{Code, codes};

/// The values of the head's `Authorization` lines.
fn authorizations<'a>(scene: &Scene<'a>) -> Vec<Field<'a>> {
    let fields = fields(scene.inputs.head).into_iter();
    fields.filter(|field| field.name.eq_ignore_ascii_case(b"authorization")).collect()
}

/// Whether the head, and not the file, made the server refuse.
fn is_about_head(scene: &Scene<'_>) -> bool {
    let reasons = [codes::NO_CREDENTIALS, codes::WRONG_SCHEME, codes::MALFORMED_CREDENTIALS, codes::BAD_REQUEST];
    reasons.contains(&scene.decision.reason)
}

/// Asks the server about `user` and `password` in a head as it should be, and says what that showed. Credentials that a
/// generous reading found and that the server refuses as well prove nothing and are not told.
fn made_anew(
    scene: &Scene<'_>,
    code: Code,
    at: Span,
    message: &str,
    edit: &str,
    (user, password): &(Vec<u8>, Secret),
    findings: &mut Vec<Finding>,
) {
    let change = Change::Head(head::with_user_pass(user, password));
    let strength = if scene.decide(&change).verdict.lets_in() {
        Strength::Proved
    } else if is_about_head(scene) && scene.lets_in_assuming(&change) {
        Strength::Consistent
    } else {
        return;
    };
    let fix = Some(Fix { grade: Grade::Manual, what: Action::Edit(edit.to_owned()) });
    let change = Some(change);
    findings.push(Finding { place: Place::Head(at), fix, change, ..Finding::new(code, strength, message) });
}
