//! The real `htpasswd` and ours, side by side, and the recording of the real one.
//!
//! Compared are stdout, stderr, exit status, the file and its mode. Salts differ: where the two records differ, both have to be
//! hashes of one scheme and cost, and both have to verify. The differences that are meant (they stand in
//! `why401 htpasswd`'s manual) are expected as such, and no other is passed over. `WHY401_SEED` and `WHY401_CASES` choose the
//! random cases.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::Path;

use crate::driver::{find, number, say, skip, today};
use crate::rng::Rng;
use crate::support::htpasswd::{Setup, Stage, tables, write};

/// How many differences are shown.
const SHOWN: usize = 5;

#[test]
fn our_htpasswd_and_apaches_agree_on_random_command_lines() {
    let real = match find(&["htpasswd"]) {
        Ok(real) => real,
        Err(why) => return skip("htpasswd", &why),
    };
    let (seed, cases) = (number("WHY401_SEED", 401), number("WHY401_CASES", 2000));
    let stage = Stage::new("htpasswd-random");
    let ours = stage.program("ours", Path::new(env!("CARGO_BIN_EXE_why401")));
    let real = stage.program("real", &real);
    let mut different = Vec::new();
    let mut statuses = BTreeMap::<i32, usize>::new();
    for index in 0..cases {
        let setup = random(&mut Rng::new(seed, index));
        let theirs = stage.run(&setup, &real);
        let ours = stage.run(&setup, &ours);
        *statuses.entry(theirs.status).or_default() += 1;
        if let Err(what) = setup.compare(&theirs, &ours) {
            different.push(format!("case {index}: {what}\n{setup:?}\n  theirs: {theirs:?}\n  ours:   {ours:?}\n"));
        }
        if different.len() >= SHOWN {
            break;
        }
    }
    say(&format!("htpasswd: WHY401_SEED={seed} WHY401_CASES={cases}: statuses {statuses:?}"));
    assert!(different.is_empty(), "seed {seed}:\n{}", different.concat());
}

#[test]
fn the_real_htpasswd_does_what_is_recorded() {
    let real = match find(&["htpasswd"]) {
        Ok(real) => real,
        Err(why) => return skip("htpasswd", &why),
    };
    let stage = Stage::new("htpasswd-recorded");
    let program = stage.program("real", &real);
    let bless = std::env::var_os("WHY401_BLESS").is_some_and(|value| value == "1");
    let mut different = Vec::new();
    for (path, mut about, mut rows) in tables() {
        for row in &mut rows {
            let ran = stage.run(&row.setup, &program);
            if let Err(what) = row.setup.compare(&row.ran, &ran) {
                different.push(format!("{}: {what}\n  recorded: {:?}\n  now:      {ran:?}\n", row.about, row.ran));
                row.ran = ran;
            }
        }
        if bless && !different.is_empty() {
            about.retain(|line| !line.starts_with("# recorded:"));
            about.push(format!("# recorded: {}, from {} by tests/real", today(), real.display()));
            write(&path, &about, &rows);
            different.clear();
        }
    }
    assert!(different.is_empty(), "{}", different.concat());
}

const USERS: &[&[u8]] = &[
    b"alice",
    b"bob",
    b"a",
    b"a",
    b"a",
    b"",
    b" a",
    b"a ",
    b"#a",
    b"-u",
    b"-",
    b"--",
    b"a:b",
    b"zo\xc3\xa9",
    b"zo\xe9",
    b"alic",
    b"alice2",
    b"u\tv",
    b"\\",
    b"a\nb",
    b"a\rb",
];

const PASSWORDS: &[&[u8]] = &[
    b"p",
    b"p",
    b"secret",
    b"",
    b"12345678",
    b"123456789",
    b"p\xc3\xa4ss",
    b"p\xe4ss",
    b"a:b",
    b"a b",
    b"-x",
    b"\xff\xff",
    b"*0",
    b"p\tq",
];

/// Hashes of `p`, and other fields.
const FIELDS: &[&[u8]] = &[
    b"{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=",
    b"{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k=",
    b"$apr1$7LProNDd$E2oULlQ4vNbg5yh92THMk/",
    b"$2y$04$2r14jkxh38diVt9ICnY3VucGIx6aj78pbVw6m6FR4LLol0YNRCESW",
    b"$2y$03$2r14jkxh38diVt9ICnY3VucGIx6aj78pbVw6m6FR4LLol0YNRCESW",
    b"$2y$18$2r14jkxh38diVt9ICnY3VucGIx6aj78pbVw6m6FR4LLol0YNRCESW",
    b"$2a$04$short",
    b"$2y$04$2r14jkxh38diVt9ICnY3V:cGIx6aj78pbVw6m6FR4LLol0YNRCESW",
    b"$2y$04$2r14jkxh38diVt9ICnY3VzcGIx6aj78pbVw6m6FR4LLol0YNRCESW",
    b"$5$rounds=1000$8i2FaSXR9FOnhKxK$f6qI/fAjWyxuATVo68lAQ1xGEXwgZ50wRBRMDNOm3FA",
    b"x",
    b"*0",
    b"",
    b" ",
    b"p",
];

const FILES: &[&str] = &["f", "f", "f", "f", "f", "f", "link", "./f", "missing/f", "folder", "/dev/null", "-", ""];

/// Values of -C and -r that are quickly computed, or refused.
const NUMBERS: &[&[u8]] = &[
    b"4",
    b"5",
    b"6",
    b"04",
    b" 5",
    b"+5",
    b"-5",
    b"0",
    b"x",
    b"5x",
    b"",
    b"3",
    b"18",
    b"1000",
    b"1001",
    b"2000",
    b"5000",
    b"999",
    b"1",
    b"4294967300",
    b"4294967296",
    b"4294968296",
    b"2147483648",
    b"99999999999999999999",
    b"\t4",
    b"4 ",
    b"-",
    b"1000000000",
];

