//! The rule of a router, and whether it holds for a request.
//!
//! Behaviour of Traefik 3.7.15 `pkg/rules/parser.go`, `pkg/muxer/http/matcher.go`, `mux.go:withRoutingPath`. What is not known is
//! `None`: regular expressions, headers, queries, and whatever Traefik may refuse.

use std::net::IpAddr;

use crate::bytes::split_once;
use crate::conf::apache::net::Network;

/// A request, as rules look at it.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The host without its port, in small letters.
    pub host: Vec<u8>,
    /// The path, cleaned; escapes of letters, digits and `-._~` decoded, others kept.
    pub path: Vec<u8>,
    /// The method.
    pub method: Vec<u8>,
    /// The client's address.
    pub client: IpAddr,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `a && b`
    Both(Box<Rule>, Box<Rule>),
    /// `a || b`
    Either(Box<Rule>, Box<Rule>),
    /// `!a`
    Not(Box<Rule>),
    /// A test with its one value.
    Test(Test, Vec<u8>),
    /// One that is not modelled.
    Unknown,
}

/// What a test looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// `Host`
    Host,
    /// `Path`
    Path,
    /// `PathPrefix`
    PathPrefix,
    /// `Method`
    Method,
    /// `ClientIP`
    ClientIp,
}

impl Test {
    /// Whether Traefik takes a value; it leaves a router out otherwise.
    fn takes(self, value: &[u8]) -> bool {
        match self {
            Self::Path | Self::PathPrefix => value.starts_with(b"/"),
            Self::Host => value.is_ascii(),
            Self::Method => true,
            Self::ClientIp => {
                let (address, mask) = split_once(value, b'/').map_or((value, None), |(a, m)| (a, Some(m)));
                let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
                text(address).parse::<IpAddr>().is_ok() && mask.is_none_or(|mask| text(mask).parse::<u8>().is_ok())
            }
        }
    }
}

/// Deepest nesting.
const DEEPEST: usize = 100;

