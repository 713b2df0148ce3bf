//! Preflight requests, which never carry credentials.

use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "preflight-refused",
        title: "OPTIONS requests are refused",
        text: "Before a script of another origin may send a request with credentials, the browser asks with an OPTIONS request that carries none. \
               Refused with 401, the real request is never sent: it works with curl and not in the application. Let OPTIONS through: in \
               Apache `<LimitExcept OPTIONS>` around Require, in nginx `if ($request_method = OPTIONS) { return 204; }` or limit_except.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let refused = summary.visitors.iter().filter(|(_, visitor)| visitor.preflights > 0);
    refused
        .map(|(client, visitor)| Found {
            code: ROW.code,
            user: None,
            client: Some(client.clone()),
            count: visitor.preflights,
            message: "OPTIONS requests, which browsers send without credentials, are refused".to_owned(),
        })
        .collect()
}
