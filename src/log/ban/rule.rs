//! When fail2ban bans: its own way to count failures, which is not a sliding window.
//!
//! From fail2ban 1.0.2 server/failmanager.py:addFailure and server/ticket.py:FailTicket.adjustTime: failures older than the window are
//! not dropped, their number is scaled down to the window by the rate so far.

use std::collections::HashMap;

use crate::log::event::Micros;

/// A jail's numbers, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Failures that make a ban.
    pub maxretry: u64,
    /// The window.
    pub findtime: f64,
    /// How long a ban lasts; negative for ever.
    pub bantime: f64,
}

/// A ban.
#[derive(Clone, Debug, PartialEq)]
pub struct Ban {
    /// The banned address.
    pub client: String,
    /// The first failure that counted.
    pub first: Micros,
    /// The failure that made it.
    pub start: Micros,
    /// When it ends; `None` for never.
    pub end: Option<Micros>,
    /// Lines that counted.
    pub failures: u64,
}

#[derive(Clone, Copy, Debug)]
struct Record {
    first: f64,
    last: f64,
    retry: f64,
    seen: (Micros, u64),
}

/// Counts the failures of all addresses for one jail.
#[derive(Debug)]
pub struct Counter {
    limits: Limits,
    records: HashMap<String, Record>,
    until: HashMap<String, Option<Micros>>,
}

impl Counter {
    /// A counter that has seen nothing.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, records: HashMap::new(), until: HashMap::new() }
    }

    /// Takes a failure in; the ban that it makes. One that falls into an earlier ban makes none.
    pub fn failure(&mut self, client: &str, time: Micros) -> Option<Ban> {
        let at = seconds(time);
        let fresh = Record { first: at, last: at, retry: 0.0, seen: (time, 0) };
        let record = self.records.entry(client.to_owned()).or_insert(fresh);
        if at > record.last {
            if record.first < at - self.limits.findtime {
                record.retry = (record.retry / (at - record.first) * self.limits.findtime).round_ties_even();
                record.first = at - self.limits.findtime;
            }
            record.last = at;
        }
        record.retry += 1.0;
        record.seen.1 += 1;
        let record = *record;
        #[expect(clippy::cast_precision_loss, reason = "a number of tries")]
        let is_over = record.retry >= self.limits.maxretry as f64;
        if !is_over {
            return None;
        }
        self.records.remove(client);
        if self.until.get(client).is_some_and(|until| until.is_none_or(|until| time < until)) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a ban")]
        let end = (self.limits.bantime >= 0.0).then(|| time.saturating_add((self.limits.bantime * 1e6) as Micros));
        self.until.insert(client.to_owned(), end);
        Some(Ban { client: client.to_owned(), first: record.seen.0, start: time, end, failures: record.seen.1 })
    }
}

#[expect(clippy::cast_precision_loss, reason = "fail2ban counts in such seconds, too")]
fn seconds(time: Micros) -> f64 {
    time as f64 / 1e6
}

/// A duration as jails write it: `600`, `10m`, `1d 12h`, `-1`.
#[must_use]
pub fn duration(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return Some(number);
    }
    let mut sum = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit() && char != '.').filter(|at| *at > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(rest.len());
        let day = 86400.0;
        let unit = match rest[..letters].to_ascii_lowercase().as_str() {
            "s" | "ss" | "se" | "sec" | "second" | "seconds" => 1.0,
            "m" | "mm" | "mi" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hh" | "ho" | "hou" | "hour" | "hours" => 3600.0,
            "d" | "dd" | "da" | "day" | "days" => day,
            "w" | "ww" | "we" | "wee" | "week" | "weeks" => 7.0 * day,
            "mo" | "mon" | "month" | "months" => 365.25 * day / 12.0,
            "y" | "yy" | "ye" | "yea" | "year" | "years" => 365.25 * day,
            _ => return None,
        };
        sum += number * unit;
        rest = rest[letters..].trim_start();
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_a_sliding_window() {
        // No ten minutes hold five of these failures, and the fifth bans.
        let mut counter = Counter::new(Limits { maxretry: 5, findtime: 600.0, bantime: 600.0 });
        let bans: Vec<_> = (0..6).map(|at| counter.failure("192.0.2.1", at * 151_000_000)).collect();
        assert!(bans[..4].iter().all(Option::is_none));
        let ban = bans[4].as_ref().unwrap();
        assert_eq!((ban.start, ban.end, ban.failures), (604_000_000, Some(1_204_000_000), 5));
        assert_eq!(bans[5], None);
    }

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, wanted) in [
            ("600", 600.0),
            ("10m", 600.0),
            ("1d12h", 129_600.0),
            ("1d 12h", 129_600.0),
            ("-1", -1.0),
            ("1mo", 2_629_800.0),
        ] {
            assert_eq!(duration(text), Some(wanted), "{text}");
        }
        assert_eq!(duration("10 x"), None);
        assert_eq!(duration(""), None);
    }
}
