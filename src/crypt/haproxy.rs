//! How `HAProxy` checks a `password` of a userlist: crypt(3) and nothing else; a failure is a mismatch.
//!
//! Source: HAProxy 2.6.12 `src/auth.c:check_user`.

use crate::bytes::c_string;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Libc;
use crate::crypt::Work;
use crate::crypt::libxcrypt;
use crate::crypt::musl;

/// `HAProxy` over a C library.
pub struct Haproxy {
    /// The library.
    pub libc: &'static dyn Libc,
}

/// `HAProxy` on Debian and Ubuntu.
pub static LIBXCRYPT: Haproxy = Haproxy { libc: &libxcrypt::V4_4_33 };
/// `HAProxy` on Alpine.
pub static MUSL: Haproxy = Haproxy { libc: &musl::MUSL };

impl Crypt for Haproxy {
    fn name(&self) -> &'static str {
        "haproxy"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let (field, password) = (c_string(field), c_string(password));
        self.libc.attempt(password, field, work).judge(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Check;

    #[test]
    fn each_library_knows_its_own_schemes() {
        // `secret`, from `tests/observed`.
        let field = b"$6$abcdefghijklmnop$J/AWykHqo2Tx5UtavGnFc3ytI33la50JpzLTarSWVhkIXK6wOjNwwZjsrIw2UgmrER2EKrSHCeQyAINEEXAk1/";
        for dialect in [&LIBXCRYPT, &MUSL] {
            assert_eq!(dialect.check(field, b"secret", &mut Work::limited(1.0)).check, Check::Match);
            assert_ne!(dialect.check(b"secret", b"secret", &mut Work::limited(1.0)).check, Check::Match);
            assert_ne!(dialect.check(b"", b"", &mut Work::limited(1.0)).check, Check::Match);
        }
    }
}
