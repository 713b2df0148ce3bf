//! A line end that was stored with the password, or sent with it.

use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::trace::Code;

pub(super) static STORED: Rule = Rule {
    code: Code {
        name: "newline-stored",
        title: "the stored password ends in a line break",
        text: "The hash is of the password and a line break after it: `echo password | …` sent it to a program that \
               does not leave it off, or a Kubernetes secret was made from `echo` without `-n`. Set the password \
               anew; use `printf %s`, or a prompt.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        for end in ["\n", "\r\n", "\r"] {
            made.add("with a line break at its end", [typed.password, end.as_bytes()].concat());
        }
    },
};

pub(super) static TYPED: Rule = Rule {
    code: Code {
        name: "newline-typed",
        title: "the sent password ends in a line break",
        text: "The password that was sent has a line break at its end, and the stored one has not: `echo \
               user:password | base64` encodes the line feed too, and so does a secret made from a file. Use `printf \
               %s 'user:password' | base64 -w0`.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("leave the line break off, with `printf %s` in place of `echo`"),
    make,
};

fn make(typed: &Typed<'_>, made: &mut Made) {
    let text = typed.password;
    let without = text.strip_suffix(b"\n").map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text));
    made.add("without the line break at its end", without);
    made.add("without the line breaks at its end", crate::bytes::trim_end(text, b"\r\n"));
    let literal = without.strip_suffix(b"\\n").unwrap_or(without);
    made.add("without the `\\n` at its end", literal);
}
