//! The record of a user: the hash made as Apache's program makes it, and its limits.

use std::os::unix::ffi::OsStrExt;

use super::password::Password;
use super::words::{Algorithm, Words};
use super::{BUFFER, Outcome, Stop, status};
use crate::cli::io::Io;
use crate::cli::random;
use crate::crypt::apr;
use crate::scheme::{self, Making, descrypt};

/// Cost of bcrypt where none is asked for.
const BCRYPT_COST: u64 = 5;

/// `USER:HASH` with a line feed.
pub(super) fn make(words: &Words, password: &mut Password, io: &Io) -> Outcome<Vec<u8>> {
    use Algorithm::{Bcrypt, Descrypt, Plain, Sha256, Sha512};
    if words.cost != 0 && !matches!(words.algorithm, Bcrypt | Sha256 | Sha512) {
        io.say("Warning: Ignoring -C/-r argument for this algorithm.\n");
    }
    let password = password.get(io)?;
    let hash = match words.algorithm {
        Plain => password.to_vec(),
        Bcrypt => {
            let cost = if words.cost == 0 { BCRYPT_COST } else { u64::try_from(words.cost).unwrap_or(0) };
            if !(4..=u64::from(apr::BCRYPT_MAX_COST)).contains(&cost) {
                let text = "Unable to encode with bcrypt: Invalid argument";
                return Err(Stop::named(status::MISMATCH, text));
            }
            hash(words.algorithm, password, Some(cost))?
        }
        Sha256 | Sha512 if words.cost != 0 => with_rounds(words, password)?,
        Descrypt => {
            let made = hash(Descrypt, password, None)?;
            if password.len() > descrypt::PASSWORD_BYTES {
                io.say("Warning: Password truncated to 8 characters by CRYPT algorithm.\n");
            }
            made
        }
        other => hash(other, password, None)?,
    };
    let record = [words.user.as_bytes(), b":", &hash, b"\n"].concat();
    if record.len() >= BUFFER {
        return Err(Stop::named(status::TOO_LONG, "resultant record too long"));
    }
    Ok(record)
}

/// A hash whose rounds are written out, also where they are the usual number.
fn with_rounds(words: &Words, password: &[u8]) -> Outcome<Vec<u8>> {
    const PREFIX: usize = "$5$".len();
    let made = hash(words.algorithm, password, Some(u64::try_from(words.cost).unwrap_or(0)))?;
    let rounds = format!("rounds={}$", words.cost);
    if made[PREFIX..].starts_with(rounds.as_bytes()) {
        return Ok(made);
    }
    Ok([&made[..PREFIX], rounds.as_bytes(), &made[PREFIX..]].concat())
}

fn hash(algorithm: Algorithm, password: &[u8], cost: Option<u64>) -> Outcome<Vec<u8>> {
    let make = algorithm.scheme().and_then(scheme::find).and_then(|scheme| scheme.make.as_ref());
    let make = make.ok_or_else(|| Stop::named(status::GENERAL, "the algorithm is not made here"))?;
    let random = random::bytes(make.random_bytes)
        .map_err(|error| Stop::named(status::RANDOM, format!("Unable to generate random bytes: {}", error.message)))?;
    (make.make)(password, &Making { cost, random: &random }).map_err(|error| match error {
        scheme::MakeError::CostOutOfRange { min, max } => {
            Stop::named(status::USAGE, format!("rounds (-r, -C) must be from {min} to {max} for this algorithm"))
        }
        _ => Stop::named(status::GENERAL, "the password can't be hashed"),
    })
}
