//! The one owner of passwords: wiped when dropped, silent in `Debug`, without `Display`.
//!
//! Passwords must not be held in any other type for longer than one expression.

use zeroize::Zeroize;

/// Secret bytes, wiped when dropped.
///
/// The buffer is sized once so that growing it can't leave copies behind; see [`Secret::with_capacity`].
#[derive(Default)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// An empty secret with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// The secret bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Appends bytes; where the room is too small, the old buffer is wiped after the move.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn make_room(&mut self, room: usize) {
        if self.0.len() + room > self.0.capacity() {
            let mut larger = Vec::with_capacity((self.0.len() + room).next_power_of_two());
            larger.extend_from_slice(&self.0);
            self.0.zeroize();
            self.0 = larger;
        }
    }

    /// Lets `write` append up to `room` bytes.
    pub fn extend_with(&mut self, room: usize, write: impl FnOnce(&mut Vec<u8>)) {
        self.make_room(room);
        write(&mut self.0);
    }

    /// Empties it for what is written next. What the next is too short to overwrite stays until it is dropped.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Cuts the secret to its first `len` bytes and wipes the rest.
    pub fn truncate(&mut self, len: usize) {
        if len < self.0.len() {
            self.0[len..].zeroize();
            self.0.truncate(len);
        }
    }
}

/// Overwrites what calls have left on the stack below the caller: hash cores keep a part of the password in variables that
/// they do not wipe.
///
/// To be called where nothing deeper is running. What lies deeper than 48 KiB is left; cores stay within a few.
#[expect(clippy::large_stack_arrays, reason = "it is the stack that is to be overwritten")]
#[inline(never)]
pub fn wipe_stack() {
    // The compiler may not leave out what is looked at.
    std::hint::black_box(&mut [0_u8; 48 * 1024]);
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Secret {
    /// Takes the buffer over without copying it.
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl Clone for Secret {
    fn clone(&self) -> Self {
        Self::from(self.expose())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_bytes_nor_length() {
        assert_eq!(format!("{:?}", Secret::from(&b"hunter2"[..])), "Secret(…)");
    }

    #[test]
    fn growing_and_cutting_keep_the_bytes() {
        let mut secret = Secret::with_capacity(2);
        secret.extend(b"pass");
        secret.extend(b"word\r\n");
        secret.truncate(8);
        assert_eq!(secret.expose(), b"password");
    }
}
