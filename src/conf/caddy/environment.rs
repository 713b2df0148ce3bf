//! Variables of the environment in a Caddyfile, put in before its words are read.
//!
//! Behaviour of Caddy 2.6.2 and 2.11.7 `caddyconfig/caddyfile/parse.go:replaceEnvVars`.

use crate::bytes::{Span, Written, split_once};

/// A file with variables in their places.
pub struct Filled {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What was put in, and what it was put in for.
    changes: Vec<(Span, Span)>,
}

impl Filled {
    /// With the variables of `environment` (`NAME=VALUE`, ended by NUL); those that it lacks stay as they are.
    #[must_use]
    pub fn new(bytes: &[u8], environment: &[u8]) -> Self {
        let mut filled = Self { bytes: Vec::new(), changes: Vec::new() };
        let mut rest = bytes;
        while let Some(begin) = memchr::memmem::find(rest, b"{$") {
            let Some(length) = memchr::memchr(b'}', &rest[begin..]) else { break };
            let inner = &rest[begin + 2..begin + length];
            let name = split_once(inner, b':').map_or(inner, |(name, _)| name);
            let known = environment.split(|byte| *byte == 0).filter_map(|entry| split_once(entry, b'='));
            let value = known.into_iter().find_map(|(own, value)| (own == name && !name.is_empty()).then_some(value));
            filled.bytes.extend_from_slice(&rest[..begin]);
            let (new, old) = (filled.bytes.len() as u64, (bytes.len() - rest.len() + begin) as u64);
            if let Some(value) = value {
                filled.changes.push((Span::at(new, value.len()), Span::at(old, length + 1)));
            }
            filled.bytes.extend_from_slice(value.unwrap_or(&rest[begin..=begin + length]));
            rest = &rest[begin + length + 1..];
        }
        filled.bytes.extend_from_slice(rest);
        filled
    }

    /// Where something stands in the file as it was.
    #[must_use]
    pub fn original(&self, written: Written) -> Written {
        let at = |place: u64, is_end: bool| {
            let before = |(new, _): &&(Span, Span)| new.start < place || (new.start == place && !is_end);
            match self.changes.iter().rev().find(before) {
                None => place,
                Some((new, old)) if place < new.end && !is_end => old.start,
                Some((new, old)) if place < new.end => old.end,
                Some((new, old)) => place - new.end + old.end,
            }
        };
        let touches = |(new, _): &(Span, Span)| new.start < written.at.end && written.at.start < new.end;
        let is_changed = self.changes.iter().any(touches);
        Written {
            at: Span::new(at(written.at.start, false), at(written.at.end, true)),
            is_plain: written.is_plain && !is_changed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_the_environment_are_put_in_where_they_are_known() {
        let filled = Filled::new(b"{$A}:{$B:80} {$C:8080} {$} {$D", b"A=host\0B=8\0=x\0");
        assert_eq!(filled.bytes, b"host:8 {$C:8080} {$} {$D");
        let original = |start, end| {
            let found = filled.original(Written { at: Span::new(start, end), is_plain: true });
            (found.at.start, found.at.end, found.is_plain)
        };
        assert_eq!(original(0, 6), (0, 12, false));
        assert_eq!(original(0, 4), (0, 4, false));
        assert_eq!(original(7, 16), (13, 22, true));
    }
}
