//! `RewriteCond`
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c:cmd_rewritecond`.

use regex::bytes::Regex;

use crate::conf::apache::directive::{Directive, text};
use crate::conf::apache::expr::{self, Expr, Order};
use crate::conf::apache::pattern;
use crate::conf::apache::rewrite::line::{self, arguments};
use crate::conf::{Place, Trouble};

/// One condition.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What is looked at, with its variables.
    pub input: Vec<u8>,
    /// What it must be.
    pub test: Test,
    /// `!`
    pub negated: bool,
    /// `NC`
    pub caseless: bool,
    /// `OR`
    pub or: bool,
    /// Where it stands.
    pub place: Place,
}

/// What the input must be.
#[derive(Clone, Debug)]
pub enum Test {
    /// A file of a kind, by its letter: `f`, `s`, `d`, `x`, `l`.
    File(u8),
    /// A path that the server would serve (`-U`), or a file that it would (`-F`).
    Served(bool),
    /// A text or number of this order.
    Order(Order, Vec<u8>),
    /// A regular expression; `None` for one that can't be read here.
    Regex(Option<Regex>),
    /// `RewriteCond expr`: an expression.
    Expression(Expr),
}

impl Condition {
    pub(super) fn read(directive: &Directive) -> Result<Self, Trouble> {
        let line = arguments(directive, "RewriteCond")?;
        let (mut caseless, mut or) = (false, false);
        if let Some(written) = &line.flags {
            let flags = line::flags(written).map_err(|message| directive.trouble(format!("RewriteCond: {message}")))?;
            for (key, _) in flags {
                match key.to_ascii_lowercase().as_slice() {
                    b"nc" | b"nocase" => caseless = true,
                    b"or" | b"ornext" => or = true,
                    b"nv" | b"novary" => {}
                    _ => return Err(directive.trouble(format!("RewriteCond: unknown flag '{}'", text(&key)))),
                }
            }
        }
        let mut negated = line.second.starts_with(b"!");
        let pattern = &line.second[usize::from(negated)..];
        let test = if line.first.eq_ignore_ascii_case(b"expr") {
            Test::Expression(expr::condition(pattern))
        } else {
            of_pattern(pattern, caseless, &mut negated)
        };
        Ok(Self { input: line.first, test, negated, caseless, or, place: directive.place.clone() })
    }
}

fn of_pattern(pattern: &[u8], caseless: bool, negated: &mut bool) -> Test {
    const LESS: bool = true;
    let regex = || Test::Regex(pattern::regex(pattern, caseless));
    let order = |numbers: bool, holds: [bool; 3], length: usize| {
        Test::Order(Order { numbers, holds }, pattern[length..].to_vec())
    };
    match pattern {
        [b'-', letter] => match letter {
            b'f' | b's' | b'd' | b'x' => Test::File(*letter),
            b'h' | b'L' | b'l' => Test::File(b'l'),
            b'U' => Test::Served(true),
            b'F' => Test::Served(false),
            _ => regex(),
        },
        [b'-', first, second, _, ..] => match [*first, *second] {
            [b'l', b't'] => order(true, [LESS, false, false], 3),
            [b'l', b'e'] => order(true, [LESS, true, false], 3),
            [b'g', b't'] => order(true, [false, false, true], 3),
            [b'g', b'e'] => order(true, [false, true, true], 3),
            [b'e', b'q'] => order(true, [false, true, false], 3),
            [b'n', b'e'] => {
                *negated = !*negated;
                order(true, [false, true, false], 3)
            }
            _ => regex(),
        },
        [b'>', b'=', ..] => order(false, [false, true, true], 2),
        [b'>', _, ..] => order(false, [false, false, true], 1),
        [b'<', b'=', ..] => order(false, [LESS, true, false], 2),
        [b'<', _, ..] => order(false, [LESS, false, false], 1),
        [b'=', b'"', b'"'] => order(false, [false, true, false], 3),
        [b'=', _, ..] => order(false, [false, true, false], 1),
        _ => regex(),
    }
}
