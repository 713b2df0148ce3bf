//! The same keys on another keyboard layout.

use unicode_normalization::UnicodeNormalization;

use crate::hint::candidates::layouts::{LAYOUTS, Layout};
use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "keyboard-layout",
        title: "another keyboard layout",
        text: "The password matches when the same keys are taken on another keyboard layout: it was set, or typed, \
               with a layout that was not the one on the keys, as on a server's console, in a remote session or \
               before the login. Set it anew with the layout that its user has.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("type it with the layout that it was set with, or set it anew"),
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        let (us, others) = (&LAYOUTS[0], &LAYOUTS[1..]);
        for other in others {
            add(text, other, us, made);
            add(text, us, other, made);
        }
    },
};

pub(super) static ALL_PAIRS: Rule = Rule {
    code: Code {
        name: "keyboard-layouts",
        title: "two foreign keyboard layouts",
        text: "The password matches when the keys of one keyboard layout are taken on another, neither of them the \
               US one. Set it anew with the layout that its user has.",
    },
    tier: Tier::Cheap,
    remedy: Remedy::Send("type it with the layout that it was set with, or set it anew"),
    make: all_pairs,
};

fn all_pairs(typed: &Typed<'_>, made: &mut Made) {
    let Some(text) = typed.text else { return };
    for from in LAYOUTS {
        for to in LAYOUTS {
            add(text, from, to, made);
        }
    }
}

/// The text with each character of one layout replaced by that of the same key on the other.
fn add(text: &str, from: &Layout, to: &Layout, made: &mut Made) {
    let key = |char: char| {
        let at = |row: &str| row.chars().position(|known| known == char);
        let (row, at) = match (at(from.plain), at(from.shift)) {
            (Some(at), _) => (to.plain, at),
            (None, Some(at)) => (to.shift, at),
            // A blank is a blank everywhere.
            (None, None) => return (char == ' ').then_some(' '),
        };
        row.chars().nth(at).filter(|char| *char != '\u{FFFD}')
    };
    let Some(typed) = text.chars().map(key).collect::<Option<String>>() else { return };
    let composed = composed(&typed);
    let how = format!("with the keys of the layout `{}` taken on the layout `{}`", from.name, to.name);
    made.add(how.clone(), typed);
    made.add(how, composed);
}

/// Accents put onto the letters after them, as dead keys do.
fn composed(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        let mark = match char {
            '^' => Some('\u{302}'),
            '´' => Some('\u{301}'),
            '`' => Some('\u{300}'),
            '¨' => Some('\u{308}'),
            '~' => Some('\u{303}'),
            'ˇ' => Some('\u{30C}'),
            _ => None,
        };
        let letter = mark.and_then(|mark| {
            let mut made = [*chars.peek()?, mark].into_iter().nfc();
            made.next().filter(|_| made.next().is_none())
        });
        composed.push(letter.unwrap_or(char));
        if letter.is_some() {
            chars.next();
        }
    }
    composed
}
