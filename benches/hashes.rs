//! Times the hash cores beside the C libraries': see `benches/README.md`.
//!
//! Each row is a batch of ours and a batch of the peer's in turn, many times over, in CPU time of the thread. What is
//! printed is the median of each and of their ratios, so that what else the machine does falls on both.

#![allow(clippy::print_stdout, reason = "a program")]

use std::hint::black_box;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;

use rustix::time::ClockId;
use why401::scheme;
use why401::scheme::bcrypt;

/// How often each row's batches are run.
const TURNS: usize = 21;

const PASSWORD: &[u8] = b"secret12";

/// A hash to time, ours and the peer's.
struct Row {
    name: &'static str,
    /// The ratio that must be kept and the one that is tried for; a dash where none is set.
    bounds: &'static str,
    /// What is asked of the peer: `crypt` or `apr`, and the setting.
    kind: &'static str,
    setting: &'static str,
    /// Number of hashes in a batch of the peer's.
    peers: u32,
    /// Number of hashes that one call of `ours` makes.
    per_call: u32,
    calls: u32,
    ours: fn(),
}

const SALT: &[u8; 16] =
    &[0x71, 0xd7, 0x9f, 0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7, 0xa2, 0x9a, 0xab, 0xb2, 0xdb, 0xaf, 0xc3];

const ROWS: &[Row] = &[
    Row {
        name: "bcrypt, cost 10",
        bounds: "1.10, 1.03",
        kind: "crypt",
        setting: "$2b$10$abcdefghijklmnopqrstuu",
        peers: 1,
        per_call: 1,
        calls: 1,
        ours: || bcrypts::<1>(10),
    },
    Row {
        name: "bcrypt, cost 12",
        bounds: "1.10, 1.03",
        kind: "crypt",
        setting: "$2b$12$abcdefghijklmnopqrstuu",
        peers: 1,
        per_call: 1,
        calls: 1,
        ours: || bcrypts::<1>(12),
    },
    Row {
        name: "bcrypt, cost 8, eight at once",
        bounds: "0.42, 0.38",
        kind: "crypt",
        setting: "$2b$08$abcdefghijklmnopqrstuu",
        peers: 4,
        per_call: 8,
        calls: 1,
        ours: || bcrypts::<8>(8),
    },
    Row {
        name: "bcrypt, cost 8, four at once",
        bounds: "–",
        kind: "crypt",
        setting: "$2b$08$abcdefghijklmnopqrstuu",
        peers: 4,
        per_call: 4,
        calls: 1,
        ours: || bcrypts::<4>(8),
    },
    Row {
        name: "apr1",
        bounds: "–",
        kind: "apr",
        setting: "abcdefgh",
        peers: 100,
        per_call: 1,
        calls: 100,
        ours: || _ = black_box(scheme::md5crypt::digest(b"$apr1$", b"abcdefgh", black_box(PASSWORD))),
    },
    Row {
        name: "apr1, eight at once",
        bounds: "0.40, 0.25",
        kind: "apr",
        setting: "abcdefgh",
        peers: 100,
        per_call: 8,
        calls: 20,
        ours: || md5crypts(b"$apr1$"),
    },
    Row {
        name: "md5crypt, eight at once",
        bounds: "0.40, 0.25",
        kind: "crypt",
        setting: "$1$abcdefgh$",
        peers: 100,
        per_call: 8,
        calls: 20,
        ours: || md5crypts(b"$1$"),
    },
    Row {
        name: "sha256crypt, 5000 rounds",
        bounds: "0.30, –",
        kind: "crypt",
        setting: "$5$abcdefghijklmnop$",
        peers: 10,
        per_call: 1,
        calls: 20,
        ours: || _ = black_box(scheme::sha256crypt::digest(5000, b"abcdefghijklmnop", black_box(PASSWORD))),
    },
    Row {
        name: "sha512crypt, 5000 rounds",
        bounds: "1.10, 0.85",
        kind: "crypt",
        setting: "$6$abcdefghijklmnop$",
        peers: 10,
        per_call: 1,
        calls: 10,
        ours: || _ = black_box(scheme::sha512crypt::digest(5000, b"abcdefghijklmnop", black_box(PASSWORD))),
    },
    Row {
        name: "descrypt",
        bounds: "–",
        kind: "crypt",
        setting: "ab",
        peers: 4000,
        per_call: 1,
        calls: 4000,
        ours: || _ = black_box(scheme::descrypt::digest(black_box(PASSWORD), 1234)),
    },
    Row {
        name: "bsdicrypt, count 725",
        bounds: "–",
        kind: "crypt",
        setting: "_J9..salt",
        peers: 100,
        per_call: 1,
        calls: 100,
        ours: || _ = black_box(scheme::bsdicrypt::digest(black_box(PASSWORD), 725, 1234)),
    },
    Row {
        name: "sunmd5, 4096 rounds",
        bounds: "–",
        kind: "crypt",
        setting: "$md5$abcdefgh$",
        peers: 2,
        per_call: 1,
        calls: 2,
        ours: || _ = black_box(scheme::sunmd5::digest(black_box(PASSWORD), b"$md5$abcdefgh$", 4096)),
    },
    Row {
        name: "sha1crypt, 10000 rounds",
        bounds: "–",
        kind: "crypt",
        setting: "$sha1$10000$abcdefgh$",
        peers: 2,
        per_call: 1,
        calls: 4,
        ours: || _ = black_box(scheme::sha1crypt::digest(black_box(PASSWORD), b"abcdefgh", 10_000)),
    },
    Row {
        name: "yescrypt, cost 5",
        bounds: "–",
        kind: "crypt",
        setting: "$y$j9T$abcdefghijklmnop",
        peers: 1,
        per_call: 1,
        calls: 1,
        ours: || yescrypt(b"j9T$abcdefghijklmnop"),
    },
    Row {
        name: "scrypt, cost 6",
        bounds: "–",
        kind: "crypt",
        setting: "$7$BU..../....abcdefghijklmnop",
        peers: 1,
        per_call: 1,
        calls: 1,
        ours: || scrypt(b"BU..../....abcdefghijklmnop"),
    },
];

