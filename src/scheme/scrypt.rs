//! `scrypt`: crypt(3)'s `$7$NrrrrrpppppSALT$DIGEST`.
//!
//! The salt is its characters, not what they would decode to. Settings are read as libxcrypt reads them. Behaviour from
//! libxcrypt 4.4.38 `lib/crypt-scrypt.c:verify_salt`, `lib/alg-yescrypt-common.c:yescrypt_r`, and the recorded answers.
//! The digest is [`yescrypt::digest`]'s.

use crate::scheme::Cost;
use crate::scheme::Make;
use crate::scheme::MakeError;
use crate::scheme::Making;
use crate::scheme::Scheme;
use crate::scheme::h64;
use crate::scheme::hidden;
use crate::scheme::yescrypt;
use crate::scheme::yescrypt::Flavor;
use crate::scheme::yescrypt::Parameters;
use crate::scheme::yescrypt::Setting;

/// The row.
pub static SCHEME: Scheme = Scheme {
    name: "scrypt",
    title: "scrypt",
    prefixes: &["$7$"],
    password_bytes: None,
    stops_at_nul: true,
    strength: 82,
    cost: Some(COST),
    identify: |field| field.starts_with(b"$7$"),
    hidden: |field| {
        let symbol = |byte| h64::value(byte).is_some();
        hidden::salt_and_digest(field, 3 + PARAMETERS, yescrypt::DIGEST_CHARACTERS, symbol)
    },
    make: Some(Make { random_bytes: 16, make }),
};

/// The cost as `crypt_gensalt(3)` has it: it doubles the memory, from 32 MiB at 6.
const COST: Cost = Cost {
    unit: "cost",
    default: 7,
    min: 6,
    max: 11,
    of: |field| read(field.get(3..)?).map(|setting| setting.parameters.cost()),
    seconds: |cost| {
        let log2_n = u32::try_from(cost.clamp(1, 24)).map_or(31, |cost| cost + 7);
        Parameters::new(Flavor::Classic, log2_n, 32, 1, 0).map_or(f64::INFINITY, |parameters| parameters.seconds())
    },
};

fn make(password: &[u8], making: &Making<'_>) -> Result<Vec<u8>, MakeError> {
    crate::scheme::refuse(password, b"\0")?;
    let refused = MakeError::CostOutOfRange { min: COST.min, max: COST.max };
    let log2_n = u32::try_from(making.cost(&COST)?).map_err(|_| refused)? + 7;
    let salt = yescrypt::encode(&making.random::<16>()?);
    let parameters = Parameters::new(Flavor::Classic, log2_n, 32, 1, 0).ok_or(refused)?;
    let setting = [b"$7$", &write(log2_n, 32, 1, &salt)[..]].concat();
    yescrypt::finish(setting, yescrypt::digest(password, &salt, &parameters))
}

/// Number of characters of the parameters.
const PARAMETERS: usize = 11;

/// Reads what follows `$7$`: the salt ends at the last `$`, or at the end. `None` where libxcrypt refuses the setting.
#[must_use]
pub fn read(text: &[u8]) -> Option<Setting> {
    let (numbers, salt_and_digest) = text.split_at_checked(PARAMETERS)?;
    let log2_n = u32::from(h64::value(numbers[0])?);
    let (r, p) = (h64::number(&numbers[1..6])?, h64::number(&numbers[6..])?);
    let parameters = Parameters::new(Flavor::Classic, log2_n, r, p, 0)?;

    // A foreign byte is let pass right after a `$`, and so is everything behind it.
    let foreign = salt_and_digest.iter().position(|&byte| byte != b'$' && h64::value(byte).is_none());
    if foreign.is_some_and(|at| at == 0 || salt_and_digest[at - 1] != b'$') {
        return None;
    }
    let end = memchr::memrchr(b'$', salt_and_digest).unwrap_or(salt_and_digest.len());
    Some(Setting { parameters, salt: salt_and_digest[..end].to_vec(), length: PARAMETERS + end })
}

/// Writes what follows `$7$`, up to the end of the salt.
#[must_use]
pub fn write(log2_n: u32, r: u32, p: u32, salt: &[u8]) -> Vec<u8> {
    let mut text = vec![h64::ALPHABET[log2_n as usize & 63]];
    h64::push(&mut text, r, 5);
    h64::push(&mut text, p, 5);
    text.extend_from_slice(salt);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::vectors;

    #[test]
    fn known_answers_of_libxcrypt_and_passlib_are_reproduced() {
        for (password, setting, result) in vectors::read(include_str!("../../tests/vectors/scrypt.tsv")) {
            let read = read(&setting.as_bytes()[3..]).unwrap();
            let digest = yescrypt::digest(&password, &read.salt, &read.parameters).unwrap();
            let text = yescrypt::encode(&digest);
            assert_eq!(str::from_utf8(&text), Ok(result.rsplit_once('$').unwrap().1), "{password:x?} {setting}");
            assert_eq!(&setting[..3 + read.length], result.rsplit_once('$').unwrap().0);
        }
    }
}
