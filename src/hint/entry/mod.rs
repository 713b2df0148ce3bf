//! Causes in the entry and the file as a whole that are no fault of a single line.

pub(super) mod backup_entry;
pub(super) mod bcrypt_prefix;
pub(super) mod bcrypt_sign_extended;
pub(super) mod cost_too_high;
pub(super) mod digest_of_password;
pub(super) mod duplicate_user;
pub(super) mod file_empty;
pub(super) mod file_truncated;
pub(super) mod htpasswd_says_correct;
pub(super) mod other_server_grants;
pub(super) mod password_in_clear;
pub(super) mod scheme_unknown_here;
pub(super) mod stale_credentials;

use crate::bytes::Span;
use crate::fault::Sight;
use crate::hint::scene::replaced;
use crate::hint::{Change, Finding, Place, Scene};
use crate::htpasswd::Line;
use crate::scheme::{self, Making, Scheme};
use crate::trace::Step;

/// The line of the entry that decided, or for which the server refuses the file.
fn deciding<'a>(scene: &Scene<'a>) -> Option<&'a Line<'static>> {
    let rejected = || {
        scene.step(|step| match step {
            Step::FileRejected { line, .. } => Some(*line),
            _ => None,
        })
    };
    scene.survey?.line(scene.decision.entry.as_ref().map(|entry| entry.line).or_else(rejected)?)
}

/// The hash of the entry that decided, without what stands around it, and its place in the file; `None` for a password that its
/// server compares as it is.
pub(super) fn hash<'a>(scene: &Scene<'a>) -> Option<(&'a [u8], Span)> {
    let line = deciding(scene).filter(|line| !scene.inputs.file.is_in_clear(line.number))?;
    let sight = Sight::of(line);
    let length = if sight.form.is_whole() { sight.form.length } else { sight.hash().trim_ascii_end().len() };
    (!sight.value.is_empty()).then(|| (&sight.hash()[..length], sight.span(sight.hash_at(), length)))
}

/// The line that decided with its name and hash only.
fn alone(scene: &Scene<'_>) -> Option<Change> {
    let (stored, _) = hash(scene)?;
    let sight = Sight::of(deciding(scene)?);
    Some(replaced(sight.span(sight.value_at, sight.value.len()), stored.to_vec()))
}

/// The same entry with another hash of `password`, of a scheme that this server takes and that is quick to make.
pub(super) fn made_anew(scene: &Scene<'_>, password: &[u8]) -> Option<(Change, &'static Scheme)> {
    let sight = Sight::of(deciding(scene)?);
    let value = sight.span(sight.value_at, sight.value.len());
    let mut for_this = None;
    for name in ["sha1", "apr1", "bcrypt", "md5crypt", "sha512crypt"] {
        let Some(scheme) = scheme::find(name) else { continue };
        let Some(make) = &scheme.make else { continue };
        let making = Making { cost: scheme.cost.as_ref().map(|cost| cost.min), random: &vec![0; make.random_bytes] };
        let Ok(field) = (make.make)(password, &making) else { continue };
        let change = replaced(value, field);
        if scene.lets_in_assuming(&change) {
            // One that the others take, too, is better.
            if scene.takers(&change) != scene.server.info().name {
                return Some((change, scheme));
            }
            for_this = for_this.or(Some((change, scheme)));
        }
    }
    for_this
}

/// The place of the hash that decided, for a finding about it.
fn place(scene: &Scene<'_>) -> Place {
    let (Some((_, at)), Some(line)) = (hash(scene), deciding(scene)) else { return Place::None };
    Place::File { line: line.number, column: at.start - line.start + 1, at }
}

/// Whether a finding that is proved is among these.
fn is_proved(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.strength == crate::hint::Strength::Proved)
}
