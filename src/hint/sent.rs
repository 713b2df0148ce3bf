//! The credentials that a request head means, read as generously as a person would.
//!
//! No server reads a header so. It serves only to make the header anew as it should be, which is then asked of the server.

use crate::basic::{base64, head};
use crate::bytes::{Span, split_once, trim};
use crate::secret::Secret;

/// What a request head means.
pub struct Sent {
    /// The user name.
    pub user: Vec<u8>,
    /// The password.
    pub password: Secret,
    /// The value of the header that they are from, in the head.
    pub at: Span,
    /// The value.
    pub value: Secret,
}

/// A header line of a head.
pub(super) struct Field<'a> {
    /// Its name.
    pub(super) name: &'a [u8],
    /// Its value, blanks at both ends left off.
    pub(super) value: &'a [u8],
    /// Where the value stands.
    pub(super) at: Span,
}

/// The header lines of a head, line feeds alone taken for line ends.
pub(super) fn fields(head: &[u8]) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    for line in head::lines(head).skip(1) {
        let bytes = line.bytes.strip_suffix(b"\r").unwrap_or(line.bytes);
        if bytes.is_empty() {
            break;
        }
        let Some((name, value)) = split_once(bytes, b':') else { continue };
        let trimmed = trim(value, b" \t\r");
        let lead = value.iter().take_while(|byte| b" \t\r".contains(byte)).count();
        let start = line.at.start + (name.len() + 1 + lead.min(value.len() - trimmed.len())) as u64;
        fields.push(Field { name: trim(name, b" \t"), value: trimmed, at: Span::at(start, trimmed.len()) });
    }
    fields
}

impl Sent {
    /// The credentials in `head`; `None` where no `Authorization` line holds any.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        let fields = fields(head);
        fields.iter().filter(|field| field.name.eq_ignore_ascii_case(b"authorization")).find_map(|field| {
            let token = token(field.value)?;
            let (user, password) = decode(token)?;
            Some(Self { user, password, at: field.at, value: Secret::from(field.value) })
        })
    }

    /// The head that a client sends for `user` with this password.
    #[must_use]
    pub fn with_user(&self, user: &[u8]) -> Secret {
        head::with_user_pass(user, &self.password)
    }

    /// The head that a client sends for this user with `password`.
    #[must_use]
    pub fn with_password(&self, password: &Secret) -> Secret {
        head::with_user_pass(&self.user, password)
    }
}

/// What follows the word `Basic` in a header's value.
pub(super) fn token(value: &[u8]) -> Option<&[u8]> {
    let (word, rest) = value.split_at_checked(5)?;
    word.eq_ignore_ascii_case(b"basic").then(|| trim(rest, b" \t"))
}

/// User and password in a token: its base64, of either alphabet, up to the first foreign byte, cut at the first colon.
pub(super) fn decode(token: &[u8]) -> Option<(Vec<u8>, Secret)> {
    let standard = |byte: &u8| match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let token = Secret::from(token.iter().map(standard).collect::<Vec<u8>>());
    let token = token.expose();
    let length = base64::symbols(token);
    let text = Secret::from(base64::unpack(&token[..length]));
    let (user, password) = split_once(text.expose(), b':')?;
    Some((user.to_vec(), Secret::from(password)))
}
