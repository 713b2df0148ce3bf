//! `sunmd5`: Solaris' `$md5$` and `$md5,rounds=N$`, MD5 over the digest so far, sometimes a long text, and the number of
//! the round.
//!
//! The whole setting up to the end of the salt is hashed, so the caller passes it as it stands. How it is read (where
//! the salt ends, which counts are refused) is the caller's. Behaviour from libxcrypt 4.4.33
//! `lib/crypt-sunmd5.c:crypt_sunmd5_rn` and the recorded answers.

use std::ops::Range;

use crate::scheme::Cost;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "sunmd5",
    title: "Sun MD5",
    prefixes: &["$md5$", "$md5,"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 35,
    cost: Some(Cost {
        unit: "rounds",
        default: BASE_ROUNDS as u64,
        min: BASE_ROUNDS as u64,
        max: u32::MAX as u64,
        of: |field| {
            let Some(text) = field.get(5..).and_then(|rest| rest.strip_prefix(ROUNDS)) else {
                return Some(u64::from(BASE_ROUNDS));
            };
            let digits = str::from_utf8(&text[..memchr::memchr(b'$', text)?]).ok()?;
            digits.parse().ok().and_then(|more: u64| more.checked_add(BASE_ROUNDS.into()))
        },
        seconds,
    }),
    identify: |field| field.starts_with(b"$md5$") || field.starts_with(b"$md5,"),
    hidden: salt_and_digest,
    make: None,
};

/// The text before a number of rounds.
pub const ROUNDS: &[u8] = b"rounds=";

/// Rounds that are always made; a `rounds=N` adds to them.
pub const BASE_ROUNDS: u32 = 4096;

/// Number of bytes of a digest.
pub const DIGEST_BYTES: usize = 16;

/// Number of characters of a digest.
pub const DIGEST_CHARACTERS: usize = 22;

/// The bytes of a digest in the order in which they are written: MD5-crypt's.
const ORDER: &[u8; 16] = &[0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 5, 11];

/// Hamlet, act III, scene 1, in the spelling that Solaris took from Project Gutenberg; the NUL at its end is hashed too.
const HAMLET: &[u8] = b"\
To be, or not to be,--that is the question:--
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune
Or to take arms against a sea of troubles,
And by opposing end them?--To die,--to sleep,--
No more; and by a sleep to say we end
The heartache, and the thousand natural shocks
That flesh is heir to,--'tis a consummation
Devoutly to be wish'd. To die,--to sleep;--
To sleep! perchance to dream:--ay, there's the rub;
For in that sleep of death what dreams may come,
When we have shuffled off this mortal coil,
Must give us pause: there's the respect
That makes calamity of so long life;
For who would bear the whips and scorns of time,
The oppressor's wrong, the proud man's contumely,
The pangs of despis'd love, the law's delay,
The insolence of office, and the spurns
That patient merit of the unworthy takes,
When he himself might his quietus make
With a bare bodkin? who would these fardels bear,
To grunt and sweat under a weary life,
But that the dread of something after death,--
The undiscover'd country, from whose bourn
No traveller returns,--puzzles the will,
And makes us rather bear those ills we have
Than fly to others that we know not of?
Thus conscience does make cowards of us all;
And thus the native hue of resolution
Is sicklied o'er with the pale cast of thought;
And enterprises of great pith and moment,
With this regard, their currents turn awry,
And lose the name of action.--Soft you now!
The fair Ophelia!--Nymph, in thy orisons
Be all my sins remember'd.
\0";

/// The digest of `password`. `setting` is hashed as it stands, from the first `$` to the end of the salt; `rounds` is the
/// sum of [`BASE_ROUNDS`] and the count in the setting, modulo 2³².
#[must_use]
pub fn digest(password: &[u8], setting: &[u8], rounds: u32) -> [u8; DIGEST_BYTES] {
    let mut digest = md5(&[password, setting]);
    let mut decimal = Decimal::ZERO;
    for round in 0..rounds {
        let text: &[u8] = if toss(&digest, round) { HAMLET } else { b"" };
        digest = md5(&[&digest, text, decimal.digits()]);
        decimal.increase();
    }
    digest
}

fn md5(parts: &[&[u8]]) -> [u8; 16] {
    let mut context = md5::Context::new();
    for part in parts {
        context.consume(part);
    }
    context.finalize().0
}

