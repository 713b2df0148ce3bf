//! The schemes that only libxcrypt knows: yescrypt, gost-yescrypt, scrypt, `$sha1`, `$md5` and `$3$`, each as it reads
//! and writes them.
//!
//! Source: libxcrypt 4.4.33 `lib/crypt-yescrypt.c`, `lib/crypt-gost-yescrypt.c`, `lib/crypt-scrypt.c`,
//! `lib/crypt-pbkdf1-sha1.c`, `lib/crypt-sunmd5.c`, `lib/crypt-nthash.c`; no generation differs.

use crate::bytes::Span;
use crate::crypt::Errno;
use crate::crypt::Mode;
use crate::crypt::NotComputed;
use crate::crypt::Why;
use crate::crypt::Work;
use crate::crypt::ask::Claim;
use crate::crypt::ask::Question;
use crate::crypt::ask::is_h64;
use crate::crypt::attempt::Attempt;
use crate::crypt::setting;
use crate::scheme::gost_yescrypt;
use crate::scheme::h64;
use crate::scheme::nt;
use crate::scheme::scrypt;
use crate::scheme::sha1crypt;
use crate::scheme::sunmd5;
use crate::scheme::yescrypt;
use crate::scheme::yescrypt::Parameters;
use crate::scheme::yescrypt::Setting;

/// Bytes of crypt(3)'s output.
const OUTPUT_BYTES: usize = 384;
/// More memory than this is never taken, whatever the limit of work: twice what `crypt_gensalt(3)` asks for at most.
const MEMORY_BYTES: u64 = 2 << 30;

fn malformed(scheme: &'static str, at: Span) -> Attempt {
    Attempt::refused(Some(scheme), Why::Malformed, Some(at))
}

fn too_long(scheme: &'static str) -> Attempt {
    Attempt::refused(Some(scheme), Why::Malformed, None).returning(Some(Errno::ERANGE), None)
}

/// `$y$`
pub(super) fn yescrypt(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    memory_hard("yescrypt", 3, field, password, work, Setting::read, |_, setting| {
        yescrypt::digest(password, &setting.salt, &setting.parameters)
    })
}

/// `$gy$`
pub(super) fn gost_yescrypt(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    memory_hard("gost-yescrypt", 4, field, password, work, Setting::read, |start, setting| {
        gost_yescrypt::digest(password, start, &setting.salt, &setting.parameters)
    })
}

/// `$7$`
pub(super) fn scrypt(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    memory_hard("scrypt", 3, field, password, work, scrypt::read, |_, setting| {
        yescrypt::digest(password, &setting.salt, &setting.parameters)
    })
}

fn memory_hard(
    scheme: &'static str,
    prefix: usize,
    field: &[u8],
    password: &[u8],
    work: &mut Work,
    read: impl FnOnce(&[u8]) -> Option<Setting>,
    core: impl FnOnce(&[u8], &Setting) -> Option<[u8; yescrypt::DIGEST_BYTES]>,
) -> Attempt {
    if field.len() > yescrypt::SETTING_BYTES {
        return too_long(scheme);
    }
    let Some(setting) = read(&field[prefix..]) else {
        // The parameters are to blame, or else what follows them.
        let parameters = Parameters::read(&field[prefix..]).map_or(0, |(_, length)| length + 1);
        return malformed(scheme, setting::part(field, prefix + parameters));
    };
    let seconds = setting.parameters.seconds();
    if work.mode() == Mode::Compute && setting.parameters.memory() > MEMORY_BYTES {
        return Attempt::Not(NotComputed::WorkLimit { scheme, seconds });
    }
    let start = &field[..prefix + setting.length];
    let question = Question {
        scheme,
        // The setting is read in one way and written as it was read; GOST hashes it, too.
        parameters: start,
        password,
        seconds,
        claim: Claim { field, at: start.len() + 1, characters: yescrypt::DIGEST_CHARACTERS },
        decode: yescrypt::decode_digest,
        symbol: is_h64,
    };
    let core = || core(start, &setting).map(Vec::from).unwrap_or_default();
    question.made(work, [start, b"$"].concat(), core, yescrypt::encode)
}

