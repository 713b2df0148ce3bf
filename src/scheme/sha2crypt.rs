//! What `$5$` and `$6$` share: rounds, salt, and how they are written.
//!
//! The computation is that of Drepper's "Unix crypt using SHA-256 and SHA-512"; the cores are the `sha-crypt` crate's.

use sha_crypt::Params;

use crate::scheme::Cost;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::h64;

/// Rounds where the field names none.
pub const DEFAULT_ROUNDS: u32 = 5_000;
/// Fewest rounds.
pub const MIN_ROUNDS: u32 = Params::ROUNDS_MIN;
/// Most rounds.
pub const MAX_ROUNDS: u32 = Params::ROUNDS_MAX;
/// Most bytes of a salt.
pub const SALT_BYTES: usize = 16;
/// The text before a number of rounds.
pub const ROUNDS: &[u8] = b"rounds=";

/// Parameters of the crate's cores; rounds out of range are brought to its nearer end.
pub(super) fn params(rounds: u32) -> Params {
    Params::new(rounds.clamp(MIN_ROUNDS, MAX_ROUNDS)).unwrap_or(Params::RECOMMENDED)
}

/// The cost of `$5$` or `$6$`, given what it takes to check a field of so many rounds.
pub(super) const fn cost(seconds: fn(u64) -> f64) -> Cost {
    Cost {
        unit: "rounds",
        default: DEFAULT_ROUNDS as u64,
        min: MIN_ROUNDS as u64,
        max: MAX_ROUNDS as u64,
        of: |field| match field.get(3..).and_then(|rest| rest.strip_prefix(ROUNDS)) {
            None => Some(u64::from(DEFAULT_ROUNDS)),
            Some(rest) => std::str::from_utf8(&rest[..memchr::memchr(b'$', rest)?]).ok()?.parse().ok(),
        },
        seconds,
    }
}

/// Offset of the salt in a field: after the prefix, and after the rounds where they are named.
#[must_use]
pub fn salt_at(field: &[u8]) -> usize {
    match field.get(3..) {
        Some(rest) if rest.starts_with(ROUNDS) => memchr::memchr(b'$', rest).map_or(field.len(), |end| 3 + end + 1),
        _ => 3.min(field.len()),
    }
}

/// The start of a new field, and its salt.
pub(super) fn start(prefix: &str, cost: &Cost, making: &Making<'_>) -> Result<(Vec<u8>, u32, [u8; 16]), MakeError> {
    let rounds = u32::try_from(making.cost(cost)?).unwrap_or(MAX_ROUNDS);
    let salt = making.random::<SALT_BYTES>()?.map(h64::symbol);
    let mut field = prefix.as_bytes().to_vec();
    if rounds != DEFAULT_ROUNDS {
        field.extend(format!("rounds={rounds}$").into_bytes());
    }
    field.extend(salt);
    field.push(b'$');
    Ok((field, rounds, salt))
}

/// Seconds of a check: per round and block of 64 bytes of password, and for hashing the password once per byte of it.
pub(super) fn seconds(per_round: f64, rounds: u64, password_length: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let (rounds, length) = (rounds as f64, password_length as f64);
    per_round * rounds * crate::scheme::blocks(password_length) + length * length * 5e-9
}
