//! Quotes, dashes and dots that a program made beautiful.

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "smart-punctuation",
        title: "typographic quotes or dashes",
        text: "A word processor, a chat or a phone replaced a quote, a dash or three dots by the typographic \
               character, in what was sent or in what was stored. Type the password by hand, or set it anew.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("type quotes and dashes by hand"),
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        let plain = text.replace('…', "...").replace('—', "--");
        made.add("with plain quotes and dashes", plain.chars().map(plainer).collect::<String>());
        let plain = text.replace('…', "...");
        made.add("with plain quotes and dashes", plain.chars().map(plainer).collect::<String>());
        let smart = [("'", "’"), ("...", "…"), ("--", "—"), ("-", "–"), ("\"", "”")];
        let mut all = text.to_owned();
        for (from, to) in smart {
            made.add("with typographic quotes or dashes", text.replace(from, to));
            all = all.replace(from, to);
        }
        made.add("with typographic quotes or dashes", all);
        made.add("with typographic quotes or dashes", paired(text));
    },
};

const fn plainer(char: char) -> char {
    match char {
        '‘' | '’' | '‚' | '‛' | '′' | '´' => '\'',
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        '\u{A0}' | '\u{2007}' | '\u{202F}' => ' ',
        _ => char,
    }
}

/// Double quotes opening and closing in turn.
fn paired(text: &str) -> String {
    let mut open = false;
    let turn = |char: char| match char {
        '"' => {
            open = !open;
            if open { '“' } else { '”' }
        }
        _ => char,
    };
    text.chars().map(turn).collect()
}
