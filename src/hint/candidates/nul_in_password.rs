//! NUL bytes in the password.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "nul-in-password",
        title: "NUL bytes in the sent password",
        text: "The password was sent with NUL bytes in it, in UTF-16 or out of a fixed-length field. Programs in C \
               read it up to the first NUL, others with all of them. Send it without.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("send it without NUL bytes"),
    make: |typed, made| {
        made.add("up to its first NUL", crate::bytes::c_string(typed.password));
        made.add(
            "without its NUL bytes",
            typed.password.iter().copied().filter(|byte| *byte != 0).collect::<Vec<u8>>(),
        );
    },
};
