//! Num Lock: digits that were not typed, or letters that came out as digits.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "num-lock",
        title: "Num Lock was the other way",
        text: "The password matches without its digits, or with letters and digits exchanged as on the keypad that \
               small keyboards have under their letters: Num Lock was on or off, now or when the password was set.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("type it with Num Lock the other way, or set the password anew"),
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        made.add("without its digits", text.chars().filter(|char| !char.is_ascii_digit()).collect::<String>());
        let letter =
            |char: char| KEYPAD.iter().find(|(letter, _)| letter.eq_ignore_ascii_case(&char)).map(|(_, digit)| *digit);
        let digit = |char: char| KEYPAD.iter().find(|(_, digit)| *digit == char).map(|(letter, _)| *letter);
        made.add_mapped("with letters as digits of a keypad", text, |char| letter(char).unwrap_or(char));
        made.add_mapped("with digits as letters of a keypad", text, |char| digit(char).unwrap_or(char));
    },
};

/// Letters and what they are with Num Lock on a keyboard without a keypad of its own.
const KEYPAD: &[(char, char)] = &[
    ('u', '4'),
    ('i', '5'),
    ('o', '6'),
    ('j', '1'),
    ('k', '2'),
    ('l', '3'),
    ('m', '0'),
    ('p', '*'),
    (';', '-'),
    ('/', '+'),
];
