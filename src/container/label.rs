//! `user:hash,user:hash`: the value of a label or a variable, and the labels that hold one.

use super::{Format, Found, Layer, Seen, Unreadable, Value};
use crate::basic::base64;
use crate::bytes::split_once;
use crate::scheme;
use crate::secret::Secret;

pub(super) static FORMAT: Format = Format {
    name: "label",
    title: "the value of a label, KEY=user:hash,user:hash",
    consumer: Some("traefik"),
    looks: |text| {
        let text = text.trim_ascii();
        !text.contains(&b'\n') && (text.starts_with(b"- ") || is_users_key(before_equals(text)))
    },
    read: Some(|text| {
        let text = text.trim_ascii();
        let text = text.strip_prefix(b"- ").unwrap_or(text);
        let (text, quote) = unquoted(text);
        let found = match split_once(text, b'=').filter(|(key, _)| is_key(key)) {
            Some((key, value)) => {
                let key = String::from_utf8_lossy(key).into_owned();
                list(value, &format!("the label {key}"))
                    .into_iter()
                    .map(|found| found.under(Layer::Label(key.clone())))
                    .collect()
            }
            None => list(text, "the label"),
        };
        let outer = |found: Found| match quote {
            Some(quote) => found.under(Layer::Quotes(quote)),
            None => found,
        };
        Ok::<_, Unreadable>(found.into_iter().map(outer).collect())
    }),
    write: None,
};

fn before_equals(text: &[u8]) -> &[u8] {
    split_once(text, b'=').map_or(b"", |(key, _)| key)
}

/// Whether a text can be the key of a label or a variable.
pub(super) fn is_key(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-/@[]".contains(byte))
}

/// Whether a label holds a list of users for Traefik.
pub(super) fn is_users_key(key: &[u8]) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with(b"traefik.") && key.ends_with(b".basicauth.users")
}

/// The user of a label of caddy-docker-proxy: `caddy.route.basic_auth.USER`.
pub(super) fn caddy_user(key: &str) -> Option<&str> {
    let rest = key.strip_prefix("caddy")?;
    ["basic_auth.", "basicauth."].iter().find_map(|directive| {
        let at = rest.rfind(directive)?;
        (at > 0 && rest[..at].ends_with('.')).then(|| &rest[at + directive.len()..]).filter(|user| !user.is_empty())
    })
}

/// A text without the quotes around it, and which they were.
pub(super) fn unquoted(text: &[u8]) -> (&[u8], Option<char>) {
    match text {
        [quote @ (b'"' | b'\''), inner @ .., last] if quote == last => (inner, Some(char::from(*quote))),
        _ => (text, None),
    }
}

/// The entries of a list with commas.
pub(super) fn list(text: &[u8], place: &str) -> Vec<Found> {
    text.split(|&byte| byte == b',').filter_map(|pair| entry(pair, place)).collect()
}

/// `user:hash`, or all of it in base64.
pub(super) fn entry(text: &[u8], place: &str) -> Option<Found> {
    let text = text.trim_ascii();
    if let Some((user, hash)) = split_once(text, b':') {
        return Some(Found::hash(user, hash, place));
    }
    let inner = base64::decode_padded(text, false)?;
    let (user, hash) = split_once(inner.trim_ascii(), b':')?;
    matches!(hash.first(), Some(b'$' | b'{')).then(|| {
        let found = Found::hash(user, hash, place).under(Layer::Base64);
        Found { seen: Seen::Other(Secret::from(&b""[..])), ..found }
    })
}

/// Whether a text is an entry with a hash of a known scheme, layers taken off.
pub(super) fn is_entry(text: &[u8]) -> bool {
    entry(text, "").is_some_and(|found| {
        let Value::Hash(hash) = &found.value else { return false };
        let is_name = !found.user.is_empty() && !found.user.contains(&b'/') && !found.user.contains(&b' ');
        // Thirteen letters may be a word.
        let is_hash = scheme::identify(hash.expose()).is_some_and(|scheme| !scheme.prefixes.is_empty());
        is_name && is_hash
    })
}