/// `$sha1$`
pub(super) fn sha1crypt(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    const SCHEME: &str = "sha1crypt";
    const PREFIX: &[u8] = b"$sha1$";
    let Some(text) = field.strip_prefix(PREFIX) else {
        return malformed(SCHEME, setting::part(field, PREFIX.len() - 1));
    };
    // No digits are 0, a sign is taken, and too many digits are the largest number.
    let number = setting::strtoul(text);
    if text.get(number.length) != Some(&b'$') {
        return malformed(SCHEME, setting::part(field, PREFIX.len()));
    }
    let salt_at = PREFIX.len() + number.length + 1;
    let salt = setting::salt(field, salt_at, usize::MAX);
    if salt.is_empty() || !h64::all(salt) {
        let at = setting::forbidden(field, salt_at, salt.len(), |byte| !is_h64(byte));
        return malformed(SCHEME, at.unwrap_or(Span::at(salt_at as u64, 0)));
    }
    let mut start = [PREFIX, number.value.to_string().as_bytes(), b"$"].concat();
    let parameters = [&start, salt].concat();
    start.extend_from_slice(salt);
    start.push(b'$');
    if start.len() + sha1crypt::DIGEST_CHARACTERS >= OUTPUT_BYTES {
        // It is written past the end of the output.
        return Attempt::Not(NotComputed::NotBuilt { scheme: SCHEME });
    }
    Question {
        scheme: SCHEME,
        parameters: &parameters,
        password,
        seconds: sha1crypt::seconds(number.value),
        claim: Claim::after_salt(field, salt_at, sha1crypt::DIGEST_CHARACTERS),
        decode: sha1crypt::decode,
        symbol: is_h64,
    }
    .made(work, start, || sha1crypt::digest(password, salt, number.value).to_vec(), sha1crypt::encode)
}

/// `$md5$` and `$md5,`
pub(super) fn sunmd5(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    const SCHEME: &str = "sunmd5";
    const PREFIX: usize = 5;
    if !matches!(field.get(PREFIX - 1), Some(b'$' | b',')) {
        return malformed(SCHEME, setting::part(field, PREFIX - 1));
    }
    let mut salt_at = PREFIX;
    let mut rounds = sunmd5::BASE_ROUNDS;
    if let Some(text) = field[PREFIX..].strip_prefix(sunmd5::ROUNDS) {
        let at = PREFIX + sunmd5::ROUNDS.len();
        let number = setting::strtoul(text);
        if !matches!(text.first(), Some(b'1'..=b'9')) || text.get(number.length) != Some(&b'$') {
            return malformed(SCHEME, setting::part(field, at));
        }
        let Ok(more) = u32::try_from(number.value) else {
            let at = Span::at(at as u64, number.length);
            return Attempt::refused(Some(SCHEME), Why::CostOutOfRange, Some(at));
        };
        rounds = rounds.wrapping_add(more);
        salt_at = at + number.length + 1;
    }
    let salt = setting::salt(field, salt_at, usize::MAX);
    if let Some(at) = setting::forbidden(field, salt_at, salt.len(), |byte| !is_h64(byte)) {
        return malformed(SCHEME, at);
    }
    // A `$` that is followed by another, or by nothing, belongs to the salt.
    let salt_end = salt_at + salt.len();
    let owns_dollar = matches!(field[salt_end..], [b'$'] | [b'$', b'$', ..]);
    let hashed = &field[..salt_end + usize::from(owns_dollar)];
    if hashed.len() + sunmd5::DIGEST_CHARACTERS + 2 > OUTPUT_BYTES {
        return too_long(SCHEME);
    }
    Question {
        scheme: SCHEME,
        parameters: hashed,
        password,
        seconds: sunmd5::seconds(rounds.into()),
        claim: Claim { field, at: hashed.len() + 1, characters: sunmd5::DIGEST_CHARACTERS },
        decode: sunmd5::decode,
        symbol: is_h64,
    }
    .made(work, [hashed, b"$"].concat(), || sunmd5::digest(password, hashed, rounds).to_vec(), sunmd5::encode)
}

