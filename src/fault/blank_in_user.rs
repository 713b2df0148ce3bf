//! Blanks and invisible characters at the edges of a name.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::Kind;
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "blank-in-user",
        title: "blank or invisible character in the name",
        text: "The name in the file has a blank before its colon, or a character that nobody sees: a no-break space, \
               a zero-width space, a byte order mark. It belongs to the name, so the user as typed is not found. \
               Remove it.",
    },
    find,
    lint: true,
};

/// Characters that are not seen, or not as what they are.
const INVISIBLE: &[char] = &[
    '\u{A0}', '\u{AD}', '\u{200B}', '\u{200C}', '\u{200D}', '\u{200E}', '\u{200F}', '\u{202A}', '\u{202B}', '\u{202C}',
    '\u{202D}', '\u{202E}', '\u{202F}', '\u{2060}', '\u{3000}', '\u{FEFF}',
];

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let entry = sight.entry.as_ref().filter(|_| sight.kind == Kind::Entry)?;
    let name_at = entry.indent.len();
    let kept = entry.name.trim_ascii_end().len();
    let mut pieces: Vec<(usize, usize)> = Vec::new();
    if let Ok(name) = std::str::from_utf8(&entry.name[..kept]) {
        let marked = if sight.line.number == 1 { super::byte_order_mark::MARK.len() } else { 0 };
        let seen = name
            .char_indices()
            .filter(|(at, char)| INVISIBLE.contains(char) && (*at > 0 || *char != '\u{FEFF}' || marked == 0));
        pieces.extend(seen.map(|(at, char)| (at, char.len_utf8())));
    }
    if kept < entry.name.len() {
        pieces.push((kept, entry.name.len() - kept));
    }
    let &(at, length) = pieces.first()?;
    let fault = sight.fault(ROW.code, name_at + at, length, "a blank or an invisible character belongs to the name");
    let splices = pieces.iter().map(|(at, length)| sight.splice(name_at + at, *length, b"")).collect();
    Some(fault.mended(Grade::Consent, "remove it", splices))
}
