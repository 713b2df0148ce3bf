//! A digest in hex, without scheme or salt.

use crate::fault::{Fault, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "bare-digest",
        title: "digest in hex in place of a hash",
        text: "The entry holds a bare MD5, SHA-1 or SHA-2 digest in hex, as `md5sum` or a database prints it. Of the \
               servers known here only Squid's helper takes the MD5 form. Set the password anew: `why401 set FILE \
               USER`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let hash = sight.hash().trim_ascii_end();
    let is_digest = matches!(hash.len(), 32 | 40 | 56 | 64 | 96 | 128) && hash.iter().all(u8::is_ascii_hexdigit);
    (sight.kind == Kind::Entry && is_digest)
        .then(|| sight.fault(ROW.code, sight.hash_at(), hash.len(), "a bare digest in hex stands in place of a hash"))
}
