//! Time stamps of logs: read from their bytes, and turned into one count of microseconds.
//!
//! Error logs tell the server's local time without a zone; the zone is given by who reads. An hour that occurs twice in
//! autumn is told apart by the order of the records.

use std::cell::Cell;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use crate::log::event::Micros;

const SECOND: i64 = 1_000_000;
const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// Turns local time into an instant.
pub struct Clock {
    zone: TimeZone,
    now: Micros,
    /// A quarter of an hour of local time, and its offset in seconds.
    known: Cell<(i64, i64)>,
    last: Cell<Micros>,
}

impl Clock {
    /// A clock of a zone; `now` completes stamps without a year.
    #[must_use]
    pub fn new(zone: TimeZone, now: Micros) -> Self {
        Self { zone, now, known: Cell::new((i64::MIN, 0)), last: Cell::new(i64::MIN) }
    }

    /// The present, as given.
    #[must_use]
    pub const fn now(&self) -> Micros {
        self.now
    }

    /// The instant of a local time, which is microseconds since 1970 began on the wall.
    #[must_use]
    pub fn local(&self, wall: Micros) -> Micros {
        let quarter = wall.div_euclid(900 * SECOND);
        let (known, offset) = self.known.get();
        let instant = if known == quarter { wall - offset * SECOND } else { self.look_up(wall, quarter) };
        self.last.set(instant);
        instant
    }

    fn look_up(&self, wall: Micros, quarter: i64) -> Micros {
        let Some(date) = civil(wall) else { return wall };
        let ambiguous = self.zone.to_ambiguous_timestamp(date);
        match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { offset } => {
                let offset = i64::from(offset.seconds());
                self.known.set((quarter, offset));
                wall - offset * SECOND
            }
            jiff::tz::AmbiguousOffset::Gap { before, .. } => wall - i64::from(before.seconds()) * SECOND,
            jiff::tz::AmbiguousOffset::Fold { before, after } => {
                let first = wall - i64::from(before.seconds()) * SECOND;
                let second = wall - i64::from(after.seconds()) * SECOND;
                if first < self.last.get().saturating_sub(60 * SECOND) { second } else { first }
            }
        }
    }

    /// `2026-11-24 10:04:40`, in the clock's zone.
    #[must_use]
    pub fn shown(&self, instant: Micros) -> String {
        let Ok(stamp) = jiff::Timestamp::from_microsecond(instant) else { return String::from("?") };
        let date = self.zone.to_datetime(stamp);
        format!(
            "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
            date.year(),
            date.month(),
            date.day(),
            date.hour(),
            date.minute(),
            date.second()
        )
    }

    /// RFC 3339 with the zone's offset.
    #[must_use]
    pub fn rfc3339(&self, instant: Micros) -> String {
        let Ok(stamp) = jiff::Timestamp::from_microsecond(instant) else { return String::from("?") };
        let minutes = self.zone.to_offset(stamp).seconds() / 60;
        let sign = if minutes < 0 { '-' } else { '+' };
        let shown = self.shown(instant).replace(' ', "T");
        format!("{shown}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
    }

    /// The instant of a month's day and a time without year: the last such one before the present.
    #[must_use]
    pub fn yearless(&self, month: i64, day: i64, rest: Micros) -> Micros {
        let year = jiff::Timestamp::from_microsecond(self.now).map_or(1970, |now| self.zone.to_datetime(now).year());
        let of = |year: i64| self.local(days(year, month, day) * 86400 * SECOND + rest);
        let this = of(i64::from(year));
        if this > self.now + 86400 * SECOND { of(i64::from(year) - 1) } else { this }
    }
}

fn civil(wall: Micros) -> Option<DateTime> {
    let stamp = jiff::Timestamp::from_second(wall.div_euclid(SECOND)).ok()?;
    Some(Offset::UTC.to_datetime(stamp))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A reader of fixed fields.
struct Fields<'a> {
    rest: &'a [u8],
}

