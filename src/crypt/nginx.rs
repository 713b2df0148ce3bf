//! How nginx checks a field: four schemes of its own, then crypt(3).
//!
//! Each recomputes the whole text and compares it; crypt(3) returning NULL is an error of the server. Source: nginx 1.31.5
//! `src/core/ngx_crypt.c`, `src/os/unix/ngx_user.c`.

use crate::basic::base64;
use crate::bytes::Span;
use crate::bytes::c_string;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Libc;
use crate::crypt::Mismatch;
use crate::crypt::Mode;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::attempt::Attempt;
use crate::crypt::attempt::Made;
use crate::crypt::attempt::compare;
use crate::crypt::freebsd;
use crate::crypt::glibc;
use crate::crypt::libxcrypt;
use crate::crypt::macos;
use crate::crypt::musl;
use crate::crypt::setting;
use crate::scheme::apr1;
use crate::scheme::md5crypt;
use crate::scheme::plain;
use crate::scheme::sha1;
use crate::scheme::ssha;

/// nginx over a C library.
pub struct Nginx {
    /// The library whose crypt(3) answers for what nginx does not know itself.
    pub libc: &'static dyn Libc,
}

/// nginx on Debian 12 and Ubuntu.
pub static LIBXCRYPT: Nginx = Nginx { libc: &libxcrypt::V4_4_33 };
/// nginx on Fedora.
pub static LIBXCRYPT_NULL: Nginx = Nginx { libc: &libxcrypt::V4_4_38_NULL };
/// nginx on Debian 11.
pub static LIBXCRYPT_4_4_18: Nginx = Nginx { libc: &libxcrypt::V4_4_18 };
/// nginx on Ubuntu 20.04.
pub static LIBXCRYPT_4_4_10: Nginx = Nginx { libc: &libxcrypt::V4_4_10 };
/// nginx on Alpine.
pub static MUSL: Nginx = Nginx { libc: &musl::MUSL };
/// nginx over glibc's own crypt(3) from 2.17.
pub static GLIBC: Nginx = Nginx { libc: &glibc::FROM_2_17 };
/// nginx over glibc's own crypt(3) up to 2.16.
pub static GLIBC_2_16: Nginx = Nginx { libc: &glibc::UP_TO_2_16 };
/// nginx on macOS.
pub static MACOS: Nginx = Nginx { libc: &macos::MACOS };
/// nginx on FreeBSD.
pub static FREEBSD: Nginx = Nginx { libc: &freebsd::FREEBSD };

impl Crypt for Nginx {
    fn name(&self) -> &'static str {
        "nginx"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let (field, password) = (c_string(field), c_string(password));
        if field.starts_with(apr1::MAGIC) {
            let salt = setting::salt(field, apr1::MAGIC.len(), md5crypt::SALT_BYTES);
            ask::md5crypt("apr1", apr1::MAGIC, salt, field, password, work).judge(field)
        } else if let Some(stored) = field.strip_prefix(plain::PREFIX) {
            Checked { check: plain(stored, password, work), scheme: Some("plain") }
        } else if let Some(stored) = field.strip_prefix(ssha::PREFIX) {
            Checked { check: ssha(field, stored, password, work), scheme: Some("ssha") }
        } else if field.starts_with(sha1::PREFIX) {
            ask::sha1_text(field, password, work).judge(field)
        } else {
            self.libc.attempt(password, field, work).judge_null_as_failure(field)
        }
    }
}

fn plain(stored: &[u8], password: &[u8], work: &Work) -> Check {
    if crate::scheme::same(stored, password) || work.mode() == Mode::Assume {
        Check::Match
    } else {
        Check::Mismatch(Mismatch { why: Why::Text, at: None })
    }
}

fn ssha(field: &[u8], stored: &[u8], password: &[u8], work: &mut Work) -> Check {
    let mismatch = |why, at, length| {
        let at = Some(Span::at((ssha::PREFIX.len() + at) as u64, length));
        Check::Mismatch(Mismatch { why, at })
    };
    // nginx hashes on where it can't decode, without a salt; the canonical text it then makes never equals the field.
    let length = memchr::memchr(b'=', stored).unwrap_or(stored.len());
    let symbols = base64::symbols(&stored[..length]);
    if symbols < length {
        return mismatch(Why::Malformed, symbols, 1);
    }
    if length % 4 == 1 {
        return mismatch(Why::Malformed, length - 1, 1);
    }
    let bytes = base64::unpack(&stored[..length]);
    let Some((digest, salt)) = bytes.split_at_checked(20) else {
        return mismatch(Why::TooShort, stored.len(), 0);
    };
    match ask::sha1("ssha", salt, password, Some(digest.to_vec()), work) {
        Ok(digest) => {
            let text = ssha::text(&digest, salt);
            compare(&Made { text, scheme: "ssha", digest_at: ssha::PREFIX.len() }, field)
        }
        Err(reason) => Attempt::Not(reason).judge(field).check,
    }
}
