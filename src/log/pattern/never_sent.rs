//! A client that is asked for credentials and never sends any.

use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "credentials-never-sent",
        title: "a client never sends credentials",
        text: "A client was refused three times or more without a user name, and no record shows one from it. A browser asks its user and then \
               sends credentials; what never does is a program that was given none, a script that lost them on a redirect to another host \
               or port, a proxy that takes the header out, or a robot.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let mute = summary.visitors.iter().filter(|(_, visitor)| visitor.named == 0 && visitor.nameless >= 3);
    mute.map(|(client, visitor)| Found {
        code: ROW.code,
        user: None,
        client: Some(client.clone()),
        count: visitor.nameless,
        message: format!("refused {} times without a user name, and no record shows one from it", visitor.nameless),
    })
    .collect()
}