impl Rule {
    /// Reads a rule; `None` where it is written in a way that is not modelled.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        let mut parser = Parser { rest: text, depth: 0 };
        let rule = parser.either()?;
        parser.blanks();
        parser.rest.is_empty().then_some(rule)
    }

    /// Whether it holds. With a test that is not modelled it never surely does: Traefik leaves the router out where it does not
    /// take the test's value.
    #[must_use]
    pub fn holds(&self, facts: &Facts) -> Option<bool> {
        self.as_far(facts).filter(|holds| !(*holds && self.has_unknown()))
    }

    fn has_unknown(&self) -> bool {
        match self {
            Self::Both(one, other) | Self::Either(one, other) => one.has_unknown() || other.has_unknown(),
            Self::Not(rule) => rule.has_unknown(),
            Self::Test(..) => false,
            Self::Unknown => true,
        }
    }

    fn as_far(&self, facts: &Facts) -> Option<bool> {
        match self {
            Self::Both(one, other) => match (one.as_far(facts), other.as_far(facts)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Either(one, other) => match (one.as_far(facts), other.as_far(facts)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(rule) => rule.as_far(facts).map(|holds| !holds),
            Self::Test(test, value) => facts.holds(*test, value),
            Self::Unknown => None,
        }
    }
}

impl Facts {
    fn holds(&self, test: Test, value: &[u8]) -> Option<bool> {
        match test {
            Test::Host => {
                let bare = |host: &[u8]| host.strip_suffix(b".").unwrap_or(host).to_vec();
                let value = value.to_ascii_lowercase();
                Some(
                    !self.host.is_empty()
                        && (self.host == value || bare(&self.host) == value || self.host == bare(&value)),
                )
            }
            Test::Path => self.is_path(value, value.len() != self.path.len()),
            Test::PathPrefix => self.is_path(value, false),
            Test::Method => Some(self.method == value.to_ascii_uppercase()),
            Test::ClientIp => {
                let (address, mask) = split_once(value, b'/').map_or((value, None), |(a, m)| (a, Some(m)));
                Network::parse(address, mask).ok().map(|network| network.holds(self.client))
            }
        }
    }

    /// Whether the path begins with these bytes, unless it is known to differ; `None` where an escape that is not modelled decides.
    fn is_path(&self, value: &[u8], differs: bool) -> Option<bool> {
        let odd = |path: &[u8]| path.iter().position(|byte| *byte == b'%' || !byte.is_ascii());
        let known = odd(&self.path).unwrap_or(usize::MAX).min(odd(value).unwrap_or(usize::MAX));
        let same = self.path.iter().zip(value).take_while(|(a, b)| a == b).count();
        if same == value.len() && known >= same {
            return Some(!differs);
        }
        if same < known { Some(false) } else { None }
    }
}

/// The path of a target for [`Facts`]: without arguments, cleaned as Go's `path.Clean` does, a slash at the end kept.
#[must_use]
pub fn path_of(target: &[u8]) -> Vec<u8> {
    let end = target.iter().position(|byte| *byte == b'?').unwrap_or(target.len());
    let mut path = Vec::new();
    let mut rest = &target[..end];
    while let Some((&byte, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let decoded = digits.filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match decoded {
            Some(decoded) if decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded) => {
                path.push(decoded);
                rest = &after[2..];
            }
            _ => {
                path.push(byte);
                rest = after;
            }
        }
    }
    crate::conf::caddy::path::cleaned(&path)
}

struct Parser<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Parser<'a> {
    fn blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn takes(&mut self, text: &[u8]) -> bool {
        self.blanks();
        self.rest.strip_prefix(text).map(|rest| self.rest = rest).is_some()
    }

    fn either(&mut self) -> Option<Rule> {
        let mut rule = self.both()?;
        while self.takes(b"||") {
            rule = Rule::Either(Box::new(rule), Box::new(self.both()?));
        }
        Some(rule)
    }

    fn both(&mut self) -> Option<Rule> {
        let mut rule = self.one()?;
        while self.takes(b"&&") {
            rule = Rule::Both(Box::new(rule), Box::new(self.one()?));
        }
        Some(rule)
    }

    fn one(&mut self) -> Option<Rule> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let rule = if self.takes(b"!") {
            Rule::Not(Box::new(self.one()?))
        } else if self.takes(b"(") {
            let rule = self.either()?;
            self.takes(b")").then_some(rule)?
        } else {
            self.test()?
        };
        self.depth -= 1;
        Some(rule)
    }

    fn test(&mut self) -> Option<Rule> {
        self.blanks();
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = std::str::from_utf8(&self.rest[..length]).ok()?;
        self.rest = &self.rest[length..];
        if !self.takes(b"(") {
            return None;
        }
        let mut values: Vec<&'a [u8]> = Vec::new();
        while !self.takes(b")") {
            values.push(self.value()?);
            self.takes(b",");
        }
        // Names are taken as they are, in small letters, in capitals, and with one capital at the start.
        let is = |own: &str| {
            let title = own.get(..1).map(|first| format!("{first}{}", own[1..].to_lowercase()));
            name == own || name == own.to_lowercase() || name == own.to_uppercase() || Some(name) == title.as_deref()
        };
        let tests = [
            ("Host", Test::Host),
            ("Path", Test::Path),
            ("PathPrefix", Test::PathPrefix),
            ("Method", Test::Method),
            ("ClientIP", Test::ClientIp),
        ];
        let test = tests.into_iter().find(|(own, _)| is(own)).map(|(_, test)| test);
        Some(match (test, &values[..]) {
            (Some(test), [value]) if test.takes(value) => Rule::Test(test, value.to_vec()),
            (Some(_), _) => return None,
            (None, _) => Rule::Unknown,
        })
    }

    /// A text in backticks, or in double quotes without backslashes.
    fn value(&mut self) -> Option<&'a [u8]> {
        self.blanks();
        let quote = *self.rest.first().filter(|byte| b"`\"".contains(byte))?;
        let end = memchr::memchr(quote, &self.rest[1..])? + 1;
        let value = &self.rest[1..end];
        self.rest = &self.rest[end + 1..];
        (quote == b'`' || !value.contains(&b'\\')).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(rule: &str, target: &str) -> Option<bool> {
        let facts = Facts {
            host: b"www.example.org".to_vec(),
            path: path_of(target.as_bytes()),
            method: b"GET".to_vec(),
            client: [127, 0, 0, 1].into(),
        };
        Rule::parse(rule.as_bytes())?.holds(&facts)
    }

    /// As Traefik 3.7.15 answers.
    #[test]
    fn rules_hold_as_traefik_has_them() {
        assert_eq!(holds("Host(`www.example.org.`) && !Path(\"/x\")", "/y"), Some(true));
        assert_eq!(holds("host(`WWW.example.org`) && (PathPrefix(`/p`) || METHOD(`post`))", "//p/../%70"), Some(true));
        assert_eq!(holds("PathPrefix(`/p`)", "/p%2Fx"), Some(true));
        assert_eq!(holds("PathPrefix(`/p/`)", "/p%2Fx"), None);
        assert_eq!(holds("Path(`/p`)", "/p%2Fx"), Some(false));
        assert_eq!(holds("Path(`/p`)", "/q%2Fx"), Some(false));
        assert_eq!(holds("Path(`/p`)", "/px"), Some(false));
        assert_eq!(holds("PathRegexp(`x`) || Path(`/p`)", "/p"), None);
        assert_eq!(holds("PathRegexp(`x`) && Path(`/q`)", "/p"), Some(false));
        assert_eq!(holds("PathRegexp(`x`) && Path(`/p`)", "/p"), None);
        assert_eq!(holds("ClientIP(`127.0.0.0/8`)", "/"), Some(true));
        for odd in [
            "Path(`/p`, `/q`)",
            "Path(`/p`",
            "Path('/p')",
            "Path(`/p`) Path(`/q`)",
            "",
            "Host",
            "Path(`p`) || Host(`x`)",
        ] {
            assert_eq!(Rule::parse(odd.as_bytes()), None, "{odd}");
        }
    }
}
