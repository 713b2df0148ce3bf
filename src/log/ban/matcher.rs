//! A filter's patterns, matched against lines as fail2ban does: the date is taken out of the line first.
//!
//! From fail2ban 1.0.2 server/filter.py:{processLine,findFailure}, server/failregex.py:Regex._resolveHostTag,
//! server/datedetector.py:DEFAULT_TEMPLATES (those that servers write) and server/datetemplate.py:setRegex.

use fancy_regex::Regex;

use crate::log::ban::Unmodelled;
use crate::log::event::Micros;
use crate::log::time::{self, Clock};

const IP4: &str = r"(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})";
const IP6: &str = r"(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):))";
const DNS: &str = r"(?P<dns>[\w\-.^_]*\w)";

/// Dates as fail2ban looks for them, those of web servers first in each group.
const DATES: [&str; 3] = [
    r"20\d\d(?:-(?:0?[1-9]|1[0-2])-|/(?:0?[1-9]|1[0-2])/|\.(?:0?[1-9]|1[0-2])\.)(?:[1-2]\d|[0 ]?[1-9]|3[0-1])(?:T|  ?)(?:[0-1]?\d|2[0-3]):[0-5]?\d:(?:[0-5]?\d|6[0-1])(?:[.,]\d{1,6})?(?:\s*(?:Z|UTC|GMT|[+-][01]\d(?::?\d{2})?))?",
    r"(?i-u:(?:(?:mon|tue|wed|thu|fri|sat|sun) )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) (?:[1-2]\d|[0 ]?[1-9]|3[0-1])  ?(?:[0-2]?\d):[0-5]?\d:(?:[0-5]?\d|6[0-1])(?:\.\d{1,6})?(?: 20\d\d)?)",
    r"(?i-u:(?:[1-2]\d|[0 ]?[1-9]|3[0-1])[-/](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[-/]20\d\d[ :]?(?:[0-1]?\d|2[0-3]):[0-5]?\d:(?:[0-5]?\d|6[0-1])(?:\.\d{1,6})?(?: (?:Z|UTC|GMT|[+-][01]\d(?::?\d{2})?))?)",
];

/// Compiled patterns.
#[derive(Debug)]
pub struct Matcher {
    prefix: Option<Regex>,
    fail: Vec<Regex>,
    ignore: Vec<Regex>,
    dates: Vec<regex::Regex>,
    anchored: usize,
}

/// A line that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The address or name that counts.
    pub host: String,
    /// When; `None` where the line tells none.
    pub time: Option<Micros>,
}

impl Matcher {
    /// Compiles a filter's patterns; `dates` is its datepattern.
    pub fn new(
        prefix: Option<&str>,
        fail: &[String],
        ignore: &[String],
        dates: Option<&str>,
    ) -> Result<Self, Unmodelled> {
        let anchored_only = match dates.map(str::trim) {
            None | Some("") => false,
            Some("{^LN-BEG}") => true,
            Some(other) => return Err(Unmodelled(format!("the datepattern `{other}`"))),
        };
        let mut patterns: Vec<String> = DATES.iter().map(|date| format!(r"^(?:\W{{0,2}})?({date})\b")).collect();
        let anchored = patterns.len();
        if !anchored_only {
            patterns.extend(DATES.iter().map(|date| format!(r"\b({date})\b")));
        }
        let dates = patterns
            .iter()
            .map(|pattern| regex::Regex::new(pattern))
            .collect::<Result<_, _>>()
            .map_err(|error| Unmodelled(error.to_string()))?;
        let all = |patterns: &[String]| patterns.iter().map(|pattern| compiled(pattern)).collect::<Result<Vec<_>, _>>();
        let prefix = prefix.filter(|prefix| !prefix.is_empty()).map(compiled).transpose()?;
        Ok(Self { prefix, fail: all(fail)?, ignore: all(ignore)?, dates, anchored })
    }

