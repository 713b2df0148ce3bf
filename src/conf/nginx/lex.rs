//! nginx's tokens: words, quoted words, `;`, `{` and `}`, each with its place.
//!
//! Behaviour of nginx 1.22.1 `src/core/ngx_conf_file.c:ngx_conf_read_token`. Lua blocks are handed over as one word.

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
    /// A name or an argument, escapes taken off; whether it was quoted.
    Word(Vec<u8>, bool),
    /// `;`
    End,
    /// `{`
    Open,
    /// `}`
    Close,
}

/// What nginx says of a file that ends within a directive or a quoted word.
pub const END_OF_FILE: &str = "unexpected end of file, expecting \";\" or \"}\"";

/// Longest token (`NGX_CONF_BUFFER`).
const LONGEST: usize = 4096;

/// Reads tokens from a file's bytes.
pub struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
    line_start: usize,
    file: Rc<PathBuf>,
}

impl<'a> Lexer<'a> {
    /// Reads `bytes`, the content of `file`.
    #[must_use]
    pub fn new(bytes: &'a [u8], file: Rc<PathBuf>) -> Self {
        Self { bytes, at: 0, line: 1, line_start: 0, file }
    }

    /// The place of the next byte.
    #[must_use]
    pub fn place(&self) -> Place {
        let column = u32::try_from(self.at - self.line_start + 1).unwrap_or(u32::MAX);
        Place { file: Rc::clone(&self.file), line: self.line, column }
    }

    fn trouble(&self, place: Place, message: impl Into<String>) -> Trouble {
        let _ = self;
        Trouble { place, message: message.into() }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn bump(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            self.line_start = self.at;
        }
        Some(byte)
    }

