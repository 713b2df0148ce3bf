//! Hashes that take less time together than one by one: those of bcrypt, and of MD5 crypt.
//!
//! What a hash depends on is read back from what [`crate::crypt::ask`] writes into a task; nothing here knows a field.

use std::collections::BTreeMap;

use crate::scheme::bcrypt;
use crate::scheme::md5crypt;
use crate::secret::Secret;

/// A hash that was asked for and is not computed yet.
pub(super) struct Noted {
    /// Name of the scheme.
    pub(super) scheme: &'static str,
    /// As [`crate::crypt::Task::parameters`].
    pub(super) parameters: Vec<u8>,
    /// As [`crate::crypt::Task::password`].
    pub(super) password: Secret,
}

/// The digest of each, `None` where there is nothing to gain.
pub(super) fn digests(noted: &[Noted]) -> Vec<Option<Vec<u8>>> {
    // What can be computed in step: one scheme, and one cost or magic text.
    let mut groups: BTreeMap<(&str, &[u8]), Vec<usize>> = BTreeMap::new();
    for (at, noted) in noted.iter().enumerate() {
        let common = match noted.scheme {
            "bcrypt" => &noted.parameters[..1],
            "md5crypt" | "apr1" => magic_and_salt(noted).0,
            _ => continue,
        };
        groups.entry((noted.scheme, common)).or_default().push(at);
    }
    let mut digests = vec![None; noted.len()];
    for ((scheme, common), group) in groups {
        let of_group = match scheme {
            "bcrypt" => bcrypts(common[0], group.iter().map(|&at| &noted[at])),
            _ => md5crypts(common, group.iter().map(|&at| &noted[at])),
        };
        for (at, digest) in group.into_iter().zip(of_group) {
            digests[at] = Some(digest);
        }
    }
    digests
}

fn bcrypts<'a>(cost: u8, noted: impl Iterator<Item = &'a Noted>) -> Vec<Vec<u8>> {
    let keyed: Vec<_> = noted.map(|noted| (noted, bcrypt::Key::of_identity(noted.password.expose()))).collect();
    let asked: Vec<_> = keyed
        .iter()
        .map(|(noted, key)| (noted.parameters[1..].first_chunk().unwrap_or(&[0; bcrypt::SALT_BYTES]), key))
        .collect();
    bcrypt::digests(cost, &asked).into_iter().map(Vec::from).collect()
}

fn md5crypts<'a>(magic: &[u8], noted: impl Iterator<Item = &'a Noted>) -> Vec<Vec<u8>> {
    let asked: Vec<_> = noted.map(|noted| (magic_and_salt(noted).1, noted.password.expose())).collect();
    md5crypt::digests(magic, &asked).into_iter().map(Vec::from).collect()
}

/// The parameters of an MD5 crypt: the length of the magic text, it, and the salt.
fn magic_and_salt(noted: &Noted) -> (&[u8], &[u8]) {
    let (length, rest) = noted.parameters.split_first().unwrap_or((&0, &[]));
    rest.split_at(usize::from(*length).min(rest.len()))
}

#[cfg(test)]
mod tests {
    use crate::crypt::Check;
    use crate::crypt::Work;
    use crate::crypt::any::ANY;

    /// Of `htpasswd -nb` and libxcrypt, password `secret`.
    const FIELDS: &[&[u8]] = &[
        b"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
        b"$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW",
        b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/",
        b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    ];

    #[test]
    fn checks_find_remembered_what_was_computed_together() {
        let passwords: [&[u8]; 10] =
            [b"secre", b"Secret", b"secret ", b"", b"secret", b"s", b"ecret", b"SECRET", b"secret\r", b"secret2"];
        let mut work = Work::limited(10.0);
        work.together(|work| {
            for field in FIELDS {
                for password in passwords {
                    ANY.check(field, password, work);
                }
            }
        });
        assert_eq!(work.computed(), 30);
        for field in FIELDS {
            for password in passwords {
                let answer = ANY.check(field, password, &mut work).check;
                assert_eq!(answer == Check::Match, password == b"secret", "{field:?} {password:?}");
                assert_eq!(answer, ANY.check(field, password, &mut Work::limited(10.0)).check);
            }
        }
        assert_eq!(work.computed(), 40);
    }

    #[test]
    fn what_is_beyond_the_limit_is_not_computed_together_either() {
        let mut work = Work::limited(0.000_01);
        work.together(|work| _ = ANY.check(FIELDS[0], b"secret", work));
        assert_eq!(work.computed(), 0);
    }
}
