//! Names that were sent in an older character set than UTF-8.

use crate::log::event::Kind;
use crate::log::pattern::{Found, Row};
use crate::log::summary::Summary;
use crate::trace::Code;

pub(super) const ROW: Row = Row {
    code: Code {
        name: "name-not-utf8",
        title: "a name that is no UTF-8",
        text: "A user name was sent in bytes that are no UTF-8, mostly Latin-1: Java, python-requests, aiohttp and scripts with `btoa` send that. \
               Servers compare bytes, so the name does not match one that is stored in UTF-8, and a password with such letters does not \
               either. Let the client send UTF-8, or store a second entry with the bytes that it sends.",
    },
    find,
};

fn find(summary: &Summary) -> Vec<Found> {
    let mut found = Vec::new();
    for (user, person) in &summary.people {
        let Some(user) = user else { continue };
        if std::str::from_utf8(user).is_ok() || person.refused() == 0 {
            continue;
        }
        let latin: String = user.iter().map(|byte| char::from(*byte)).collect();
        let other = summary.people.get(&Some(latin.clone().into_bytes()));
        let mut message = format!("its bytes are no UTF-8; as Latin-1 they read {latin}");
        if other.is_some_and(|other| other.granted.count > 0) {
            message.push_str(", and that name in UTF-8 is let in");
        }
        let count = person.refused_in(Kind::Access).max(person.refused_in(Kind::Error));
        found.push(Found { code: ROW.code, user: Some(user.clone()), client: None, count, message });
    }
    found
}
