//! How lighttpd's `htpasswd` backend checks a field: `{SHA}`, `$apr1$`, then crypt(3) for what is long enough.
//!
//! `{SHA}` alone is compared as bytes, so its base64 may be written in many ways; the others are compared as text.
//! Source: lighttpd 1.4.69 `src/mod_authn_file.c:mod_authn_file_htpasswd_basic`, `src/base64.c:li_base64_dec`.

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
use crate::crypt::libxcrypt;
use crate::crypt::musl;
use crate::crypt::setting;
use crate::scheme::apr1;
use crate::scheme::md5crypt;
use crate::scheme::nt;
use crate::scheme::sha1;
use crate::secret::Secret;

/// lighttpd over a C library.
pub struct Lighttpd {
    /// The library whose crypt(3) answers for what lighttpd does not know itself.
    pub libc: &'static dyn Libc,
}

/// lighttpd on Debian and Ubuntu.
pub static LIBXCRYPT: Lighttpd = Lighttpd { libc: &libxcrypt::V4_4_33 };
/// lighttpd on Alpine.
pub static MUSL: Lighttpd = Lighttpd { libc: &musl::MUSL };

/// Bytes of the buffer that `{SHA}` is decoded into; more trips an assertion.
const DECODED_BYTES: usize = 40;
/// Bytes that may be written past that buffer where no assertion follows, found with Debian 12's build of 1.4.69: beyond
/// them the stack protector ends the process.
const DECODED_BYTES_UNSEEN: usize = 264;
/// The start of an MD5 crypt of the NT hash in hex, in place of the password.
const NTLM: &[u8] = b"$1+ntlm$";
/// Longest password that [`NTLM`] takes.
const NTLM_PASSWORD_BYTES: usize = 127;
/// Longest salt that [`NTLM`] takes.
const NTLM_SALT_BYTES: usize = 252;
/// Shortest field that is given to crypt(3).
const CRYPT_BYTES: usize = 13;

impl Crypt for Lighttpd {
    fn name(&self) -> &'static str {
        "lighttpd"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let (field, password) = (c_string(field), c_string(password));
        if let Some(stored) = field.strip_prefix(sha1::PREFIX) {
            Checked { check: sha1(stored, password, work), scheme: Some("sha1") }
        } else if field.starts_with(apr1::MAGIC) {
            let salt = setting::salt(field, apr1::MAGIC.len(), md5crypt::SALT_BYTES);
            ask::md5crypt("apr1", apr1::MAGIC, salt, field, password, work).judge(field)
        } else if field.len() >= CRYPT_BYTES && field.starts_with(NTLM) {
            self.ntlm(field, password, work)
        } else if field.len() >= CRYPT_BYTES {
            self.libc.attempt(password, field, work).judge(field)
        } else {
            let why = if field.is_empty() { Why::Empty } else { Why::UnknownScheme };
            Checked { check: Check::Mismatch(Mismatch { why, at: None }), scheme: None }
        }
    }
}

impl Lighttpd {
    /// Only what stands before the digest is given to crypt(3), whose text then stands for the field.
    fn ntlm(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let mismatch = |why, at| Checked { check: Check::Mismatch(Mismatch { why, at }), scheme: Some("md5crypt") };
        let salt = setting::salt(field, NTLM.len(), usize::MAX);
        let closed = NTLM.len() + salt.len() < field.len();
        if !closed || salt.len() > NTLM_SALT_BYTES {
            return mismatch(Why::Malformed, Some(Span::at(NTLM.len() as u64, salt.len())));
        }
        if work.mode() == Mode::Compute && password.len() > NTLM_PASSWORD_BYTES {
            return mismatch(Why::PasswordTooLong, None);
        }
        let hashed = Secret::from(nt::encode(&nt::digest(password)));
        let stored = [b"$1$", &field[NTLM.len()..]].concat();
        let setting = if work.mode() == Mode::Assume { &stored[..] } else { &stored[..3 + salt.len()] };
        let mut checked = self.libc.attempt(hashed.expose(), setting, work).judge(&stored);
        if let Check::Mismatch(Mismatch { at: Some(at), .. }) = &mut checked.check {
            *at = at.shifted((NTLM.len() - 3) as u64);
        }
        checked
    }
}

