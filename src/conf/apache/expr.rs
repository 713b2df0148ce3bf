//! Expressions of `<If>`, `Require expr` and `SetEnvIfExpr`, and strings with variables.
//!
//! Behaviour of httpd 2.4.71 `server/util_expr_scan.l` and `util_expr_parse.y`. What can't be read here is [`Expr::Unread`], never
//! approximated.

use regex::bytes::Regex;

use crate::conf::apache::net::Network;
use crate::conf::apache::pattern;

/// A condition.
#[derive(Clone, Debug)]
pub enum Expr {
    /// `true`, `false`
    Constant(bool),
    /// `!`
    Not(Box<Expr>),
    /// `&&`
    And(Box<Expr>, Box<Expr>),
    /// `||`
    Or(Box<Expr>, Box<Expr>),
    /// Words held against each other.
    Compare(Word, Order, Word),
    /// `-in { … }`
    In(Word, Vec<Word>),
    /// `=~`; whether it must not match.
    Match(Word, Regex, bool),
    /// `-X word`
    Unary(u8, Word),
    /// `-ipmatch` and its like: the name without its dash.
    Binary(Word, Vec<u8>, Word),
    /// What can't be read.
    Unread,
}

/// How words are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// As numbers.
    pub numbers: bool,
    /// Whether it holds for the smaller, the equal, the greater word on the left.
    pub holds: [bool; 3],
}

/// A text with variables: its parts one after the other.
pub type Word = Vec<Piece>;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Text(Vec<u8>),
    /// `%{NAME}`
    Variable(Vec<u8>),
    /// `%{name:text}`, `name(word)`
    Function(Vec<u8>, Word),
    /// `$0` to `$9`: empty, where nothing is captured.
    Capture(u8),
}

/// Reads a condition.
#[must_use]
pub fn condition(text: &[u8]) -> Expr {
    let mut reader = Reader { rest: text, depth: 0, captures: false, groups: false };
    let read = reader.or();
    reader.blanks();
    // What a comparison captures is not kept for later ones.
    let whole = reader.rest.is_empty() && !(reader.captures && reader.groups);
    read.filter(|_| whole).unwrap_or(Expr::Unread)
}

/// Reads a string with variables, as `AuthName` and `Require user` take one; `None` where it can't be read.
#[must_use]
pub fn string(text: &[u8]) -> Option<Word> {
    let mut reader = Reader { rest: text, depth: 0, captures: false, groups: false };
    reader.string(None)
}

/// The network of a constant word.
#[must_use]
pub fn network(word: &[Piece]) -> Option<Network> {
    let [Piece::Text(text)] = word else { return None };
    let (address, mask) = match crate::bytes::split_once(text, b'/') {
        Some((address, mask)) => (address, Some(mask)),
        None => (&text[..], None),
    };
    Network::parse(address, mask).ok()
}

/// Operators that hold words against each other: their names, whether as numbers, and what they hold for.
const ORDERS: &[(&[&str], bool, [bool; 3])] = &[
    (&["-eq", "eq"], true, [false, true, false]),
    (&["-ne", "ne"], true, [true, false, true]),
    (&["-lt", "lt"], true, [true, false, false]),
    (&["-le", "le"], true, [true, true, false]),
    (&["-gt", "gt"], true, [false, false, true]),
    (&["-ge", "ge"], true, [false, true, true]),
    (&["==", "="], false, [false, true, false]),
    (&["!="], false, [true, false, true]),
    (&["<="], false, [true, true, false]),
    (&["<"], false, [true, false, false]),
    (&[">="], false, [false, true, true]),
    (&[">"], false, [false, false, true]),
];

/// Conditions within each other that are read.
const DEEPEST: usize = 60;

