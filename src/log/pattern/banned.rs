//! Clients of which fail2ban's log says that it banned them.

use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "banned-by-fail2ban",
        title: "fail2ban's log tells of a ban",
        text: "fail2ban's own log says that the client was banned. While a ban lasts no request reaches the server: the client sees a refused \
               connection or waits in vain, never a 401. `fail2ban-client banned ADDRESS` tells whether one is in force, \
               `fail2ban-client set JAIL unbanip ADDRESS` ends it.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let banned = summary.banned.iter();
    banned
        .map(|(client, count)| Found {
            code: ROW.code,
            user: None,
            client: Some(client.clone()),
            count: *count,
            message: if *count == 1 { "banned once".to_owned() } else { format!("banned {count} times") },
        })
        .collect()
}
