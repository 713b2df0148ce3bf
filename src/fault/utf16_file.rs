//! The file is UTF-16: every other byte is a NUL.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "utf16-file",
        title: "the file is UTF-16",
        text: "An editor or PowerShell's `>` saved the file as UTF-16: each ASCII character is two bytes, one of \
               them a NUL. Servers read bytes and find no user in it. Convert it to UTF-8 without a byte order mark: \
               `iconv -f UTF-16 -t UTF-8 FILE`, or let `why401 lint --fix-unsafe` do it.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let raw: &[u8] = &sight.line.raw;
    if sight.line.number != 1 || order(raw).is_none() {
        return None;
    }
    let fault = sight.fault(ROW.code, 0, 2, "the file is UTF-16, which no server reads");
    Some(fault.remade(Grade::Consent, "convert the file to UTF-8", decoded))
}

/// Whether the low byte comes first; `None` where this is no UTF-16.
fn order(raw: &[u8]) -> Option<bool> {
    match raw {
        [0xFF, 0xFE, ..] => Some(true),
        [0xFE, 0xFF, ..] => Some(false),
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => Some(true),
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => Some(false),
        _ => None,
    }
}

fn decoded(file: &[u8]) -> Option<Vec<u8>> {
    let low_first = order(file)?;
    let (pairs, rest) = file.as_chunks::<2>();
    let units = pairs.iter().map(|pair| if low_first { u16::from_le_bytes(*pair) } else { u16::from_be_bytes(*pair) });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    let text = text.ok().filter(|_| rest.is_empty())?;
    Some(text.strip_prefix('\u{FEFF}').unwrap_or(&text).as_bytes().to_vec())
}
