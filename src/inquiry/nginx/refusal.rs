//! A configuration that nginx refuses: it does not start with it, and at a reload keeps the one that it had.

use crate::conf::Unmodelled;
use crate::conf::nginx::refusal::Found;
use crate::inquiry::{Finding, Link, undecided};
use crate::server::Decision;
use crate::trace::{Trace, Verdict, codes};

/// Unknown directives that are told of.
const MOST: usize = 3;
/// What directives that decide about access begin with, as they are misspelt.
const ACCESS: &[&[u8]] = &[b"auth_basic", b"satisf", b"allow", b"deny"];

/// The answer where nginx refuses the configuration, or may.
pub(super) fn refused(checked: &Found) -> Option<Finding> {
    if let Some(trouble) = &checked.refused {
        let text = format!(
            "nginx refuses this configuration: {}; one that runs keeps the configuration it had, whatever is reloaded",
            trouble.message
        );
        let link = Link { place: Some(trouble.place.clone()), rule: "configuration-refused", text };
        let decision = Decision::without_status(Verdict::RefusedToStart, codes::MISCONFIGURED, Trace::default());
        return Some(Finding { decision, chain: vec![link], user_file: None, held: None });
    }
    let is_access = |name: &[u8]| ACCESS.iter().any(|start| name.starts_with(start));
    let (name, place) = checked.strangers.iter().find(|(name, _)| is_access(name))?;
    let mut chain = Vec::new();
    let decision = undecided(&Unmodelled { place: Some(place.clone()), what: stranger(name) }, &mut chain);
    Some(Finding { decision, chain, user_file: None, held: None })
}

/// The directives that nothing known here has.
pub(super) fn strangers(checked: &Found) -> Vec<Link> {
    let links = checked.strangers.iter().take(MOST);
    links
        .map(|(name, place)| Link { place: Some(place.clone()), rule: "unknown-directive", text: stranger(name) })
        .collect()
}

fn stranger(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    format!("nginx refuses the directive {name}, unless a module that is not known here brings it")
}
