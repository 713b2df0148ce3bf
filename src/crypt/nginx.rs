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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Errno;

    fn why(field: &[u8], password: &[u8]) -> (Option<&'static str>, Why, Option<(u64, u64)>) {
        let checked = LIBXCRYPT.check(field, password, &mut Work::limited(10.0));
        match checked.check {
            Check::Mismatch(Mismatch { why, at }) => (checked.scheme, why, at.map(|at| (at.start, at.end))),
            other => panic!("{other:?}"),
        }
    }

    const APR1: &[u8] = b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/";

    #[test]
    fn the_deciding_bytes_of_apr1_are_named() {
        let field = |tail: &[u8]| [APR1, tail].concat();
        assert_eq!(why(&field(b" "), b"secret"), (Some("apr1"), Why::TrailingBytes, Some((37, 38))));
        assert_eq!(why(&field(b" # note"), b"secret"), (Some("apr1"), Why::TrailingBytes, Some((37, 44))));
        assert_eq!(why(&field(b" "), b"other"), (Some("apr1"), Why::Digest, None));
        assert_eq!(why(&APR1[..36], b"secret"), (Some("apr1"), Why::TooShort, Some((36, 36))));
        let long_salt = b"$apr1$abcdefghi$h9FWgUz3n9YxylKLlR5SQ/";
        assert_eq!(why(long_salt, b"secret"), (Some("apr1"), Why::Spelling, Some((14, 15))));
        assert_eq!(why(long_salt, b"other"), (Some("apr1"), Why::Malformed, Some((14, 15))));
    }

    #[test]
    fn the_deciding_bytes_of_sha1_and_ssha_are_named() {
        let sha = b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ";
        assert_eq!(why(sha, b"secret"), (Some("sha1"), Why::Spelling, Some((32, 32))));
        assert_eq!(why(&[sha, &b"=x"[..]].concat(), b"secret"), (Some("sha1"), Why::TrailingBytes, Some((33, 34))));
        assert_eq!(why(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfR=", b"secret"), (Some("sha1"), Why::Spelling, Some((31, 32))));
        assert_eq!(
            why(b"{SSHA}gVK8WC9YyFT1gMsQHTGCgT3sSv5zYW-0", b"secret"),
            (Some("ssha"), Why::Malformed, Some((36, 37)))
        );
        assert_eq!(why(b"{SSHA}5en6G6MezRroTw==", b"secret"), (Some("ssha"), Why::TooShort, Some((22, 22))));
        assert_eq!(why(b"{SSHA}5en6G6MezRroT", b"secret"), (Some("ssha"), Why::Malformed, Some((18, 19))));
    }

    #[test]
    fn the_deciding_bytes_of_what_crypt_refuses_are_named() {
        assert_eq!(why(b"", b"secret"), (None, Why::Empty, None));
        assert_eq!(why(b"secret", b"secret"), (None, Why::UnknownScheme, None));
        assert_eq!(why(b"{MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==", b"secret"), (None, Why::UnknownScheme, None));
        let bcrypt = |from: &str, to: &str| {
            "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a".replacen(from, to, 1).into_bytes()
        };
        assert_eq!(why(&bcrypt("05", "03"), b"secret"), (Some("bcrypt"), Why::CostOutOfRange, Some((4, 6))));
        assert_eq!(why(&bcrypt("05", "5"), b"secret"), (Some("bcrypt"), Why::Malformed, Some((4, 5))));
        assert_eq!(why(&bcrypt("tuuO", "tuvO"), b"secret"), (Some("bcrypt"), Why::Spelling, Some((28, 29))));
        assert_eq!(why(&bcrypt("2y", "2z"), b"secret"), (None, Why::UnknownScheme, None));
        assert_eq!(why(&bcrypt("opq", "o!q"), b"secret"), (Some("bcrypt"), Why::ForbiddenByte, Some((22, 23))));
        assert_eq!(why(&bcrypt("opq", "o-q"), b"secret"), (Some("bcrypt"), Why::Malformed, Some((22, 23))));
        assert_eq!(why(&bcrypt("x", "x"), &[b'p'; 512]), (Some("bcrypt"), Why::PasswordTooLong, None));
        assert_eq!(why(b"$6$rounds=999$salt$x", b"s"), (Some("sha512crypt"), Why::CostOutOfRange, Some((10, 13))));
        assert_eq!(why(b"$6$rounds=0999$salt$x", b"s"), (Some("sha512crypt"), Why::Malformed, Some((10, 14))));
        assert_eq!(why(b"$y$j9T!$salt$x", b"s"), (Some("yescrypt"), Why::ForbiddenByte, Some((6, 7))));
        assert_eq!(why(b"$y$jT$salt$x", b"s"), (Some("yescrypt"), Why::Malformed, Some((3, 5))));
        assert_eq!(why(b"$sha1$10$sa-t$x", b"s"), (Some("sha1crypt"), Why::Malformed, Some((11, 12))));
    }

    #[test]
    fn only_a_library_that_returns_null_makes_the_check_fail() {
        let checked = LIBXCRYPT_NULL.check(b"{plain}secret", b"secret", &mut Work::limited(1.0));
        assert_eq!(checked.check, Check::Fails(Errno::EINVAL));
        let checked = LIBXCRYPT_NULL.check(b"$1$salt$", &[b'p'; 512], &mut Work::limited(1.0));
        assert_eq!(checked.check, Check::Fails(Errno::ERANGE));
    }

    #[test]
    fn an_empty_field_lets_anyone_in_over_old_glibc_and_freebsd() {
        for nginx in [&GLIBC_2_16, &FREEBSD] {
            assert_eq!(nginx.check(b"", b"anything", &mut Work::limited(1.0)).check, Check::Match);
            assert_eq!(nginx.check(b"", b"anything", &mut Work::assuming()).check, Check::Match);
        }
    }

    #[test]
    fn a_library_without_a_scheme_takes_its_fields_for_no_scheme() {
        let field = b"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
        for nginx in [&MACOS, &GLIBC_2_16] {
            let checked = nginx.check(field, b"secret", &mut Work::limited(1.0));
            assert_eq!(checked.check, Check::Mismatch(Mismatch { why: Why::UnknownScheme, at: None }));
            assert_eq!(checked.scheme, None);
        }
    }
}
