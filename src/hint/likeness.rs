//! In which way two names of users are alike without being equal.

use unicode_normalization::UnicodeNormalization;

use crate::bytes::trim;

/// The way in which a name in the file is like the one that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Likeness {
    /// Upper and lower case.
    Case,
    /// Blanks, or characters that are not seen.
    Blank,
    /// The same characters in another normal form of Unicode.
    NormalForm,
    /// The same characters in another encoding.
    Charset,
    /// Percent escapes.
    Encoded,
    /// A domain before or behind the name.
    Domain,
    /// Letters that look alike.
    LookAlike,
    /// Few letters differ.
    Typo,
}

/// A sent name, prepared for being compared with many.
pub(super) struct Sought {
    name: Vec<u8>,
    bare: Vec<Vec<u8>>,
    decoded: Option<Vec<u8>>,
    skeleton: String,
}

impl Sought {
    pub(super) fn new(name: &[u8]) -> Self {
        Self { name: name.to_vec(), bare: bare(name), decoded: percent_decoded(name), skeleton: skeleton(name) }
    }

    /// How `name`, of the file, is like this one.
    pub(super) fn likeness(&self, name: &[u8]) -> Option<Likeness> {
        let sent = self.name.as_slice();
        if name.is_empty() || sent.is_empty() || name == sent || name.len() > 256 {
            return None;
        }
        let (blank_less, sent_less) = (trim(name, BLANKS), trim(sent, BLANKS));
        if blank_less.is_empty() || sent_less.is_empty() {
            return None;
        }
        if name.eq_ignore_ascii_case(sent) {
            return Some(Likeness::Case);
        }
        if blank_less == sent_less {
            return Some(Likeness::Blank);
        }
        if self.bare.iter().any(|bare| bare.eq_ignore_ascii_case(name))
            || bare(name).iter().any(|bare| bare.eq_ignore_ascii_case(sent))
        {
            return Some(Likeness::Domain);
        }
        if self.decoded.as_deref() == Some(name) {
            return Some(Likeness::Encoded);
        }
        if (!name.is_ascii() || !sent.is_ascii())
            && let Some(likeness) = foreign(sent, name)
        {
            return Some(likeness);
        }
        let close = name.len().abs_diff(sent.len()) <= 2 || !name.is_ascii();
        if close && skeleton(name) == self.skeleton {
            return Some(Likeness::LookAlike);
        }
        (close && is_typo(sent, name)).then_some(Likeness::Typo)
    }
}

const BLANKS: &[u8] = b" \t\r\n\x0B\x0C";

/// How two names are alike of which one is not ASCII.
fn foreign(sent: &[u8], name: &[u8]) -> Option<Likeness> {
    match (std::str::from_utf8(sent), std::str::from_utf8(name)) {
        (Ok(sent), Ok(name)) => {
            if sent.to_lowercase() == name.to_lowercase() {
                return Some(Likeness::Case);
            }
            if visible(sent) == visible(name) {
                return Some(Likeness::Blank);
            }
            let normal = |text: &str| text.nfkc().collect::<String>();
            if normal(sent) == normal(name) {
                return Some(Likeness::NormalForm);
            }
            // UTF-8 that was taken for Latin-1 and made UTF-8 once more.
            let once = |text: &str| latin1(text);
            (once(sent).as_deref() == Some(name.as_bytes()) || once(name).as_deref() == Some(sent.as_bytes()))
                .then_some(Likeness::Charset)
        }
        (Err(_), Ok(name)) => (latin1(name).as_deref() == Some(sent)).then_some(Likeness::Charset),
        (Ok(sent), Err(_)) => (latin1(sent).as_deref() == Some(name)).then_some(Likeness::Charset),
        (Err(_), Err(_)) => None,
    }
}

/// The characters that are seen.
fn visible(text: &str) -> String {
    let unseen = |char: &char| {
        char.is_whitespace()
            || matches!(char, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
    };
    text.chars().filter(|char| !unseen(char)).collect()
}

/// The bytes of the text in Latin-1; `None` where it does not fit.
fn latin1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|char| u8::try_from(u32::from(char)).ok()).collect()
}