fn sha1(stored: &[u8], password: &[u8], work: &mut Work) -> Check {
    // Blanks and control characters are skipped, any other foreign byte ends the text.
    let skipped = |byte: &u8| matches!(byte, 1..=b' ');
    let end = stored.iter().position(|byte| base64::value(*byte).is_none() && !skipped(byte)).unwrap_or(stored.len());
    let symbols: Vec<u8> = stored[..end].iter().copied().filter(|byte| !skipped(byte)).collect();
    let end = Span::at((sha1::PREFIX.len() + end) as u64, (stored.len() - end).min(1));
    // Whole groups of four are written before anything is looked at.
    if symbols.len() / 4 * 3 > DECODED_BYTES_UNSEEN {
        return Check::Crashes;
    }
    let digest = base64::unpack(&symbols);
    let why = match (symbols.len() % 4, digest.len()) {
        (1, _) => Why::Malformed,
        (_, 0..20) => Why::TooShort,
        (_, 20) => {
            return match ask::sha1("sha1", b"", password, Some(digest.clone()), work) {
                Ok(right) if crate::scheme::same(&right, &digest) => Check::Match,
                Ok(_) => Check::Mismatch(Mismatch { why: Why::Digest, at: None }),
                Err(reason) => Attempt::Not(reason).judge(stored).check,
            };
        }
        (_, length) if length > DECODED_BYTES => return Check::Crashes,
        _ => Why::TrailingBytes,
    };
    Check::Mismatch(Mismatch { why, at: Some(end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(field: &[u8], password: &[u8]) -> (Option<&'static str>, Why, Option<(u64, u64)>) {
        let checked = LIBXCRYPT.check(field, password, &mut Work::limited(10.0));
        match checked.check {
            Check::Mismatch(Mismatch { why, at }) => (checked.scheme, why, at.map(|at| (at.start, at.end))),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_deciding_bytes_of_sha1_are_named() {
        assert_eq!(why(b"{SHA}5en6G6MezRro!", b"secret"), (Some("sha1"), Why::TooShort, Some((17, 18))));
        assert_eq!(
            why(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQAAAAA", b"s"),
            (Some("sha1"), Why::TrailingBytes, Some((37, 37)))
        );
        assert_eq!(why(b"{SHA}5en6G6MezRroT3XKqkdPOmY/B", b"s"), (Some("sha1"), Why::Malformed, Some((30, 30))));
        assert_eq!(why(b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", b"other"), (Some("sha1"), Why::Digest, None));
    }

    #[test]
    fn the_deciding_bytes_of_an_nt_hash_are_counted_from_the_start_of_the_field() {
        let field = b"$1+ntlm$saltsalt$z.axRoIaa8DAR/EzDIeLa/";
        assert_eq!(LIBXCRYPT.check(field, b"secret", &mut Work::limited(1.0)).check, Check::Match);
        let trailing = [&field[..], b"x"].concat();
        assert_eq!(why(&trailing, b"secret"), (Some("md5crypt"), Why::TrailingBytes, Some((39, 40))));
        assert_eq!(why(field, &[b'p'; 128]), (Some("md5crypt"), Why::PasswordTooLong, None));
        assert_eq!(LIBXCRYPT.check(field, b"", &mut Work::assuming()).check, Check::Match);
    }

    #[test]
    fn an_nt_hash_has_a_salt_of_252_bytes_at_most() {
        let field = |salt: usize| [&b"$1+ntlm$"[..], &vec![b's'; salt], b"$z.axRoIaa8DAR/EzDIeLa/"].concat();
        assert_eq!(why(&field(252), b"secret"), (Some("md5crypt"), Why::Malformed, Some((16, 260))));
        assert_eq!(why(&field(253), b"secret"), (Some("md5crypt"), Why::Malformed, Some((8, 261))));
    }

    #[test]
    fn sha1_of_more_than_40_bytes_ends_the_server() {
        let check = |symbols: usize| {
            let field = [&b"{SHA}"[..], &vec![b'A'; symbols]].concat();
            LIBXCRYPT.check(&field, b"secret", &mut Work::limited(1.0)).check
        };
        let trailing = Mismatch { why: Why::TrailingBytes, at: Some(Span::at(59, 0)) };
        assert_eq!(check(54), Check::Mismatch(trailing));
        assert_eq!(check(55), Check::Crashes);
    }

    #[test]
    fn what_is_too_short_for_crypt_is_not_asked() {
        assert_eq!(why(b"abNANd1rDfiN", b"secret"), (None, Why::UnknownScheme, None));
        assert_eq!(why(b"", b""), (None, Why::Empty, None));
    }
}
