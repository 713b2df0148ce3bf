//! Directives that lead a path elsewhere: `Alias`, `Redirect`, `ProxyPass`. mod_rewrite's are in [`crate::conf::apache::rewrite`].
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_alias.c`, `modules/proxy/mod_proxy.c`.

use regex::bytes::Regex;

use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::pattern;
use crate::conf::{Place, Trouble};

/// What a path must be like.
#[derive(Clone, Debug)]
pub enum Fake {
    /// It begins with these segments.
    Path(Vec<u8>),
    /// A regular expression matches.
    Regex(Regex),
    /// One that this program can't read.
    Unread,
}

impl Fake {
    fn regex(text: &[u8]) -> Self {
        pattern::regex(text, false).map_or(Self::Unread, Self::Regex)
    }
}

/// `Alias` and its like, or `Redirect` and its like.
#[derive(Clone, Debug)]
pub struct Alias {
    /// The paths.
    pub fake: Fake,
    /// What they stand for.
    pub real: Vec<u8>,
    /// The status of a redirect.
    pub redirect: Option<u16>,
    /// Whether a program is run.
    pub script: bool,
    /// Where it stands.
    pub place: Place,
}

/// `Alias` or `ScriptAlias` within a location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationAlias {
    /// The path of the location.
    pub fake: Vec<u8>,
    /// What it stands for, an expression string.
    pub real: Vec<u8>,
    /// Whether a program is run.
    pub script: bool,
}

/// `ProxyPass`
#[derive(Clone, Debug)]
pub struct Pass {
    /// The paths.
    pub fake: Fake,
    /// The other server's address; `!` for none.
    pub real: Vec<u8>,
    /// Where it stands.
    pub place: Place,
}

/// `Alias`, `AliasMatch`, `ScriptAlias`, `ScriptAliasMatch` with two arguments.
pub fn alias(directive: &Directive) -> Result<Alias, Trouble> {
    let [fake, real] = &directive.words()[..] else {
        let message = match directive.name.as_slice() {
            b"alias" | b"scriptalias" => format!("{} must have two arguments when used globally", name(directive)),
            _ => format!("{} takes two arguments, a regular expression and a filename", name(directive)),
        };
        return Err(directive.trouble(message));
    };
    let fake = if directive.name.ends_with(b"match") { Fake::regex(fake) } else { Fake::Path(fake.clone()) };
    let script = directive.name.starts_with(b"script");
    Ok(Alias { fake, real: real.clone(), redirect: None, script, place: directive.place.clone() })
}

/// The status that the first word names, by its name or its digits.
fn named_status(words: &[Vec<u8>]) -> Option<u16> {
    match words.first()?.to_ascii_lowercase().as_slice() {
        b"permanent" => Some(301),
        b"temp" => Some(302),
        b"seeother" => Some(303),
        b"gone" => Some(410),
        digits => std::str::from_utf8(digits).ok()?.parse().ok(),
    }
}

/// `Redirect`, `RedirectMatch`, `RedirectTemp`, `RedirectPermanent` outside sections.
pub fn redirect(directive: &Directive) -> Result<Alias, Trouble> {
    let mut words = directive.words();
    let mut status = match directive.name.as_slice() {
        b"redirectpermanent" => 301,
        _ => 302,
    };
    if let Some(named) = named_status(&words) {
        status = named;
        words.remove(0);
    }
    let fake = match words.first() {
        Some(fake) if directive.name == b"redirectmatch" => Fake::regex(fake),
        Some(fake) => Fake::Path(fake.clone()),
        None => return Err(directive.trouble(format!("{} takes two or three arguments", name(directive)))),
    };
    let real = words.get(1).cloned().unwrap_or_default();
    Ok(Alias { fake, real, redirect: Some(status), script: false, place: directive.place.clone() })
}

/// `Redirect` within a section: the status where it is about all that the section is about, else what it is about.
pub fn section_redirect(directive: &Directive) -> Result<Result<u16, Alias>, Trouble> {
    let words = directive.words();
    let own = if directive.name == b"redirectpermanent" { 301 } else { 302 };
    let named = named_status(&words);
    let leads = named.is_some_and(|status| (300..400).contains(&status) && status != 304);
    match (words.len(), named) {
        (1, None) => Ok(Ok(own)),
        (1, Some(status)) if !leads => Ok(Ok(status)),
        (2, Some(status)) if leads => Ok(Ok(status)),
        _ => redirect(directive).map(Err),
    }
}

/// `ProxyPass`, `ProxyPassMatch`; `location` is the path of the location that it stands in, and whether that is a regular
/// expression.
pub fn pass(directive: &Directive, location: Option<(&[u8], bool)>) -> Result<Pass, Trouble> {
    let words = directive.words();
    let matching = directive.name == b"proxypassmatch";
    let (fake, real) = match location {
        Some((path, regex)) => {
            (if regex || matching { Fake::regex(path) } else { Fake::Path(path.to_vec()) }, words.first())
        }
        None => match words.first() {
            Some(path) if matching => (Fake::regex(path), words.get(1)),
            Some(path) => (Fake::Path(path.clone()), words.get(1)),
            None => (Fake::Unread, None),
        },
    };
    let Some(real) = real else {
        return Err(directive.trouble("ProxyPass|ProxyPassMatch needs a path when not defined in a location"));
    };
    Ok(Pass { fake, real: real.clone(), place: directive.place.clone() })
}

fn name(directive: &Directive) -> String {
    text(&directive.written)
}

/// The length of the path that an alias covers: whole segments, any number of slashes for one.
#[must_use]
pub fn covered(fake: &[u8], path: &[u8]) -> Option<usize> {
    let (mut at, mut read) = (0, 0);
    while at < fake.len() {
        if fake[at] == b'/' {
            if path.get(read) != Some(&b'/') {
                return None;
            }
            while fake.get(at) == Some(&b'/') {
                at += 1;
            }
            while path.get(read) == Some(&b'/') {
                read += 1;
            }
        } else {
            if path.get(read) != fake.get(at) {
                return None;
            }
            at += 1;
            read += 1;
        }
    }
    let whole = fake.last().is_none_or(|last| *last == b'/') || matches!(path.get(read), None | Some(b'/'));
    whole.then_some(read)
}

/// A replacement with `$0` to `$9` filled in; a backslash keeps what follows it.
#[must_use]
pub fn substituted(template: &[u8], captures: &regex::bytes::Captures<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = template.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek().copied()) {
            (b'$', Some(digit)) if digit.is_ascii_digit() => {
                bytes.next();
                if let Some(part) = captures.get(usize::from(digit - b'0')) {
                    out.extend_from_slice(part.as_bytes());
                }
            }
            (b'\\', Some(kept)) => {
                bytes.next();
                out.push(kept);
            }
            (byte, _) => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_cover_whole_segments() {
        assert_eq!(covered(b"/a", b"/a/b"), Some(2));
        assert_eq!(covered(b"/a", b"/ab"), None);
        assert_eq!(covered(b"/a/", b"/a"), None);
        assert_eq!(covered(b"/a/", b"/a//b"), Some(4));
        assert_eq!(covered(b"/", b"/x"), Some(1));
    }
}