/// The name without a domain: `DOMAIN\name`, `DOMAIN/name`, `name@domain`.
fn bare(name: &[u8]) -> Vec<Vec<u8>> {
    let mut bare = Vec::new();
    if let Some(at) = memchr::memrchr2(b'\\', b'/', name) {
        bare.push(name[at + 1..].to_vec());
    }
    if let Some(at) = memchr::memchr(b'@', name) {
        bare.push(name[..at].to_vec());
    }
    bare.retain(|bare| !bare.is_empty());
    bare
}

/// The name with its percent escapes decoded; `None` where it has none.
fn percent_decoded(name: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        let digits = name.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match (name[at], digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
            }
            (byte, _) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    (decoded.len() < name.len()).then_some(decoded)
}

/// The name with letters that look alike made one, in lower case.
fn skeleton(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    text.nfkc().flat_map(char::to_lowercase).map(|char| plain_letter(char).unwrap_or(char)).map(same_shape).collect()
}

/// The Latin letter that a Cyrillic or Greek one looks like.
pub(super) fn plain_letter(char: char) -> Option<char> {
    const ALIKE: &[(&str, &str)] = &[
        ("аеорсухіјѕԁһԛԝ", "aeopcyxijsdhqw"),
        ("АВЕКМНОРСТХУІЈЅ", "ABEKMHOPCTXYIJS"),
        ("αορνικτυχε", "aopviktuxe"),
        ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX"),
    ];
    ALIKE.iter().find_map(|(foreign, plain)| {
        let at = foreign.chars().position(|known| known == char)?;
        plain.chars().nth(at)
    })
}

/// One of the characters that are easily taken for each other.
fn same_shape(char: char) -> char {
    match char {
        '0' => 'o',
        '1' | 'i' | '|' => 'l',
        '5' => 's',
        _ => char,
    }
}

/// Whether few letters differ: one, or two in a name of six and more.
fn is_typo(a: &[u8], b: &[u8]) -> bool {
    let most = match a.len().min(b.len()) {
        0..3 => 0,
        3..6 => 1,
        _ => 2,
    };
    most > 0 && a.len().abs_diff(b.len()) <= most && a.len() <= 64 && b.len() <= 64 && distance(a, b, most) <= most
}

/// Number of insertions, removals, replacements and swaps of neighbours; anything over `most` may come out as `most + 1`.
fn distance(a: &[u8], b: &[u8], most: usize) -> usize {
    let width = b.len() + 1;
    let mut rows = [[0_usize; 66]; 3];
    for (at, cell) in rows[1][..width].iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=a.len() {
        let [before, last, row] = &mut rows;
        row[0] = i;
        let mut least = i;
        for j in 1..width {
            let same = a[i - 1].eq_ignore_ascii_case(&b[j - 1]);
            let mut cost = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row[j] = cost;
            least = least.min(cost);
        }
        if least > most {
            return most + 1;
        }
        rows.rotate_left(1);
    }
    rows[1][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(sent: &str, name: &[u8]) -> Option<Likeness> {
        Sought::new(sent.as_bytes()).likeness(name)
    }

    #[test]
    fn names_are_alike_in_these_ways() {
        assert_eq!(like("Alice", b"alice"), Some(Likeness::Case));
        assert_eq!(like("alice ", b"alice"), Some(Likeness::Blank));
        assert_eq!(like("ali\u{200B}ce", b"alice"), Some(Likeness::Blank));
        assert_eq!(like("zoe\u{301}", "zoé".as_bytes()), Some(Likeness::NormalForm));
        assert_eq!(like("zoé", b"zo\xE9"), Some(Likeness::Charset));
        assert_eq!(like("alice%40example.com", b"alice@example.com"), Some(Likeness::Encoded));
        assert_eq!(like("CORP\\alice", b"alice"), Some(Likeness::Domain));
        assert_eq!(like("alice", b"alice@example.com"), Some(Likeness::Domain));
        assert_eq!(like("аlice", b"alice"), Some(Likeness::LookAlike));
        assert_eq!(like("bob0", b"bobo"), Some(Likeness::LookAlike));
        assert_eq!(like("alcie", b"alice"), Some(Likeness::Typo));
    }

    #[test]
    fn names_of_two_people_are_not_alike() {
        for (sent, name) in [("bob", "rob2"), ("al", "ab"), ("alice", "alina"), ("anna", "hanno"), ("root", "user")] {
            assert_eq!(like(sent, name.as_bytes()), None, "{sent} {name}");
        }
    }
}
