//! The scheme's prefix in the wrong case.

use crate::fault::form;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::scheme;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "hash-case",
        title: "prefix of the hash in the wrong case",
        text: "The beginning of the hash is in the wrong case, such as `{sha}` or `$APR1$`. Servers compare it as it \
               stands. If the whole line was changed to one case the digest is lost too, and the password must be \
               set anew.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::Entry || sight.form.is_whole() {
        return None;
    }
    let hash = sight.hash();
    let prefixes = scheme::SCHEMES.iter().flat_map(|scheme| scheme.prefixes);
    let mut meant = prefixes.filter(|prefix| {
        let start = hash.get(..prefix.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(prefix.as_bytes()) && start != prefix.as_bytes()
    });
    let prefix = meant.next()?;
    let rest = &hash[prefix.len()..];
    let form = form::of(&[prefix.as_bytes(), rest].concat());
    (form.is_whole() && form.scheme != Some("plain")).then(|| {
        let fault =
            sight.fault(ROW.code, sight.hash_at(), prefix.len(), "the beginning of the hash is in the wrong case");
        let splice = sight.splice(sight.hash_at(), prefix.len(), prefix.as_bytes());
        fault.mended(Grade::Safe, format!("write `{prefix}`"), vec![splice])
    })
}