/// Whether this round hashes the long text: a bit of the digest, chosen by other bits of it and the round.
fn toss(digest: &[u8; 16], round: u32) -> bool {
    let bit = |at: u32| u32::from(digest[(at / 8 % 16) as usize] >> (at % 8) & 1);
    // Eight steps gather a byte of bits; both halves of the digest give one.
    let gather = |from: usize| {
        (0..8).fold(0, |gathered, step| {
            let (a, b) = (digest[(from + step) % 16], digest[(from + step + 3) % 16]);
            let place = digest[usize::from(a >> (b % 5)) % 16];
            let place = place >> (b >> (a % 8) & 1);
            gathered | bit(u32::from(place)) << step
        })
    };
    let x = gather(0) >> bit(round % 128);
    let y = gather(8) >> bit((round % 128 + 64) % 128);
    bit(x) != bit(y)
}

/// A number in decimal digits that is counted up without being formatted again.
struct Decimal {
    digits: [u8; 10],
    first: usize,
}

impl Decimal {
    const ZERO: Self = Self { digits: [b'0'; 10], first: 9 };

    fn digits(&self) -> &[u8] {
        &self.digits[self.first..]
    }

    fn increase(&mut self) {
        for at in (0..10).rev() {
            self.first = self.first.min(at);
            if self.digits[at] < b'9' {
                self.digits[at] += 1;
                return;
            }
            self.digits[at] = b'0';
        }
    }
}

/// A digest as its 22 characters.
#[must_use]
pub fn encode(digest: &[u8]) -> Vec<u8> {
    h64::encode_permuted(digest, ORDER)
}

/// The digest that 22 characters write; unused bits of the last are dropped.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    h64::decode_permuted(text, ORDER)
}

/// Seconds of one check on a usual machine.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn seconds(rounds: u64) -> f64 {
    rounds as f64 * 1.4e-6
}

/// The salt ends at one `$` or at two.
fn salt_and_digest(field: &[u8]) -> Vec<Range<usize>> {
    let is_counted = field.get(5..).is_some_and(|rest| rest.starts_with(ROUNDS));
    let salt_at = if is_counted { memchr::memchr(b'$', &field[5..]).map_or(field.len(), |end| 5 + end + 1) } else { 5 };
    let double = memchr::memmem::find(&field[salt_at..], b"$$").map(|at| salt_at + at);
    let symbol = |byte| h64::value(byte).is_some();
    match double.filter(|&at| h64::all(&field[salt_at..at])) {
        None => hidden::salt_and_digest(field, salt_at, DIGEST_CHARACTERS, symbol),
        Some(at) => {
            let mut ranges = Vec::from_iter((salt_at < at).then_some(salt_at..at));
            ranges.extend(hidden::digest_only(field, at + 2, DIGEST_CHARACTERS, symbol));
            ranges
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/sunmd5.tsv")) {
            let (hashed, text) = result.rsplit_once('$').unwrap();
            let count =
                setting.split_once("rounds=").map_or(0, |(_, rest)| rest.split('$').next().unwrap().parse().unwrap());
            let digest = digest(&password, hashed.as_bytes(), BASE_ROUNDS + count);
            assert_eq!(str::from_utf8(&encode(&digest)), Ok(text), "{password:x?} {setting}");
            assert_eq!(decode(text.as_bytes()).as_deref(), Some(&digest[..]));
        }
    }

    #[test]
    fn salt_and_digest_are_hidden_and_nothing_else() {
        for (field, masked) in [
            ("$md5$salt$$0123456789012345678901 x", "$md5$••••$$0123456789012345678901 x"),
            ("$md5,rounds=9$salt$0123456789012345678901", "$md5,rounds=9$••••$0123456789012345678901"),
            ("$md5$$0123456789012345678901", "$md5$$0123456789012345678901"),
        ] {
            let masked = masked.replace("0123456789012345678901", &"•".repeat(22));
            assert_eq!(crate::scheme::mask(field.as_bytes()), masked.as_bytes());
        }
        assert_eq!((SCHEME.cost.as_ref().unwrap().of)(b"$md5,rounds=9$"), Some(4105));
    }

    #[test]
    fn counting_up_writes_the_digits_that_formatting_writes() {
        let mut decimal = Decimal::ZERO;
        for number in 0..1234 {
            assert_eq!(decimal.digits(), number.to_string().as_bytes());
            decimal.increase();
        }
    }
}
