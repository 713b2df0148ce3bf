//! Upper and lower case: Caps Lock, a phone's capital, or all of it.

use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::trace::Code;

pub(super) static CAPS_LOCK: Rule = Rule {
    code: Code {
        name: "caps-lock",
        title: "Caps Lock was on",
        text: "The password matches with upper and lower case exchanged: Caps Lock was on, now or when the password \
               was set. On French and Belgian keyboards under Windows it turns the row of digits as well.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("type it with Caps Lock the other way, or set the password anew"),
    make: |typed, made| {
        swapped(typed, made);
        if let Some(text) =
            typed.text.filter(|text| text.chars().any(|char| FRENCH.contains(&char) || char.is_ascii_digit()))
        {
            made.add_mapped("with Caps Lock the other way on a French keyboard", text, |char| french(swap(char)));
        }
    },
};

pub(super) static FIRST_LETTER: Rule = Rule {
    code: Code {
        name: "first-letter-case",
        title: "the first letter in the other case",
        text: "The password matches with its first letter in the other case: phones begin a text with a capital, \
               when the password is typed or when it is set.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("type the first letter in the other case, or set the password anew"),
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        let mut chars = text.chars();
        let first: String = chars.next().map(swap).into_iter().collect();
        made.add("with its first letter in the other case", first + chars.as_str());
    },
};

pub(super) static ALL_LETTERS: Rule = Rule {
    code: Code {
        name: "letter-case",
        title: "all letters in one case",
        text: "The password matches with all letters in lower case, or all in upper case: a form or a program \
               changed it, now or when it was set.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("type it in the case that was set, or set the password anew"),
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        made.add("with all letters in lower case", text.to_lowercase());
        made.add("with all letters in upper case", text.to_uppercase());
    },
};

fn swapped(typed: &Typed<'_>, made: &mut Made) {
    if let Some(text) = typed.text {
        made.add_mapped("with upper and lower case exchanged", text, swap);
    } else {
        let swap = |byte: &u8| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { *byte };
        made.add("with upper and lower case exchanged", typed.password.iter().map(swap).collect::<Vec<u8>>());
    }
}

/// The character in the other case, where that is one character.
pub(super) fn swap(char: char) -> char {
    let single = |mut other: Box<dyn Iterator<Item = char>>| other.next().filter(|_| other.next().is_none());
    let other =
        if char.is_lowercase() { single(Box::new(char.to_uppercase())) } else { single(Box::new(char.to_lowercase())) };
    other.unwrap_or(char)
}

/// The row of digits of a French keyboard, without Shift, from 1 on.
const FRENCH: [char; 10] = ['&', 'é', '"', '\'', '(', '-', 'è', '_', 'ç', 'à'];

fn french(char: char) -> char {
    const DIGITS: [char; 10] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'];
    if let Some(at) = DIGITS.iter().position(|digit| *digit == char) {
        return FRENCH[at];
    }
    FRENCH.iter().position(|sign| *sign == char).map_or(char, |at| DIGITS[at])
}
