//! An entry behind a `#`.

use crate::bytes::split_once;
use crate::fault::form;
use crate::fault::sight::is_name;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "commented-out",
        title: "the entry is commented out",
        text: "The user's line begins with `#` and is a comment to the server. Remove the sign if the user is to get \
               in. A name that begins with `#` can't be used at all: most servers take its line for a comment.",
    },
    find,
    lint: false,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::Comment {
        return None;
    }
    let text = sight.text;
    let start = text.iter().position(|byte| !matches!(byte, b'#' | b' ' | b'\t' | b';'))?;
    let (name, value) = split_once(&text[start..], b':')?;
    (is_name(name) && form::of(value).is_whole()).then(|| {
        let sign = memchr::memchr(b'#', text).unwrap_or(0);
        let fault = sight.fault(ROW.code, sign, 1, "the entry is commented out");
        fault.mended(Grade::Manual, "remove the `#`", vec![sight.splice(0, start, b"")])
    })
}
