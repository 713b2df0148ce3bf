//! Quotes around the password.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "quotes-in-password",
        title: "quotes around the password",
        text: "The password was stored with quotes around it, typed at a prompt where none belong or taken from a \
               `.env` file, or it was sent with quotes. Set it anew without them.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        for quote in [b'"', b'\'', b'`'] {
            let inside = typed.password.strip_prefix(&[quote]).and_then(|rest| rest.strip_suffix(&[quote]));
            if let Some(inside) = inside {
                made.add("without the quotes around it", inside);
            }
        }
        for quote in [b"\"", b"'"] {
            made.add("with quotes around it", [quote, typed.password, quote].concat());
        }
        if let Some(inside) = typed.password.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")) {
            made.add("without the brackets around it", inside);
        }
    },
};
