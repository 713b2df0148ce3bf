//! The order of directives, and which of them exclude each other.
//!
//! Behaviour of Caddy 2.6.2 and 2.11.7 `caddyconfig/httpcaddyfile/directives.go:sortRoutes`, `httptype.go:buildSubroute`.

use crate::conf::Unmodelled;
use crate::conf::caddy::matcher::{self, Matcher};
use crate::conf::caddy::tree::Directive;

/// Directives in the order in which they are asked; those of 2.11 stand where it has them.
const ORDER: &[&str] = &[
    "tracing",
    "map",
    "vars",
    "fs",
    "root",
    "log_append",
    "skip_log",
    "log_skip",
    "log_name",
    "header",
    "copy_response_headers",
    "request_body",
    "redir",
    "method",
    "rewrite",
    "uri",
    "try_files",
    "basicauth",
    "basic_auth",
    "forward_auth",
    "request_header",
    "encode",
    "push",
    "intercept",
    "templates",
    "invoke",
    "handle",
    "route",
    "abort",
    "error",
    "copy_response",
    "respond",
    "metrics",
    "reverse_proxy",
    "php_fastcgi",
    "file_server",
    "acme_server",
];

/// Go sorts by insertion up to this many; beyond it the order is only known where the comparison is one of an order.
const INSERTED: usize = 20;

/// Where generations differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Generation {
    /// 2.6: in `route` nothing excludes another, and a star counts in the length of a path.
    V2_6,
    /// 2.11.
    V2_11,
}

/// What stands in a site and answers nothing by itself.
const BESIDE: &[&str] = &["log", "tls", "bind", "handle_errors"];

/// A directive with its matcher.
pub(super) struct Step<'a> {
    pub(super) directive: &'a Directive,
    pub(super) matcher: Matcher<'a>,
    /// How many words the matcher takes.
    pub(super) words: usize,
    /// Of a group only the first that holds counts; empty where there is none.
    pub(super) group: &'static str,
}

fn level(step: &Step<'_>) -> Option<usize> {
    let name = match step.directive.name() {
        "handle_path" => "handle",
        name => name,
    };
    ORDER.iter().position(|own| *own == name)
}

/// The steps of a list, sorted unless they stand in `route`.
pub(super) fn sorted<'a>(
    list: &'a [Directive],
    named: &[&'a Directive],
    sorts: bool,
    generation: Generation,
) -> Result<Vec<Step<'a>>, Unmodelled> {
    let mut steps: Vec<Step<'a>> = Vec::new();
    for directive in list {
        if directive.word(0).starts_with(b"@") || BESIDE.contains(&directive.name()) {
            continue;
        }
        let (matcher, words) = matcher::of(directive, named)?;
        let group = match directive.name() {
            "handle" | "handle_path" => "handle",
            "rewrite" => "rewrite",
            "root" => "root",
            _ => "",
        };
        let group = if sorts || generation == Generation::V2_11 { group } else { "" };
        let step = Step { directive, matcher, words, group };
        if level(&step).is_none() {
            let what = format!("what {} does", directive.name());
            return Err(Unmodelled { place: Some(directive.place().clone()), what });
        }
        steps.push(step);
    }
    if sorts {
        sort(&mut steps, generation);
        if steps.len() > INSERTED
            && let Some(step) = out_of_order(&steps, generation)
        {
            let what = "an order of directives that depends on how many there are".to_owned();
            return Err(Unmodelled { place: Some(step.directive.place().clone()), what });
        }
    }
    Ok(steps)
}

/// Go's insertion sort, as the comparison is none of an order.
fn sort(steps: &mut [Step<'_>], generation: Generation) {
    for end in 1..steps.len() {
        let mut at = end;
        while at > 0 && goes_first(&steps[at], &steps[at - 1], generation) {
            steps.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// A step that stands behind one it goes before, or that is equal to two of which one goes before the other.
fn out_of_order<'s, 'a>(steps: &'s [Step<'a>], generation: Generation) -> Option<&'s Step<'a>> {
    let first = |one: &Step<'_>, other: &Step<'_>| goes_first(one, other, generation);
    let equal = |one: &Step<'_>, other: &Step<'_>| !first(one, other) && !first(other, one);
    steps.iter().enumerate().find_map(|(at, step)| {
        let behind = &steps[at + 1..];
        let level = |other: &&Step<'_>| self::level(other) == self::level(step);
        let same: Vec<&Step<'_>> = behind.iter().take_while(level).collect();
        let is_wrong = same.iter().enumerate().any(|(next, other)| {
            first(other, step)
                || (equal(step, other)
                    && same[next + 1..].iter().any(|third| equal(other, third) && !equal(step, third)))
        });
        is_wrong.then_some(step)
    })
}

fn goes_first(one: &Step<'_>, other: &Step<'_>, generation: Generation) -> bool {
    if level(one) != level(other) {
        return level(one) < level(other);
    }
    match (one.matcher.single_path(), other.matcher.single_path()) {
        (Some(own), Some(others)) => {
            let bare = |path: &'_ [u8]| path.strip_suffix(b"*").unwrap_or(path).to_vec();
            match generation {
                _ if bare(own) == bare(others) => own.len() < others.len(),
                Generation::V2_6 => own.len() > others.len(),
                Generation::V2_11 => bare(own).len() > bare(others).len(),
            }
        }
        _ => one.matcher.is_some() && !other.matcher.is_some(),
    }
}
