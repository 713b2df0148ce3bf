//! What the bytes after a name are as a hash: whole, with something behind it, cut short, spelled otherwise, or none.
//!
//! The answer is that of the check that takes the most schemes ([`crate::crypt::any`]), asked with the password taken
//! for right: so it is what crypt(3) would make of the text and no second reading of it.

use crate::bytes::Span;
use crate::crypt::any::ANY;
use crate::crypt::{Check, Mismatch, NotComputed, Why, Work};
use crate::scheme;

/// What a text is as a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Name of the scheme it is, or is meant to be; `None` where it looks like none.
    pub scheme: Option<&'static str>,
    /// How it stands.
    pub state: State,
    /// Number of bytes of the hash; where it is whole, more may follow. Otherwise, of what could belong to it.
    pub length: usize,
}

/// How a text stands as a hash. Spans count from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A whole hash.
    Whole,
    /// It ends before the hash does.
    Short,
    /// The same bits in other characters than a check writes: these.
    Spelling(Span),
    /// The cost is none that is taken.
    Cost(Span),
    /// A byte that can't be there, or salt and parameters of the wrong form.
    Malformed(Option<Span>),
    /// Nothing there.
    Empty,
    /// No scheme's.
    Unknown,
}

impl Form {
    /// Whether it is a whole hash.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.state == State::Whole
    }
}

/// What can stand in a hash: printable ASCII but the colon.
#[must_use]
pub fn is_hash_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b':'
}

/// What `text`, from its first byte on, is as a hash.
#[must_use]
pub fn of(text: &[u8]) -> Form {
    if text.starts_with(b"{PLAIN}") {
        return Form { scheme: Some("plain"), state: State::Whole, length: text.len() };
    }
    let length = text.iter().position(|byte| !is_hash_byte(*byte)).unwrap_or(text.len());
    let run = &text[..length];
    let form = |scheme, state, length| Form { scheme, state, length };
    if run.is_empty() {
        return form(None, State::Empty, 0);
    }
    let meant = || scheme::identify(run).map(|scheme| scheme.name);
    let checked = ANY.check(run, b"", &mut Work::assuming());
    let is_des = matches!(checked.scheme, Some("descrypt" | "bigcrypt"));
    if is_des && checked.check != Check::Match {
        // crypt(3) takes whatever has no prefix for DES; a text of another length than DES has is none.
        return form(None, State::Unknown, length);
    }
    match checked.check {
        Check::Match => form(checked.scheme, State::Whole, length),
        Check::Mismatch(Mismatch { why, at }) => match (why, at) {
            (Why::TrailingBytes, Some(at)) => form(checked.scheme, State::Whole, offset(at.start)),
            (Why::TooShort, _) => form(checked.scheme, State::Short, length),
            (Why::Spelling, Some(at)) => form(checked.scheme, State::Spelling(at), length),
            (Why::CostOutOfRange, at) => form(checked.scheme, State::Cost(at.unwrap_or_default()), length),
            (Why::UnknownScheme, _) => match scheme::identify(run) {
                // A prefix in the wrong case is no check's.
                Some(scheme) if !begins_as(scheme, run) => form(Some(scheme.name), State::Malformed(None), length),
                // Known by its form to this program and not to crypt(3).
                Some(scheme) => form(Some(scheme.name), State::Whole, length),
                None => form(None, State::Unknown, length),
            },
            _ => match checked.scheme.or_else(meant) {
                Some(scheme) => form(Some(scheme), State::Malformed(at), length),
                None => form(None, State::Unknown, length),
            },
        },
        // Known, and its text can't be judged without computing it.
        Check::Undecided(NotComputed::NotBuilt { scheme }) => form(Some(scheme), State::Whole, length),
        Check::Undecided(_) | Check::Fails(_) | Check::Crashes => form(meant(), State::Malformed(None), length),
    }
}

/// Whether `text` has one of the scheme's prefixes as it stands, where the scheme has any.
fn begins_as(scheme: &scheme::Scheme, text: &[u8]) -> bool {
    scheme.prefixes.is_empty() || scheme.prefixes.iter().any(|prefix| text.starts_with(prefix.as_bytes()))
}

fn offset(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const APR1: &[u8] = b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/";

    fn state(text: &[u8]) -> (Option<&'static str>, State, usize) {
        let form = of(text);
        (form.scheme, form.state, form.length)
    }

    #[test]
    fn a_whole_hash_ends_where_it_ends_whatever_follows() {
        for tail in ["", " # note", "alice:{SHA}", ":third", "\r", "x"] {
            let text = [APR1, tail.as_bytes()].concat();
            assert_eq!(state(&text), (Some("apr1"), State::Whole, 37), "{tail:?}");
        }
    }

    #[test]
    fn what_is_short_or_foreign_or_empty_is_told_apart() {
        assert_eq!(state(&APR1[..30]), (Some("apr1"), State::Short, 30));
        assert_eq!(state(b"hunter2"), (None, State::Unknown, 7));
        assert_eq!(state(b" x"), (None, State::Empty, 0));
        assert_ne!(state(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ").1, State::Whole);
        assert_eq!(state(b"secret").1, State::Unknown);
    }
}
