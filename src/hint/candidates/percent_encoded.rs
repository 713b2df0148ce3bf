//! Percent escapes and plus signs of URLs and forms.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "percent-encoded",
        title: "the password with percent escapes",
        text: "The password was sent, or stored, with percent escapes such as `%40` for `@`. They are right in a \
               URL, where the client decodes them; in a header, an option or a form field of its own nothing does. \
               Send the plain password.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("send the password without percent escapes"),
    make: |typed, made| {
        made.add("with its percent escapes decoded", decoded(typed.password));
        made.add(
            "with percent escapes",
            encoded(typed.password, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)),
        );
        made.add(
            "with percent escapes",
            encoded(typed.password, |byte| byte.is_ascii_alphanumeric() || b"-._~!*'()".contains(&byte)),
        );
        made.add(
            "with percent escapes",
            encoded(typed.password, |byte| byte.is_ascii_graphic() && !b"@/:?#[]%".contains(&byte)),
        );
    },
};

pub(super) static PLUS: Rule = Rule {
    code: Code {
        name: "plus-for-blank",
        title: "a plus sign for a blank, or the other way round",
        text: "A form's encoding writes a blank as `+`. The password was encoded so, or decoded so where it held a \
               plus sign. Send it as it is.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("send blanks and plus signs as they are"),
    make: |typed, made| {
        let exchange = |from: u8, to: u8| {
            typed.password.iter().map(move |byte| if *byte == from { to } else { *byte }).collect::<Vec<u8>>()
        };
        made.add("with blanks for plus signs", exchange(b'+', b' '));
        made.add("with plus signs for blanks", exchange(b' ', b'+'));
        made.add("with blanks for plus signs and escapes decoded", decoded(&exchange(b'+', b' ')));
    },
};

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        if let (b'%', Some(high), Some(low)) = (byte, digit(at + 1), digit(at + 2)) {
            plain.extend(u8::try_from(high * 16 + low));
            at += 3;
        } else {
            plain.push(*byte);
            at += 1;
        }
    }
    plain
}

fn encoded(text: &[u8], keep: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for byte in text {
        if keep(*byte) {
            escaped.push(*byte);
        } else {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    escaped
}
