//! What an attempt to hash a password under a stored field gives, and how the result is held against the field.
//!
//! Every check here works as C's do: the whole text is computed anew and must equal the field. Why it does not is found
//! afterwards, for people; it never changes the answer.

use memchr::memmem;

use crate::basic::base64;
use crate::bytes::Span;
use crate::bytes::first_difference;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypted;
use crate::crypt::Errno;
use crate::crypt::Mismatch;
use crate::crypt::NotComputed;
use crate::crypt::Why;
use crate::scheme::h64;

/// What an attempt gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Attempt {
    /// A text to be held against the field.
    Made(Made),
    /// The field, or the password, is refused.
    Refused(Refusal),
    /// Nothing is known of the text, and none could equal the field: in [`crate::crypt::Mode::Assume`], a field whose
    /// digest is not one.
    Never(Option<&'static str>, Mismatch),
    /// Not computed.
    Not(NotComputed),
}

/// A computed text.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The text.
    pub text: Vec<u8>,
    /// Name of the scheme.
    pub scheme: &'static str,
    /// Where the digest begins in the text; it reaches to the end.
    pub digest_at: usize,
}

/// A refused field or password.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// Name of the scheme the field was taken for; `None` where for none.
    pub scheme: Option<&'static str>,
    /// The reason, with the deciding bytes of the field.
    pub mismatch: Mismatch,
    /// The error number; none where the function has no such thing.
    pub errno: Option<Errno>,
    /// The text that is returned all the same, which never equals the field; `None` for NULL.
    pub token: Option<Vec<u8>>,
}

impl Attempt {
    /// A refusal for this reason, with what the library returns left to be said by [`Attempt::returning`].
    #[must_use]
    pub fn refused(scheme: Option<&'static str>, why: Why, at: Option<Span>) -> Self {
        Self::Refused(Refusal { scheme, mismatch: Mismatch { why, at }, errno: None, token: None })
    }

    /// A refusal's error number, where it has none yet, and the text that is returned.
    #[must_use]
    pub fn returning(mut self, errno: Option<Errno>, token: Option<&[u8]>) -> Self {
        if let Self::Refused(refusal) = &mut self {
            refusal.errno = refusal.errno.or(errno);
            refusal.token = token.map(<[u8]>::to_vec);
        }
        self
    }

    /// What crypt(3) returns.
    #[must_use]
    pub fn crypted(self) -> Crypted {
        match self {
            Self::Made(made) => Crypted::Text(made.text),
            Self::Refused(Refusal { token: Some(token), .. }) => Crypted::Text(token),
            Self::Refused(Refusal { errno, .. }) => Crypted::Null(errno.unwrap_or(Errno::EINVAL)),
            Self::Never(..) => Crypted::Not(NotComputed::Impossible),
            Self::Not(reason) => Crypted::Not(reason),
        }
    }

    /// Holds the text against the field. NULL is a mismatch: for callers that treat it so.
    #[must_use]
    pub fn judge(self, field: &[u8]) -> Checked {
        match self {
            Self::Made(made) => {
                let check = compare(&made, field);
                // Taken for DES only because everything is: no scheme has this form.
                let foreign = matches!(check, Check::Mismatch(Mismatch { why: Why::UnknownScheme, .. }));
                Checked { check, scheme: (!foreign).then_some(made.scheme) }
            }
            Self::Refused(Refusal { scheme, mismatch, .. }) | Self::Never(scheme, mismatch) => {
                Checked { check: Check::Mismatch(mismatch), scheme }
            }
            Self::Not(reason) => {
                let scheme = match &reason {
                    NotComputed::WorkLimit { scheme, .. } | NotComputed::NotBuilt { scheme } => Some(*scheme),
                    NotComputed::Impossible => None,
                };
                Checked { check: Check::Undecided(reason), scheme }
            }
        }
    }