    /// Whom a line counts against.
    #[must_use]
    pub fn hit(&self, line: &[u8], clock: &Clock) -> Option<Hit> {
        let line = String::from_utf8_lossy(line);
        let (rest, time) = self.without_date(&line, clock);
        let mut text: &str = &rest;
        let first;
        let mut host = None;
        if let Some(prefix) = &self.prefix {
            first = prefix.captures(rest.as_str()).ok().flatten()?;
            host = host_of(&first);
            if let Some(content) = first.name("content").filter(|content| !content.as_str().is_empty()) {
                text = content.as_str();
            }
        }
        for pattern in &self.fail {
            let Some(found) = pattern.captures(text).ok().flatten() else { continue };
            if self.ignore.iter().any(|ignore| ignore.is_match(text).unwrap_or(false)) {
                return None;
            }
            let host = host_of(&found).or(host)?;
            return Some(Hit { host, time });
        }
        None
    }

    /// The line without its date, and the date.
    fn without_date(&self, line: &str, clock: &Clock) -> (String, Option<Micros>) {
        for (at, pattern) in self.dates.iter().enumerate() {
            // Looking for the others at the start is cheap; anywhere, it is not, and needs a digit and a colon.
            if at >= self.anchored && !line.contains(':') {
                break;
            }
            let Some(date) = pattern.captures(line).and_then(|found| found.get(1)) else { continue };
            let text = date.as_str().as_bytes();
            let whole = |found: Option<(Micros, &[u8])>| found.map(|(time, _)| time);
            let time = whole(time::iso(text, clock))
                .or_else(|| time::apache(text, clock))
                .or_else(|| whole(time::access(text, clock)))
                .or_else(|| whole(time::syslog(text, clock)));
            let mut rest = line[..date.start()].to_owned();
            rest.push_str(&line[date.end()..]);
            return (rest, time);
        }
        (line.to_owned(), None)
    }
}

fn host_of(found: &fancy_regex::Captures<'_, str>) -> Option<String> {
    ["ip4", "ip6", "dns"].iter().find_map(|name| found.name(name)).map(|host| one_way(host.as_str()))
}

/// An address in the one way that all forms of it are counted under.
fn one_way(host: &str) -> String {
    host.parse::<std::net::IpAddr>().map_or_else(|_| host.to_owned(), |address| address.to_canonical().to_string())
}

/// A pattern with fail2ban's tags replaced.
fn compiled(pattern: &str) -> Result<Regex, Unmodelled> {
    let mut text = String::new();
    let mut rest = pattern;
    let mut open: Vec<&str> = Vec::new();
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let tag = rest[1..].split_once('>').map(|(tag, _)| tag);
        let is_tag = |tag: &&str| {
            let name = tag.strip_prefix('/').unwrap_or(tag);
            let name = name.strip_suffix('/').unwrap_or(name);
            !name.is_empty() && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '_' | '-'))
        };
        let Some(tag) = tag.filter(is_tag) else {
            text.push('<');
            rest = &rest[1..];
            continue;
        };
        rest = &rest[tag.len() + 2..];
        match tag {
            "HOST" => text.push_str(&format!(r"(?:\[?(?:{IP4}|{IP6})\]?|{DNS})")),
            "ADDR" | "F-ADDR/" => text.push_str(&format!(r"\[?(?:{IP4}|{IP6})\]?")),
            "IP4" | "F-IP4/" => text.push_str(IP4),
            "IP6" | "F-IP6/" => text.push_str(IP6),
            "DNS" | "F-DNS/" => text.push_str(DNS),
            "SKIPLINES" | "SUBNET" | "CIDR" | "F-ID/" | "F-ID" | "F-MLFID" => {
                return Err(Unmodelled(format!("the tag <{tag}> of a pattern")));
            }
            _ => match (tag.strip_prefix("F-"), tag.strip_prefix("/F-")) {
                (Some(name), _) => {
                    open.push(name);
                    text.push_str(&format!("(?P<{}>", name.to_lowercase().replace('-', "_")));
                }
                (_, Some(name)) if open.contains(&name) => text.push(')'),
                _ => text.push_str(&format!("<{tag}>")),
            },
        }
    }
    text.push_str(rest);
    Regex::new(&text).map_err(|error| Unmodelled(format!("the pattern `{pattern}`: {error}")))
}
