//! crypt(3), asked with random settings: what a C library returns and its personality here must be the same, byte for
//! byte.
//!
//! This machine's libxcrypt is asked, and musl's where `WHY401_MUSL_SOURCE` names a folder with its source (Debian's
//! `musl-dev` comes without crypt), through the program of `tests/vectors/crypt/record.sh`.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use why401::crypt::Crypted;
use why401::crypt::Libc;
use why401::crypt::Work;
use why401::crypt::libxcrypt;
use why401::crypt::musl;

use crate::support::escape::escape;
use crate::support::tests;

/// How many settings are asked; `WHY401_RANDOM_CASES` says otherwise.
const SETTINGS: usize = 2000;

/// Estimated seconds beyond which a setting is not asked.
const LIMIT: f64 = 0.02;

/// Pieces of settings: prefixes, parameters, salts, digests, and what may stand wrongly anywhere.
const PIECES: &[&[u8]] = &[
    b"$1$",
    b"$2a$",
    b"$2b$",
    b"$2x$",
    b"$2y$",
    b"$2z$",
    b"$5$",
    b"$6$",
    b"$3$",
    b"$y$",
    b"$gy$",
    b"$7$",
    b"$sha1$",
    b"$sha1",
    b"$md5$",
    b"$md5,",
    b"_",
    b"$",
    b"$$",
    b"*",
    b"*0",
    b"rounds=",
    b"1000$",
    b"1001$",
    b"01000$",
    b"999$",
    b"5$",
    b"04$",
    b"05$",
    b"4$",
    b"salt",
    b"saltsalt",
    b"0123456789abcdef",
    b"abcdefghijklmnopqrstuu",
    b"abcdefghijklmnopqrstuv",
    b"j75$",
    b"j/5./$",
    b"/6./$",
    b".37./$",
    b"4/..../....",
    b"4.....",
    b"J9..",
    b"....",
    b"zz",
    b"..",
    b"x",
    b"-",
    b"+1",
    b":",
    b"!",
    b" ",
    b"\t",
    b"\xe9",
    b"\x7f",
    b"\\",
    b";",
    b"=",
    b"@",
    b"abNANd1rDfiNc",
    b"h9FWgUz3n9YxylKLlR5SQ/",
    b"\n",
];

#[test]
fn libxcrypt_agrees_on_random_settings() {
    let Some(program) = build("libxcrypt", &[]) else { return };
    if answers(&program, "a\tsecret\t$1$salt$ \t\n") == "a\t=*0\n" {
        compare("libxcrypt", &program, &libxcrypt::V4_4_33);
    } else {
        skip("libxcrypt", "not one from 4.4.25 on with failure tokens");
    }
}

#[test]
fn musl_agrees_on_random_settings() {
    let Ok(folder) = std::env::var("WHY401_MUSL_SOURCE") else {
        println!("SKIP musl: WHY401_MUSL_SOURCE does not name a folder with its source");
        return;
    };
    let Some(program) = build("musl", &["musl", &folder]) else { return };
    compare("musl", &program, &musl::MUSL);
}

