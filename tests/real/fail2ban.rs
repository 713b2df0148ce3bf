//! fail2ban's own programs and classes and our reading of its jails, filters and rule, side by side. It is never started.
//!
//! `WHY401_SEED` and `WHY401_CASES` choose the random lines and sequences.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use why401::log::Clock;
use why401::log::ban::jail;
use why401::log::ban::rule::{Counter, Limits};

use crate::driver::{find, number, say, skip};
use crate::rng::Rng;

const FOLDER: &str = "/etc/fail2ban";

/// Logs and the filters that read them.
const PAIRS: &[(&str, &str)] = &[
    ("apache-error_all.log", "apache-auth"),
    ("apache-error_http2_remote.log", "apache-auth"),
    ("apache-evasive_error.log", "apache-auth"),
    ("apache-ipv6_client_constructed.log", "apache-auth"),
    ("nginx-error.log", "nginx-http-auth"),
    ("nginx-error.log", "nginx-limit-req"),
    ("nginx-access.log", "traefik-auth"),
    ("lighttpd-error.log", "lighttpd-auth"),
    ("haproxy.log", "haproxy-http-auth"),
];

fn sample(name: &str) -> Vec<Vec<u8>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs").join(name);
    fs::read(path).unwrap().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
}

fn read(path: &Path) -> Option<Vec<u8>> {
    fs::read(path).ok()
}

fn clock() -> Clock {
    Clock::new(jiff::tz::TimeZone::UTC, 1_795_600_000_000_000)
}

type Counted = BTreeMap<(String, String), u32>;

/// The lines that `fail2ban-regex` counts, and against whom.
fn theirs(program: &Path, log: &Path, filter: &str) -> Counted {
    let mut words = vec!["--raw", "-e", "UTF-8", "-o", "<ip>\t<matches>"];
    words.extend([log.to_str().unwrap(), filter]);
    let output = Command::new(program).args(words).env("TZ", "UTC").env("PYTHONIOENCODING", "utf-8").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut counted = Counted::new();
    for row in String::from_utf8(output.stdout).unwrap().split_terminator('\n') {
        let (host, line) = row.split_once('\t').unwrap_or_else(|| panic!("{row}"));
        *counted.entry((host.to_owned(), line.to_owned())).or_default() += 1;
    }
    counted
}

fn ours(lines: &[Vec<u8>], filter: &str) -> Counted {
    let matcher = jail::matcher(filter, &[], (None, None), Path::new(FOLDER), &read).unwrap();
    let clock = clock();
    let mut counted = Counted::new();
    for line in lines {
        if let Some(hit) = matcher.hit(line, &clock) {
            *counted.entry((hit.host, String::from_utf8_lossy(line).into_owned())).or_default() += 1;
        }
    }
    counted
}

/// A line with some of its bytes behind the date changed, as servers' own words, other lines' words and any byte.
fn mutated(rng: &mut Rng, lines: &[Vec<u8>]) -> Vec<u8> {
    const WORDS: &[&[u8]] = &[
        b"user ",
        b"\"",
        b"'",
        b"`",
        b" not found: ",
        b"password mismatch",
        b"client ",
        b"[client 192.0.2.9:1]",
        b"client: 2001:db8::1",
        b"Password Mismatch",
        b"AH01617: ",
        b", ",
        b" IP: 192.0.2.7",
        b"401",
        b"[error]",
        b"[remote ",
        b"\xC3\xA9",
        b"\xE9",
        b"192.0.2.300",
        b"host.example",
        b" - ",
        b"denied by server configuration",
        b":443",
        b"::1",
        b"[",
        b"]",
        b" ",
        b"evasive",
    ];
    let mut line = rng.pick(lines).clone();
    let start = 30.min(line.len());
    for _ in 0..=rng.below(3) {
        let at = start + rng.below(line.len() - start + 1);
        match rng.below(4) {
            0 => {
                let end = (at + 1 + rng.below(12)).min(line.len());
                line.drain(at..end);
            }
            1 => {
                let word = rng.text(WORDS).to_vec();
                line.splice(at..at, word);
            }
            2 => {
                let other = rng.pick(lines).clone();
                let from = 30.min(other.len());
                let from = from + rng.below(other.len() - from + 1);
                line.truncate(at);
                line.extend_from_slice(&other[from..]);
            }
            _ => {
                if at < line.len() {
                    line[at] = u8::try_from(32 + rng.below(95)).unwrap();
                }
            }
        }
    }
    line
}

