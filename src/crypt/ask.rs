//! The hash cores, asked through [`Work`]: parameters, estimate and claimed digest of each in one place, so that two
//! dialects that need the same hash need it once.
//!
//! Nothing here refuses a field; who asks has judged it.

use crate::basic::base64;
use crate::bytes::Span;
use crate::crypt::Mismatch;
use crate::crypt::Mode;
use crate::crypt::NotComputed;
use crate::crypt::Task;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::attempt::Attempt;
use crate::crypt::attempt::Made;
use crate::scheme::bcrypt;
use crate::scheme::bigcrypt;
use crate::scheme::bsdicrypt;
use crate::scheme::des;
use crate::scheme::descrypt;
use crate::scheme::h64;
use crate::scheme::md5crypt;
use crate::scheme::sha1;
use crate::scheme::sha256crypt;
use crate::scheme::sha512crypt;

/// Where the claimed digest stands in a field.
#[derive(Clone, Copy)]
pub struct Claim<'a> {
    /// The field.
    pub field: &'a [u8],
    /// Where its digest begins.
    pub at: usize,
    /// Number of characters of a digest.
    pub characters: usize,
}

impl<'a> Claim<'a> {
    /// The digest after the first `$` from `salt_at` on; at the end where there is none.
    #[must_use]
    pub fn after_salt(field: &'a [u8], salt_at: usize, characters: usize) -> Self {
        let salt_at = salt_at.min(field.len());
        let at = memchr::memchr(b'$', &field[salt_at..]).map_or(field.len(), |dollar| salt_at + dollar + 1);
        Self { field, at, characters }
    }

    /// The claimed digest's characters, as many as there are.
    fn text(&self) -> &'a [u8] {
        let from = self.at.min(self.field.len());
        &self.field[from..self.field.len().min(from.saturating_add(self.characters))]
    }

    /// Why the digest is not one.
    fn defect(&self, symbol: fn(u8) -> bool) -> Mismatch {
        let text = self.text();
        let from = self.at.min(self.field.len()) as u64;
        match text.iter().position(|&byte| !symbol(byte)) {
            Some(foreign) => Mismatch { why: Why::Malformed, at: Some(Span::at(from + foreign as u64, 1)) },
            None => Mismatch { why: Why::TooShort, at: Some(Span::at(self.field.len() as u64, 0)) },
        }
    }
}

/// A hash to compute: what [`Task`] has, and what becomes of the digest.
pub struct Question<'a> {
    /// Name of the scheme.
    pub scheme: &'static str,
    /// What the digest depends on but the password; the same bytes from every dialect.
    pub parameters: &'a [u8],
    /// The password.
    pub password: &'a [u8],
    /// Estimated seconds.
    pub seconds: f64,
    /// Where the field claims its digest.
    pub claim: Claim<'a>,
    /// Reads a digest's characters, stray bits dropped.
    pub decode: fn(&[u8]) -> Option<Vec<u8>>,
    /// Whether a byte is a digest's character.
    pub symbol: fn(u8) -> bool,
}

impl Question<'_> {
    /// The text: `start`, and the digest after it as `encode` writes it.
    pub fn made(
        self,
        work: &mut Work,
        mut start: Vec<u8>,
        core: impl FnOnce() -> Vec<u8>,
        encode: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> Attempt {
        let mut claimed = None;
        if work.mode() == Mode::Assume {
            claimed = (self.decode)(self.claim.text());
            if claimed.is_none() {
                return Attempt::Never(Some(self.scheme), self.claim.defect(self.symbol));
            }
        }
        let task = Task {
            scheme: self.scheme,
            parameters: self.parameters,
            password: self.password,
            seconds: self.seconds,
            claimed,
        };
        match work.digest(&task, core) {
            Ok(digest) => {
                let digest_at = start.len();
                start.extend_from_slice(&encode(&digest));
                Attempt::Made(Made { text: start, scheme: self.scheme, digest_at })
            }
            Err(reason) => Attempt::Not(reason),
        }
    }
}

/// Whether a byte is of crypt(3)'s alphabet.
#[must_use]
pub fn is_h64(byte: u8) -> bool {
    crate::scheme::h64::value(byte).is_some()
}

/// MD5 crypt under this magic text, which `field` begins with; `salt` as it is to be written, and cut as it is to be.
pub fn md5crypt(
    scheme: &'static str,
    magic: &[u8],
    salt: &[u8],
    field: &[u8],
    password: &[u8],
    work: &mut Work,
) -> Attempt {
    let parameters = [&[u8::try_from(magic.len()).unwrap_or(u8::MAX)], magic, salt].concat();
    Question {
        scheme,
        parameters: &parameters,
        password,
        seconds: md5crypt::seconds(password.len()),
        claim: Claim::after_salt(field, magic.len(), md5crypt::DIGEST_CHARACTERS),
        decode: md5crypt::decode,
        symbol: is_h64,
    }
    .made(
        work,
        [magic, salt, b"$"].concat(),
        || md5crypt::digest(magic, salt, password).to_vec(),
        md5crypt::encode,
    )
}