impl Fields<'_> {
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (head, rest) = self.rest.split_at_checked(digits)?;
        self.rest = rest;
        head.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        let rest = self.rest.strip_prefix(&[wanted])?;
        self.rest = rest;
        Some(())
    }

    fn one_of(&mut self, wanted: &[u8]) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        wanted.contains(first).then_some(*first)
    }

    fn month(&mut self) -> Option<i64> {
        let (head, rest) = self.rest.split_at_checked(3)?;
        self.rest = rest;
        MONTHS.iter().position(|month| *month == head).and_then(|at| i64::try_from(at + 1).ok())
    }

    /// `hh:mm:ss` with a fraction after a point or comma, in microseconds.
    fn clock(&mut self) -> Option<Micros> {
        let hour = self.number(2)?;
        self.byte(b':')?;
        let minute = self.number(2)?;
        self.byte(b':')?;
        let second = self.number(2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut micros = ((hour * 60 + minute) * 60 + second) * SECOND;
        if let [b'.' | b',', digit, ..] = self.rest
            && digit.is_ascii_digit()
        {
            self.rest = &self.rest[1..];
            let mut unit = SECOND / 10;
            while let [digit @ b'0'..=b'9', rest @ ..] = self.rest {
                micros += i64::from(digit - b'0') * unit;
                unit /= 10;
                self.rest = rest;
            }
        }
        Some(micros)
    }

    /// `+hhmm`, `+hh:mm` or `Z`, in microseconds.
    fn offset(&mut self) -> Option<Micros> {
        let sign = match self.one_of(b"+-Z")? {
            b'Z' => return Some(0),
            b'-' => -1,
            _ => 1,
        };
        let hour = self.number(2)?;
        let _ = self.byte(b':');
        let minute = self.number(2)?;
        Some(sign * (hour * 60 + minute) * 60 * SECOND)
    }
}

fn wall(year: i64, month: i64, day: i64, clock: Micros) -> Option<Micros> {
    (1970..=9999).contains(&year).then_some(())?;
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| days(year, month, day) * 86400 * SECOND + clock)
}

/// `24/Nov/2026:05:56:05 +0000`, or with a fraction and without zone: `24/Nov/2026:05:59:48.145`. What follows is returned.
pub(super) fn access<'a>(text: &'a [u8], clock: &Clock) -> Option<(Micros, &'a [u8])> {
    let mut fields = Fields { rest: text };
    let day = fields.number(2)?;
    fields.byte(b'/')?;
    let month = fields.month()?;
    fields.byte(b'/')?;
    let year = fields.number(4)?;
    fields.byte(b':')?;
    let wall = wall(year, month, day, fields.clock()?)?;
    if let Some(rest) = fields.rest.strip_prefix(b" ") {
        let mut zone = Fields { rest };
        if let Some(offset) = zone.offset() {
            return Some((wall - offset, zone.rest));
        }
    }
    Some((clock.local(wall), fields.rest))
}

/// `Tue Nov 24 05:56:04.841531 2026`, whole.
pub(super) fn apache(text: &[u8], clock: &Clock) -> Option<Micros> {
    const DAYS: [&[u8; 3]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
    let (name, rest) = text.split_at_checked(3)?;
    DAYS.iter().any(|day| *day == name).then_some(())?;
    let mut fields = Fields { rest };
    fields.byte(b' ')?;
    let month = fields.month()?;
    fields.byte(b' ')?;
    let day = if fields.byte(b' ').is_some() { fields.number(1)? } else { fields.number(2)? };
    fields.byte(b' ')?;
    let time = fields.clock()?;
    fields.byte(b' ')?;
    let year = fields.number(4)?;
    fields.rest.is_empty().then_some(())?;
    Some(clock.local(wall(year, month, day, time)?))
}

/// A date with `-` or `/`, a blank or `T`, a time, perhaps a zone. What follows is returned.
#[must_use]
pub fn iso<'a>(text: &'a [u8], clock: &Clock) -> Option<(Micros, &'a [u8])> {
    let mut fields = Fields { rest: text };
    let year = fields.number(4)?;
    let dash = fields.one_of(b"-/")?;
    let month = fields.number(2)?;
    fields.byte(dash)?;
    let day = fields.number(2)?;
    fields.one_of(b" T")?;
    let wall = wall(year, month, day, fields.clock()?)?;
    let mut zone = Fields { rest: fields.rest };
    if let Some(offset) = zone.offset() {
        return Some((wall - offset, zone.rest));
    }
    Some((clock.local(wall), fields.rest))
}

