//! Values that nginx refuses, of the directives that decide about access and of `location`, `if`, `return`, `rewrite`, `error_page`.
//!
//! Behaviour of nginx 1.22.1: `ngx_http_access_module.c:ngx_http_access_rule`, `ngx_http_core_module.c`, `ngx_http_rewrite_module.c`,
//! `ngx_http_auth_request_module.c`.

use crate::conf::nginx::refusal::{locations, shown};
use crate::conf::nginx::tree::Directive;
use crate::conf::nginx::value::Network;

/// What nginx says of the directive's values; `None` where it takes them, or that is not known. The blocks around it have the
/// innermost last.
#[must_use]
pub fn invalid(directive: &Directive, around: &[&Directive]) -> Option<String> {
    let first = directive.arg(0);
    match directive.name.as_slice() {
        b"allow" | b"deny" => (!is_network(first)).then(|| format!("invalid parameter \"{}\"", shown(first))),
        b"satisfy" => {
            let known = first.eq_ignore_ascii_case(b"all") || first.eq_ignore_ascii_case(b"any");
            (!known).then(|| format!("invalid value \"{}\"", shown(first)))
        }
        b"auth_delay" => {
            let is_time = first.first().is_some_and(u8::is_ascii_digit);
            (!is_time).then(|| "\"auth_delay\" directive invalid value".to_owned())
        }
        b"set" | b"auth_request_set" => {
            let named = first.len() > 1 && first.starts_with(b"$");
            (!named).then(|| format!("invalid variable name \"{}\"", shown(first)))
        }
        b"return" => is_bad_code(directive).then(|| format!("invalid return code \"{}\"", shown(first))),
        b"rewrite" => {
            let flag = directive.args.get(2)?;
            let known = [&b"last"[..], b"break", b"redirect", b"permanent"].contains(&flag.as_slice());
            (!known).then(|| format!("invalid parameter \"{}\"", shown(flag)))
        }
        b"limit_except" => {
            let bad = directive.args.iter().find(|method| !is_method(method))?;
            Some(format!("invalid method \"{}\"", shown(bad)))
        }
        b"error_page" => error_page(directive),
        b"root" | b"alias" => {
            let other = if directive.name == b"root" { "alias" } else { "root" };
            let block = around.last()?;
            let before = block.block.iter().take_while(|one| !std::ptr::eq(*one, directive));
            let has_other = before.into_iter().any(|one| one.name == other.as_bytes());
            let name = shown(&directive.name);
            if name == "alias" && block.name == b"location" && block.arg(0).starts_with(b"@") {
                return Some("the \"alias\" directive cannot be used inside the named location".to_owned());
            }
            has_other.then(|| format!("\"{name}\" directive is duplicate, \"{other}\" directive was specified earlier"))
        }
        b"location" => locations::invalid(directive, around),
        b"if" => condition(directive),
        b"listen" => listen(directive, around),
        b"proxy_pass" => {
            let has_scheme = [&b"http://"[..], b"https://"].iter().any(|scheme| begins(first, scheme));
            (!has_scheme && !first.contains(&b'$')).then(|| "invalid URL prefix".to_owned())
        }
        _ => None,
    }
}

/// Whether a text begins with another, in any case.
fn begins(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}

/// What is wrong with the words of an `if`.
fn condition(directive: &Directive) -> Option<String> {
    let invalid = |word: &[u8]| Some(format!("invalid condition \"{}\"", shown(word)));
    let mut words: Vec<&[u8]> = directive.args.iter().map(Vec::as_slice).collect();
    let first = *words.first()?;
    match first.strip_prefix(b"(") {
        None => return invalid(first),
        Some(b"") => drop(words.remove(0)),
        Some(rest) => words[0] = rest,
    }
    let last = *words.last()?;
    match last.strip_suffix(b")") {
        None => return invalid(last),
        Some(b"") => drop(words.pop()),
        Some(rest) => *words.last_mut()? = rest,
    }
    match words.as_slice() {
        [] | [b"-f" | b"!-f" | b"-d" | b"!-d" | b"-e" | b"!-e" | b"-x" | b"!-x", _] => None,
        [word, rest @ ..] if word.len() > 1 && word.starts_with(b"$") => match rest {
            [] | [b"=" | b"!=" | b"~" | b"~*" | b"!~" | b"!~*", _] => None,
            [operator, _] => Some(format!("unexpected \"{}\" in condition", shown(operator))),
            _ => invalid(word),
        },
        [word, ..] => invalid(word),
    }
}

