//! A password that begins like an option or a file's name.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "option-like",
        title: "the password begins like an option",
        text: "The password begins with `-`, `@` or `+`, which the tool that set it took for an option, a file's \
               name or a sign, and left off. Set it anew, at a prompt.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        for sign in [b"-", b"@", b"+", b"="] {
            if let Some(rest) = typed.password.strip_prefix(sign) {
                made.add("without the sign that it begins with", rest);
            }
        }
        made.add("without the signs that it begins with", crate::bytes::trim_start(typed.password, b"-"));
    },
};