    /// The next token; `None` at the end.
    pub fn token(&mut self) -> Result<Option<Token>, Trouble> {
        loop {
            match self.peek() {
                None => return Ok(None),
                Some(b' ' | b'\t' | b'\r' | b'\n') => drop(self.bump()),
                Some(b'#') => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.bump();
                    }
                }
                Some(_) => break,
            }
        }
        let place = self.place();
        let kind = match self.peek() {
            Some(b';') => self.one(Kind::End),
            Some(b'{') => self.one(Kind::Open),
            Some(b'}') => self.one(Kind::Close),
            Some(quote @ (b'"' | b'\'')) => self.quoted(quote, &place)?,
            _ => self.word(&place)?,
        };
        Ok(Some(Token { kind, place }))
    }

    fn one(&mut self, kind: Kind) -> Kind {
        self.bump();
        kind
    }

    fn quoted(&mut self, quote: u8, place: &Place) -> Result<Kind, Trouble> {
        self.bump();
        let start = self.at;
        loop {
            match self.peek() {
                None => return Err(self.trouble(self.place(), END_OF_FILE)),
                Some(_) if self.at - start >= LONGEST => {
                    let quote = char::from(quote);
                    let message = format!("too long parameter, probably missing terminating \"{quote}\" character");
                    return Err(self.trouble(place.clone(), message));
                }
                Some(b'\\') => {
                    self.bump();
                    self.bump();
                }
                Some(byte) if byte == quote => break,
                Some(_) => drop(self.bump()),
            }
        }
        let raw = &self.bytes[start..self.at];
        self.bump();
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' | b')') => {}
            Some(byte) => {
                return Err(self.trouble(self.place(), format!("unexpected \"{}\"", char::from(byte))));
            }
        }
        Ok(Kind::Word(unescaped(raw), true))
    }

    fn word(&mut self, place: &Place) -> Result<Kind, Trouble> {
        let start = self.at;
        let mut variable = false;
        while let Some(byte) = self.peek() {
            if self.at - start >= LONGEST {
                let begin = String::from_utf8_lossy(&self.bytes[start..start + 10]);
                return Err(self.trouble(place.clone(), format!("too long parameter \"{begin}...\" started")));
            }
            match byte {
                b'{' if variable => {}
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'{' => break,
                b'\\' => drop(self.bump()),
                _ => {}
            }
            variable = byte == b'$';
            self.bump();
        }
        let raw = &self.bytes[start..self.at];
        Ok(Kind::Word(unescaped(raw), false))
    }

    /// Skips a Lua block after its `{`, up to and including the matching `}`.
    pub fn skip_lua(&mut self) -> Result<(), Trouble> {
        let place = self.place();
        let mut depth = 1;
        while depth > 0 {
            match self.bump() {
                None => return Err(self.trouble(place, "unexpected end of file in a Lua block")),
                Some(b'{') => depth += 1,
                Some(b'}') => depth -= 1,
                Some(quote @ (b'"' | b'\'')) => {
                    while let Some(byte) = self.bump() {
                        if byte == b'\\' {
                            self.bump();
                        } else if byte == quote || byte == b'\n' {
                            break;
                        }
                    }
                }
                Some(b'-') if self.peek() == Some(b'-') => {
                    self.bump();
                    if !self.long_bracket() {
                        while self.peek().is_some_and(|byte| byte != b'\n') {
                            self.bump();
                        }
                    }
                }
                Some(b'[') => {
                    self.at -= 1;
                    if !self.long_bracket() {
                        self.bump();
                    }
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Skips `[==[ … ]==]` if it stands here.
    fn long_bracket(&mut self) -> bool {
        let rest = &self.bytes[self.at..];
        let level = rest.iter().skip(1).take_while(|byte| **byte == b'=').count();
        if rest.first() != Some(&b'[') || rest.get(level + 1) != Some(&b'[') {
            return false;
        }
        let end = [&b"]"[..], &vec![b'='; level], b"]"].concat();
        let length = rest.windows(end.len()).position(|window| window == end).map_or(rest.len(), |at| at + end.len());
        for _ in 0..length {
            self.bump();
        }
        true
    }
}

/// A token's text as nginx stores it: `\"`, `\'` and `\\` become the second byte, `\t \r \n` control bytes, every other
/// backslash stays.
fn unescaped(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut bytes = raw.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        match bytes.next() {
            Some(escaped @ (b'"' | b'\'' | b'\\')) => text.push(escaped),
            Some(b't') => text.push(b'\t'),
            Some(b'r') => text.push(b'\r'),
            Some(b'n') => text.push(b'\n'),
            Some(other) => text.extend_from_slice(&[b'\\', other]),
            None => text.push(b'\\'),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Result<Vec<String>, Trouble> {
        let mut lexer = Lexer::new(text.as_bytes(), Rc::new(PathBuf::from("f")));
        let mut words = Vec::new();
        while let Some(token) = lexer.token()? {
            words.push(match token.kind {
                Kind::Word(word, _) => String::from_utf8(word).unwrap(),
                Kind::End => ";".to_owned(),
                Kind::Open => "{".to_owned(),
                Kind::Close => "}".to_owned(),
            });
        }
        Ok(words)
    }

    #[test]
    fn quotes_count_at_the_start_of_a_token_only() {
        assert_eq!(words("a \"b c\" d\"e\"f;").unwrap(), ["a", "b c", "d\"e\"f", ";"]);
        assert!(words("a \"left\"-quote;").is_err());
        assert!(words("a \"open;").is_err());
    }

    #[test]
    fn comments_and_variables() {
        assert_eq!(words("a#b ${c}d;#e }\nf{").unwrap(), ["a#b", "${c}d", ";", "f", "{"]);
    }

    #[test]
    fn escapes_keep_regexes_alive() {
        assert_eq!(
            words(r#"~ \.php$ "a\tb\\c\qd\'e" a\ b;"#).unwrap(),
            ["~", r"\.php$", "a\tb\\c\\qd'e", r"a\ b", ";"]
        );
    }
}
