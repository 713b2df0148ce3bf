//! An entry, or its hash, that is wrapped in base64 once more.

use crate::basic::base64;
use crate::bytes::{split_once, trim_end};
use crate::fault::form;
use crate::fault::sight::is_name;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "base64-entry",
        title: "entry wrapped in base64",
        text: "The line, or the hash on it, is the base64 of what should stand there, as a Kubernetes secret or a \
               Caddyfile of old holds it. Servers do not unwrap it. `why401 lint --fix-unsafe FILE` puts the plain \
               form in its place.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let (at, text) = match sight.kind {
        Kind::NoColon => (0, sight.text),
        Kind::Entry => (sight.hash_at(), sight.hash()),
        Kind::Blank | Kind::Comment => return None,
    };
    let token = trim_end(text, b" \t\r");
    let length = base64::symbols(token);
    if length < 16 || !matches!(&token[length..], b"" | b"=" | b"==") {
        return None;
    }
    let plain = base64::unpack(&token[..length]);
    let plain = trim_end(&plain, b"\r\n");
    let value = match sight.kind {
        Kind::NoColon => split_once(plain, b':').filter(|(name, _)| is_name(name))?.1,
        _ => plain,
    };
    let form = form::of(value);
    if !form.is_whole() || form.length < value.len() || form.scheme == Some("descrypt") {
        return None;
    }
    let what = if sight.kind == Kind::NoColon {
        "the line is the base64 of an entry"
    } else {
        "the base64 of a hash stands in its place"
    };
    let fault = sight.fault(ROW.code, at, token.len(), what);
    Some(fault.mended(Grade::Consent, "unwrap the base64", vec![sight.splice(at, text.len(), plain)]))
}
