//! How Squid's `basic_ncsa_auth` checks a field: crypt(3), then MD5 crypt with any magic text, then unsalted MD5 in hex.
//!
//! Source: Squid 5.7 `src/auth/basic/NCSA/basic_ncsa_auth.cc:main`, `crypt_md5.cc:crypt_md5`, `crypt_md5.cc:md5sum`.

use crate::bytes::c_string;
use crate::crypt::Check;
use crate::crypt::Checked;
use crate::crypt::Crypt;
use crate::crypt::Libc;
use crate::crypt::Mismatch;
use crate::crypt::Mode;
use crate::crypt::Task;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask;
use crate::crypt::libxcrypt;
use crate::scheme;

/// `basic_ncsa_auth` over a C library.
pub struct Squid {
    /// The library whose crypt(3) answers first.
    pub libc: &'static dyn Libc,
}

/// Squid on Debian and Ubuntu.
pub static LIBXCRYPT: Squid = Squid { libc: &libxcrypt::V4_4_33 };

/// Longest password that may match by other fields of crypt(3) than those that begin with `$`: DES reads no more.
const DES_PASSWORD: usize = 8;

impl Crypt for Squid {
    fn name(&self) -> &'static str {
        "squid"
    }

    fn check(&self, field: &[u8], password: &[u8], work: &mut Work) -> Checked {
        let (field, password) = (c_string(field), c_string(password));
        let crypt = self.libc.attempt(password, field, work).judge(field);
        let assumed = work.mode() == Mode::Assume;
        match crypt.check {
            // A password of one byte passes here too, by the second of the program's three tests.
            Check::Match if field.starts_with(b"$") || assumed || password.len() <= DES_PASSWORD => return crypt,
            Check::Match => {
                let check = Check::Mismatch(Mismatch { why: Why::PasswordTooLong, at: None });
                return Checked { check, ..crypt };
            }
            Check::Undecided(_) => return crypt,
            _ => {}
        }
        if let Some((magic, salt)) = magic_and_salt(field) {
            let name = if magic == scheme::apr1::MAGIC { "apr1" } else { "md5crypt" };
            let own = ask::md5crypt(name, magic, salt, field, password, work).judge(field);
            if matches!(own.check, Check::Match | Check::Undecided(_)) || magic == scheme::apr1::MAGIC {
                return own;
            }
        }
        if field.len() == 32 && field.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Checked { check: md5_hex(field, password, work), scheme: Some("md5hex") };
        }
        crypt
    }
}

/// The magic text and the salt of a field that the program's own MD5 crypt could give back.
///
/// It reads on where they are missing (a field without `$` has the magic text `$1$`), and then its text can't be the field.
fn magic_and_salt(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let magic_end = memchr::memchr(b'$', field.strip_prefix(b"$")?)? + 2;
    let rest = &field[magic_end..];
    let salt_end = memchr::memchr(b'$', rest).unwrap_or(rest.len()).min(scheme::md5crypt::SALT_BYTES);
    Some((&field[..magic_end], &rest[..salt_end]))
}

pub(super) fn md5_hex(field: &[u8], password: &[u8], work: &mut Work) -> Check {
    let task = Task {
        scheme: "md5hex",
        parameters: b"",
        password,
        seconds: scheme::sha1::SECONDS,
        claimed: Some(field.to_vec()),
    };
    let core = || format!("{:x}", md5::compute(password)).into_bytes();
    match work.digest(&task, core) {
        Ok(digest) if scheme::same(&digest, field) => Check::Match,
        Ok(_) => Check::Mismatch(Mismatch { why: Why::Digest, at: None }),
        Err(reason) => Check::Undecided(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_crypt_leaves_undecided_is_not_decided_by_what_comes_after_it() {
        // The program's own MD5 crypt with this magic text matches, and crypt(3) takes more time than there is.
        let digest = scheme::md5crypt::encode(&scheme::md5crypt::digest(b"$5$", b"saltsalt", b"secret"));
        let field = [&b"$5$saltsalt$"[..], &digest].concat();
        let seconds = scheme::md5crypt::seconds(6);
        let check = |limit: f64| LIBXCRYPT.check(&field, b"secret", &mut Work::limited(limit)).check;
        assert!(matches!(check(seconds), Check::Undecided(_)));
        assert_eq!(check(10.0), Check::Match);
    }

    #[test]
    fn only_32_hexadecimal_digits_in_lower_case_are_md5() {
        for (field, is_md5) in [
            ("5ebe2294ecd0e0f08eab7690d2a6ee69", true),
            ("5ebe2294ecd0e0f08eab7690d2a6ee6", false),
            ("5ebe2294ecd0e0f08eab7690d2a6ee699", false),
            ("5EBE2294ECD0E0F08EAB7690D2A6EE69", false),
        ] {
            let checked = LIBXCRYPT.check(field.as_bytes(), b"secret", &mut Work::limited(1.0));
            assert_eq!(checked.check == Check::Match, is_md5, "{field}");
            assert_eq!(checked.scheme == Some("md5hex"), is_md5, "{field}");
        }
    }
}
