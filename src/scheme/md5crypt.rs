//! MD5 crypt: `$1$` with up to 8 bytes of salt and 22 characters of digest; also the core of `$apr1$`.
//!
//! The core takes a salt of any length and any magic text, since some servers do; the caller cuts the salt. The
//! computation is that of FreeBSD's `crypt-md5.c`, from which all others descend.

use md5::Context;

use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;
use crate::scheme::md5_lanes::LANES;
use crate::scheme::md5crypt_lanes;
use crate::scheme::md5crypt_lanes::Lane;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "md5crypt",
    title: "MD5 crypt, 1000 rounds",
    prefixes: &["$1$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 30,
    cost: None,
    identify: |field| field.starts_with(b"$1$"),
    hidden: |field| hidden::salt_and_digest(field, 3, DIGEST_CHARACTERS, |byte| h64::value(byte).is_some()),
    make: Some(Make { random_bytes: SALT_BYTES, make: |password, making| make(b"$1$", password, making) }),
};

/// Most bytes of a salt that C libraries read.
pub const SALT_BYTES: usize = 8;
/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 22;
/// Seconds of one check on a usual machine, for a short password.
pub const SECONDS: f64 = 0.000_12;

/// The digest's bytes in the order in which they are written; the middle group is picked out of step.
const ORDER: [u8; 16] = [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5, 11];

/// The digest of a password, given the magic text with its `$` signs, such as `$1$`.
#[must_use]
pub fn digest(magic: &[u8], salt: &[u8], password: &[u8]) -> [u8; 16] {
    (0..1000).fold(start(magic, salt, password), |digest, round| {
        let (first, last) = if round % 2 == 1 { (password, &digest[..]) } else { (&digest[..], password) };
        let mut next = Context::new();
        next.consume(first);
        if round % 3 != 0 {
            next.consume(salt);
        }
        if round % 7 != 0 {
            next.consume(password);
        }
        next.consume(last);
        next.finalize().0
    })
}

/// The digests of several salts and passwords under one magic text, in their order: each takes a sixth of [`digest`]'s
/// time where there are eight.
#[must_use]
pub fn digests(magic: &[u8], asked: &[(&[u8], &[u8])]) -> Vec<[u8; 16]> {
    if let [(salt, password)] = asked {
        return vec![digest(magic, salt, password)];
    }
    // Passwords of like length go together, since the longest decides for all that are in step.
    let mut order: Vec<_> = (0..asked.len()).collect();
    order.sort_by_key(|&at| asked[at].1.len());
    let mut digests = vec![[0; 16]; asked.len()];
    for group in order.chunks(LANES) {
        // A lane too many does the work of the last one once more.
        let lanes = std::array::from_fn(|lane| {
            let (salt, password) = asked[group[lane.min(group.len() - 1)]];
            Lane { salt, password, start: start(magic, salt, password) }
        });
        for (&at, digest) in group.iter().zip(md5crypt_lanes::digests(&lanes)) {
            digests[at] = digest;
        }
    }
    digests
}

/// The digest before the first round.
fn start(magic: &[u8], salt: &[u8], password: &[u8]) -> [u8; 16] {
    let mut inner = Context::new();
    for part in [password, salt, password] {
        inner.consume(part);
    }
    let inner = inner.finalize().0;

    let mut start = Context::new();
    for part in [password, magic, salt] {
        start.consume(part);
    }
    for block in password.chunks(inner.len()) {
        start.consume(&inner[..block.len()]);
    }
    // One byte per binary digit of the length: NUL for a one, the first byte of the password for a zero.
    let mut length = password.len();
    while length > 0 {
        start.consume(if length & 1 == 1 { &[0][..] } else { &password[..1] });
        length >>= 1;
    }
    start.finalize().0
}

/// Seconds of one check of a password of this length on a usual machine.
#[must_use]
pub fn seconds(password_length: usize) -> f64 {
    SECONDS * crate::scheme::blocks(password_length)
}

/// A digest of 16 bytes as it is written.
#[must_use]
pub fn encode(digest: &[u8]) -> Vec<u8> {
    h64::encode_permuted(digest, &ORDER)
}

/// The digest that is written as `text`, stray bits in the last character dropped; `None` where it can't be one.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    h64::decode_permuted(text, &ORDER)
}

/// Makes a field under this magic text.
pub(crate) fn make(magic: &[u8], password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError> {
    crate::scheme::refuse(password, b"\0")?;
    making.no_cost()?;
    let salt = making.random::<SALT_BYTES>()?.map(h64::symbol);
    let mut field = [magic, &salt, b"$"].concat();
    field.extend(encode(&digest(magic, &salt, password)));
    Ok(field)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_independent_programs_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/md5crypt.tsv")) {
            let salt = setting[3..].trim_end_matches('$').as_bytes();
            let digest = digest(b"$1$", salt, &password);
            let text = &result[result.len() - DIGEST_CHARACTERS..];
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(text), "{password:x?} {setting}");
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&digest[..]));
        }
    }

    #[test]
    fn in_step_each_password_has_the_digest_that_it_has_alone() {
        let mut random = vectors::Random(5);
        for count in [0, 1, 2, 7, 8, 9, 16, 30] {
            let longest = if count == 30 { 200 } else { 20 };
            let asked: Vec<_> =
                (0..count).map(|at| (random.bytes(at % 10), random.bytes((at * 37 + count) % longest))).collect();
            let asked: Vec<_> = asked.iter().map(|(salt, password)| (&salt[..], &password[..])).collect();
            let alone: Vec<_> = asked.iter().map(|(salt, password)| digest(b"$apr1$", salt, password)).collect();
            assert_eq!(digests(b"$apr1$", &asked), alone, "{count}");
        }
    }

    #[test]
    fn a_new_field_is_the_known_answer_for_its_salt() {
        let mut made = 0;
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/md5crypt.tsv")) {
            let salt = setting[3..].trim_end_matches('$').as_bytes();
            if salt.len() == SALT_BYTES && h64::all(salt) {
                let random: Vec<u8> = salt.iter().map(|&byte| h64::value(byte).unwrap()).collect();
                let making = crate::scheme::Making { cost: None, random: &random };
                assert_eq!(make(b"$1$", &password, &making).unwrap(), result.as_bytes());
                made += 1;
            }
        }
        assert!(made > 2, "{made}");
    }

    #[test]
    fn salt_and_digest_are_hidden_and_nothing_else() {
        let field = b"$1$salt$0123456789012345678901 x";
        let masked = String::from_utf8(crate::scheme::mask(field)).unwrap();
        assert_eq!(masked, format!("$1$••••${} x", "•".repeat(22)));
    }
}
