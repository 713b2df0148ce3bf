//! A hash broken over two lines.

use crate::bytes::{Span, split_once, trim_end};
use crate::fault::form::{self, State};
use crate::fault::sight::is_blank;
use crate::fault::{Fault, Grade, Row, Sight};
use crate::htpasswd::{Kind, Splice};
use crate::trace::Code;

pub(super) static ROW: Row = Row {
    code: Code {
        name: "hash-wrapped",
        title: "hash broken over two lines",
        text: "A mail program or a terminal broke the hash: its end stands on the next line. Servers read lines, so \
               the hash is cut short and the rest is a line without a meaning. Put the two together.",
    },
    find,
    lint: true,
};

fn find(sight: &Sight<'_>) -> Option<Fault> {
    if sight.kind != Kind::NoColon {
        return None;
    }
    let before = trim_end(sight.line.previous(), b" \t\r\n");
    let (_, value) = split_once(before, b':')?;
    if form::of(value).state == State::Empty || form::of(value).is_whole() {
        return None;
    }
    let indent = sight.text.iter().take_while(|byte| is_blank(**byte)).count();
    let form = form::of(&[value, &sight.text[indent..]].concat());
    if !form.is_whole() || form.scheme == Some("plain") {
        return None;
    }
    let gap = (sight.line.previous().len() - before.len()) as u64;
    let at = Span::new(sight.line.start - gap, sight.line.start + indent as u64);
    let mut fault = sight.fault(ROW.code, 0, 0, "the hash of the line before goes on here");
    fault.at = Span::at(sight.line.start, sight.text.len());
    Some(fault.mended(Grade::Consent, "put the two lines together", vec![Splice { span: at, bytes: Vec::new() }]))
}
