//! A line of text without a colon.

use crate::fault::form;
use crate::fault::sight::{is_blank, is_name};
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "no-colon",
        title: "line without a colon",
        text: "The line has no colon between name and hash. Apache takes it for a user without a hash, nginx may \
               pass over the line after it, lighttpd logs a parse error, and some servers refuse the whole file. \
               Write `user:hash`, or make it a comment.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::NoColon {
        return None;
    }
    let entry = sight.entry.as_ref()?;
    if let Some((end, start)) = separator(sight.text) {
        let fault = sight.fault(ROW.code, end, start - end, "something else stands where the colon should");
        return Some(fault.mended(Grade::Consent, "put a colon there", vec![sight.splice(end, start - end, b":")]));
    }
    let fault = sight.fault(ROW.code, entry.indent.len(), entry.name.len(), "the line has no colon");
    Some(fault.mended(Grade::Consent, "make the line a comment", vec![sight.splice(0, 0, b"#")]))
}

/// Where the name ends and the hash begins, in `user = hash` and its relatives.
fn separator(text: &[u8]) -> Option<(usize, usize)> {
    let end = text.iter().position(|byte| is_blank(*byte) || matches!(byte, b'=' | b';' | b',' | b'|'))?;
    let more =
        text[end..].iter().position(|byte| !is_blank(*byte) && !matches!(byte, b'=' | b';' | b',' | b'|' | b'>'))?;
    let hash = &text[end + more..];
    let form = form::of(hash);
    (is_name(&text[..end]) && form.is_whole() && form.scheme != Some("descrypt")).then_some((end, end + more))
}
