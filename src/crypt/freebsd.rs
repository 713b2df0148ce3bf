//! crypt(3) of FreeBSD.
//!
//! Source only: FreeBSD 14 `secure/lib/libcrypt`.

use crate::crypt::Libc;
use crate::crypt::NotComputed;
use crate::crypt::Work;
use crate::crypt::attempt::Attempt;

/// FreeBSD.
pub struct FreeBsd(());

/// FreeBSD from 12.
pub static FREEBSD: FreeBsd = FreeBsd(());

impl Libc for FreeBsd {
    fn name(&self) -> &'static str {
        "freebsd"
    }

    fn attempt(&self, _password: &[u8], _setting: &[u8], _work: &mut Work) -> Attempt {
        Attempt::Not(NotComputed::NotBuilt { scheme: "descrypt" })
    }
}
