//! Times on the command line, and the zone of this machine.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

use crate::cli::error::Error;
use crate::log::time;
use crate::log::{Clock, Micros};

const SECOND: i64 = 1_000_000;

/// Microseconds since 1970 began.
#[must_use]
pub fn now() -> Micros {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(elapsed.as_micros()).unwrap_or(Micros::MAX)
}

/// A clock of the named zone, of `$TZ`, or of this machine.
pub fn clock(zone: Option<&str>) -> Result<Clock, Error> {
    let zone = match zone {
        Some(name) => named(name).ok_or_else(|| {
            Error::usage(format!("there is no zone `{name}`")).help("write it as Europe/Berlin or UTC")
        })?,
        None => system(),
    };
    Ok(Clock::new(zone, now()))
}

fn system() -> TimeZone {
    let variable = std::env::var("TZ").ok().filter(|name| !name.is_empty());
    if let Some(name) = variable {
        return named(name.trim_start_matches(':')).unwrap_or(TimeZone::UTC);
    }
    let local = std::fs::read("/etc/localtime").ok();
    local.and_then(|data| TimeZone::tzif("local", &data).ok()).unwrap_or(TimeZone::UTC)
}

fn named(name: &str) -> Option<TimeZone> {
    let plain = name.starts_with(|first: char| first.is_ascii_alphabetic()) && !name.contains("..");
    if plain && let Ok(data) = std::fs::read(format!("/usr/share/zoneinfo/{name}")) {
        return TimeZone::tzif(name, &data).ok();
    }
    if matches!(name, "UTC" | "Z" | "UTC0") { Some(TimeZone::UTC) } else { TimeZone::posix(name).ok() }
}

/// `2h`, `3d`, `2026-11-24`, `2026-11-24 10:04`, `10:04` (today), `yesterday`.
pub fn parse(text: &str, clock: &Clock) -> Result<Micros, Error> {
    let bad = || {
        Error::usage(format!("`{text}` is no time"))
            .help("write it as 30m, 2h, 3d, 10:04, 2026-11-24, \"2026-11-24 10:04:05\" or yesterday")
    };
    let day = |days: i64| clock.shown(clock.now() - days * 86400 * SECOND)[..10].to_owned();
    let absolute =
        |text: &str| time::iso(text.as_bytes(), clock).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time);
    let full = match text {
        "now" => return Ok(clock.now()),
        "today" => format!("{} 00:00:00", day(0)),
        "yesterday" => format!("{} 00:00:00", day(1)),
        _ if text.len() == 10 && text.as_bytes()[4] == b'-' => format!("{text} 00:00:00"),
        _ if text.len() == 16 && text.as_bytes()[4] == b'-' => format!("{text}:00"),
        _ if text.len() == 5 && text.as_bytes()[2] == b':' => format!("{} {text}:00", day(0)),
        _ if text.len() == 8 && text.as_bytes()[2] == b':' => format!("{} {text}", day(0)),
        _ => text.to_owned(),
    };
    if let Some(time) = absolute(&full) {
        return Ok(time);
    }
    let letter = text.find(|char: char| !char.is_ascii_digit()).ok_or_else(bad)?;
    let number: i64 = text[..letter].parse().map_err(|_| bad())?;
    let unit = match &text[letter..] {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86400,
        "w" => 7 * 86400,
        _ => return Err(bad()),
    };
    let length = number.checked_mul(unit * SECOND).ok_or_else(bad)?;
    Ok(clock.now().saturating_sub(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_durations_back_from_now_or_dates() {
        // 2026-11-24 06:00:00 UTC.
        let clock = Clock::new(TimeZone::UTC, 1_795_500_000 * SECOND);
        let at = |text: &str| parse(text, &clock).map(|time| clock.shown(time)).unwrap_or_default();
        for (text, wanted) in [
            ("2h", "2026-11-24 04:00:00"),
            ("90m", "2026-11-24 04:30:00"),
            ("1w", "2026-11-17 06:00:00"),
            ("10:04", "2026-11-24 10:04:00"),
            ("2026-11-20", "2026-11-20 00:00:00"),
            ("2026-11-20 10:04", "2026-11-20 10:04:00"),
            ("2026-11-20T10:04:05Z", "2026-11-20 10:04:05"),
            ("yesterday", "2026-11-23 00:00:00"),
        ] {
            assert_eq!(at(text), wanted, "{text}");
        }
        for text in ["", "h", "2x", "2026", "99999999999999999h", "é:04"] {
            assert!(parse(text, &clock).is_err(), "{text}");
        }
    }
}
