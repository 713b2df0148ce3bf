//! Which location a path gets: exact, longest prefix with its nested ones, then regular expressions in file order.
//!
//! Behaviour of nginx 1.22.1 `src/http/ngx_http_core_module.c:ngx_http_core_find_location`.

use regex::bytes::{Regex, RegexBuilder};

use crate::conf::Unmodelled;
use crate::conf::nginx::Scope;
use crate::conf::nginx::tree::Directive;

/// How a location was chosen, for the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// No location: the server block itself.
    None,
    /// `=`
    Exact,
    /// The longest prefix.
    Prefix,
    /// A regular expression.
    Regex,
    /// `/x` for a proxied `/x/`: redirected before anything else.
    Slash,
}

/// A location found.
#[derive(Clone, Debug)]
pub struct Found<'c> {
    /// From `http` to the location.
    pub scope: Scope<'c>,
    /// How.
    pub chosen: Chosen,
    /// The captures of the regular expression, the whole match first.
    pub captures: Vec<Vec<u8>>,
}

/// The modifier and name of a `location`.
#[must_use]
pub fn parts(location: &Directive) -> (&[u8], &[u8]) {
    match location.args.as_slice() {
        [modifier, name, ..] => (modifier, name),
        [name] => {
            let glued = [&b"^~"[..], b"~*", b"~", b"="].into_iter().find(|modifier| name.starts_with(modifier));
            glued.map_or((b"", name), |modifier| name.split_at(modifier.len()))
        }
        [] => (b"", b""),
    }
}

/// The location of `path` within `scope`, whose innermost block is a server or location.
pub fn find<'c>(scope: &Scope<'c>, path: &[u8]) -> Result<Found<'c>, Unmodelled> {
    let (found, _) = search(scope, path)?;
    Ok(found.unwrap_or_else(|| Found { scope: scope.clone(), chosen: Chosen::None, captures: Vec::new() }))
}

/// The location, and whether it is final: exact or by regular expression.
fn search<'c>(scope: &Scope<'c>, path: &[u8]) -> Result<(Option<Found<'c>>, bool), Unmodelled> {
    let Some(block) = scope.innermost() else { return Ok((None, false)) };
    let mut best: Option<(usize, &'c Directive)> = None;
    for location in block.all("location") {
        let (modifier, name) = parts(location);
        let found = |chosen| Found { scope: scope.within(location), chosen, captures: Vec::new() };
        match modifier {
            b"=" if name == path => return Ok((Some(found(Chosen::Exact)), true)),
            b"" | b"^~" if !name.starts_with(b"@") => {
                if path.starts_with(name) && best.is_none_or(|(length, _)| name.len() > length) {
                    best = Some((name.len(), location));
                }
                if is_proxied(location) && name.strip_suffix(b"/") == Some(path) {
                    return Ok((Some(found(Chosen::Slash)), true));
                }
            }
            _ => {}
        }
    }
    let mut result = None;
    let mut no_regex = false;
    if let Some((_, location)) = best {
        no_regex = parts(location).0 == b"^~";
        let inner = scope.within(location);
        let (nested, last) = search(&inner, path)?;
        if last {
            return Ok((nested, true));
        }
        result = nested.or(Some(Found { scope: inner, chosen: Chosen::Prefix, captures: Vec::new() }));
    }
    if !no_regex {
        for location in block.all("location") {
            let (modifier, pattern) = parts(location);
            if !matches!(modifier, b"~" | b"~*") {
                continue;
            }
            let regex = regex(pattern, modifier == b"~*").ok_or_else(|| Unmodelled {
                place: Some(location.place.clone()),
                what: "a regular expression that this program can't read".to_owned(),
            })?;
            if let Some(captures) = regex.captures(path) {
                let captures =
                    captures.iter().map(|part| part.map_or(Vec::new(), |part| part.as_bytes().to_vec())).collect();
                let inner = scope.within(location);
                let (nested, _) = search(&inner, path)?;
                let found = nested.unwrap_or(Found { scope: inner, chosen: Chosen::Regex, captures });
                return Ok((Some(found), true));
            }
        }
    }
    Ok((result, false))
}

/// A regular expression over bytes; `None` where its syntax is PCRE's alone.
#[must_use]
pub fn regex(pattern: &[u8], caseless: bool) -> Option<Regex> {
    let pattern = std::str::from_utf8(pattern).ok()?;
    RegexBuilder::new(pattern).unicode(false).case_insensitive(caseless).build().ok()
}

/// The named location `@name` of a server.
#[must_use]
pub fn named<'c>(server: &Scope<'c>, name: &[u8]) -> Option<Scope<'c>> {
    let block = server.innermost()?;
    let location = block.all("location").find(|location| location.arg(0) == name)?;
    Some(server.within(location))
}

/// Whether another server answers for the location, so that a missing final slash is redirected at once.
#[must_use]
pub fn is_proxied(location: &Directive) -> bool {
    const PASSES: &[&str] = &["proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "memcached_pass", "grpc_pass"];
    PASSES.iter().any(|pass| location.first(pass).is_some())
}
