//! How each server checks a field: held against what the servers were recorded to answer, and against itself with the
//! password taken as right.

use why401::basic::base64;
use why401::crypt::Check;
use why401::crypt::Crypt;
use why401::crypt::Mismatch;
use why401::crypt::Why;
use why401::crypt::Work;
use why401::crypt::apr;
use why401::crypt::lighttpd;
use why401::crypt::nginx;

use crate::support::answer::Answer;
use crate::support::answer::Kind;
use crate::support::observed;
use crate::support::question::Question;

/// Servers that were recorded, and their dialects.
const RECORDED: &[(&str, &dyn Crypt)] = &[
    ("apache", &apr::LIBXCRYPT),
    ("nginx", &nginx::LIBXCRYPT),
    ("nginx/fedora", &nginx::LIBXCRYPT_NULL),
    ("nginx/musl", &nginx::MUSL),
    ("nginx/glibc", &nginx::GLIBC),
    ("nginx/glibc-2.16", &nginx::GLIBC_2_16),
    ("nginx/macos", &nginx::MACOS),
    ("lighttpd", &lighttpd::LIBXCRYPT),
];

/// All dialects.
const DIALECTS: &[(&str, &dyn Crypt)] = &[
    ("apache", &apr::LIBXCRYPT),
    ("apache/musl", &apr::MUSL),
    ("apache/glibc", &apr::GLIBC),
    ("nginx", &nginx::LIBXCRYPT),
    ("nginx/fedora", &nginx::LIBXCRYPT_NULL),
    ("nginx/libxcrypt-4.4.18", &nginx::LIBXCRYPT_4_4_18),
    ("nginx/libxcrypt-4.4.10", &nginx::LIBXCRYPT_4_4_10),
    ("nginx/musl", &nginx::MUSL),
    ("nginx/glibc", &nginx::GLIBC),
    ("nginx/glibc-2.16", &nginx::GLIBC_2_16),
    ("nginx/macos", &nginx::MACOS),
    ("nginx/freebsd", &nginx::FREEBSD),
    ("lighttpd", &lighttpd::LIBXCRYPT),
    ("lighttpd/musl", &lighttpd::MUSL),
];

/// The field and the password of a recorded row, where nothing but the check can have decided it: one plain line, and
/// credentials for its user.
fn plain_row(question: &Question) -> Option<(Vec<u8>, Vec<u8>)> {
    let lines = question.head.strip_prefix(b"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ")?;
    let token = lines.strip_suffix(b"\r\n\r\n")?;
    let credentials = base64::decode_padded(token, true)?;
    let (user, password) = why401::bytes::split_once(&credentials, b':')?;
    let field = question.file.bytes().strip_prefix(user)?.strip_prefix(b":")?.strip_suffix(b"\n")?;
    let plain = |byte: &u8| !matches!(byte, b'\n' | b'\r' | b':' | b'\0' | b' ' | b'\t' | b'\\');
    let usable = !user.is_empty() && user.iter().all(u8::is_ascii_alphanumeric) && token.len() < 4000;
    let usable = usable && field.len() < 1000 && field.iter().all(plain);
    usable.then(|| (field.to_vec(), password.to_vec()))
}

fn agrees(check: &Check, answer: &Answer) -> bool {
    matches!(
        (answer.kind, answer.status, check),
        (Kind::Accept, _, Check::Match)
            | (Kind::Reject, _, Check::Mismatch(_))
            | (Kind::Error, Some(500), Check::Fails(_))
            | (Kind::Error, None, Check::Crashes)
    )
}