    /// Holds the text against the field. NULL is a failure of the check itself: for callers that answer it so.
    #[must_use]
    pub fn judge_null_as_failure(self, field: &[u8]) -> Checked {
        match self {
            Self::Refused(Refusal { scheme, errno, token: None, .. }) => {
                Checked { check: Check::Fails(errno.unwrap_or(Errno::EINVAL)), scheme }
            }
            other => other.judge(field),
        }
    }
}

/// Whether a computed text is the field, and if not, where they part.
pub(crate) fn compare(made: &Made, field: &[u8]) -> Check {
    let text = made.text.as_slice();
    let equal = crate::scheme::same(text, field);
    let Some(first) = first_difference(text, field).filter(|_| !equal) else {
        return Check::Match;
    };
    let (digest, rest) = (&text[made.digest_at..], field.len() - first);
    let mismatch = |why, length| Check::Mismatch(Mismatch { why, at: Some(Span::at(first as u64, length)) });
    if first == text.len() {
        return mismatch(Why::TrailingBytes, rest);
    }
    // Where another symbol follows in the field, all bits of the differing one are the digest's.
    let is_last = || field.get(first + 1).is_none_or(|symbol| base64::value(*symbol).is_none());
    if matches!(made.scheme, "sha1" | "ssha") && first >= made.digest_at && is_last() {
        let bytes = |text: &[u8]| base64::unpack(&text[made.digest_at..][..base64::symbols(&text[made.digest_at..])]);
        if bytes(text) == bytes(field) {
            return mismatch(Why::Spelling, rest.min(1));
        }
    }
    if matches!(made.scheme, "nt" | "md5hex") && text.eq_ignore_ascii_case(field) {
        return mismatch(Why::Spelling, 1);
    }
    if first == field.len() && first > made.digest_at {
        return mismatch(Why::TooShort, 0);
    }
    if made.scheme == "descrypt" && (field.len() != text.len() || !h64::all(&field[2.min(field.len())..])) {
        return Check::Mismatch(Mismatch { why: Why::UnknownScheme, at: None });
    }
    if first < made.digest_at {
        // The setting is written otherwise; up to its next separator where it has one.
        let length = memchr::memchr(b'$', &field[first..]).unwrap_or(rest.min(1)).max(rest.min(1));
        let same_digest = memmem::find(&field[first..], digest).is_some();
        return mismatch(if same_digest { Why::Spelling } else { Why::Malformed }, length);
    }
    if first + 1 == text.len() && field.len() == text.len() && differ_in_stray_bits(made.scheme, digest, field[first]) {
        return mismatch(Why::Spelling, 1);
    }
    Check::Mismatch(Mismatch { why: Why::Digest, at: None })
}

