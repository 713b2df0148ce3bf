//! Composed and decomposed letters.

use unicode_normalization::UnicodeNormalization;

use crate::hint::candidates::{Remedy, Rule, Tier};
use crate::trace::Code;

pub(super) static RULE: Rule = Rule {
    code: Code {
        name: "normal-form",
        title: "the password in another Unicode normal form",
        text: "The password looks the same and is made of other characters: a letter with its accent in one piece or \
               in two, or full-width forms. macOS and some phones send the decomposed form. RFC 7617 asks for the \
               composed one (NFC). Set the password anew in NFC, or use ASCII.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("send the composed form (NFC), or use a password of ASCII characters"),
    make: |typed, made| {
        let Some(text) = typed.text.filter(|text| !text.is_ascii()) else { return };
        made.add("in the composed form of Unicode (NFC)", text.nfc().collect::<String>());
        made.add("in the decomposed form of Unicode (NFD)", text.nfd().collect::<String>());
        made.add("in the compatibility form of Unicode (NFKC)", text.nfkc().collect::<String>());
        made.add("in the compatibility form of Unicode (NFKD)", text.nfkd().collect::<String>());
    },
};
