//! Matchers: `*`, a path, or a name with a set of tests.
//!
//! Behaviour of Caddy 2.6.2 `caddyconfig/httpcaddyfile/httptype.go:parseMatcherDefinitions`, `modules/caddyhttp/matchers.go`.

use std::net::IpAddr;

use crate::bytes::split_once;
use crate::conf::apache::net::Network;
use crate::conf::caddy::path;
use crate::conf::caddy::site;
use crate::conf::caddy::tree::Directive;
use crate::conf::{Place, Unmodelled};

/// A request, as matchers look at it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Whether it came through TLS.
    pub tls: bool,
    /// The host without its port.
    pub host: Vec<u8>,
    /// The path, decoded; `Err` with where it was changed in a way that is not modelled.
    pub path: Result<Vec<u8>, Place>,
    /// The method.
    pub method: Vec<u8>,
    /// The client's address.
    pub client: IpAddr,
}

/// The matcher of a directive.
#[derive(Clone, Copy, Debug)]
pub enum Matcher<'c> {
    /// Everything.
    All,
    /// One path, given in place.
    Path(&'c [u8]),
    /// The definition of a name.
    Named(&'c Directive),
}

/// The matcher of a directive among the definitions of its site, and how many words it takes.
pub fn of<'c>(directive: &'c Directive, named: &[&'c Directive]) -> Result<(Matcher<'c>, usize), Unmodelled> {
    let Some(word) = directive.words.get(1) else { return Ok((Matcher::All, 0)) };
    let unmodelled = |what: String| Err(Unmodelled { place: Some(word.place.clone()), what });
    if word.is_unknown() && !word.heredoc {
        return unmodelled("a word that a variable of the environment is a part of".to_owned());
    }
    match directive.name() {
        // They take no matcher, or the one word is none.
        "try_files" | "tracing" | "handle_errors" => return Ok((Matcher::All, 0)),
        "rewrite" | "root" if directive.words.len() == 2 => return Ok((Matcher::All, 0)),
        _ => {}
    }
    match word.text.first() {
        Some(b'/') => Ok((Matcher::Path(&word.text), 1)),
        Some(b'*') if word.text.len() == 1 => Ok((Matcher::All, 1)),
        Some(b'@') => match named.iter().find(|one| one.word(0) == word.text) {
            Some(definition) => Ok((Matcher::Named(definition), 1)),
            None => unmodelled(format!("the matcher {}, which is not here", String::from_utf8_lossy(&word.text))),
        },
        _ => Ok((Matcher::All, 0)),
    }
}

impl<'c> Matcher<'c> {
    /// Whether it is one at all.
    #[must_use]
    pub const fn is_some(self) -> bool {
        !matches!(self, Self::All)
    }

    /// The path, where it looks at one only.
    #[must_use]
    pub fn single_path(self) -> Option<&'c [u8]> {
        match self {
            Self::All => None,
            Self::Path(path) => Some(path),
            Self::Named(definition) => {
                let tests = tests(definition);
                let paths: Vec<&[u8]> =
                    tests.iter().filter(|test| test[0] == b"path").flat_map(|test| test[1..].to_vec()).collect();
                if let [one] = paths[..] { Some(one) } else { None }
            }
        }
    }

    /// Whether it holds for a request.
    pub fn holds(self, facts: &Facts) -> Result<bool, Unmodelled> {
        match self {
            Self::All => Ok(true),
            Self::Path(pattern) => {
                facts.is_any_path(&[pattern])?.ok_or_else(|| unmodelled(None, "a path with signs in it"))
            }
            Self::Named(definition) => {
                if let Some(word) = definition.unknown() {
                    return Err(unmodelled(Some(&word.place), "a matcher with a variable of the environment"));
                }
                let holds = facts.holds_all(&tests(definition), definition)?;
                let name = String::from_utf8_lossy(definition.word(0)).into_owned();
                holds.ok_or_else(|| unmodelled(Some(definition.place()), &format!("a test of the matcher {name}")))
            }
        }
    }
}

fn unmodelled(place: Option<&Place>, what: &str) -> Unmodelled {
    Unmodelled { place: place.cloned(), what: what.to_owned() }
}

/// The tests of a definition, each with its values.
fn tests(definition: &Directive) -> Vec<Vec<&[u8]>> {
    let mut tests: Vec<Vec<&[u8]>> = Vec::new();
    if definition.words.len() > 1 {
        tests.push(definition.words[1..].iter().map(|word| &word.text[..]).collect());
    }
    for line in definition.inside() {
        let words: Vec<&[u8]> = line.words.iter().map(|word| &word.text[..]).collect();
        // Lines of one kind are one test, whose values come one after the other.
        match tests.iter_mut().find(|test| test[0] == words[0] && words[0] != b"not") {
            Some(test) => test.extend_from_slice(&words[1..]),
            None => tests.push(words),
        }
    }
    tests
}

impl Facts {
    fn holds_all(&self, tests: &[Vec<&[u8]>], definition: &Directive) -> Result<Option<bool>, Unmodelled> {
        let mut all = Some(true);
        for test in tests {
            let has_block = definition.inside().iter().any(|line| line.word(0) == test[0] && line.block.is_some());
            match if has_block { None } else { self.holds(test)? } {
                Some(false) => return Ok(Some(false)),
                Some(true) => {}
                None => all = None,
            }
        }
        Ok(all.filter(|_| !tests.is_empty()))
    }

    fn holds(&self, test: &[&[u8]]) -> Result<Option<bool>, Unmodelled> {
        let values = &test[1..];
        Ok(match test[0] {
            b"path" => self.is_any_path(values)?,
            b"host" => {
                let each = values.iter().map(|pattern| site::is_host(pattern, &self.host));
                each.collect::<Option<Vec<bool>>>().map(|all| all.contains(&true))
            }
            b"method" => Some(values.iter().any(|method| method.eq_ignore_ascii_case(&self.method))),
            b"protocol" => match values {
                [b"https"] => Some(self.tls),
                [b"http"] => Some(!self.tls),
                _ => None,
            },
            b"remote_ip" | b"client_ip" => {
                let each = values.iter().map(|value| {
                    let (address, mask) = split_once(value, b'/').map_or((*value, None), |(a, m)| (a, Some(m)));
                    Network::parse(address, mask).ok().map(|network| network.holds(self.client))
                });
                each.collect::<Option<Vec<bool>>>().map(|all| all.contains(&true))
            }
            b"not" if values.len() > 1 => self.holds(values)?.map(|holds| !holds),
            _ => None,
        })
    }

    fn is_any_path(&self, patterns: &[&[u8]]) -> Result<Option<bool>, Unmodelled> {
        let path = match &self.path {
            Ok(path) => path,
            Err(changed) => {
                return Err(unmodelled(Some(changed), "a path that is changed before a matcher looks at it"));
            }
        };
        let each = patterns.iter().map(|pattern| path::is_of(pattern, path));
        Ok(each.collect::<Option<Vec<bool>>>().map(|all| all.contains(&true)))
    }
}