/// `$3$`: whatever follows, the text is the same.
pub(crate) fn nt(field: &[u8], password: &[u8], work: &mut Work) -> Attempt {
    Question {
        scheme: "nt",
        parameters: b"",
        password,
        seconds: nt::SECONDS,
        claim: Claim { field, at: 4, characters: nt::DIGEST_CHARACTERS },
        decode: nt::decode,
        symbol: |byte| byte.is_ascii_hexdigit(),
    }
    .made(work, b"$3$$".to_vec(), || nt::digest(password).to_vec(), nt::encode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypt::Check;
    use crate::crypt::Libc;
    use crate::crypt::libxcrypt::V4_4_33;

    /// Where a field is malformed.
    fn malformed_at(field: &str) -> Option<(u64, u64)> {
        match V4_4_33.attempt(b"secret", field.as_bytes(), &mut Work::limited(1.0)) {
            Attempt::Refused(refusal) if refusal.mismatch.why == Why::Malformed => {
                refusal.mismatch.at.map(|at| (at.start, at.end))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_malformed_is_the_part_that_could_not_be_read() {
        for (field, at) in [
            ("$y$x$salt$", (3, 4)),
            ("$y$j75$sa-t$x", (7, 11)),
            ("$gy$j75$sa-t$x", (8, 12)),
            ("$sha1x", (5, 6)),
            ("$sha1$x$salt$", (6, 7)),
            ("$md5x$salt$", (4, 5)),
            ("$md5$rounds=x$salt$", (12, 13)),
        ] {
            assert_eq!(malformed_at(field), Some(at), "{field}");
        }
    }

    /// Each of the recorded answers for `secret`.
    #[test]
    fn the_digest_is_claimed_right_after_its_setting() {
        for field in
            [&b"$y$j75$salt$7AaIs0B9f0jwZeNZA4Sj0ZD7EbU9CAsq4yRR0uTeR04"[..], b"$md5$salt$$x9JwHJ/2xrjF./N71kQhu/"]
        {
            let assumed = V4_4_33.attempt(b"", field, &mut Work::assuming()).judge(field);
            assert_eq!(assumed.check, Check::Match, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn more_than_two_gibibytes_are_never_taken() {
        // scrypt with r = 1 takes 128 bytes for each of N, of p, and of two more: 2 GiB with p = 2²³ - 2, and more with one
        // more. Where hashes are only noted, nothing is computed.
        let noted = |p: u32| {
            let field = [&b"$7$"[..], &scrypt::write(23, 1, p, b"salt"), b"$"].concat();
            let mut attempt = None;
            Work::limited(f64::INFINITY).together(|work| attempt = Some(V4_4_33.attempt(b"secret", &field, work)));
            match attempt {
                Some(Attempt::Not(NotComputed::Impossible)) => true,
                Some(Attempt::Not(NotComputed::WorkLimit { .. })) => false,
                other => panic!("{other:?}"),
            }
        };
        assert!(noted((1 << 23) - 2));
        assert!(!noted((1 << 23) - 1));
    }

    #[test]
    fn memory_does_not_count_where_the_password_is_taken_to_be_right() {
        let setting = [&b"$7$"[..], &scrypt::write(24, 1, 1, b"salt"), b"$"].concat();
        let field = [&setting[..], b"GefjPQsl88PoS3r/IaUHOagnrzP5ymC8qz/Wkv2aNj9"].concat();
        let assumed = V4_4_33.attempt(b"", &field, &mut Work::assuming()).judge(&field);
        assert_eq!(assumed.check, Check::Match);
    }
}
