//! An entry broken over two lines with a backslash, which only Apache puts together.

use crate::bytes::split_once;
use crate::fault::form;
use crate::fault::sight::is_name;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "split-entry",
        title: "entry broken over two lines",
        text: "An entry is broken over two lines with a backslash at the end of the first. Apache puts them \
               together; every other server sees two broken lines. Write the entry on one line.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let before = sight.line.previous().strip_suffix(b"\n")?;
    let before = before.strip_suffix(b"\r").unwrap_or(before).strip_suffix(b"\\")?;
    let joined = [before, sight.text].concat();
    let (name, value) = split_once(&joined, b':')?;
    let is_whole_alone = split_once(before, b':').is_some_and(|(_, value)| form::of(value).is_whole());
    if !is_name(name) || name.starts_with(b"#") || is_whole_alone || !form::of(value).is_whole() {
        return None;
    }
    let end = (sight.line.previous().len() - before.len()) as u64;
    let mut fault = sight.fault(
        ROW.code,
        0,
        0,
        "the line before ends in a backslash and this one is the rest of it, for Apache only",
    );
    fault.at = crate::bytes::Span::new(sight.line.start - end, sight.line.start);
    let splice = crate::htpasswd::Splice { span: fault.at, bytes: Vec::new() };
    Some(fault.mended(Grade::Consent, "write the entry on one line", vec![splice]))
}
