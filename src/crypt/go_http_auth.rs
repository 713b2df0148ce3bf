//! How abbot/go-http-auth checks a field, and with it Traefik, rclone, cAdvisor and Skipper: `{SHA}`, bcrypt, and for all
//! the rest MD5 crypt with whatever magic text the field names and its salt in full.
//!
//! Source: go-http-auth 0.4.0 `basic.go:CheckSecret`, `md5crypt.go:MD5Crypt`.

use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::attempt::Attempt;
use crate::crypt::go_bcrypt;
use crate::scheme;

/// The dialect.
pub struct GoHttpAuth(());

/// `CheckSecret`.
pub static GO_HTTP_AUTH: GoHttpAuth = GoHttpAuth(());

impl Crypt for GoHttpAuth {
    fn name(&self) -> &'static str {
        "go-http-auth"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        if field.starts_with(scheme::sha1::PREFIX) {
            return ask::sha1_text(field, password, work).judge(field);
        }
        if [&b"$2a$"[..], b"$2b$", b"$2x$", b"$2y$"].iter().any(|prefix| field.starts_with(prefix)) {
            return go_bcrypt::compare(field, password, work).checked;
        }
        let Some((magic, salt)) = magic_and_salt(field) else {
            let name = scheme::identify(field).map(|scheme| scheme.name);
            return Attempt::refused(name, Why::UnknownScheme, None).judge(field);
        };
        let name = if magic == scheme::apr1::MAGIC { "apr1" } else { "md5crypt" };
        let mut checked = ask::md5crypt(name, magic, salt, field, password, work).judge(field);
        // Any `$id$salt$…` is taken for MD5 crypt; people are told what it was meant to be.
        if let Some(meant) = scheme::identify(field).filter(|meant| meant.name != name)
            && checked.check != crate::crypt::Check::Match
        {
            checked = Attempt::refused(Some(meant.name), Why::UnknownScheme, None).judge(field);
        }
        checked
    }
}

/// `$magic$` and the salt of a field that has at least three `$` and begins with the first.
fn magic_and_salt(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = field.strip_prefix(b"$")?;
    let magic_end = memchr::memchr(b'$', rest)?;
    let salt = &rest[magic_end + 1..];
    let salt_end = memchr::memchr(b'$', salt)?;
    Some((&field[..magic_end + 2], &salt[..salt_end]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Check;

    fn accepts(field: &str, password: &str) -> bool {
        let checked = GO_HTTP_AUTH.check(field.as_bytes(), password.as_bytes(), &mut Work::limited(1.0));
        checked.check == Check::Match
    }

    /// Fields and answers from `tests/observed/traefik@3.7.15.tsv`.
    #[test]
    fn any_magic_text_and_any_salt_will_do() {
        assert!(accepts("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "secret"));
        assert!(accepts("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret"));
        assert!(!accepts("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ", "secret"));
        assert!(!accepts("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/x", "secret"));
        assert!(!accepts("x$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/", "secret"));
        assert!(!accepts("secret", "secret"));
        assert!(!accepts("", ""));
    }
}
