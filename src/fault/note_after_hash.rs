//! Text after a blank behind the hash.

use crate::fault::sight::is_blank;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "note-after-hash",
        title: "note on the entry's line",
        text: "A note follows the hash on the same line. There are no comments at the end of a line: the note is a \
               part of the hash. Put it on a line of its own that begins with `#`.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    let behind = sight.behind();
    let blanks = behind.iter().take_while(|byte| is_blank(**byte) || **byte == b'\r').count();
    if blanks == 0 || blanks == behind.len() {
        return None;
    }
    let at = sight.hash_at() + sight.form.length;
    let note = crate::bytes::trim_end(&behind[blanks..], b" \t\r\\");
    let own_line = [if note.starts_with(b"#") { &b""[..] } else { b"# " }, note, b"\n"].concat();
    let fault = sight.fault(ROW.code, at + blanks, behind.len() - blanks, "a note follows the hash on the same line");
    let splices = vec![sight.splice(0, 0, &own_line), sight.splice(at, behind.len(), b"")];
    Some(fault.mended(Grade::Consent, "put the note on a line of its own", splices))
}
