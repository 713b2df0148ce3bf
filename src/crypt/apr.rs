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
