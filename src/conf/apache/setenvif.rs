//! `SetEnvIf` and its like: variables that are set where a part of the request matches.
//!
//! Behaviour of httpd 2.4.71 `modules/metadata/mod_setenvif.c` (`add_setenvif_core`, `add_envvars`, `add_browser`).

use regex::bytes::Regex;

use crate::conf::Trouble;
use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::expr::{self, Expr};
use crate::conf::apache::{lex, pattern};

/// One directive.
#[derive(Clone, Debug)]
pub struct SetEnvIf {
    /// When.
    pub test: Test,
    /// The variables, in order.
    pub sets: Vec<Change>,
}

/// What must match.
#[derive(Clone, Debug)]
pub enum Test {
    /// An attribute of the request, in lower case, and a regular expression; `None` for one that can't be read here.
    Attribute(Vec<u8>, Option<Regex>),
    /// An expression.
    Expression(Expr),
}

/// What becomes of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its name in lower case: names are held against each other without regard to case.
    pub name: Vec<u8>,
    /// Its value, which may refer to captures; `None` where it is taken away.
    pub value: Option<Vec<u8>>,
}

/// Reads `SetEnvIf`, `SetEnvIfNoCase`, `SetEnvIfExpr`, `BrowserMatch`, `BrowserMatchNoCase`.
pub fn read(directive: &Directive) -> Result<SetEnvIf, Trouble> {
    let name = text(&directive.written);
    let mut args = &directive.args[..];
    let test = if directive.name == b"setenvifexpr" {
        Test::Expression(expr::condition(&lex::word(&mut args)))
    } else {
        let attribute = match directive.name.as_slice() {
            b"browsermatch" | b"browsermatchnocase" => b"user-agent".to_vec(),
            _ => lex::word(&mut args).to_ascii_lowercase(),
        };
        let regex = lex::word(&mut args);
        if regex.is_empty() {
            return Err(directive.trouble(format!("Missing regular expression for {name}")));
        }
        Test::Attribute(attribute, pattern::regex(&regex, directive.name.ends_with(b"nocase")))
    };
    let mut sets = Vec::new();
    for word in lex::words(args) {
        let (name, value) = match (word.strip_prefix(b"!"), crate::bytes::split_once(&word, b'=')) {
            (Some(name), _) => (name, None),
            (None, Some((name, value))) if !value.is_empty() => (name, Some(value.to_vec())),
            (None, Some((name, _))) => (name, Some(b"1".to_vec())),
            (None, None) => (&word[..], Some(b"1".to_vec())),
        };
        sets.push(Change { name: name.to_ascii_lowercase(), value });
    }
    if sets.is_empty() {
        return Err(directive.trouble(format!("Missing envariable expression for {name}")));
    }
    Ok(SetEnvIf { test, sets })
}