fn random(rng: &mut Rng) -> Setup {
    let user = match rng.below(20) {
        0 => vec![b'u'; 200 + rng.below(60)],
        1..=9 => b"a".to_vec(),
        _ => rng.text(USERS).to_vec(),
    };
    let password = if rng.chance(4) { vec![b'p'; 250 + rng.below(10)] } else { rng.text(PASSWORDS).to_vec() };
    let mut words = options(rng);
    let prints = words.iter().any(|word| word.starts_with(b"-") && word.contains(&b'n'));
    let given = words.iter().any(|word| word.starts_with(b"-") && word.contains(&b'b'));
    if !prints || rng.chance(3) {
        let long = vec![b'x'; 4094 + rng.below(4)];
        words.push(if rng.chance(1) { long } else { rng.pick(FILES).as_bytes().to_vec() });
    }
    words.push(user.clone());
    if given != rng.chance(3) {
        words.push(password.clone());
    }
    if rng.chance(3) {
        words.push(b"more".to_vec());
    }
    let stdin = stdin(rng, &password);
    let content = rng.chance(90).then(|| content(rng, &user));
    let mode = *rng.pick(&[0o644, 0o640, 0o600, 0o444, 0o666]);
    Setup { words: words.into_iter().map(OsString::from_vec).collect(), stdin, content, mode }
}

/// The words before the file.
fn options(rng: &mut Rng) -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut letters = Vec::new();
    if rng.chance(75) {
        letters.push(b'b');
    } else if rng.chance(70) {
        letters.push(b'i');
    }
    match rng.below(10) {
        0 => letters.push(b'c'),
        1 | 2 => letters.push(b'n'),
        3 => letters.push(b'D'),
        4 | 5 => letters.push(b'v'),
        _ => {}
    }
    letters.extend(rng.text(&[b"", b"m", b"s", b"s", b"d", b"p", b"B", b"2", b"5", b"ms", b"B2", b"sm"]));
    if rng.chance(6) {
        letters.extend(rng.text(&[b"c", b"n", b"D", b"v", b"b", b"i", b"z", b":", b"-", b"h", b"\xc3", b"cc", b"nn"]));
    }
    // In any order, and in one word or several.
    for at in (1..letters.len()).rev() {
        letters.swap(at, rng.below(at + 1));
    }
    let mut word = b"-".to_vec();
    for letter in letters {
        word.push(letter);
        if rng.chance(25) {
            words.push(std::mem::replace(&mut word, b"-".to_vec()));
        }
    }
    if rng.chance(25) {
        word.extend(rng.text(&[b"C", b"r"]));
        let number = rng.text(NUMBERS);
        if rng.chance(40) {
            word.extend(number);
        } else {
            words.push(std::mem::replace(&mut word, b"-".to_vec()));
            if rng.chance(97) {
                words.push(number.to_vec());
            }
        }
    }
    if word.len() > 1 {
        words.push(word);
    }
    if rng.chance(4) {
        words.push(rng.text(&[b"--", b"--help", b"-", b"--json"]).to_vec());
    }
    words
}

fn stdin(rng: &mut Rng, password: &[u8]) -> Vec<u8> {
    let end = rng.text(&[b"\n", b"\n", b"", b"\r\n", b"\n\n", b"\0\n"]);
    let first = [password, end].concat();
    match rng.below(6) {
        0 => Vec::new(),
        1 => first,
        2 => [&first[..], b"other\n"].concat(),
        3 => [b"p\0q", &first[..]].concat(),
        _ => [&first[..], &first[..]].concat(),
    }
}

/// A file of few lines, most of them as they should be.
fn content(rng: &mut Rng, user: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let tidy = rng.chance(40);
    for _ in 0..rng.below(6) {
        let name = if rng.chance(40) { user } else { rng.text(USERS) };
        let field = rng.text(FIELDS);
        let line = match if tidy { rng.below(4) } else { rng.below(20) } {
            0 => b"# a comment".to_vec(),
            4 => b"".to_vec(),
            5 => b"  # indented: comment".to_vec(),
            6 => [b" \t", name, b":", field].concat(),
            7 => [name, b"::", field].concat(),
            8 => [name, b":", field, b":more"].concat(),
            9 => [name, b":", field, b" "].concat(),
            10 => [name, b":", field, b"\0", name, b":x"].concat(),
            11 => [&vec![b'#'; 1 + rng.below(2)][..], &vec![b':'; 250 + rng.below(10)]].concat(),
            12 => [name, b":", &vec![b'x'; 245 + rng.below(300)]].concat(),
            13 => [&vec![b' '; 240 + rng.below(20)][..], name, b":", field].concat(),
            14 if rng.chance(30) => b"no colon".to_vec(),
            15 if rng.chance(30) => name.to_vec(),
            16 => [name, b" :", field].concat(),
            17 => [name, b":\r", field].concat(),
            18 => [b"\xef\xbb\xbf", name, b":", field].concat(),
            19 => [name, b":", field, b"\\"].concat(),
            _ => [name, b":", field].concat(),
        };
        content.extend(line);
        content.extend(if tidy { b"\n".as_slice() } else { rng.text(&[b"\n", b"\n", b"\n", b"\n", b"\r\n", b"\r"]) });
    }
    if rng.chance(15) {
        while content.last().is_some_and(|&byte| matches!(byte, b'\n' | b'\r')) {
            content.pop();
        }
    }
    content
}
