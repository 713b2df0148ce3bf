//! lighttpd's tokens, each with its place. Line ends are blanks here: what they would separate is told apart by what follows.
//!
//! Behaviour of lighttpd 1.4.69 `src/configfile.c:config_tokenizer`.

use std::path::PathBuf;
use std::rc::Rc;

use crate::conf::{Place, Trouble};

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
}

/// The kinds of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text in quotes.
    Text(Vec<u8>),
    /// A key, a variable, a number, `else`, `include` or the like.
    Word(Vec<u8>),
    /// Punctuation: `=`, `+=`, `:=`, `=>`, `==`, `!=`, `=~`, `!~`, `=^`, `=$`, `+`, `,`, `(`, `)`, `{`, `}`, `$`, `[`, `]`.
    Mark(&'static str),
}

/// The marks, longer ones first.
const MARKS: &[&str] =
    &["+=", ":=", "=>", "==", "!=", "=~", "!~", "=^", "=$", "=", "+", ",", "(", ")", "{", "}", "$", "[", "]"];

/// The tokens of a file.
pub fn tokens(bytes: &[u8], file: &Rc<PathBuf>) -> Result<Vec<Token>, Trouble> {
    let mut tokens = Vec::new();
    let (mut at, mut line, mut start) = (0, 1, 0);
    while let Some(&byte) = bytes.get(at) {
        let column = u32::try_from(at - start + 1).unwrap_or(u32::MAX);
        let place = Place { file: Rc::clone(file), line, column };
        let rest = &bytes[at..];
        match byte {
            b'\n' => (at, line, start) = (at + 1, line + 1, at + 1),
            b' ' | b'\t' | b'\r' => at += 1,
            b'#' => at += memchr::memchr(b'\n', rest).unwrap_or(rest.len()),
            b'"' => {
                let Some((text, length)) = text(rest) else {
                    return Err(Trouble { place, message: "missing closing quote".to_owned() });
                };
                line += u32::try_from(memchr::memchr_iter(b'\n', &rest[..length]).count()).unwrap_or(0);
                start = memchr::memrchr(b'\n', &rest[..length]).map_or(start, |end| at + end + 1);
                at += length;
                tokens.push(Token { kind: Kind::Text(text), place });
            }
            _ => {
                let word = rest.iter().take_while(|byte| is_word(**byte)).count();
                if word > 0 {
                    at += word;
                    tokens.push(Token { kind: Kind::Word(rest[..word].to_vec()), place });
                } else if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(mark.as_bytes())) {
                    at += mark.len();
                    tokens.push(Token { kind: Kind::Mark(mark), place });
                } else {
                    return Err(Trouble { place, message: "invalid character in condition or key".to_owned() });
                }
            }
        }
    }
    Ok(tokens)
}

/// A text in quotes, and how long it is with them.
fn text(rest: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        match (rest.get(at)?, rest.get(at + 1)) {
            (b'"', _) => return Some((text, at + 1)),
            (b'\\', Some(escaped @ (b'"' | b'\\'))) => {
                // A backslash before another is one of a regular expression.
                text.extend_from_slice(if *escaped == b'"' { b"\"" } else { b"\\\\" });
                at += 2;
            }
            (byte, _) => {
                text.push(*byte);
                at += 1;
            }
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_know_their_places() {
        let file = Rc::new(PathBuf::from("f"));
        let tokens = tokens(b"a.b += (\"x\\\"y\" => 1) # note\n$HTTP[\"url\"] =~ \"^/\\.\" {}", &file).unwrap();
        let kinds: Vec<Kind> = tokens.iter().map(|token| token.kind.clone()).collect();
        assert_eq!(kinds[0], Kind::Word(b"a.b".to_vec()));
        assert_eq!(kinds[1..5], [Kind::Mark("+="), Kind::Mark("("), Kind::Text(b"x\"y".to_vec()), Kind::Mark("=>")]);
        assert_eq!((tokens[7].place.line, tokens[7].place.column), (2, 1));
        assert!(kinds.contains(&Kind::Text(b"^/\\.".to_vec())));
        assert!(super::tokens(b"a = \"x", &file).is_err());
    }
}