#[test]
fn the_lines_that_count_are_those_that_fail2ban_regex_counts() {
    let program = match find(&["fail2ban-regex"]) {
        Ok(program) => program,
        Err(why) => return skip("fail2ban", &why),
    };
    let (seed, cases) = (number("WHY401_SEED", 401), usize::try_from(number("WHY401_CASES", 400)).unwrap());
    let folder = std::env::temp_dir().join(format!("why401-fail2ban-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut told = String::new();
    for (index, (log, filter)) in PAIRS.iter().enumerate() {
        let real = sample(log);
        let mut rng = Rng::new(seed, index as u64);
        let mut lines = real.clone();
        lines.extend((0..cases).map(|_| mutated(&mut rng, &real)));
        let path = folder.join("log");
        let mut file = fs::File::create(&path).unwrap();
        for line in &lines {
            file.write_all(&[line, &b"\n"[..]].concat()).unwrap();
        }
        let (theirs, ours) = (theirs(&program, &path, filter), ours(&lines, filter));
        let differ: Vec<_> = theirs
            .iter()
            .map(|row| ("only theirs", row))
            .filter(|(_, (line, count))| ours.get(*line) != Some(count))
            .chain(
                ours.iter().map(|row| ("only ours", row)).filter(|(_, (line, count))| theirs.get(*line) != Some(count)),
            )
            .take(5)
            .collect();
        assert!(differ.is_empty(), "{log} {filter}, seed {seed}: {differ:#?}");
        told += &format!(" {filter} {}/{}", theirs.values().sum::<u32>(), lines.len());
    }
    fs::remove_dir_all(folder).unwrap();
    say(&format!("fail2ban-regex: WHY401_SEED={seed} WHY401_CASES={cases}: lines that count:{told}"));
}

#[test]
fn bans_are_those_of_fail2bans_own_classes() {
    if let Err(why) = find(&["fail2ban-regex"]) {
        return skip("fail2ban", &why);
    }
    let (seed, cases) = (number("WHY401_SEED", 401), number("WHY401_CASES", 3000));
    let mut rows = String::new();
    let mut ours = Vec::new();
    for index in 0..cases {
        let mut rng = Rng::new(seed, index);
        let limits = Limits {
            maxretry: 1 + rng.below(8) as u64,
            findtime: rng.pick(&[60.0, 600.0, 3600.0]).to_owned(),
            bantime: 600.0,
        };
        let mut counter = Counter::new(limits);
        let mut time = 1_795_500_000_000_000_i64;
        rows += &format!("{} {} {}", limits.maxretry, limits.findtime, limits.bantime);
        let mut bans = String::new();
        let widest = *rng.pick(&[5, 60, 200, 900, 4000]);
        for _ in 0..5 + rng.below(40) {
            time +=
                i64::try_from(rng.below(widest)).unwrap() * 1_000_000 + i64::try_from(rng.below(4)).unwrap() * 250_000;
            // A line out of order.
            let at = if rng.chance(5) { time - 7_000_000 } else { time };
            rows += &format!(" {}.{:06}", at / 1_000_000, at % 1_000_000);
            if let Some(ban) = counter.failure("192.0.2.1", at) {
                bans += &format!(" {}.{:06}", ban.start / 1_000_000, ban.start % 1_000_000);
            }
        }
        rows.push('\n');
        ours.push(bans.trim_start().to_owned());
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/real/fail2ban.py");
    let mut child =
        Command::new("/usr/bin/python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || pipe.write_all(rows.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let theirs: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(theirs.len(), ours.len());
    let bans = theirs.iter().map(|row| row.split(' ').filter(|word| !word.is_empty()).count()).sum::<usize>();
    let differ: Vec<_> =
        ours.iter().zip(&theirs).enumerate().filter(|(_, (ours, theirs))| ours != theirs).take(3).collect();
    assert!(differ.is_empty(), "seed {seed}: {differ:#?}");
    assert!(bans > 100);
    say(&format!("fail2ban: WHY401_SEED={seed} WHY401_CASES={cases}: {bans} bans"));
}

#[test]
fn jails_say_what_fail2ban_client_dumps() {
    let program = match find(&["fail2ban-client"]) {
        Ok(program) => program,
        Err(why) => return skip("fail2ban", &why),
    };
    let folder = std::env::temp_dir().join(format!("why401-jails-{}", std::process::id()));
    assert!(Command::new("cp").args(["-r", FOLDER]).arg(&folder).status().unwrap().success());
    let log = folder.join("error.log");
    fs::write(&log, "").unwrap();
    let local = format!(
        "[DEFAULT]\nmaxretry = 7\nfindtime = 1d 12h\n[sshd]\nenabled = false\n[nginx-http-auth]\nenabled = true\nlogpath = {0}\n\
         [apache-auth]\nenabled = yes\nbantime = 1w\nmaxretry = %(known/maxretry)s\nlogpath = {0}\n[apache-noscript]\nenabled=1\nlogpath={0}\n",
        log.display()
    );
    fs::write(folder.join("jail.local"), local).unwrap();
    fs::write(folder.join("jail.d/z.local"), "[apache-noscript]\nmaxretry = 2 ; once more\nbantime = -1\n").unwrap();
    let output = Command::new(program).arg("-c").arg(&folder).arg("-d").output().unwrap();
    let dump = String::from_utf8(output.stdout).unwrap();
    let ini = jail::read(&folder, &["defaults-debian.conf".to_owned(), "z.local".to_owned()], &read);
    let enabled: Vec<&str> = ini.sections().filter(|name| jail::is_enabled(&ini, name) == Ok(true)).collect();
    let added = |name: &str| dump.contains(&format!("['add', '{name}',"));
    assert!(ini.sections().all(|name| added(name) == enabled.contains(&name)), "{enabled:?}\n{dump}");
    assert_eq!(enabled.len(), 3);
    for name in enabled {
        let jail = jail::jail(&ini, name, &folder, &read).unwrap();
        let told = |option: &str| {
            let begin = format!("['set', '{name}', '{option}', ");
            let line =
                dump.lines().find_map(|line| line.strip_prefix(&begin)).unwrap_or_else(|| panic!("{option}\n{dump}"));
            line.trim_end_matches(']').trim_matches('\'').to_owned()
        };
        assert_eq!(told("maxretry"), jail.limits.maxretry.to_string(), "{name}");
        let seconds = |option: &str| why401::log::ban::rule::duration(&told(option)).unwrap();
        assert!((seconds("findtime") - jail.limits.findtime).abs() < 1e-9, "{name}");
        assert!((seconds("bantime") - jail.limits.bantime).abs() < 1e-9, "{name}");
        assert_eq!(jail.logs, [log.to_str().unwrap()], "{name}");
    }
    fs::remove_dir_all(folder).unwrap();
}
