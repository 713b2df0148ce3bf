//! Variables that nothing sets: nginx looks for them once all of `http` is read.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http_script.c:ngx_http_script_compile` and
//! `src/http/ngx_http_variables.c:ngx_http_variables_init_vars`.

use std::collections::HashSet;

use crate::conf::nginx::refusal::table::{self, Known};
use crate::conf::nginx::refusal::{at_end, shown};
use crate::conf::nginx::tree::Directive;
use crate::conf::{Place, Trouble};

/// The first variable that is used and that nothing sets.
#[must_use]
pub fn unknown(http: &Directive, strangers: &[(Vec<u8>, Place)]) -> Option<Trouble> {
    let mut set = HashSet::new();
    collect(http, strangers, &mut set);
    find(http, &set)
}

/// The names that directives set, in lower case.
fn collect(block: &Directive, strangers: &[(Vec<u8>, Place)], set: &mut HashSet<Vec<u8>>) {
    for directive in &block.block {
        let is_strange = table::known(&directive.name).is_none_or(|known| !known.module.is_empty())
            || strangers.iter().any(|(name, _)| *name == directive.name);
        let name = directive.name.as_slice();
        let sets: &[Vec<u8>] = match name {
            b"set" | b"auth_request_set" => &directive.args[..1.min(directive.args.len())],
            b"map" | b"geo" | b"split_clients" => &directive.args[directive.args.len().saturating_sub(1)..],
            _ if is_strange => &directive.args,
            _ => &[],
        };
        set.extend(sets.iter().filter_map(|word| Some(word.strip_prefix(b"$")?.to_ascii_lowercase())));
        let matches_name = matches!(name, b"location" | b"rewrite" | b"if" | b"server_name");
        for word in directive.args.iter().filter(|_| matches_name) {
            captures(word, set);
        }
        if name == b"map" {
            directive.block.iter().for_each(|row| captures(&row.name, set));
        }
        collect(directive, strangers, set);
    }
}

/// The names of a regular expression's groups.
fn captures(pattern: &[u8], set: &mut HashSet<Vec<u8>>) {
    for at in memchr::memmem::find_iter(pattern, b"(?") {
        let rest = &pattern[at + 2..];
        let rest = rest.strip_prefix(b"P").unwrap_or(rest);
        if let Some(name) = rest.strip_prefix(b"<").or_else(|| rest.strip_prefix(b"'")) {
            set.insert(name.iter().take_while(|byte| is_letter(**byte)).map(u8::to_ascii_lowercase).collect());
        }
    }
}

fn find(block: &Directive, set: &HashSet<Vec<u8>>) -> Option<Trouble> {
    block.block.iter().find_map(|directive| {
        let used = used(directive).into_iter().find(|name| !set.contains(name) && !table::is_variable(name));
        let unknown = |name: Vec<u8>| Trouble {
            place: at_end(directive),
            message: format!("unknown \"{}\" variable", shown(&name)),
        };
        used.map(unknown).or_else(|| find(directive, set))
    })
}

/// The variables in the arguments of a directive that are certain to be taken for such, in lower case.
fn used(directive: &Directive) -> Vec<Vec<u8>> {
    if directive.name == b"if" {
        let word = directive.arg(0);
        let word = word.strip_prefix(b"(").unwrap_or(word);
        return references(word).unwrap_or_default();
    }
    let Some(known) = table::known(&directive.name).filter(|known| known.has_variables() && known.module.is_empty())
    else {
        return Vec::new();
    };
    let words = directive.args.iter().skip(known.fewest() - 1);
    words.filter_map(|word| references(word)).flatten().collect()
}

/// Whether a value has a `$` that no name follows.
#[must_use]
pub fn is_malformed(directive: &Directive, known: &Known) -> bool {
    directive.args.iter().skip(known.fewest() - 1).any(|word| references(word).is_none())
}

/// The variables of a value but captures; `None` where a `$` has no name.
fn references(word: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    for at in memchr::memchr_iter(b'$', word) {
        let rest = &word[at + 1..];
        if rest.first().is_some_and(|byte| matches!(byte, b'1'..=b'9')) {
            continue;
        }
        let rest = rest.strip_prefix(b"{").unwrap_or(rest);
        let name: Vec<u8> = rest.iter().take_while(|byte| is_letter(**byte)).map(u8::to_ascii_lowercase).collect();
        if name.is_empty() {
            return None;
        }
        found.push(name);
    }
    Some(found)
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