struct Reader<'t> {
    rest: &'t [u8],
    depth: usize,
    /// Whether captures are referred to.
    captures: bool,
    /// Whether a regular expression captures.
    groups: bool,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        let end = self.rest.iter().position(|byte| !b" \t\n".contains(byte)).unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    /// Takes one of these operators, the longer ones first.
    fn takes(&mut self, operators: &[&str]) -> bool {
        self.blanks();
        let found = operators.iter().find(|operator| {
            let is_word = operator.ends_with(|c: char| c.is_ascii_alphanumeric());
            self.rest.starts_with(operator.as_bytes())
                && !(is_word && self.rest.get(operator.len()).is_some_and(|next| is_name(*next)))
        });
        if let Some(operator) = found {
            self.rest = &self.rest[operator.len()..];
        }
        found.is_some()
    }

    fn or(&mut self) -> Option<Expr> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let left = self.and()?;
        let read = if self.takes(&["||", "or"]) { Expr::Or(Box::new(left), Box::new(self.or()?)) } else { left };
        self.depth -= 1;
        Some(read)
    }

    fn and(&mut self) -> Option<Expr> {
        let left = self.not()?;
        if !self.takes(&["&&", "and"]) {
            return Some(left);
        }
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let right = self.and()?;
        self.depth -= 1;
        Some(Expr::And(Box::new(left), Box::new(right)))
    }

    fn not(&mut self) -> Option<Expr> {
        let mut negated = false;
        while self.takes(&["!", "not"]) {
            negated = !negated;
        }
        let inner = self.primary()?;
        Some(if negated { Expr::Not(Box::new(inner)) } else { inner })
    }

    fn primary(&mut self) -> Option<Expr> {
        if self.takes(&["("]) {
            let inner = self.or()?;
            return self.takes(&[")"]).then_some(inner);
        }
        if self.takes(&["true"]) {
            return Some(Expr::Constant(true));
        }
        if self.takes(&["false"]) {
            return Some(Expr::Constant(false));
        }
        if let [b'-', letter, after @ ..] = self.rest
            && (letter.is_ascii_alphabetic() || *letter == b'_')
            && !after.first().is_some_and(|next| is_name(*next))
        {
            self.rest = after;
            return Some(Expr::Unary(*letter, self.word()?));
        }
        let left = self.word()?;
        self.comparison(left)
    }

    fn comparison(&mut self, left: Word) -> Option<Expr> {
        for negated in [false, true] {
            if self.takes(&[if negated { "!~" } else { "=~" }]) {
                return Some(Expr::Match(left, self.regex()?, negated));
            }
        }
        for (names, numbers, holds) in ORDERS {
            if self.takes(names) {
                return Some(Expr::Compare(left, Order { numbers: *numbers, holds: *holds }, self.word()?));
            }
        }
        if self.takes(&["-in", "in"]) {
            if !self.takes(&["{"]) {
                return None;
            }
            let mut list = vec![self.word()?];
            while self.takes(&[","]) {
                list.push(self.word()?);
            }
            return self.takes(&["}"]).then_some(Expr::In(left, list));
        }
        let name = self.rest.strip_prefix(b"-")?;
        let length = name.iter().take_while(|byte| is_name(**byte)).count();
        if length < 2 {
            return None;
        }
        let (name, after) = name.split_at(length);
        self.rest = after;
        Some(Expr::Binary(left, name.to_vec(), self.word()?))
    }

    /// A regular expression between delimiters.
    fn regex(&mut self) -> Option<Regex> {
        self.blanks();
        let body = match self.rest {
            [b'/', ..] => self.rest,
            [b'm', delimiter, ..] if b"/#$%^,;:_?|-!.'\"".contains(delimiter) => &self.rest[1..],
            _ => return None,
        };
        let (delimiter, body) = body.split_first()?;
        let end = memchr::memchr(*delimiter, body)?;
        let caseless = body.get(end + 1) == Some(&b'i');
        self.rest = &body[end + 1 + usize::from(caseless)..];
        let regex = pattern::regex(&body[..end], caseless)?;
        self.groups |= regex.captures_len() > 1;
        Some(regex)
    }

    fn word(&mut self) -> Option<Word> {
        let mut word = self.atom()?;
        while self.takes(&["."]) {
            word.extend(self.atom()?);
        }
        Some(word)
    }

    fn atom(&mut self) -> Option<Word> {
        self.blanks();
        match self.rest {
            [quote @ (b'"' | b'\''), after @ ..] => {
                self.rest = after;
                let word = self.string(Some(*quote))?;
                self.rest = self.rest.get(1..)?;
                Some(word)
            }
            [b'%', b'{', ..] => Some(vec![self.variable()?]),
            [b'$', digit, after @ ..] if digit.is_ascii_digit() => {
                self.rest = after;
                self.captures = true;
                Some(vec![Piece::Capture(digit - b'0')])
            }
            _ => {
                let signed = usize::from(self.rest.starts_with(b"-"));
                let digits = self.rest[signed..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits > 0 {
                    let (number, after) = self.rest.split_at(signed + digits);
                    self.rest = after;
                    return Some(vec![Piece::Text(number.to_vec())]);
                }
                let name = self.name()?;
                if !self.takes(&["("]) || self.depth > DEEPEST {
                    return None;
                }
                self.depth += 1;
                let inner = self.word()?;
                self.depth -= 1;
                self.takes(&[")"]).then(|| vec![Piece::Function(name, inner)])
            }
        }
    }

    fn name(&mut self) -> Option<Vec<u8>> {
        let length = self.rest.iter().take_while(|byte| is_name(**byte)).count();
        let (name, after) = self.rest.split_at(length);
        self.rest = after;
        name.first().is_some_and(u8::is_ascii_alphabetic).then(|| name.to_vec())
    }

    /// `%{NAME}` or `%{name:text}`
    fn variable(&mut self) -> Option<Piece> {
        self.rest = self.rest.get(2..)?;
        let name = self.name()?;
        match self.rest {
            [b'}', after @ ..] => {
                self.rest = after;
                Some(Piece::Variable(name))
            }
            [b':', after @ ..] if self.depth <= DEEPEST => {
                self.rest = after;
                self.depth += 1;
                let text = self.string(Some(b'}'))?;
                self.depth -= 1;
                self.rest = self.rest.get(1..)?;
                Some(Piece::Function(name, text))
            }
            _ => None,
        }
    }

    /// Text up to `end`, which stays, or to the end.
    fn string(&mut self, end: Option<u8>) -> Option<Word> {
        let mut word = Word::new();
        let mut text = Vec::new();
        loop {
            let piece = match self.rest {
                [] if end.is_none() => break,
                [] | [b'\n', ..] => return None,
                [byte, ..] if Some(*byte) == end => break,
                [b'\\', ..] => {
                    text.push(self.escape()?);
                    continue;
                }
                [b'$', digit, after @ ..] if digit.is_ascii_digit() => {
                    self.rest = after;
                    self.captures = true;
                    Piece::Capture(digit - b'0')
                }
                [b'%', b'{', ..] => self.variable()?,
                [byte, after @ ..] => {
                    text.push(*byte);
                    self.rest = after;
                    continue;
                }
            };
            if !text.is_empty() {
                word.push(Piece::Text(std::mem::take(&mut text)));
            }
            word.push(piece);
        }
        if !text.is_empty() {
            word.push(Piece::Text(text));
        }
        Some(word)
    }

    /// What a backslash and what follows it stand for.
    fn escape(&mut self) -> Option<u8> {
        let after = self.rest.get(1..)?;
        let octal = after.iter().take(3).take_while(|byte| (b'0'..=b'7').contains(*byte)).count();
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            // More digits than an octal number takes are an error.
            let number = std::str::from_utf8(&after[..octal]).ok().filter(|_| octal >= digits.min(3))?;
            self.rest = &after[octal..];
            return u8::from_str_radix(number, 8).ok();
        }
        let (byte, rest) = after.split_first()?;
        self.rest = rest;
        Some(match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            byte => *byte,
        })
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_variables() {
        let word = string(b"a%{HTTP_HOST}b\\%$1%{req:X-%{Y}}").unwrap();
        let expected = [
            Piece::Text(b"a".to_vec()),
            Piece::Variable(b"HTTP_HOST".to_vec()),
            Piece::Text(b"b%".to_vec()),
            Piece::Capture(1),
            Piece::Function(b"req".to_vec(), vec![Piece::Text(b"X-".to_vec()), Piece::Variable(b"Y".to_vec())]),
        ];
        assert_eq!(word, expected);
        assert!(string(b"%{x").is_none() && string(b"\\400").is_none() && string(b"100%").is_some());
    }

    #[test]
    fn conditions_are_read_whole_or_not_at_all() {
        for text in [
            "true",
            "!false && true || false",
            "%{REMOTE_ADDR} -ipmatch '10.0.0.0/8'",
            "-R '10.0.0.0/8'",
            "not (%{A} == 'x' and %{B} != \"y\")",
            "req('X') =~ m#^a/b#i",
            "%{A} -in {'a', 'b'}",
            "-n %{HTTP:X}",
            "1 -lt 2",
            "tolower(%{A}) . 'x' == 'yx'",
        ] {
            assert!(!matches!(condition(text.as_bytes()), Expr::Unread), "{text}");
        }
        for text in ["", "foo", "true false", "'a' ==", "(true", "%{x", "'a' =~ b", "-in"] {
            assert!(matches!(condition(text.as_bytes()), Expr::Unread), "{text}");
        }
    }
}
