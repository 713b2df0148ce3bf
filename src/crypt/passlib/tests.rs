//! What passlib raises, in its own words, and what it takes.

use super::*;

fn raises(field: &[u8]) -> Option<String> {
    HtpasswdContext::verify(field, b"secret", &mut Work::limited(10.0)).err().map(|raised| raised.text)
}

#[test]
fn numbers_are_read_as_python_reads_them() {
    for (text, number) in [
        ("5", Some(5)),
        (" +1_000\t", Some(1000)),
        ("-5", Some(-5)),
        ("1__0", None),
        ("_1", None),
        ("1_", None),
        ("", None),
    ] {
        assert_eq!(int(text.as_bytes()), number, "{text:?}");
    }
}

#[test]
fn what_has_a_known_prefix_and_not_its_form_raises() {
    assert_eq!(
        raises(b"$apr1$x").as_deref(),
        Some("expected apr_md5_crypt hash, got apr_md5_crypt config string instead")
    );
    assert_eq!(raises(b"$apr1$x$y$z").as_deref(), Some("malformed apr_md5_crypt hash"));
    assert_eq!(raises(b"$2x$05$").as_deref(), Some("crypt_blowfish's buggy '2x' hashes are not currently supported"));
    assert_eq!(raises(b"$2y$5$").as_deref(), Some("malformed bcrypt hash (malformed cost field)"));
    assert_eq!(
        raises(b"$6$rounds=999$x$").as_deref(),
        Some("expected sha512_crypt hash, got sha512_crypt config string instead")
    );
    assert_eq!(raises(b"ab").as_deref(), Some("expected des_crypt hash, got des_crypt config string instead"));
    assert_eq!(raises(b"{SHA}*").as_deref(), Some("invalid characters in ldap_sha1 checksum"));
}

/// Words of passlib 1.7.4, the same in libpass 1.9.4.
#[test]
fn an_error_names_the_bytes_that_it_is_about() {
    let b = |count: usize| "b".repeat(count);
    let malformed = "malformed sha256_crypt hash";
    let config = "expected sha256_crypt hash, got sha256_crypt config string instead";
    let length = "malformed sha256_crypt hash (checksum must be exactly 43 chars)";
    for (field, why, (start, end), text) in [
        (format!("$5$rounds=0$x${}", b(42)), Why::TooShort, (14, 56), length),
        (format!("$5$x${}", b(44)), Why::TrailingBytes, (5, 49), length),
        (format!("$5$a-${}", b(43)), Why::Malformed, (4, 5), "invalid characters in sha256_crypt salt"),
        (format!("$5$a$b-{}", b(41)), Why::Malformed, (6, 7), "invalid characters in sha256_crypt checksum"),
        (
            format!("$5${}${}", "a".repeat(17), b(43)),
            Why::Malformed,
            (3, 20),
            "salt too large (sha256_crypt requires <= 16 chars)",
        ),
        ("$5$rounds=01$x$y".into(), Why::Malformed, (10, 12), "malformed sha256_crypt hash (zero-padded rounds)"),
        ("$5$rounds=$x".into(), Why::Malformed, (10, 10), "invalid literal for int() with base 10: ''"),
        ("$5$rounds=1000".into(), Why::TooShort, (14, 14), malformed),
        ("$5$rounds=1000$x$y$z".into(), Why::Malformed, (16, 20), malformed),
        ("$5$rounds=1000$".into(), Why::TooShort, (15, 15), config),
        ("$5$rounds=1000000000$".into(), Why::TooShort, (21, 21), config),
        (format!("$5${}$", "a".repeat(17)), Why::TooShort, (21, 21), config),
        (
            format!("$5$rounds=1000000000$x${}", b(43)),
            Why::CostOutOfRange,
            (10, 20),
            "sha256_crypt: rounds (1000000000) is too large, cannot be more than 999999999",
        ),
        ("$apr1$x$y$z".into(), Why::Malformed, (7, 11), "malformed apr_md5_crypt hash"),
        (
            format!("$apr1${}", "a".repeat(9)),
            Why::Malformed,
            (6, 15),
            "salt too large (apr_md5_crypt requires <= 8 chars)",
        ),
        (
            format!("$2y$05${}", "a".repeat(21)),
            Why::Malformed,
            (7, 28),
            "salt too small (bcrypt requires exactly 22 chars)",
        ),
    ] {
        let raised = HtpasswdContext::verify(field.as_bytes(), b"secret", &mut Work::limited(10.0)).unwrap_err();
        let at = raised.at.map(|at| (at.start, at.end));
        assert_eq!((raised.why, at, raised.text.as_str()), (why, Some((start, end)), text), "{field}");
    }
}

#[test]
fn the_most_rounds_are_999999999() {
    let field = format!("$5$rounds=999999999$x${}", "b".repeat(43));
    let checked = HtpasswdContext::verify(field.as_bytes(), b"secret", &mut Work::limited(1.0)).unwrap();
    assert!(matches!(checked.check, Check::Undecided(_)));
}

#[test]
fn a_known_prefix_before_bytes_beyond_ascii_raises() {
    let text = "'ascii' codec can't decode byte 0xe9 in position 6: ordinal not in range(128)";
    assert_eq!(raises(b"$apr1$\xe9$bbbbbbbbbbbbbbbbbbbbbb").as_deref(), Some(text));
}

#[test]
fn a_password_has_4096_characters_at_most() {
    for (letter, count, expected) in [
        ("x", 4096, Ok(Check::Match)),
        ("x", 4097, Err("password exceeds maximum allowed size".to_owned())),
        ("\u{e9}", 4096, Ok(Check::Match)),
    ] {
        let text = letter.repeat(count);
        let verified = HtpasswdContext::verify(text.as_bytes(), text.as_bytes(), &mut Work::limited(1.0));
        let answer = verified.map(|checked| checked.check).map_err(|raised| raised.text);
        assert_eq!(answer, expected, "{count} {letter}");
    }
}

#[test]
fn a_password_is_repeated_for_the_oldest_bcrypt_unless_it_is_empty() {
    for (password, field) in [
        (&b""[..], &b"$2$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq"[..]),
        (b"secret", b"$2$04$abcdefghijklmnopqrstuum8SamnsZEN6jLb0pYQWUTXZXnUsY722"),
    ] {
        let checked = HtpasswdContext::verify(field, password, &mut Work::limited(1.0));
        assert_eq!(checked.map(|checked| checked.check), Ok(Check::Match), "{}", field.escape_ascii());
    }
}

#[test]
fn what_no_handler_knows_is_the_password_itself() {
    for field in [&b"$1$abc$def"[..], b"$2z$05$x", b"{SSHA}x", b"secret", b"", b"$argon2id$x"] {
        let checked = HtpasswdContext::verify(field, field, &mut Work::limited(10.0));
        assert_eq!(checked.map(|checked| checked.check), Ok(Check::Match), "{}", field.escape_ascii());
    }
}
