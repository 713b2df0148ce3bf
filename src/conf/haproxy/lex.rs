//! The words of a line: quotes of both kinds, backslashes outside of single ones, and in double ones `$NAME` is a variable.
//!
//! Behaviour of HAProxy 2.6.12 `src/tools.c:parse_line`.

use crate::bytes::Written;

/// A word, and whether a variable was to be replaced in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Its text; a variable stands in it by its name.
    pub text: Vec<u8>,
    /// Whether a variable stands in it.
    pub has_variable: bool,
    /// Its bytes, counted from the start of the line.
    pub written: Written,
}

/// The words of a line, up to a comment; `Err` with what is wrong with it.
pub fn words(line: &[u8]) -> Result<Vec<Word>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let (mut rest, mut start) = (line, 0);
    let ended = |word: &mut Option<Word>, start: usize, end: usize| {
        let word = word.take()?;
        let written = Written::of(&line[start..end], start as u64, &word.text);
        Some(Word { written, ..word })
    };
    while let Some((&byte, after)) = rest.split_first() {
        let at = line.len() - rest.len();
        rest = after;
        if word.is_none() {
            start = at;
        }
        match (quote, byte) {
            (None, b' ' | b'\t') => words.extend(ended(&mut word, start, at)),
            (None, b'#') => {
                rest = &line[at..];
                break;
            }
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (Some(open), byte) if byte == open => quote = None,
            (None | Some(b'"'), b'\\') => {
                let (escaped, after) = rest.split_first().ok_or("a backslash at the end of the line")?;
                word.get_or_insert_default().text.push(*escaped);
                rest = after;
            }
            (Some(b'"'), b'$') => {
                let name =
                    rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"_{}.".contains(byte)).count();
                // The text is kept, so that it is known what was meant.
                let word = word.get_or_insert_default();
                word.has_variable = true;
                word.text.push(b'$');
                word.text.extend_from_slice(&rest[..name]);
                rest = &rest[name..];
            }
            (_, byte) => word.get_or_insert_default().text.push(byte),
        }
    }
    if quote.is_some() {
        return Err("a quote is not closed on its line");
    }
    words.extend(ended(&mut word, start, line.len() - rest.len()));
    Ok(words)
}