#[test]
fn a_field_is_checked_as_its_server_was_recorded_to_check_it() {
    let files = observed::files();
    let mut wrong = Vec::new();
    for (server, dialect) in RECORDED {
        let (mut asked, mut undecided) = (0, 0);
        let mut work = Work::limited(10.0);
        for table in observed::all(&files).iter().filter(|table| table.server == *server) {
            for row in &table.rows {
                let Some((field, password)) = plain_row(&row.question) else { continue };
                asked += 1;
                let check = dialect.check(&field, &password, &mut work).check;
                if matches!(check, Check::Undecided(_)) {
                    undecided += 1;
                } else if !agrees(&check, &row.answer) {
                    wrong.push(format!("{server} {} ({}): {check:?} for {}", row.id, row.note, row.answer));
                }
            }
        }
        println!("{server}: {asked} fields, {undecided} of them undecided");
        assert!(asked > 50, "{server}: only {asked} fields");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The schemes of `tests/vectors/` that some dialect here knows.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "apr1", "md5crypt", "bcrypt", "sha256crypt", "sha512crypt", "sha1", "ssha", "descrypt", "bsdicrypt", "bigcrypt",
    "sha1crypt", "sunmd5", "nt", "yescrypt", "gost-yescrypt", "scrypt",
];

/// Known answers: password and field.
fn known_answers() -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut known = Vec::new();
    for scheme in KNOWN {
        let text = std::fs::read_to_string(crate::support::tests(&format!("vectors/{scheme}.tsv"))).unwrap();
        // Each is asked of all dialects in dozens of spellings, so every fourth will do.
        for line in text.lines().filter(|line| !line.starts_with('#')).step_by(4) {
            let columns: Vec<_> = line.split('\t').collect();
            let digits = columns[0].trim_matches('-');
            let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
            let password: Vec<u8> = (0..digits.len() / 2).map(byte).collect();
            // Users may type what they like, but a login has no NUL and libraries differ on long passwords.
            if password.len() <= 256 {
                known.push((password, columns[2].as_bytes().to_vec()));
            }
        }
    }
    known.push((b"secret".to_vec(), b"{PLAIN}secret".to_vec()));
    known
}

/// Other spellings of a field that keep its digest, or cut it: the right password stays the right one.
fn respelled(field: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = vec![field.to_vec()];
    for tail in [&b" "[..], b"x", b"\r", b"$", b"=", b"==", b"/", b"\xe9", b" # note"] {
        fields.push([field, tail].concat());
    }
    // bigcrypt cut by a whole block is another password's.
    for cut in (1..=field.len().min(30)).filter(|cut| cut % 11 != 0) {
        fields.push(field[..field.len() - cut].to_vec());
    }
    // Stray bits: the neighbours of the last character.
    if let Some((last, rest)) = field.split_last() {
        fields.extend(b"./0159AEMUaejoz".iter().filter(|byte| *byte != last).map(|byte| [rest, &[*byte]].concat()));
    }
    for (from, to) in [
        ("rounds=", "rounds=0"),
        ("rounds=", "rounds=+"),
        ("rounds=", "Rounds="),
        ("$2y$04", "$2y$4"),
        ("$2y$", "$2b$"),
        ("$2y$", "$2a$"),
        ("$2y$", "$2x$"),
        ("$2b$", "$2z$"),
        ("$2b$", "$2$"),
        ("{SHA}", "{SHA} "),
        ("{SHA}", "{sha}"),
        ("=", ""),
        ("$apr1$", "$APR1$"),
        ("$5$", "$5$rounds=5000$"),
        ("$6$", "$6$rounds=5000$"),
    ] {
        if let Some(at) = memchr::memmem::find(field, from.as_bytes()) {
            fields.push([&field[..at], to.as_bytes(), &field[at + from.len()..]].concat());
        }
    }
    fields
}