/// Whether a field's last character stands for the same bits as the digest's, apart from bits that hold none of it.
fn differ_in_stray_bits(scheme: &str, digest: &[u8], last: u8) -> bool {
    let Some(&right) = digest.last() else { return false };
    // Low bits first: the stray bits of the last character are its high ones. High bits first: its low ones.
    let (value, stray): (fn(u8) -> Option<u8>, u8) = match scheme {
        "bcrypt" => (crate::scheme::bcrypt::value, 0b00_0011),
        "descrypt" | "bigcrypt" | "bsdicrypt" => (h64::value, 0b00_0011),
        "md5crypt" | "apr1" | "sunmd5" | "sha512crypt" => (h64::value, 0b11_1100),
        "sha256crypt" | "yescrypt" | "gost-yescrypt" | "scrypt" => (h64::value, 0b11_0000),
        _ => return false,
    };
    matches!((value(right), value(last)), (Some(right), Some(last)) if right & !stray == last & !stray)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: &[u8] = b"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1";

    fn why(scheme: &'static str, text: &[u8], digest_at: usize, field: &[u8]) -> (Why, Option<(u64, u64)>) {
        match compare(&Made { text: text.to_vec(), scheme, digest_at }, field) {
            Check::Mismatch(Mismatch { why, at }) => (why, at.map(|at| (at.start, at.end))),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_text_itself_matches() {
        let made = Made { text: FIELD.to_vec(), scheme: "md5crypt", digest_at: 12 };
        assert_eq!(compare(&made, FIELD), Check::Match);
    }

    #[test]
    fn bytes_after_the_text_and_a_text_cut_short_are_told_from_a_wrong_digest() {
        let trailing = [FIELD, b" x"].concat();
        assert_eq!(why("md5crypt", FIELD, 12, &trailing), (Why::TrailingBytes, Some((34, 36))));
        assert_eq!(why("md5crypt", FIELD, 12, &FIELD[..33]), (Why::TooShort, Some((33, 33))));
        assert_eq!(why("md5crypt", FIELD, 12, b"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6X1"), (Why::Digest, None));
    }

    #[test]
    fn a_setting_written_otherwise_is_malformed_unless_the_digest_is_right() {
        let long_salt = b"$1$abcdefghij$cHJi5PXp/ki/ktXzqlk6I1";
        assert_eq!(why("md5crypt", FIELD, 12, long_salt), (Why::Spelling, Some((11, 13))));
        let other_digest = b"$1$abcdefghij$XHJi5PXp/ki/ktXzqlk6I1";
        assert_eq!(why("md5crypt", FIELD, 12, other_digest), (Why::Malformed, Some((11, 13))));
        assert_eq!(why("md5crypt", FIELD, 12, b"$1$abcdefgh"), (Why::Malformed, Some((11, 11))));
    }

    #[test]
    fn stray_bits_in_the_last_character_are_a_matter_of_spelling() {
        let stray = b"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I5";
        assert_eq!(why("md5crypt", FIELD, 12, stray), (Why::Spelling, Some((33, 34))));
        let wrong = b"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I2";
        assert_eq!(why("md5crypt", FIELD, 12, wrong), (Why::Digest, None));
    }

    /// bcrypt and DES leave low bits of the last symbol unused, SHA-256 and yescrypt high ones.
    #[test]
    fn which_bits_are_stray_depends_on_the_scheme() {
        // In the order of its own alphabet bcrypt's `a` is 28, and crypt's `A` is 12, `2` is 4.
        for (scheme, last, stray, digest) in
            [("bcrypt", b'a', b'd', b'e'), ("descrypt", b'A', b'D', b'E'), ("bigcrypt", b'A', b'D', b'E')]
                .into_iter()
                .chain(["sha256crypt", "yescrypt"].map(|scheme| (scheme, b'2', b'I', b'3')))
        {
            let with = |last: u8| [&b"abcdefghijkl"[..], &[last]].concat();
            let at = Some((12, 13));
            assert_eq!(why(scheme, &with(last), 2, &with(stray)), (Why::Spelling, at), "{scheme}");
            assert_eq!(why(scheme, &with(last), 2, &with(digest)), (Why::Digest, None), "{scheme}");
        }
    }

    #[test]
    fn stray_bits_of_sha1_are_a_matter_of_spelling_only_at_the_end() {
        const TEXT: &[u8] = b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
        for (field, answer) in [
            (&b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfR="[..], (Why::Spelling, Some((31, 32)))),
            (b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfR", (Why::Spelling, Some((31, 32)))),
            (b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfU=", (Why::Digest, None)),
            (b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfRA", (Why::Digest, None)),
            (b"{SHA}5en6G6MezRroT3XKqkdPOmY/BgQ=", (Why::Digest, None)),
        ] {
            assert_eq!(why("sha1", TEXT, 5, field), answer, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn plain_text_that_is_taken_for_des_has_no_known_form() {
        assert_eq!(why("descrypt", b"sefjKaLm7zybE", 2, b"secret"), (Why::UnknownScheme, None));
        assert_eq!(why("descrypt", b"sefjKaLm7zybE", 2, b"sefjKaLm7zybI"), (Why::Digest, None));
    }
}
