//! The same characters in other bytes: UTF-8, Latin-1, Windows-1252.

use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::trace::Code;

pub(super) static LATIN1_SENT: Rule = Rule {
    code: Code {
        name: "latin1-sent",
        title: "the client sends Latin-1, the hash is of UTF-8",
        text: "The password has a character beyond ASCII. The client sends it in Latin-1 or Windows-1252 (Java, \
               python-requests, aiohttp, JavaScript's `btoa`, old browsers, curl on Windows), and the hash was made \
               from UTF-8. Servers compare bytes. Advertise UTF-8 in the challenge where the server can (lighttpd \
               does; Apache and nginx can't), tell the client to use UTF-8, or use ASCII.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Send("send UTF-8, or use a password of ASCII characters"),
    make: latin1_sent,
};

pub(super) static UTF8_SENT: Rule = Rule {
    code: Code {
        name: "utf8-sent",
        title: "the client sends UTF-8, the hash is of Latin-1",
        text: "The password has a character beyond ASCII. The client sends it in UTF-8, as browsers do, and the hash \
               was made from Latin-1 or Windows-1252, on a terminal or by a program of that encoding. Set the \
               password anew on a UTF-8 terminal, or use ASCII.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: utf8_sent,
};

/// What Windows-1252 has from 0x80 to 0x9F; U+FFFD where it has nothing.
pub(super) const WINDOWS_1252: [char; 32] = [
    '€', '\u{FFFD}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{FFFD}', 'Ž', '\u{FFFD}', '\u{FFFD}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{FFFD}', 'ž', 'Ÿ',
];

/// What Latin-9 has in place of Latin-1's characters.
const LATIN_9: [(u8, char); 8] =
    [(0xA4, '€'), (0xA6, 'Š'), (0xA8, 'š'), (0xB4, 'Ž'), (0xB8, 'ž'), (0xBC, 'Œ'), (0xBD, 'œ'), (0xBE, 'Ÿ')];

fn latin1_sent(typed: &Typed<'_>, made: &mut Made) {
    if typed.text.is_some() {
        return;
    }
    made.add("in UTF-8, while Latin-1 was sent", from_latin1(typed.password));
    if let Some(text) = from_windows_1252(typed.password) {
        made.add("in UTF-8, while Windows-1252 was sent", text);
    }
}

fn utf8_sent(typed: &Typed<'_>, made: &mut Made) {
    let Some(text) = typed.text.filter(|text| !text.is_ascii()) else { return };
    if let Some(bytes) = to_latin1(text) {
        made.add("in Latin-1, while UTF-8 was sent", bytes);
    }
    if let Some(bytes) = to_windows_1252(text) {
        made.add("in Windows-1252, while UTF-8 was sent", bytes);
    }
    let latin_9 = |char: char| {
        LATIN_9
            .iter()
            .find(|(_, known)| *known == char)
            .map(|(byte, _)| *byte)
            .or_else(|| u8::try_from(u32::from(char)).ok())
    };
    if let Some(bytes) = text.chars().map(latin_9).collect::<Option<Vec<u8>>>() {
        made.add("in Latin-9, while UTF-8 was sent", bytes);
    }
}

/// Each byte as the character of its number.
pub(super) fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// The characters' numbers as bytes; `None` where one has none.
pub(super) fn to_latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

/// The bytes as Windows-1252; `None` where one stands for nothing there.
pub(super) fn from_windows_1252(bytes: &[u8]) -> Option<String> {
    let char = |byte: &u8| match byte {
        0x80..=0x9F => Some(WINDOWS_1252[usize::from(byte - 0x80)]).filter(|char| *char != '\u{FFFD}'),
        _ => Some(char::from(*byte)),
    };
    bytes.iter().map(char).collect()
}

/// The text in Windows-1252; `None` where a character is not in it.
pub(super) fn to_windows_1252(text: &str) -> Option<Vec<u8>> {
    let byte = |char: char| match WINDOWS_1252.iter().position(|known| *known == char && char != '\u{FFFD}') {
        Some(at) => u8::try_from(0x80 + at).ok(),
        None => u8::try_from(u32::from(char)).ok().filter(|byte| !(0x80..=0x9F).contains(byte)),
    };
    text.chars().map(byte).collect()
}
