//! What a shell makes of a password on its command line.

use crate::hint::candidates::{Made, Remedy, Rule, Tier, Typed};
use crate::trace::Code;

pub(super) static EXPANDED: Rule = Rule {
    code: Code {
        name: "shell-expanded",
        title: "a shell changed the password when it was set",
        text: "The password was given on a command line (`htpasswd -b`), and the shell took a part of it for a \
               variable, a quote, an escape, the end of the command or a reference to its history. What was stored \
               is what the shell left. Where it put a process number in place of `$$` it can't be found out. Set the \
               password anew, at a prompt.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make,
};

pub(super) static DOLLARS: Rule = Rule {
    code: Code {
        name: "dollar-sign-doubled",
        title: "dollar signs of the password doubled or halved",
        text: "A docker-compose file, a Makefile or a template wants `$$` for `$` in a password, and another program \
               takes it as it stands. Set the password anew, at a prompt.",
    },
    tier: Tier::Usual,
    remedy: Remedy::Set,
    make: |typed, made| {
        let Some(text) = typed.text else { return };
        made.add("with single dollar signs for double ones", text.replace("$$", "$"));
        made.add("with doubled dollar signs", text.replace('$', "$$"));
    },
};

fn make(typed: &Typed<'_>, made: &mut Made) {
    let Some(text) = typed.text else { return };
    made.add("with its variables taken out, as a shell does in double quotes", in_double_quotes(text));
    made.add("as a shell leaves it without quotes", without_quotes(text));
    made.add("with its backslashes taken off", text.replace('\\', ""));
    if let Some(at) = text.find(|char: char| "&;|<>()".contains(char) || char.is_whitespace()) {
        made.add("cut where a shell ends the word", &text[..at]);
    }
    if let Some(at) = text.find('#') {
        made.add("cut at the sign for a comment", text[..at].trim_end());
    }
    if let Some(at) = text.find('!') {
        let rest = text[at + 1..].trim_start_matches(|char: char| char.is_ascii_alphanumeric());
        made.add("with its reference to the shell's history taken out", [&text[..at], rest].concat());
        made.add("with a backslash before the exclamation mark", text.replace('!', "\\!"));
        made.add("without the exclamation marks", text.replace('!', ""));
    }
    if let Some(rest) = text.strip_prefix('~') {
        made.add("with the home directory for the tilde", format!("/root{rest}"));
    }
}

/// Variables and commands replaced by nothing, and the escapes that count in double quotes taken off.
fn in_double_quotes(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        match char {
            '$' => rest = after_variable(&rest[1..], &mut left),
            '`' => rest = rest[1..].split_once('`').map_or("", |(_, rest)| rest),
            '\\' if rest[1..].starts_with(['$', '`', '"', '\\']) => {
                left.push_str(&rest[1..2]);
                rest = &rest[2..];
            }
            '"' => rest = &rest[1..],
            _ => {
                left.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
    }
    left
}

/// What follows the variable after a dollar sign; a sign that begins none is kept.
fn after_variable<'a>(rest: &'a str, left: &mut String) -> &'a str {
    let name = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(rest.len());
    match rest.chars().next() {
        Some('{') => rest.split_once('}').map_or("", |(_, rest)| rest),
        Some('(') => rest.split_once(')').map_or("", |(_, rest)| rest),
        Some('#' | '?') => {
            left.push('0');
            &rest[1..]
        }
        Some('0'..='9' | '@' | '*' | '-' | '!') => &rest[1..],
        _ if name > 0 => &rest[name..],
        _ => {
            left.push('$');
            rest
        }
    }
}

/// The first word as a shell reads it: quotes and backslashes taken off, variables taken out.
fn without_quotes(text: &str) -> String {
    let mut left = String::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        match char {
            '\\' => {
                let next = rest[1..].chars().next().map_or(0, char::len_utf8);
                left.push_str(&rest[1..=next]);
                rest = &rest[1 + next..];
            }
            '\'' => {
                let (inside, after) = rest[1..].split_once('\'').unwrap_or((&rest[1..], ""));
                left.push_str(inside);
                rest = after;
            }
            '"' => {
                let (inside, after) = rest[1..].split_once('"').unwrap_or((&rest[1..], ""));
                left.push_str(&in_double_quotes(inside));
                rest = after;
            }
            '$' => rest = after_variable(&rest[1..], &mut left),
            ' ' | '\t' | '\n' | '&' | ';' | '|' | '<' | '>' | '(' | ')' => break,
            _ => {
                left.push(char);
                rest = &rest[char.len_utf8()..];
            }
        }
    }
    left
}
