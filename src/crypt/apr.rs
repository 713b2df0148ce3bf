//! How Apache checks a field: APR's `apr_password_validate`, three schemes of its own, then crypt(3).
//!
//! Whatever goes wrong is a mismatch; there is no failure. Source: apr-util 1.6.3 `crypto/apr_passwd.c`,
//! `crypto/crypt_blowfish.c`, `crypto/apr_md5.c`, `crypto/apr_sha1.c`.

use crate::bytes::c_string;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Libc;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::glibc;
use crate::crypt::libxcrypt;
use crate::crypt::musl;
use crate::crypt::setting;
use crate::scheme::apr1;
use crate::scheme::md5crypt;
use crate::scheme::sha1;

/// APR over a C library.
pub struct Apr {
    /// The library whose crypt(3) answers for what APR does not know itself.
    pub libc: &'static dyn Libc,
}

/// Apache on Debian, Ubuntu, Fedora: whether the library returns NULL makes no difference.
pub static LIBXCRYPT: Apr = Apr { libc: &libxcrypt::V4_4_33 };
/// Apache on Alpine.
pub static MUSL: Apr = Apr { libc: &musl::MUSL };
/// Apache over glibc's own crypt(3) from 2.17.
pub static GLIBC: Apr = Apr { libc: &glibc::FROM_2_17 };

/// Highest bcrypt cost of APR since 1.6; it says 31 in older ones.
pub const BCRYPT_MAX_COST: u8 = 17;

impl Crypt for Apr {
    fn name(&self) -> &'static str {
        "apr"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let (field, password) = (c_string(field), c_string(password));
        let attempt = if field.starts_with(b"$2a$") || field.starts_with(b"$2y$") {
            setting::openwall_bcrypt(field, password, b"ay", BCRYPT_MAX_COST, work)
        } else if field.starts_with(apr1::MAGIC) {
            let salt = setting::salt(field, apr1::MAGIC.len(), md5crypt::SALT_BYTES);
            ask::md5crypt("apr1", apr1::MAGIC, salt, field, password, work)
        } else if field.starts_with(sha1::PREFIX) {
            ask::sha1_text(field, password, work)
        } else {
            self.libc.attempt(password, field, work)
        };
        attempt.judge(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;
    use crate::crypt::Check;
    use crate::crypt::Mismatch;
    use crate::crypt::NotComputed;
    use crate::crypt::Why;

    fn check(field: &[u8]) -> Check {
        LIBXCRYPT.check(field, b"secret", &mut Work::limited(1.0)).check
    }

    #[test]
    fn a_cost_from_18_on_is_refused_for_2y_and_too_much_work_for_2b() {
        let at = Some(Span::new(4, 6));
        let refused = Check::Mismatch(Mismatch { why: Why::CostOutOfRange, at });
        assert_eq!(check(b"$2y$18$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"), refused);
        let over = check(b"$2b$18$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a");
        assert!(matches!(over, Check::Undecided(NotComputed::WorkLimit { scheme: "bcrypt", .. })), "{over:?}");
    }

    #[test]
    fn null_is_a_mismatch_like_any_other() {
        let mismatch = Check::Mismatch(Mismatch { why: Why::UnknownScheme, at: Some(Span::new(0, 1)) });
        assert_eq!(GLIBC.check(b"{PLAIN}secret", b"secret", &mut Work::limited(1.0)).check, mismatch);
    }

    #[test]
    fn passwords_of_512_bytes_pass_where_apr_hashes_itself() {
        let password = [b'p'; 512];
        let making = crate::scheme::Making { cost: Some(4), random: &[0; 16] };
        for (scheme, cost) in [("bcrypt", Some(4)), ("apr1", None), ("sha1", None)] {
            let make = crate::scheme::find(scheme).and_then(|scheme| scheme.make.as_ref()).unwrap();
            let field = (make.make)(&password, &crate::scheme::Making { cost, ..making }).unwrap();
            assert_eq!(LIBXCRYPT.check(&field, &password, &mut Work::limited(1.0)).check, Check::Match, "{scheme}");
        }
    }
}