/// bcrypt, given the variant, the two digits of the cost and the salt as read. The text begins with `start`, which is
/// the prefix, the cost and the salt as they are to be written; the digest is claimed at `claimed_at`.
pub fn bcrypt(asked: &Bcrypt<'_>, start: Vec<u8>, claim: Claim<'_>, work: &mut Work) -> Attempt {
    let identity = asked.key.identity();
    let parameters = [&[asked.cost], &asked.salt[..]].concat();
    Question {
        scheme: "bcrypt",
        parameters: &parameters,
        // The key itself: passwords and variants that give the same key give the same digest.
        password: &*identity,
        seconds: bcrypt::seconds(asked.cost.into()),
        claim,
        decode: |text| bcrypt::decode::<{ bcrypt::DIGEST_BYTES }>(text).map(Vec::from),
        symbol: |byte| bcrypt::value(byte).is_some(),
    }
    .made(work, start, || bcrypt::digest(asked.cost, asked.salt, asked.key).to_vec(), bcrypt::encode)
}

/// What a bcrypt digest is made from.
pub struct Bcrypt<'a> {
    /// Binary logarithm of the rounds, at most 31.
    pub cost: u8,
    /// The salt.
    pub salt: &'a [u8; bcrypt::SALT_BYTES],
    /// The password as a key.
    pub key: &'a bcrypt::Key,
}

/// Which of the SHA-2 crypts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sha2 {
    /// `$5$`
    Sha256,
    /// `$6$`
    Sha512,
}

impl Sha2 {
    /// Name of the scheme.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256crypt",
            Self::Sha512 => "sha512crypt",
        }
    }

    /// Number of characters of a digest.
    #[must_use]
    pub const fn digest_characters(self) -> usize {
        match self {
            Self::Sha256 => sha256crypt::DIGEST_CHARACTERS,
            Self::Sha512 => sha512crypt::DIGEST_CHARACTERS,
        }
    }
}

/// SHA-2 crypt. The text begins with `start`: prefix, rounds where they are to be written, salt and `$`. `salt` is cut as
/// it is to be, `rounds` from 1000 to 999999999.
pub fn sha2crypt(
    which: Sha2,
    rounds: u32,
    salt: &[u8],
    password: &[u8],
    start: Vec<u8>,
    claim: Claim<'_>,
    work: &mut Work,
) -> Attempt {
    let parameters = [&rounds.to_le_bytes(), salt].concat();
    let seconds = match which {
        Sha2::Sha256 => sha256crypt::seconds(rounds.into(), password.len()),
        Sha2::Sha512 => sha512crypt::seconds(rounds.into(), password.len()),
    };
    let question = Question {
        scheme: which.name(),
        parameters: &parameters,
        password,
        seconds,
        claim,
        decode: if which == Sha2::Sha256 { sha256crypt::decode } else { sha512crypt::decode },
        symbol: is_h64,
    };
    let core = || match which {
        Sha2::Sha256 => sha256crypt::digest(rounds, salt, password).to_vec(),
        Sha2::Sha512 => sha512crypt::digest(rounds, salt, password).to_vec(),
    };
    question.made(work, start, core, |digest| match which {
        Sha2::Sha256 => sha256crypt::encode(digest),
        Sha2::Sha512 => sha512crypt::encode(digest),
    })
}

/// SHA-1 of the password and a salt; `claimed` is the stored digest of 20 bytes, where there is one.
pub fn sha1(
    scheme: &'static str,
    salt: &[u8],
    password: &[u8],
    claimed: Option<Vec<u8>>,
    work: &mut Work,
) -> Result<Vec<u8>, NotComputed> {
    let task = Task { scheme, parameters: salt, password, seconds: sha1::SECONDS, claimed };
    work.digest(&task, || sha1::digest(salt, password).to_vec())
}

/// `{SHA}` in its one canonical text.
pub fn sha1_text(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    Question {
        scheme: "sha1",
        parameters: b"",
        password,
        seconds: sha1::SECONDS,
        claim: Claim { field, at: sha1::PREFIX.len(), characters: sha1::DIGEST_CHARACTERS - 1 },
        decode: |text| (text.len() == base64::symbols(text) && text.len() == 27).then(|| base64::unpack(text)),
        symbol: |byte| base64::value(byte).is_some(),
    }
    .made(work, sha1::PREFIX.to_vec(), || sha1::digest(b"", password).to_vec(), base64::encode)
}

