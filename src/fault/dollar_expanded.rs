//! A hash of which a shell, a compose file or a template took the parts that begin with `$`.

use crate::fault::form;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::scheme::h64;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "dollar-expanded",
        title: "parts of the hash taken for variables",
        text: "A shell, docker-compose, a `.env` file or a template took the parts of the hash that begin with `$` \
               for variables and put nothing in their place. What is left is the end of the hash. It can't be \
               repaired: make the hash anew, in single quotes in a shell, with `$$` in a compose file, or with \
               `why401 set FILE USER`, which involves none of them.",
    },
    find,
    lint: true,
};

/// Lengths of what is left: the digest of MD5 crypt, of SHA-256 crypt, of SHA-512 crypt; salt and digest of bcrypt.
const TAILS: &[usize] = &[22, 43, 53, 86];

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::Entry || sight.form.is_whole() || sight.pad > 0 {
        return None;
    }
    let hash = sight.hash().trim_ascii_end();
    let with_dollar = form::of(&[b"$", hash].concat());
    if with_dollar.is_whole() && !hash.starts_with(b"$") {
        let fault = sight.fault(ROW.code, sight.hash_at(), 0, "the first dollar sign of the hash is missing");
        return Some(fault.mended(Grade::Consent, "put it back", vec![sight.splice(sight.hash_at(), 0, b"$")]));
    }
    let tail = hash.rsplit(|byte| *byte == b'$').next().unwrap_or(hash);
    let is_tail = |text: &[u8]| TAILS.contains(&text.len()) && h64::all(text);
    let known = form::of(hash).scheme.is_some();
    (!known && (is_tail(hash) || (hash.starts_with(b"$") && is_tail(tail)))).then(|| {
        sight.fault(
            ROW.code,
            sight.hash_at(),
            hash.len(),
            "only the end of a hash is left: its `$` parts were taken for variables",
        )
    })
}
