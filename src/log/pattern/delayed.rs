//! Refusals that come late on purpose.

use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "refusals-are-delayed",
        title: "refusals are held back",
        text: "nginx's auth_delay holds refusals back for some seconds against guessing. To a user with a wrong password the page seems to hang.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    if summary.delayed == 0 {
        return Vec::new();
    }
    let message = "answers are held back for some seconds before they refuse".to_owned();
    vec![Found { code: ROW.code, user: None, client: None, count: summary.delayed, message }]
}
