//! UTF-8 that was taken for Latin-1 and made UTF-8 once more.

use crate::hint::candidates::charset::{from_latin1, from_windows_1252, to_latin1, to_windows_1252};
use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "mojibake",
        title: "the password encoded to UTF-8 twice",
        text: "A program took the UTF-8 of the password for Latin-1 and encoded it once more, so that `é` became \
               `Ã©`, either in what was sent or in what was stored. Set the password anew, or use ASCII.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        let Some(text) = typed.text.filter(|text| !text.is_ascii()) else { return };
        for once in [to_latin1(text), to_windows_1252(text)].into_iter().flatten() {
            if std::str::from_utf8(&once).is_ok() {
                made.add("with its UTF-8 decoded once more", once);
            }
        }
        made.add("with its UTF-8 encoded once more", from_latin1(text.as_bytes()));
        if let Some(twice) = from_windows_1252(text.as_bytes()) {
            made.add("with its UTF-8 encoded once more", twice);
        }
    },
};
