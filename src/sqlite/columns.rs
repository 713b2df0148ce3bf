//! The names of a table's columns, from the statement that made it.
//!
//! From <https://www.sqlite.org/lang_createtable.html>; a file holds the statement as it was written.

/// Words that begin a rule for the whole table in the place of a column.
const RULES: &[&str] = &["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

/// The names, in their order.
pub(super) fn of(sql: &str) -> Vec<String> {
    let mut words = Words { rest: sql };
    for word in words.by_ref() {
        if word == Word::Sign('(') {
            break;
        }
    }
    let (mut names, mut depth, mut begins) = (Vec::new(), 0_u32, true);
    for word in words {
        match &word {
            Word::Sign('(') => depth += 1,
            Word::Sign(')') if depth == 0 => break,
            Word::Sign(')') => depth -= 1,
            Word::Sign(',') if depth == 0 => {
                begins = true;
                continue;
            }
            Word::Bare(name) if begins && RULES.iter().any(|rule| name.eq_ignore_ascii_case(rule)) => {}
            Word::Bare(name) | Word::Quoted(name) if begins => names.push(name.clone()),
            _ => {}
        }
        begins = false;
    }
    names
}

#[derive(PartialEq, Eq)]
enum Word {
    Bare(String),
    Quoted(String),
    Sign(char),
}

struct Words<'a> {
    rest: &'a str,
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix("--") {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                break;
            }
        }
        let first = self.rest.chars().next()?;
        let close = match first {
            '"' | '`' | '\'' => Some(first),
            '[' => Some(']'),
            _ => None,
        };
        if let Some(close) = close {
            return Some(Word::Quoted(self.quoted(close)));
        }
        let end = self.rest.find(|sign: char| !(sign.is_alphanumeric() || sign == '_' || sign == '$'));
        let end = end.unwrap_or(self.rest.len());
        if end == 0 {
            self.rest = &self.rest[first.len_utf8()..];
            return Some(Word::Sign(first));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(Word::Bare(word.to_owned()))
    }
}

impl Words<'_> {
    /// A name in quotes; the sign that closes it stands for itself where it stands twice.
    fn quoted(&mut self, close: char) -> String {
        let mut name = String::new();
        let mut signs = self.rest.char_indices().skip(1).peekable();
        while let Some((at, sign)) = signs.next() {
            if sign != close {
                name.push(sign);
            } else if close != ']' && signs.peek().is_some_and(|(_, next)| *next == close) {
                name.push(sign);
                signs.next();
            } else {
                self.rest = &self.rest[at + 1..];
                return name;
            }
        }
        self.rest = "";
        name
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_stand_before_their_types_and_rules_of_the_table_are_none() {
        let sql = "CREATE TABLE \"a (b\" (ip TEXT NOT NULL, -- the, address\n \"j\"\"l\" DECIMAL(10, 2) DEFAULT (1), [check] x, \
                   /* , */ `time` INTEGER, unique_one, PRIMARY KEY(ip, jail), FOREIGN KEY(jail) REFERENCES jails(name))";
        assert_eq!(of(sql), ["ip", "j\"l", "check", "time", "unique_one"]);
        assert!(of("CREATE TABLE").is_empty() && of("CREATE TABLE x (").is_empty() && of("\"").is_empty());
    }
}
