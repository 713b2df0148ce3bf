//! Two entries on one line, since the first lacked its line feed when the second was appended.

use crate::bytes::split_once;
use crate::fault::form;
use crate::fault::sight::{is_blank, is_name};
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "glued-lines",
        title: "two entries on one line",
        text: "The file had no line feed at its end when an entry was appended, so two entries stand on one line: \
               the first user's hash has a tail and the second user is not found. Break the line where the first \
               hash ends: `why401 lint --fix FILE`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let behind = sight.behind();
    let blanks = behind.iter().take_while(|byte| is_blank(**byte)).count();
    let (name, value) = split_once(&behind[blanks..], b':')?;
    if !is_name(name) || name.starts_with(b"#") || !form::of(value).is_whole() {
        return None;
    }
    let at = sight.hash_at() + sight.form.length;
    let end: &[u8] = if sight.line.end() == b"\r\n" { b"\r\n" } else { b"\n" };
    let fault =
        sight.fault(ROW.code, at + blanks, name.len(), "a second entry stands on the line, right after the first hash");
    Some(fault.mended(Grade::Safe, "break the line before it", vec![sight.splice(at, blanks, end)]))
}
