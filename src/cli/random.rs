//! Randomness, for salts and generated passwords: the kernel's.

use std::fs::File;
use std::io::Read;

use crate::cli::error::Error;
use crate::cli::exit::Exit;
use crate::secret::Secret;

/// Letters and digits that are not taken for one another when read aloud or typed from paper.
const ALPHABET: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Length of a generated password in characters: 116 bits.
const LENGTH: usize = 20;

/// `count` random bytes.
pub fn bytes(count: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; count];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes)).map_err(|error| {
        Error::new(Exit::CouldNot, "random", format!("can't get random bytes: {error}")).at("/dev/urandom")
    })?;
    Ok(bytes)
}

/// A new password of letters and digits, no longer than `longest` bytes.
pub fn password(longest: Option<usize>) -> Result<Secret, Error> {
    let length = longest.map_or(LENGTH, |longest| longest.min(LENGTH));
    let mut password = Secret::with_capacity(length);
    // Bytes beyond the last whole run of the alphabet are passed over: they would make its first letters likelier.
    let usable = 256 - 256 % ALPHABET.len();
    while password.expose().len() < length {
        let random = Secret::from(bytes(2 * LENGTH)?);
        for &byte in random.expose().iter().filter(|&&byte| usize::from(byte) < usable) {
            if password.expose().len() < length {
                password.extend(&[ALPHABET[usize::from(byte) % ALPHABET.len()]]);
            }
        }
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_passwords_use_the_whole_alphabet_and_differ() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..200 {
            let password = password(None).unwrap();
            assert_eq!(password.expose().len(), LENGTH);
            seen.extend(password.expose().iter().copied());
        }
        assert_eq!(seen.len(), ALPHABET.len());
        assert_eq!(password(Some(8)).unwrap().expose().len(), 8);
    }
}
