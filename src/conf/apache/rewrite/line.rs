//! The arguments of `RewriteCond` and `RewriteRule`, which the module takes apart itself.
//!
//! Behaviour of httpd 2.4.71 `modules/mappers/mod_rewrite.c`: `parseargline`, `cmd_parseflagfield`.

use crate::conf::Trouble;
use crate::conf::apache::directive::{Directive, text};

/// Two arguments, and the flags as they stand.
pub(super) struct Line {
    pub(super) first: Vec<u8>,
    pub(super) second: Vec<u8>,
    pub(super) flags: Option<Vec<u8>>,
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Takes an argument off; a quote ends at the same quote, a blank behind a backslash does not end a bare one.
fn argument(rest: &mut &[u8]) -> Vec<u8> {
    let start = rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(rest.len());
    let quote = rest.get(start).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    let text = &rest[start + usize::from(quote.is_some())..];
    let mut end = 0;
    while let Some(byte) = text.get(end) {
        if Some(*byte) == quote || (quote.is_none() && is_blank(*byte)) {
            break;
        }
        end += if *byte == b'\\' && text.get(end + 1).is_some_and(|next| is_blank(*next)) { 2 } else { 1 };
    }
    let end = end.min(text.len());
    *rest = &text[end..];
    text[..end].to_vec()
}

/// The arguments of a directive.
pub(super) fn arguments(directive: &Directive, name: &str) -> Result<Line, Trouble> {
    let mut rest = directive.args.trim_ascii();
    let first = argument(&mut rest);
    if rest.is_empty() {
        return Err(directive.trouble(format!("{name}: bad argument line '{}'", text(&first))));
    }
    rest = &rest[1..];
    let second = argument(&mut rest);
    let after = rest.get(1..).unwrap_or_default().trim_ascii_start();
    let flags = (!after.is_empty()).then(|| argument(&mut &*after));
    Ok(Line { first, second, flags })
}

/// A flag's key and value.
type Flag = (Vec<u8>, Vec<u8>);

/// The flags; `Err` with what is wrong.
pub(super) fn flags(written: &[u8]) -> Result<Vec<Flag>, String> {
    let Some(inner) = written.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")) else {
        return Err("bad flag delimiters".to_owned());
    };
    let mut all = Vec::new();
    let mut parts: Vec<&[u8]> = inner.split(|byte| *byte == b',').collect();
    if parts.last().is_some_and(|last| last.trim_ascii().is_empty()) {
        parts.pop();
    }
    for part in parts {
        let part = part.trim_ascii();
        let (key, value) = crate::bytes::split_once(part, b'=').unwrap_or((part, b""));
        all.push((key.to_vec(), value.to_vec()));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_taken_apart_as_the_module_does() {
        let all = |mut rest: &[u8]| {
            let mut words = Vec::new();
            while !rest.is_empty() {
                words.push(String::from_utf8(argument(&mut rest)).unwrap());
                rest = rest.get(1..).unwrap_or_default();
            }
            words
        };
        assert_eq!(all(br"^a\ b$ - [L]"), [r"^a\ b$", "-", "[L]"]);
        assert_eq!(all(b"\"a b\" 'c d' x"), ["a b", "c d", "x"]);
        assert_eq!(flags(b"[L, R=301 ,]").unwrap().len(), 2);
        assert!(flags(b"L").is_err());
    }
}
