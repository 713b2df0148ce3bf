//! crypt(3) of each C library, held against what the library itself returned: `tests/vectors/crypt/`.

use std::collections::BTreeMap;

use why401::crypt::Crypted;
use why401::crypt::Libc;
use why401::crypt::Work;
use why401::crypt::freebsd;
use why401::crypt::glibc;
use why401::crypt::libxcrypt;
use why401::crypt::macos;
use why401::crypt::musl;

use crate::support;
use crate::support::escape::unescape;

/// Each recorded library, its personality, and how many rows need more work than is done here.
const LIBRARIES: &[(&str, &dyn Libc, usize)] = &[
    ("libxcrypt-4.4.33", &libxcrypt::V4_4_33, 1),
    ("libxcrypt-4.4.38-nullfail", &libxcrypt::V4_4_38_NULL, 0),
    ("libxcrypt-4.4.18", &libxcrypt::V4_4_18, 0),
    ("libxcrypt-4.4.10", &libxcrypt::V4_4_10, 0),
    ("musl-1.2.3", &musl::MUSL, 0),
    ("glibc-2.36-ufc", &glibc::FROM_2_17, 0),
    ("glibc-2.16-ufc", &glibc::UP_TO_2_16, 0),
    ("apple-libc-1725", &macos::MACOS, 7),
    ("freebsd-14", &freebsd::FREEBSD, 0),
];

/// Estimated seconds of the longest hash that is computed here.
const LIMIT: f64 = 1.0;

struct Question {
    password: Vec<u8>,
    setting: Vec<u8>,
    note: String,
}

fn rows(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(support::tests("vectors/crypt").join(format!("{name}.tsv"))).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with("# "));
    rows.map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn questions() -> BTreeMap<String, Question> {
    let question = |row: Vec<String>| {
        let bytes = |text: &str| unescape(text).unwrap();
        (row[0].clone(), Question { password: bytes(&row[1]), setting: bytes(&row[2]), note: row[3].clone() })
    };
    rows("questions").into_iter().map(question).collect()
}

#[test]
fn each_library_returns_what_it_was_recorded_to_return() {
    let questions = questions();
    // One for all: most rows are the same hash in every library.
    let mut work = Work::limited(LIMIT);
    let mut wrong = Vec::new();
    for (name, libc, beyond) in LIBRARIES {
        let mut undecided = 0;
        let answers = rows(name);
        for answer in &answers {
            let Question { password, setting, note } = &questions[&answer[0]];
            let computed = match libc.crypt(password, setting, &mut work) {
                Crypted::Text(text) => format!("={}", support::escape::escape(&text)),
                Crypted::Null(errno) => format!("NULL {}", errno.number),
                Crypted::Not(reason) => {
                    undecided += 1;
                    println!("{name} {}: {reason:?}", answer[0]);
                    continue;
                }
            };
            // Without an errno of its own the library leaves whatever was there.
            let is_left_alone = answer[1] == "NULL 0" && computed.starts_with("NULL");
            if computed != answer[1] && !is_left_alone {
                wrong.push(format!("{name} {} ({note}): {computed} for {}", answer[0], answer[1]));
            }
        }
        println!("{name}: {} rows, {undecided} of them not computed", answers.len());
        if undecided != *beyond {
            wrong.push(format!("{name}: {undecided} rows not computed instead of {beyond}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// FreeBSD's MD5, NT and SHA-2 were not recorded: their sources read settings as libxcrypt does, but refuse nothing.
#[test]
fn freebsd_returns_what_libxcrypt_returns_for_md5_nt_and_sha_2() {
    let questions = questions();
    let mut work = Work::limited(LIMIT);
    let mut compared = 0;
    for answer in rows("libxcrypt-4.4.33") {
        let Question { password, setting, note } = &questions[&answer[0]];
        let is_asked = [b"$1$", b"$3$", b"$5$", b"$6$"].iter().any(|magic| setting.starts_with(*magic));
        // A failure of libxcrypt's is a text of its own, and FreeBSD's NT reads 128 bytes of a password.
        let is_cut = setting.starts_with(b"$3$") && password.len() > 128;
        if !is_asked || is_cut || !answer[1].starts_with("=$") {
            continue;
        }
        let text = match freebsd::FREEBSD.crypt(password, setting, &mut work) {
            Crypted::Text(text) => text,
            // Too many rounds for a test.
            Crypted::Not(_) => continue,
            Crypted::Null(_) => panic!("{} ({note}) is refused", answer[0]),
        };
        assert_eq!(format!("={}", support::escape::escape(&text)), answer[1], "{} ({note})", answer[0]);
        compared += 1;
    }
    assert!(compared > 80, "only {compared} were compared");
}
