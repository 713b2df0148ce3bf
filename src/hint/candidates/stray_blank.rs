//! Blanks and invisible characters around or in the password.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static TYPED: Rule = Rule {
    code: Code {
        name: "blank-typed",
        title: "a blank in the sent password that the stored one lacks",
        text: "The password was sent with a blank before or after it, a no-break space, or a character that nobody \
               sees, as copying from a web page, a chat or a table brings them. Type it by hand.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("leave out the blanks and invisible characters; type it by hand"),
    make: |typed, made| {
        made.add("without the blanks around it", typed.password.trim_ascii());
        let Some(text) = typed.text else { return };
        made.add(
            "without the blanks around it",
            text.trim_matches(|char: char| char.is_whitespace() || is_unseen(char)),
        );
        let seen: String = text.chars().filter(|char| !is_unseen(*char)).collect();
        made.add("without the invisible characters in it", seen);
        made.add_mapped("with usual blanks for the odd ones in it", text, |char| {
            if char.is_whitespace() { ' ' } else { char }
        });
        let joined: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        made.add("without the blanks in it", joined);
    },
};

pub(super) static STORED: Rule = Rule {
    code: Code {
        name: "blank-stored",
        title: "the stored password has a blank around it",
        text: "The hash is of the password with a blank or a tab before or after it, which came with a paste when \
               the password was set. Set it anew.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        let blanks: [&[u8]; 3] = [b" ", b"\t", "\u{A0}".as_bytes()];
        for blank in blanks {
            made.add("with a blank at its end", [typed.password, blank].concat());
        }
        made.add("with a blank before it", [b" ", typed.password].concat());
    },
};

const fn is_unseen(char: char) -> bool {
    matches!(char, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}')
}
