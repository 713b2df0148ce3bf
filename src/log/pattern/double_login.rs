//! Two logins for one page: the server's and that of what is behind it.

use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "two-logins",
        title: "two logins for one page",
        text: "The server and the application behind it both ask for a password. A request carries only one, so each refuses what the other took, \
               and the browser asks without end. Let the server keep its credentials to itself (nginx `proxy_set_header Authorization \"\"`, \
               Apache `RequestHeader unset Authorization`), or let only one of the two ask.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let mut found = Vec::new();
    for (client, visitor) in &summary.visitors {
        let message = if visitor.upstream > 0 {
            format!("{} refusals came from the server behind this one", visitor.upstream)
        } else if visitor.granted >= 2
            && !visitor.granted_names.is_empty()
            && visitor.refused_names.len() == 1
            && visitor.refused_names.is_disjoint(&visitor.granted_names)
            && summary.people.get(&visitor.refused_names.first().cloned()).is_some_and(|person| {
                person.granted.count == 0 && person.tracks.get(client).is_some_and(|track| track.refused >= 2)
            })
        {
            let shown = |names: &std::collections::BTreeSet<Vec<u8>>| {
                names.first().map_or_else(String::new, |name| String::from_utf8_lossy(name).into_owned())
            };
            format!(
                "let in as {} and refused as {} in turns",
                shown(&visitor.granted_names),
                shown(&visitor.refused_names)
            )
        } else {
            continue;
        };
        let count = visitor.upstream.max(1);
        found.push(Found { code: ROW.code, user: None, client: Some(client.clone()), count, message });
    }
    found
}
