//! `location` blocks that nginx refuses: modifiers, blocks that can't hold each other, and names that are taken.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http_core_module.c:ngx_http_core_location` and
//! `src/http/ngx_http.c:ngx_http_join_exact_locations`.

use crate::conf::Trouble;
use crate::conf::nginx::location::parts;
use crate::conf::nginx::refusal::{at_end, shown};
use crate::conf::nginx::tree::Directive;

/// What nginx says of a `location` within the blocks around it.
#[must_use]
pub fn invalid(location: &Directive, around: &[&Directive]) -> Option<String> {
    let (modifier, name) = parts(location);
    if location.args.len() == 2 && ![&b"="[..], b"^~", b"~", b"~*"].contains(&modifier) {
        return Some(format!("invalid location modifier \"{}\"", shown(modifier)));
    }
    let is_regex = modifier.starts_with(b"~");
    let is_named = modifier.is_empty() && name.starts_with(b"@");
    let outer = around.iter().rev().find(|block| block.name == b"location")?;
    let (outer_modifier, outer_name) = parts(outer);
    let (own, outside) = (shown(name), shown(outer_name));
    if outer_modifier == b"=" {
        return Some(format!("location \"{own}\" cannot be inside the exact location \"{outside}\""));
    }
    if outer_modifier.is_empty() && outer_name.starts_with(b"@") {
        return Some(format!("location \"{own}\" cannot be inside the named location \"{outside}\""));
    }
    if is_named {
        return Some(format!("named location \"{own}\" can be on the server level only"));
    }
    // A regular expression is compared as it is written, like a name.
    let holds = name.starts_with(outer_name) || is_regex;
    (!holds).then(|| format!("location \"{own}\" is outside location \"{outside}\""))
}

/// The first `location` whose name is taken, as nginx finds it once all is read.
#[must_use]
pub fn duplicate(http: &Directive) -> Option<Trouble> {
    http.all("server").find_map(duplicate_within)
}

fn duplicate_within(block: &Directive) -> Option<Trouble> {
    let is_prefix = |location: &&Directive| {
        let (modifier, name) = parts(location);
        matches!(modifier, b"" | b"=" | b"^~") && !(modifier.is_empty() && name.starts_with(b"@"))
    };
    // Sorted by name, those of `=` first; what was written first stays first.
    let mut sorted: Vec<&Directive> = block.all("location").filter(is_prefix).collect();
    sorted.sort_by_key(|location| (parts(location).1, parts(location).0 != b"="));
    let nested = sorted.iter().copied().chain(block.all("location").filter(|location| !is_prefix(location)));
    if let Some(found) = nested.into_iter().find_map(duplicate_within) {
        return Some(found);
    }
    sorted.windows(2).find_map(|pair| {
        let [one, other] = pair else { return None };
        let ((one_modifier, one_name), (other_modifier, name)) = (parts(one), parts(other));
        let same = one_name == name && (one_modifier == b"=") == (other_modifier == b"=");
        same.then(|| Trouble { place: at_end(other), message: format!("duplicate location \"{}\"", shown(name)) })
    })
}
