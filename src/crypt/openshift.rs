//! How `OpenShift`'s htpasswd provider checks a field: `$apr1$` of exactly four parts, `$2y$` and `$2a$`, `{SHA}`; for
//! everything else the authenticator fails with an error of its own.
//!
//! Source: oauth-server f892602b8 `pkg/authenticator/password/htpasswd/htpasswd.go:testPassword`.

use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Errno;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::go_bcrypt::{self, Wording};
use crate::crypt::setting;
use crate::scheme;

/// The dialect.
pub struct Openshift(());

/// `testPassword`.
pub static OPENSHIFT: Openshift = Openshift(());

/// What a check gives: an answer, and the text of the error where the authenticator fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// The answer; [`Check::Fails`] where there is an error.
    pub checked: Checked,
    /// The error's text.
    pub error: Option<String>,
}

/// `testPassword`, with its error.
pub fn test(field: &[u8], password: &[u8], work: &mut Work) -> Tested {
    let fine = |checked| Tested { checked, error: None };
    let fails = |text: &str| {
        let scheme = scheme::identify(field).map(|scheme| scheme.name);
        let checked = Checked { check: Check::Fails(Errno::EINVAL), scheme };
        Tested { checked, error: Some(text.to_owned()) }
    };
    if field.starts_with(scheme::apr1::MAGIC) {
        let parts: Vec<_> = field.split(|byte| *byte == b'$').collect();
        return match parts[..] {
            [_, _, b"", _] => fails("Malformed MD5 hash: missing salt"),
            [_, _, _, b""] => fails("Malformed MD5 hash: missing hash"),
            [_, _, _, _] => {
                let most = scheme::md5crypt::SALT_BYTES;
                let salt = setting::salt(field, scheme::apr1::MAGIC.len(), most);
                fine(ask::md5crypt("apr1", scheme::apr1::MAGIC, salt, field, password, work).judge(field))
            }
            _ => fails("Malformed MD5 hash"),
        };
    }
    if field.starts_with(b"$2y$") || field.starts_with(b"$2a$") {
        let compared = go_bcrypt::compare(field, password, work);
        return match compared.error {
            None => fine(compared.checked),
            Some(error) => fails(&error.text(Wording::Range)),
        };
    }
    if let Some(stored) = field.strip_prefix(scheme::sha1::PREFIX) {
        return if stored.is_empty() {
            fails("Invalid SHA hash")
        } else {
            fine(ask::sha1_text(field, password, work).judge(field))
        };
    }
    fails(if field.len() == 13 { "crypt password hashes are not supported" } else { "Unrecognized hash type" })
}

impl Crypt for Openshift {
    fn name(&self) -> &'static str {
        "openshift"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        test(field, password, work).checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fields and answers from `tests/observed/openshift@f892602b8.tsv`.
    #[test]
    fn what_is_not_known_is_an_error() {
        let test = |field: &str| {
            let tested = test(field.as_bytes(), b"secret", &mut Work::limited(1.0));
            (tested.checked.check == Check::Match, tested.error)
        };
        assert_eq!(test("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"), (true, None));
        assert_eq!(test("$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/$"), (false, Some("Malformed MD5 hash".into())));
        assert_eq!(test("$apr1$$x"), (false, Some("Malformed MD5 hash: missing salt".into())));
        assert_eq!(test("$apr1$x$"), (false, Some("Malformed MD5 hash: missing hash".into())));
        assert_eq!(test("$2b$05$x"), (false, Some("Unrecognized hash type".into())));
        assert_eq!(test("abNANd1rDfiNc"), (false, Some("crypt password hashes are not supported".into())));
        assert_eq!(test("{SHA}"), (false, Some("Invalid SHA hash".into())));
        assert_eq!(test("{SHA}x"), (false, None));
    }
}
