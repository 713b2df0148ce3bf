//! Lines that end in CR LF, as Windows writes them.

use crate::fault::{Fault, Grade, Row, Sight};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "crlf",
        title: "line ends of Windows",
        text: "Lines end in CR LF. Apache, nginx and lighttpd pass over the carriage return; Envoy and programs that \
               split at line feeds take it for the last byte of the hash, and refuse everybody. `why401 lint --fix \
               FILE` leaves line feeds only.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    (sight.line.end() == b"\r\n").then(|| {
        let fault = sight.fault(ROW.code, sight.text.len(), 1, "the line ends in CR LF");
        fault.remade(Grade::Safe, "leave line feeds only", without_cr)
    })
}

fn without_cr(file: &[u8]) -> Option<Vec<u8>> {
    let mut made = Vec::with_capacity(file.len());
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(text) => made.extend_from_slice(&[text, b"\n"].concat()),
            None => made.extend_from_slice(line),
        }
    }
    (made.len() < file.len()).then_some(made)
}
