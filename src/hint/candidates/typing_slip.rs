//! One slip of the finger. Close to guessing, so only where it is asked for, and without telling where it was.

use crate::hint::candidates::letter_case::swap;
use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "typing-slip",
        title: "one slip of the finger",
        text: "The password matches but for one slip: two neighbours exchanged, a character left out or doubled, one \
               in the other case, or one that looks like another. Where it is is not told. Type it again, or set it \
               anew.",
    },
    tier: Tier::Harder,
    remedy: Remedy::Send("type it again, slowly"),
    make,
};

/// Pairs that are taken for each other.
const ALIKE: &[(char, char)] = &[
    ('0', 'O'),
    ('0', 'o'),
    ('1', 'l'),
    ('1', 'I'),
    ('l', 'I'),
    ('5', 'S'),
    ('2', 'Z'),
    ('8', 'B'),
    ('6', 'b'),
    ('9', 'g'),
    ('v', 'u'),
    ('y', 'z'),
];

fn make(typed: &Typed<'_>, made: &mut Made) {
    let Some(text) = typed.text else { return };
    let chars: Vec<char> = text.chars().collect();
    let mut add = |how, chars: Vec<char>| made.add(how, chars.into_iter().collect::<String>());
    for at in 1..chars.len() {
        let mut slip = chars.clone();
        slip.swap(at - 1, at);
        add("with two neighbours exchanged", slip);
    }
    for at in 0..chars.len() {
        let mut slip = chars.clone();
        slip.remove(at);
        add("with one character less", slip);
    }
    for (at, char) in chars.iter().enumerate() {
        let mut slip = chars.clone();
        slip.insert(at, *char);
        add("with one character twice", slip);
    }
    for (at, char) in chars.iter().enumerate() {
        let mut slip = chars.clone();
        slip[at] = swap(*char);
        add("with one letter in the other case", slip);
    }
    for (at, char) in chars.iter().enumerate() {
        for (a, b) in ALIKE {
            let other = if a == char { b } else { a };
            if a == char || b == char {
                let mut slip = chars.clone();
                slip[at] = *other;
                add("with one character that looks like another", slip);
            }
        }
    }
}