fn bcrypts<const COUNT: usize>(cost: u8) {
    let keys: [_; COUNT] =
        std::array::from_fn(|at| bcrypt::Key::new(bcrypt::Variant::Plain, &[PASSWORD, &[b'a'; 8][..at]].concat()));
    if let [key] = &keys[..] {
        black_box(bcrypt::digest(cost, SALT, black_box(key)));
    } else {
        let asked: Vec<_> = keys.iter().map(|key| (SALT, key)).collect();
        black_box(bcrypt::digests(cost, black_box(&asked)));
    }
}

/// The candidates of a search differ in length by a byte or two.
fn md5crypts(magic: &[u8]) {
    let passwords: [_; 8] = std::array::from_fn(|at| [PASSWORD, &b"\r\n \n"[..at % 4]].concat());
    let asked: Vec<_> = passwords.iter().map(|password| (&b"abcdefgh"[..], &password[..])).collect();
    black_box(scheme::md5crypt::digests(magic, black_box(&asked)));
}

fn yescrypt(setting: &[u8]) {
    let setting = scheme::yescrypt::Setting::read(setting).expect("well formed");
    black_box(scheme::yescrypt::digest(black_box(PASSWORD), &setting.salt, &setting.parameters));
}

fn scrypt(setting: &[u8]) {
    let setting = scheme::scrypt::read(setting).expect("well formed");
    black_box(scheme::yescrypt::digest(black_box(PASSWORD), &setting.salt, &setting.parameters));
}

/// The C libraries, in a process of their own.
struct Peer {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(program: &str) -> std::io::Result<Self> {
        let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(questions), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::ErrorKind::BrokenPipe.into());
        };
        Ok(Self { child, questions, answers: BufReader::new(answers) })
    }

    /// Seconds of one of the peer's hashes.
    fn seconds(&mut self, row: &Row) -> f64 {
        let password = String::from_utf8_lossy(PASSWORD);
        let question = format!("{} {} {password} {}\n", row.kind, row.peers, row.setting);
        self.questions.write_all(question.as_bytes()).expect("the peer runs");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the peer runs");
        let (seconds, result) = answer.split_once(' ').expect("two words");
        assert!(!result.starts_with('*') && result.len() > 12, "{}: {result}", row.name);
        seconds.parse::<f64>().expect("a number") / f64::from(row.peers)
    }
}

/// Seconds of one of our hashes.
fn ours(row: &Row) -> f64 {
    let before = now();
    for _ in 0..row.calls {
        (row.ours)();
    }
    (now() - before) / f64::from(row.calls * row.per_call)
}

fn now() -> f64 {
    let time = rustix::time::clock_gettime(ClockId::ThreadCPUTime);
    f64::from(u32::try_from(time.tv_sec).unwrap_or(u32::MAX))
        + f64::from(u32::try_from(time.tv_nsec).unwrap_or(0)) * 1e-9
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() {
    let Ok(program) = std::env::var("WHY401_PEER") else {
        println!("SKIP: no peer to compare with; run benches/run");
        return;
    };
    let mut peer = Peer::start(&program).expect("the peer starts");
    let wanted: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    println!("| hash | peer, µs | ours, µs | ratio | must, goal |\n|---|---|---|---|---|");
    for row in ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|word| row.name.contains(word.as_str())))
    {
        let turns: Vec<_> = (0..TURNS).map(|_| (peer.seconds(row), ours(row))).collect();
        let peers = median(turns.iter().map(|turn| turn.0).collect());
        let ours = median(turns.iter().map(|turn| turn.1).collect());
        let ratio = median(turns.iter().map(|turn| turn.1 / turn.0).collect());
        println!("| {} | {:.1} | {:.1} | {ratio:.2} | {} |", row.name, peers * 1e6, ours * 1e6, row.bounds);
    }
    drop(peer.questions);
    let _ = peer.child.wait();
}
