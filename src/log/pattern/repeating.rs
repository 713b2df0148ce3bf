//! One client that is refused again and again under one name.

use crate::log::pattern::{Found, Row, duration};
use crate::log::summary::{Summary, Track};
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "stored-password-repeats",
        title: "one client repeats a refused login",
        text: "One client was refused five times or more under one name. At even intervals it is a program with a stored password: a mail or \
               calendar client, a backup job, a monitoring check, a sync client of a telephone. In bursts it is mostly a browser, which \
               sends a remembered password again with each file of a page. Change the password there, and look whether the client is \
               banned for it.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let mut found = Vec::new();
    for (user, person) in &summary.people {
        let Some(user) = user else { continue };
        for (client, track) in person.tracks.iter().filter(|(_, track)| track.refused >= 5 && track.granted == 0) {
            let how = match interval(track) {
                Some(interval) => format!("every {}", duration(interval)),
                None => "at uneven intervals".to_owned(),
            };
            found.push(Found {
                code: ROW.code,
                user: Some(user.clone()),
                client: Some(client.clone()),
                count: track.refused,
                message: format!("refused {} times, {how}, and never let in", track.refused),
            });
        }
    }
    found
}

/// The interval, where it is an even one: no gap differs from the middle one by more than a tenth and two seconds.
fn interval(track: &Track) -> Option<i64> {
    let mut gaps: Vec<i64> = track.times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_unstable();
    let middle = *gaps.get(gaps.len() / 2)?;
    let slack = middle / 10 + 2_000_000;
    let even = gaps.len() >= 4 && middle >= 5_000_000 && gaps.iter().all(|gap| (gap - middle).abs() <= slack);
    even.then_some(middle)
}
