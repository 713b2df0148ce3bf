//! The user's name in the place of the password, or before it.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static IN_FRONT: Rule = Rule {
    code: Code {
        name: "user-in-front",
        title: "the name before the password",
        text: "The password was sent, or stored, with `user:` before it: `user:password` was given where only the \
               password belongs.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("give the password alone"),
    make: |typed, made| {
        for sign in [b":", b" ", b"/", b","] {
            let front = [typed.user, sign].concat();
            if let Some(rest) = typed.password.strip_prefix(front.as_slice()).filter(|_| !typed.user.is_empty()) {
                made.add("without the name before it", rest.trim_ascii());
            }
        }
        made.add("with the name before it", [typed.user, b":", typed.password].concat());
    },
};

pub(super) static INSTEAD: Rule = Rule {
    code: Code {
        name: "user-as-password",
        title: "the stored password is the name",
        text: "The stored password is the user's own name: fields were exchanged when it was set, or nobody ever set \
               one. Set a password.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        if !typed.user.is_empty() {
            made.add("as the name itself", typed.user);
        }
    },
};
