//! Letters and digits that look alike, all of a kind at once.

use unicode_normalization::UnicodeNormalization;

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::hint::likeness::plain_letter;
use crate::trace::Code;

pub(super) static RULE: Rule =
    Rule {
        code: Code {
            name: "look-alike-letters",
            title: "characters that look alike",
            text: "The password matches with characters that look alike exchanged: O and 0, l, I and 1, Cyrillic or \
                   Greek letters among Latin ones. It was read from paper or a screen, or typed on another layout. \
                   Set one without such characters.",
        },
        tier: Tier::Usual,
        remedy: Remedy::Send("look at O and 0, l, I and 1, or set a password without them"),
        make: |typed, made| {
            let Some(text) = typed.text else { return };
            let plain: String = text.nfkc().map(|char| plain_letter(char).unwrap_or(char)).collect();
            made.add("with Latin letters for those that look like them", plain);
            for (from, to) in [
                ('0', 'O'),
                ('O', '0'),
                ('1', 'l'),
                ('l', '1'),
                ('I', 'l'),
                ('l', 'I'),
                ('1', 'I'),
                ('I', '1'),
                ('o', '0'),
                ('0', 'o'),
            ] {
                made.add_mapped("with characters that look alike exchanged", text, |char| {
                    if char == from { to } else { char }
                });
            }
        },
    };