#[test]
fn assuming_the_right_password_gives_what_it_gives() {
    let (mut asked, mut matched) = (0, 0);
    let mut wrong = Vec::new();
    for (password, field) in known_answers() {
        let mut work = Work::limited(1.0);
        for field in respelled(&field) {
            for (name, dialect) in DIALECTS {
                let computed = dialect.check(&field, &password, &mut work);
                if matches!(computed.check, Check::Undecided(_)) {
                    continue;
                }
                let assumed = dialect.check(&field, &password, &mut Work::assuming());
                asked += 1;
                matched += usize::from(computed.check == Check::Match);
                let same_kind = std::mem::discriminant(&computed.check) == std::mem::discriminant(&assumed.check);
                // A changed character may be another password's digest: then the assumed one is right and this is not.
                let other_password = assumed.check == Check::Match
                    && matches!(computed.check, Check::Mismatch(Mismatch { why: Why::Digest | Why::Text, .. }));
                if !same_kind && !other_password {
                    let field = String::from_utf8_lossy(&field);
                    wrong.push(format!(
                        "{name} {field} {password:x?}: {:?}, assumed {:?}",
                        computed.check, assumed.check
                    ));
                }
            }
        }
    }
    println!("{asked} checks, {matched} of them a match");
    assert!(matched > 2000 && asked > 10 * matched, "{asked} checks, {matched} of them a match");
    assert!(wrong.is_empty(), "{} of {asked}:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
}

#[test]
fn one_entry_is_hashed_once_for_all_servers() {
    let entries: [(&[u8], &[u8]); 7] = [
        (b"secret", b"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"),
        (b"secret", b"$2a$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"),
        (b"secret", b"$apr1$abcdefgh$h9FWgUz3n9YxylKLlR5SQ/"),
        (b"secret", b"$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"),
        (b"secret", b"$5$rounds=1000$abcdefghijklmnop$FzYoqjtuN.mjYqssIob4upmoKbZEpkdQMtytZuqNN/6"),
        (b"secret", b"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="),
        (b"secret", b"abNANd1rDfiNc"),
    ];
    for (password, field) in entries {
        let mut work = Work::limited(10.0);
        for (name, dialect) in [DIALECTS[0], DIALECTS[3], DIALECTS[7], DIALECTS[12]] {
            let check = dialect.check(field, password, &mut work).check;
            assert_eq!(check, Check::Match, "{name} {}", String::from_utf8_lossy(field));
        }
        assert_eq!(work.computed(), 1, "{}", String::from_utf8_lossy(field));
    }
}

#[test]
fn fields_that_ask_for_hours_are_not_computed() {
    let hostile: [&[u8]; 15] = [
        b"$5$rounds=999999999$saltsalt$",
        b"$6$rounds=-1$saltsalt$",
        b"$6$rounds=99999999999999999999999999$saltsalt$",
        b"$2y$31$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
        b"$2b$19$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a",
        b"_zzzzzzzzabcdefghijk",
        b"$sha1$-1$salt$",
        b"$sha1$18446744073709551615$salt$",
        b"$md5,rounds=4294963199$salt$$",
        b"$y$jzzz$salt$",
        b"$y$jT5$abcdefghijklmnop$",
        b"$y$j9T.z.zzzzz$abcdefghijklmnop$",
        b"$gy$jT5$abcdefghijklmnop$",
        b"$7$Tzzzz.zzzz.salt$",
        b"$7$CU..../....salt$",
    ];
    let began = std::time::Instant::now();
    for field in hostile {
        for (_, dialect) in DIALECTS {
            let _ = dialect.check(field, b"secret", &mut Work::limited(0.001));
        }
    }
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
}

/// Pieces of which random fields are made.
const PIECES: &[&[u8]] = &[
    b"$1$",
    b"$apr1$",
    b"$2a$",
    b"$2b$",
    b"$2x$",
    b"$2y$",
    b"$2$",
    b"$5$",
    b"$6$",
    b"$3$",
    b"$y$",
    b"$gy$",
    b"$7$",
    b"$sha1",
    b"$md5",
    b"{SHA}",
    b"{SSHA}",
    b"{PLAIN}",
    b"_",
    b"$",
    b"$$",
    b"rounds=",
    b"1000",
    b"999999999",
    b"04$",
    b"31$",
    b"salt",
    b"abcdefghijklmnopqrstuv",
    b"5en6G6MezRroT3XKqkdPOmY/BfQ=",
    b"cHJi5PXp/ki/ktXzqlk6I1",
    b"=",
    b"*",
    b"!",
    b":",
    b" ",
    b"\0",
    b"\xff",
    b"-1",
    b"j9T",
    b"CU..../....",
    b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    b"ab",
    b"zz..",
];

#[test]
fn random_fields_never_panic_and_assuming_never_refuses_what_matches() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..3000 {
        let field: Vec<u8> = (0..random(7)).flat_map(|_| PIECES[random(PIECES.len())].to_vec()).collect();
        let password: &[u8] = [&b"secret"[..], b"", b"\xff\xff\xa3", b"longer than eight"][random(4)];
        let mut work = Work::limited(0.002);
        for (name, dialect) in DIALECTS {
            let computed = dialect.check(&field, password, &mut work).check;
            let assumed = dialect.check(&field, password, &mut Work::assuming()).check;
            let consistent = match (&computed, &assumed) {
                (Check::Match, assumed) => *assumed == Check::Match,
                (Check::Fails(a), Check::Fails(b)) => a == b,
                (Check::Crashes, assumed) => *assumed == Check::Crashes,
                (Check::Fails(_), _) | (_, Check::Fails(_) | Check::Crashes) => matches!(computed, Check::Undecided(_)),
                _ => true,
            };
            assert!(consistent, "{name} {}: {computed:?}, assumed {assumed:?}", field.escape_ascii());
        }
    }
}