fn compare(name: &str, program: &Program, libc: &dyn Libc) {
    let asked = std::env::var("WHY401_RANDOM_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(SETTINGS);
    let mut random = Random(0x5eed_0401);
    let mut work = Work::limited(LIMIT);
    let mut questions = Vec::new();
    while questions.len() < asked {
        let (password, setting) = (random.password(), random.setting());
        let ours = match libc.crypt(&password, &setting, &mut work) {
            Crypted::Text(text) => format!("={}", escape(&text)),
            Crypted::Null(errno) => format!("NULL {}", errno.number),
            Crypted::Not(_) => continue,
        };
        questions.push((password, setting, ours));
    }
    let mut table = String::new();
    for (at, (password, setting, _)) in questions.iter().enumerate() {
        let _ = writeln!(table, "{at}\t{}\t{}\t", escape(password), escape(setting));
    }
    let answers = answers(program, &table);
    assert_eq!(answers.lines().count(), questions.len(), "{name} has not answered all");
    let mut refused = 0;
    let mut wrong = Vec::new();
    for (line, (password, setting, ours)) in answers.lines().zip(&questions) {
        let theirs = line.split_once('\t').unwrap().1;
        refused += usize::from(theirs.starts_with("=*") || theirs.starts_with("NULL"));
        if theirs != ours {
            wrong.push(format!("{} {}: {ours}, the library {theirs}", escape(setting), escape(password)));
        }
    }
    println!("{name}: {} random settings, {refused} of them refused", questions.len());
    assert!((1..questions.len() * 9 / 10).contains(&refused), "{refused} refused");
    assert!(wrong.is_empty(), "{name}: {} different:\n{}", wrong.len(), wrong.join("\n"));
}

/// The program that asks a library, in a folder of its own that goes with it.
struct Program(PathBuf);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn build(name: &str, arguments: &[&str]) -> Option<Program> {
    let folder = Program(std::env::temp_dir().join(format!("why401-crypt-{name}-{}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    let script = tests("vectors/crypt/record.sh");
    let built = Command::new(script).arg("-o").arg(folder.0.join("record")).args(arguments).output();
    match built {
        Ok(output) if output.status.success() => return Some(folder),
        Ok(output) => skip(name, &String::from_utf8_lossy(&output.stderr)),
        Err(error) => skip(name, &error.to_string()),
    }
    None
}

fn skip(name: &str, why: &str) {
    assert!(std::env::var("WHY401_REQUIRE_SERVERS").is_err(), "{name} is required and can't be asked: {why}");
    println!("SKIP {name}: {why}");
}

/// What the library returns to a table of questions.
fn answers(program: &Program, questions: &str) -> String {
    let path = program.0.join("questions.tsv");
    std::fs::write(&path, questions).unwrap();
    let output = Command::new(program.0.join("record")).arg(&path).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// A small generator, the same at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a [u8]]) -> &'a [u8] {
        from[self.below(from.len())]
    }

    /// Any bytes but NUL, mostly short.
    fn password(&mut self) -> Vec<u8> {
        let length = match self.below(20) {
            0 => self.below(600),
            1..=4 => self.below(140),
            _ => self.below(20),
        };
        let wide = self.below(3) == 0;
        let byte = |random: &mut Self| u8::try_from(1 + random.below(if wide { 255 } else { 127 })).unwrap();
        (0..length).map(|_| byte(self)).collect()
    }

    /// A well-formed setting, pieces in any order, or a well-formed one with a piece put in.
    fn setting(&mut self) -> Vec<u8> {
        let forms: [&[&[&[u8]]]; 12] = [
            &[&[b"$1$"], &[b"salt", b"saltsalt", b"", b"saltsaltx"], &[b"$", b"", b"$h9FWgUz3n9YxylKLlR5SQ/"]],
            &[&[b"$2"], &[b"a", b"b", b"x", b"y"], &[b"$04$"], &[b"abcdefghijklmnopqrstuu", b"abcdefghijklmnopqrstuv"]],
            &[
                &[b"$5$"],
                &[b"", b"rounds=1000$", b"rounds=1001$", b"rounds=999$"],
                &[b"salt", b"0123456789abcdefg"],
                &[b"$", b""],
            ],
            &[
                &[b"$6$"],
                &[b"", b"rounds=1000$", b"rounds=5000$", b"rounds=01000$"],
                &[b"salt", b"0123456789abcdef"],
                &[b"$", b""],
            ],
            &[
                &[b"$y$", b"$gy$"],
                &[b"j75$", b".37./$", b"/6./$"],
                &[b"", b"abcdefgh", b"abcdefghijklmnop"],
                &[b"$", b""],
            ],
            &[&[b"$7$"], &[b"4/..../....", b"4/....0....", b"2./..../...."], &[b"salt", b"", b"sa$lt"], &[b"$", b""]],
            &[&[b"$sha1$"], &[b"1", b"10", b"+10", b"010", b""], &[b"$"], &[b"salt", b""], &[b"$", b""]],
            &[&[b"$md5$", b"$md5,"], &[b"", b"rounds=1$", b"rounds=10$"], &[b"salt", b""], &[b"", b"$", b"$$", b"$x"]],
            &[&[b"$3$"], &[b"", b"$", b"x"]],
            &[&[b"_"], &[b"J9..", b"....", b"/..."], &[b"salt", b"zzzz", b"sal"], &[b"", b"x"]],
            &[&[b"ab", b"..", b"zz", b"a", b"a-"], &[b"", b"...........", b"............", b"......................"]],
            &[&[b"", b"*", b"*0", b"*1", b"!", b"x"]],
        ];
        let mut setting: Vec<u8> = match self.below(4) {
            0 => (0..=self.below(5)).flat_map(|_| self.pick(PIECES).to_vec()).collect(),
            _ => forms[self.below(forms.len())].iter().flat_map(|part| self.pick(part).to_vec()).collect(),
        };
        if self.below(5) == 0 {
            let at = self.below(setting.len() + 1);
            let piece = self.pick(PIECES);
            setting.splice(at..at, piece.iter().copied());
        }
        setting
    }
}