/// Traditional DES crypt. The text is `salt_text` and the digest; `salt` is what its two bytes count for.
pub fn descrypt(salt_text: [u8; 2], salt: u16, field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    let password = &password[..password.len().min(descrypt::PASSWORD_BYTES)];
    Question {
        scheme: "descrypt",
        parameters: &salt.to_le_bytes(),
        password,
        seconds: des::SECONDS * 25.0,
        claim: Claim { field, at: 2, characters: DES_CHARACTERS },
        decode: des_characters,
        symbol: is_h64,
    }
    .made(work, salt_text.to_vec(), || descrypt::digest(password, salt).to_vec(), <[u8]>::to_vec)
}

/// bigcrypt: like [`descrypt()`], with a block of digest for every eight bytes of the password.
pub fn bigcrypt(salt_text: [u8; 2], salt: u16, field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    // The right password has as many blocks as the field.
    let characters = field.len().saturating_sub(2) / DES_CHARACTERS * DES_CHARACTERS;
    Question {
        scheme: "bigcrypt",
        parameters: &salt.to_le_bytes(),
        password,
        seconds: des::SECONDS * 25.0 * 16.0,
        claim: Claim { field, at: 2, characters: characters.min(bigcrypt::BLOCKS * DES_CHARACTERS) },
        decode: des_characters,
        symbol: is_h64,
    }
    .made(work, salt_text.to_vec(), || bigcrypt::digest(password, salt), <[u8]>::to_vec)
}

/// `BSDi`'s extended DES. The text begins with `start`, the first nine bytes of the field.
pub fn bsdicrypt(count: u32, salt: u32, field: &[u8], password: &[u8], start: Vec<u8>, work: &mut Work) -> Attempt {
    let parameters = [count.to_le_bytes(), salt.to_le_bytes()].concat();
    Question {
        scheme: "bsdicrypt",
        parameters: &parameters,
        password,
        seconds: bsdicrypt::seconds(count.into()),
        claim: Claim { field, at: start.len(), characters: DES_CHARACTERS },
        decode: des_characters,
        symbol: is_h64,
    }
    .made(work, start, || bsdicrypt::digest(password, count, salt).to_vec(), <[u8]>::to_vec)
}

/// Characters of a block of digest.
const DES_CHARACTERS: usize = 11;

/// Blocks of a DES digest, stray bits in each last character dropped.
fn des_characters(text: &[u8]) -> Option<Vec<u8>> {
    let whole = !text.is_empty() && text.len().is_multiple_of(DES_CHARACTERS) && h64::all(text);
    let clean = |(at, &byte): (usize, &u8)| match h64::value(byte) {
        Some(value) if at % DES_CHARACTERS == DES_CHARACTERS - 1 => h64::symbol(value & !0b11),
        _ => byte,
    };
    whole.then(|| text.iter().enumerate().map(clean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_digest_that_is_none_is_malformed_at_its_foreign_byte_or_too_short() {
        let assumed = |field: &[u8]| md5crypt("md5crypt", b"$1$", b"salt", field, b"", &mut Work::assuming());
        let never = |why, at| Attempt::Never(Some("md5crypt"), Mismatch { why, at: Some(at) });
        assert_eq!(assumed(b"$1$salt$abc-defghijklmnopqrstu"), never(Why::Malformed, Span::at(11, 1)));
        assert_eq!(assumed(b"$1$salt$abc"), never(Why::TooShort, Span::at(11, 0)));
    }

    #[test]
    fn the_right_password_has_as_many_blocks_of_bigcrypt_as_the_field_has_whole() {
        let field = b"ababcdefghij.ABCDEFGHIJ.xyz";
        let made = bigcrypt(*b"ab", 0, field, b"", &mut Work::assuming());
        assert_eq!(made, Attempt::Made(Made { text: field[..24].to_vec(), scheme: "bigcrypt", digest_at: 2 }));
    }

    /// Sixteen blocks, each of 25 encryptions.
    #[test]
    fn estimates_count_what_is_encrypted() {
        let seconds = |attempt: Attempt| match attempt {
            Attempt::Not(NotComputed::WorkLimit { seconds, .. }) => (seconds / des::SECONDS).round(),
            other => panic!("{other:?}"),
        };
        let mut work = Work::limited(0.0);
        assert!((seconds(descrypt(*b"ab", 0, b"ab", b"", &mut work)) - 25.0).abs() < 0.5);
        assert!((seconds(bigcrypt(*b"ab", 0, b"ab", b"", &mut work)) - 400.0).abs() < 0.5);
    }
}
