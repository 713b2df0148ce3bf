//! Every scheme that is computed here, for checking a password against an entry with no server in mind.
//!
//! No server reads a field this way; the dialect is nginx's own schemes, argon2 as libargon2 reads it, MD5 in hex as
//! Squid's helper does, then everything that libxcrypt knows.

use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Mismatch;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::argon2_cffi;
use crate::crypt::libxcrypt;
use crate::crypt::nginx::Nginx;
use crate::crypt::squid;
use crate::scheme;
use crate::scheme::argon2::Variant;

/// Takes every scheme.
pub static ANY: Any = Any { rest: Nginx { libc: &libxcrypt::V4_4_33 } };

/// The dialect that takes every scheme.
pub struct Any {
    rest: Nginx,
}

impl Any {
    /// Does `password` match `field`?
    pub fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let variant = [Variant::Id, Variant::I]
            .into_iter()
            .find(|variant| field.strip_prefix(b"$").is_some_and(|rest| begins(rest, variant.name())));
        if let Some(variant) = variant {
            let malformed = |_| Check::Mismatch(Mismatch { why: Why::Malformed, at: None });
            let check = argon2_cffi::verify(variant, field, password, work).unwrap_or_else(malformed);
            return Checked { check, scheme: Some(variant.name()) };
        }
        if (scheme::md5hex::SCHEME.identify)(field) {
            return Checked { check: squid::md5_hex(field, password, work), scheme: Some("md5hex") };
        }
        self.rest.check(field, password, work)
    }
}

/// Whether `text` is `name` up to a `$`.
fn begins(text: &[u8], name: &str) -> bool {
    text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first words of a file of vectors that has a field as its last word.
    fn fields(vectors: &str) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
        vectors.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
            let mut words = line.split('\t');
            let (password, field) = (words.next()?, words.next_back()?);
            let password = if password == "-" { "" } else { password };
            let bytes = (0..password.len()).step_by(2).map(|at| u8::from_str_radix(&password[at..at + 2], 16).unwrap());
            Some((bytes.collect(), field.as_bytes()))
        })
    }

    #[test]
    fn schemes_that_no_c_library_knows_are_taken_too() {
        for (name, vectors) in [
            ("argon2id", include_str!("../../tests/vectors/argon2id.tsv")),
            ("argon2i", include_str!("../../tests/vectors/argon2i.tsv")),
            ("md5hex", include_str!("../../tests/vectors/md5hex.tsv")),
        ] {
            let mut count = 0;
            for (password, field) in fields(vectors) {
                let mut work = Work::limited(10.0);
                let right = ANY.check(field, &password, &mut work);
                assert_eq!((right.check, right.scheme), (Check::Match, Some(name)), "{}", field.escape_ascii());
                let wrong = ANY.check(field, b"another", &mut work);
                assert!(matches!(wrong.check, Check::Mismatch(_)), "{}", field.escape_ascii());
                count += 1;
            }
            assert!(count >= 5, "{name}: {count}");
        }
    }

    #[test]
    fn an_argon2_field_that_is_cut_short_is_no_match_of_its_scheme() {
        let checked = ANY.check(b"$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ", b"x", &mut Work::limited(10.0));
        assert!(matches!(checked.check, Check::Mismatch(Mismatch { why: Why::Malformed, .. })));
        assert_eq!(checked.scheme, Some("argon2id"));
    }
}
