//! The token is broken by blanks or line breaks.

use crate::basic::head;
use crate::bytes::Span;
use crate::hint::sent::{decode, token};
use crate::hint::{Finding, Hint, Scene};
use crate::secret::Secret;
use crate::trace::Code;

pub(in crate::hint) static ROW: Hint = Hint {
    code: Code {
        name: "base64-wrapped",
        title: "line break in the credentials",
        text: "A blank or a line break stands inside the base64 of the header. `base64` breaks its output after 76 \
               characters unless it is told `-w0`, and a long password reaches that. Servers stop there or refuse \
               the request.",
    },
    find,
};

fn find(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let Some((value, at)) = value(scene.inputs.head) else { return };
    let Some(broken) = token(value.expose()) else { return };
    let is_gap = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\\';
    if !broken.iter().any(is_gap) {
        return;
    }
    let whole = Secret::from(broken.iter().copied().filter(|byte| !is_gap(byte)).collect::<Vec<u8>>());
    if let Some(sent) = decode(whole.expose()) {
        let message = "a blank or a line break stands inside the base64 of the header";
        super::made_anew(
            scene,
            ROW.code,
            at,
            message,
            "write the token in one piece, with `base64 -w0`",
            &sent,
            findings,
        );
    }
}

/// The first `Authorization` line with the lines that could be the rest of it: up to the next that is a header of its own.
fn value(head: &[u8]) -> Option<(Secret, Span)> {
    let mut value: Option<(Secret, Span)> = None;
    for line in head::lines(head).skip(1) {
        let text = line.bytes.trim_ascii_end();
        if text.is_empty() {
            break;
        }
        match &mut value {
            Some(_) if memchr::memchr(b':', text).is_some() => break,
            Some((value, at)) => {
                value.extend(b" ");
                value.extend(text);
                at.end = line.at.end;
            }
            None => {
                let (name, rest) = crate::bytes::split_once(text, b':').unwrap_or((text, b""));
                if name.trim_ascii().eq_ignore_ascii_case(b"authorization") {
                    value = Some((Secret::from(rest.trim_ascii_start()), line.at));
                }
            }
        }
    }
    value
}
