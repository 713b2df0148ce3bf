//! Quotes, braces or a list's dash around an entry or its hash, as other formats have them.

use crate::fault::form;
use crate::fault::sight::is_name;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "quoted-entry",
        title: "quotes or brackets around the entry",
        text: "Quotes, braces or a dash stand around the entry or its hash, copied from YAML, JSON or a shell \
               script. Nothing removes them: they are part of the name or the hash. Write the bare `user:hash`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let entry = sight.entry.as_ref().filter(|_| sight.kind == Kind::Entry)?;
    let name_at = entry.indent.len();
    let name = entry.name;
    let dash = if name.starts_with(b"- ") { 2 } else { 0 };
    let before = dash + name[dash..].iter().take_while(|byte| is_quote(**byte) || **byte == b'{').count();
    let after = name[before..].iter().rev().take_while(|byte| is_quote(**byte)).count();
    let value = sight.value;
    let opening = value.iter().take_while(|byte| is_quote(**byte) || matches!(byte, b' ' | b'{' | b'<')).count();
    // The brace of `{SHA}` belongs to the hash.
    let opening = if opening > 0 && value[opening - 1] == b'{' && value.get(opening) != Some(&b'$') {
        opening - 1
    } else {
        opening
    };
    let inner = &value[opening..];
    let form = form::of(inner);
    // A closing mark directly behind the hash is a byte that could stand in one, so that the hash ends before it.
    let closing = inner
        .iter()
        .rev()
        .take_while(|byte| is_quote(**byte) || matches!(byte, b' ' | b'}' | b'>' | b',' | b';'))
        .count();
    let marks = before + after + value[..opening].iter().filter(|byte| **byte != b' ').count();
    let is_marked = marks > 0 || inner[inner.len() - closing..].iter().any(|byte| *byte != b' ');
    let inner = &inner[..inner.len() - closing];
    let whole = form::of(inner);
    if !is_marked
        || !whole.is_whole()
        || whole.length < inner.len()
        || whole.scheme == Some("plain")
        || form.scheme == Some("plain")
    {
        return None;
    }
    if !is_name(&name[before..name.len() - after]) {
        return None;
    }
    let pieces = [
        (name_at, before),
        (name_at + name.len() - after, after),
        (sight.value_at, opening),
        (sight.value_at + value.len() - closing, closing),
    ];
    let pieces: Vec<_> = pieces.into_iter().filter(|(_, length)| *length > 0).collect();
    let &(at, length) = pieces.first()?;
    let grade = if before + after == 0 { Grade::Safe } else { Grade::Consent };
    let fault = sight.fault(ROW.code, at, length, "quotes or brackets stand around the entry or its hash");
    Some(fault.mended(
        grade,
        "remove them",
        pieces.iter().map(|(at, length)| sight.splice(*at, *length, b"")).collect(),
    ))
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}
