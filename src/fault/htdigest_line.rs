//! A line of htdigest: user, realm, and the digest of all three.

use crate::bytes::split_once;
use crate::fault::{Fault, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "htdigest-line",
        title: "line of an htdigest file",
        text: "The line has the form `user:realm:digest` of htdigest, which serves Digest authentication. Basic \
               authentication reads the realm as the hash and refuses everybody. Set a password with `why401 set`, \
               or configure Digest.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::Entry {
        return None;
    }
    let (realm, digest) = split_once(sight.value, b':')?;
    let digest = digest.trim_ascii_end();
    let hex = matches!(digest.len(), 32 | 64) && digest.iter().all(u8::is_ascii_hexdigit);
    (hex && !realm.is_empty()).then(|| {
        sight.fault(ROW.code, sight.value_at, sight.value.len(), "the line is of htdigest, for Digest authentication")
    })
}
