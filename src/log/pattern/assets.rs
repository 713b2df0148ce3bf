//! Files that a browser fetches by itself and without credentials.

use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "assets-without-credentials",
        title: "files that browsers fetch without credentials",
        text: "A client that is let in is refused for files that browsers fetch by themselves and without credentials: icons, manifests, source \
               maps, service workers. The login itself works; a prompt that comes back now and then may come from these. Leave them out of \
               the protected area, or ignore the refusals.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let refused = summary.visitors.iter().filter(|(_, visitor)| visitor.assets > 0 && visitor.granted > 0);
    refused
        .map(|(client, visitor)| Found {
            code: ROW.code,
            user: None,
            client: Some(client.clone()),
            count: visitor.assets,
            message: format!("let in, and refused for {}", String::from_utf8_lossy(&visitor.asset)),
        })
        .collect()
}
