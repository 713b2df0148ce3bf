//! A request head cut at its line feeds, and a head made from credentials.
//!
//! Nothing is interpreted here: blanks, carriage returns, control bytes and folds stay for the dialects.

use crate::basic::base64;
use crate::bytes::Span;
use crate::secret::Secret;

/// A line of a request head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its bytes without the line feed; a carriage return before it is kept.
    pub bytes: &'a [u8],
    /// The same bytes' place in the head.
    pub at: Span,
    /// Whether a line feed ended it; `false` only for the last piece of a head that is cut off.
    pub ended: bool,
}

/// The lines of `head`, the request line first, up to and including the empty line that ends it.
pub fn lines(head: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut offset = 0;
    std::iter::from_fn(move || {
        let rest = head.get(offset..).filter(|rest| !rest.is_empty())?;
        let (length, ended) = memchr::memchr(b'\n', rest).map_or((rest.len(), false), |at| (at, true));
        let line = Line { bytes: &rest[..length], at: Span::at(offset as u64, length), ended };
        offset += length + usize::from(ended);
        Some(line)
    })
}

/// Whether `byte` may stand in a header name (RFC 9110, section 5.6.2).
#[must_use]
pub const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// Whether `value` can be a host with or without a port for a server that checks the bytes; `underscores` says whether
/// it takes those. What such servers hold against names that look like numbers is not modelled.
#[must_use]
pub fn is_host(value: &[u8], underscores: bool) -> bool {
    let bytes = |byte: &u8| match byte {
        b'_' => underscores,
        b'.' | b'-' | b':' | b'[' | b']' => true,
        _ => byte.is_ascii_alphanumeric(),
    };
    !value.is_empty() && value.iter().all(bytes) && !value.windows(2).any(|pair| pair == b"..")
}

/// The head of `GET /` with these values, each in an `Authorization` line of its own.
#[must_use]
pub fn with_authorization(values: &[&[u8]]) -> Vec<u8> {
    // Sized once: growing would leave copies of the values behind.
    let mut head = Vec::with_capacity(64 + values.iter().map(|value| value.len() + 32).sum::<usize>());
    head.extend_from_slice(b"GET / HTTP/1.1\r\nHost: localhost\r\n");
    for value in values {
        head.extend_from_slice(b"Authorization: ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// The head that a client sends for `user` and `password`: the bytes as given, in standard padded base64.
#[must_use]
pub fn with_user_pass(user: &[u8], password: &Secret) -> Secret {
    let mut client = Client::default();
    client.send(user, password.expose());
    client.head
}

/// A client that sends one head after the other, in the same memory.
#[derive(Default)]
pub struct Client {
    user_pass: Secret,
    head: Secret,
}

impl Client {
    /// The head as [`with_user_pass`] has it.
    pub fn send(&mut self, user: &[u8], password: &[u8]) -> &[u8] {
        let Self { user_pass, head } = self;
        let length = user.len() + 1 + password.len();
        user_pass.clear();
        user_pass.extend_with(length, |text| {
            text.extend_from_slice(user);
            text.push(b':');
            text.extend_from_slice(password);
        });
        head.clear();
        head.extend_with(64 + base64::encoded_length(length), |text| {
            text.extend_from_slice(b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ");
            base64::encode_to(text, user_pass.expose());
            text.extend_from_slice(b"\r\n\r\n");
        });
        head.expose()
    }
}

/// `at` without what stands at its ends in `head` and is one of `blanks`.
#[must_use]
pub fn narrowed(head: &[u8], at: Span, blanks: &[u8]) -> Span {
    let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(head.len());
    let text = &head[place(at.start)..place(at.end).max(place(at.start))];
    let is_blank = |byte: &&u8| blanks.contains(byte);
    let before = text.iter().take_while(is_blank).count();
    let after = text[before..].iter().rev().take_while(is_blank).count();
    Span::at(at.start + before as u64, text.len() - before - after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_carriage_returns_and_places() {
        let all: Vec<_> = lines(b"GET /\r\nA: b\r\n\r\n").collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1].bytes, b"A: b\r");
        assert_eq!(all[1].at, Span::new(7, 12));
        assert_eq!(all[2].bytes, b"\r");
    }

    #[test]
    fn a_head_that_is_cut_off_ends_in_a_line_without_end() {
        let last = lines(b"GET /\r\nA: b").last();
        assert_eq!(last.map(|line| line.ended), Some(false));
    }

    #[test]
    fn the_client_sends_user_and_password_in_base64() {
        let head = with_user_pass(b"Aladdin", &Secret::from(&b"open sesame"[..]));
        assert!(head.expose().ends_with(b"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"));
    }
}