/// What is wrong with a `listen`: a word that it has not, or a socket that the block has already.
fn listen(directive: &Directive, around: &[&Directive]) -> Option<String> {
    const WORDS: &[&str] = &[
        "default_server",
        "default",
        "bind",
        "deferred",
        "reuseport",
        "ssl",
        "http2",
        "spdy",
        "proxy_protocol",
        "quic",
        "multipath",
    ];
    let address = |listen: &Directive| {
        let text = std::str::from_utf8(listen.arg(0)).ok()?;
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
        match text.rsplit_once(':') {
            Some((host, of)) => Some((host.parse::<std::net::Ipv4Addr>().ok()?, port(of)?)),
            None => port(text).map(|port| (std::net::Ipv4Addr::UNSPECIFIED, port)),
        }
    };
    let is_known =
        |word: &&Vec<u8>| word.contains(&b'=') || WORDS.iter().any(|known| word.as_slice() == known.as_bytes());
    // Other addresses are looked for first, and may not be found.
    let own = address(directive)?;
    if let Some(word) = directive.args.iter().skip(1).find(|word| !is_known(word)) {
        return Some(format!("invalid parameter \"{}\"", shown(word)));
    }
    let block = around.last()?;
    let mut before = block.block.iter().take_while(|one| !std::ptr::eq(*one, directive));
    let has_same = before.any(|one| one.name == b"listen" && address(one) == Some(own));
    has_same.then(|| format!("a duplicate listen {}:{}", own.0, own.1))
}

/// Whether `allow` takes it; where that is not certain, it does.
fn is_network(text: &[u8]) -> bool {
    if text == b"all" || text == b"unix:" {
        return true;
    }
    let (address, length) =
        crate::bytes::split_once(text, b'/').map_or((text, None), |(address, length)| (address, Some(length)));
    if address.is_empty() || !address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':')) {
        return false;
    }
    if !address.contains(&b':') {
        let parts: Vec<&[u8]> = address.split(|byte| *byte == b'.').collect();
        let is_part = |part: &&[u8]| part.is_empty() || number(part).is_some_and(|part| part < 256);
        if parts.len() != 4 || !parts.iter().all(is_part) {
            return false;
        }
    }
    let Some(length) = length else { return true };
    if length.is_empty() || !length.iter().all(u8::is_ascii_digit) {
        return false;
    }
    Network::parse(address).is_none() || Network::parse(text).is_some() || length.starts_with(b"0")
}

fn is_bad_code(directive: &Directive) -> bool {
    let code = directive.arg(0);
    if !code.is_empty() && code.iter().all(u8::is_ascii_digit) {
        return number(code).is_none_or(|code| code > 999);
    }
    let is_url = [&b"http://"[..], b"https://", b"$"].iter().any(|start| begins(code, start));
    !(directive.args.len() == 1 && is_url)
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

fn is_method(word: &[u8]) -> bool {
    const METHODS: &[&str] = &[
        "GET",
        "HEAD",
        "POST",
        "PUT",
        "DELETE",
        "MKCOL",
        "COPY",
        "MOVE",
        "OPTIONS",
        "PROPFIND",
        "PROPPATCH",
        "LOCK",
        "UNLOCK",
        "PATCH",
    ];
    METHODS.iter().any(|method| word.eq_ignore_ascii_case(method.as_bytes()))
}

fn error_page(directive: &Directive) -> Option<String> {
    let (_, mut codes) = directive.args.split_last()?;
    if let Some((last, before)) = codes.split_last()
        && let Some(answer) = last.strip_prefix(b"=")
    {
        if !answer.is_empty() && number(answer).is_none() {
            return Some(format!("invalid value \"{}\"", shown(last)));
        }
        codes = before;
    }
    codes.iter().find_map(|code| match number(code) {
        None | Some(499) => Some(format!("invalid value \"{}\"", shown(code))),
        Some(300..=599) => None,
        Some(_) => Some(format!("value \"{}\" must be between 300 and 599", shown(code))),
    })
}
