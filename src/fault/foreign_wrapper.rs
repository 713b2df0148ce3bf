//! A scheme's name in braces before a hash, as LDAP and Dovecot write it.

use crate::fault::form;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "foreign-wrapper",
        title: "another system's label on the hash",
        text: "A label in braces stands before the hash, such as `{CRYPT}` of LDAP or `{BLF-CRYPT}` of Dovecot. Web \
               servers know `{SHA}`, nginx also `{SSHA}` and `{PLAIN}`. Where the hash behind the label is one of \
               crypt(3), remove the label; otherwise set the password anew.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let hash = sight.hash();
    if sight.kind != Kind::Entry || sight.form.is_whole() || !hash.starts_with(b"{") {
        return None;
    }
    let end = memchr::memchr(b'}', hash)?;
    let label = &hash[1..end];
    if label.is_empty() || !label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    {
        return None;
    }
    let is_own = [&b"SHA"[..], b"SSHA", b"PLAIN"].iter().any(|own| own.eq_ignore_ascii_case(label));
    if is_own {
        return None;
    }
    let fault =
        sight.fault(ROW.code, sight.hash_at(), end + 1, "a label that web servers do not know stands before the hash");
    let inner = form::of(&hash[end + 1..]);
    Some(if inner.is_whole() && inner.scheme != Some("plain") && hash.len() > end + 12 {
        fault.mended(Grade::Safe, "remove the label", vec![sight.splice(sight.hash_at(), end + 1, b"")])
    } else {
        fault
    })
}