/// `Nov 24 05:56:04`, as syslog has it. What follows is returned.
pub(super) fn syslog<'a>(text: &'a [u8], clock: &Clock) -> Option<(Micros, &'a [u8])> {
    let mut fields = Fields { rest: text };
    let month = fields.month()?;
    fields.byte(b' ')?;
    let day = if fields.byte(b' ').is_some() { fields.number(1)? } else { fields.number(2)? };
    fields.byte(b' ')?;
    let time = fields.clock()?;
    (1..=31).contains(&day).then(|| (clock.yearless(month, day, time), fields.rest))
}

/// A number of seconds with a fraction, `1795499960.5746174`.
pub(super) fn seconds(text: &[u8]) -> Option<Micros> {
    let (whole, fraction) = crate::bytes::split_once(text, b'.').unwrap_or((text, b""));
    let digits = |text: &[u8]| -> Option<i64> {
        text.iter().try_fold(0_i64, |sum, byte| {
            byte.is_ascii_digit().then_some(())?;
            sum.checked_mul(10)?.checked_add(i64::from(byte - b'0'))
        })
    };
    if whole.is_empty() || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(6)];
    let scale = 10_i64.pow(6 - u32::try_from(fraction.len()).ok()?);
    digits(whole)?.checked_mul(SECOND)?.checked_add(digits(fraction)? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc() -> Clock {
        Clock::new(TimeZone::UTC, 1_795_500_000 * SECOND)
    }

    #[test]
    fn the_stamps_of_all_servers_tell_one_instant() {
        let clock = utc();
        // `date -d '2026-11-24 05:56:05 UTC' +%s`
        let wanted = 1_795_499_765 * SECOND;
        assert_eq!(access(b"24/Nov/2026:05:56:05 +0000]", &clock), Some((wanted, &b"]"[..])));
        assert_eq!(access(b"24/Nov/2026:11:26:05 +0530", &clock), Some((wanted, &b""[..])));
        assert_eq!(access(b"24/Nov/2026:05:56:05.145", &clock), Some((wanted + 145_000, &b""[..])));
        assert_eq!(apache(b"Tue Nov 24 05:56:05.000001 2026", &clock), Some(wanted + 1));
        assert_eq!(apache(b"Tue Nov 24 05:56:05 2026", &clock), Some(wanted));
        assert_eq!(iso(b"2026/11/24 05:56:05 [", &clock), Some((wanted, &b" ["[..])));
        assert_eq!(iso(b"2026-11-24T05:56:05+0000", &clock), Some((wanted, &b""[..])));
        assert_eq!(iso(b"2026-11-24T05:56:05.5Z", &clock), Some((wanted + 500_000, &b""[..])));
        assert_eq!(syslog(b"Nov 24 05:56:05 host", &clock), Some((wanted, &b" host"[..])));
        assert_eq!(seconds(b"1795499765.5746174"), Some(wanted + 574_617));
    }

    #[test]
    fn a_stamp_without_year_is_not_in_the_future() {
        // 2025-12-31 00:00:00 UTC.
        assert_eq!(syslog(b"Dec 31 00:00:00", &utc()), Some((1_767_139_200 * SECOND, &b""[..])));
    }

    #[test]
    fn an_hour_that_occurs_twice_is_told_apart_by_order() {
        // Central European time as a POSIX rule; 2026-10-25 03:00 becomes 02:00.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let clock = Clock::new(zone, 1_795_500_000 * SECOND);
        let at = |text: &[u8]| iso(text, &clock).unwrap().0 / SECOND;
        let first = at(b"2026-10-25 02:30:00");
        assert_eq!(at(b"2026-10-25 02:59:00") - first, 29 * 60);
        assert_eq!(at(b"2026-10-25 02:01:00") - first, 31 * 60);
        assert_eq!(at(b"2026-10-25 03:00:00") - first, 90 * 60);
    }
}
