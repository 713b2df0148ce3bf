//! A decision by the index is the decision about the whole file, byte for byte: verdict, status, reason, log, entry and every step
//! of the trace, for every server, over random files with plain lines among odd ones.
//!
//! `WHY401_FILES` says how many random files are tried (150), `WHY401_SEED` which.

use why401::batch::{Indexed, Login, Memory, Request, Users};
use why401::crypt::Work;
use why401::server::{Decision, Inputs, SERVERS};
use why401::trace::Verdict;

use crate::grammar::Grammar;
use crate::rng::Rng;
use crate::support::question::{File, head_for};

/// Seconds of estimated work for one hash.
const LIMIT: f64 = 0.002;

const HASHES: &[&str] = &[
    "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    "$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS",
    "$2a$10$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS",
    "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/",
];

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// A file of plain lines, with the lines of `odd` among them, whole or cut in two.
fn file(rng: &mut Rng, odd: &[u8]) -> Vec<u8> {
    let kinds = 1 + rng.below(3);
    let hashes: Vec<&str> = (0..kinds).map(|_| *rng.pick(HASHES)).collect();
    let end = if rng.chance(15) { "\r\n" } else { "\n" };
    let plain = |rng: &mut Rng, at: usize| {
        let user = if rng.chance(4) {
            "alice".to_owned()
        } else if rng.chance(3) {
            "U7".to_owned()
        } else if rng.chance(6) {
            // Whom nobody asks for.
            "Twin".to_owned()
        } else {
            format!("u{at}")
        };
        format!("{user}:{}{end}", rng.pick(&hashes)).into_bytes()
    };
    let (many, cut) = (3 + rng.below(12), rng.below(odd.len() + 1));
    let mut file: Vec<u8> = (0..many).flat_map(|at| plain(rng, at)).collect();
    if rng.chance(70) {
        file.extend_from_slice(&odd[..cut]);
        if rng.chance(50) && !file.ends_with(b"\n") {
            file.push(b'\n');
        }
        file.extend((many..many + 8).flat_map(|at| plain(rng, at)));
        file.extend_from_slice(&odd[cut..]);
        if !file.ends_with(b"\n") && rng.chance(50) {
            file.push(b'\n');
        }
        file.extend((many + 8..many + 12).flat_map(|at| plain(rng, at)));
    }
    if rng.chance(10) {
        file.pop();
    }
    file
}

#[test]
fn a_decision_by_the_index_is_the_decision_about_the_whole_file() {
    let (files, seed) = (number("WHY401_FILES", 150), number("WHY401_SEED", 401));
    let grammars = [Grammar::new(), Grammar::new().calm(&["$2y$", "$apr1$", "{SHA}"])];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run = |first: usize| {
        let (mut wrong, mut short, mut granted, mut decisions) = (Vec::new(), 0, 0, 0);
        for index in (first as u64..files).step_by(threads) {
            let mut rng = Rng::new(seed, index);
            let question = grammars[usize::from(index % 2 > 0)].question(&mut rng);
            let odd = if let File::Bytes(bytes) = &question.file { &bytes[..] } else { b"" };
            let bytes = file(&mut rng, odd);
            let lines = bytes.split_inclusive(|&byte| byte == b'\n').count() as u64;
            let Ok(of_all) = Indexed::new(bytes.clone()) else { continue };
            short += u64::from(of_all.kept() < lines);
            let mut memories = [Memory::default(), Memory::default()];
            let mut work = Work::limited(LIMIT);
            let heads = [
                (question.head.clone(), &b"alice"[..]),
                (head_for(b"alice", b"secret"), b"alice"),
                (head_for(b"u3", b"secret"), b"u3"),
                (head_for(b"u5", b"wrong"), b""),
                (head_for(b"U7", b"secret"), b"u7"),
                (head_for(b"u20", b"secret"), b"other"),
                (head_for(b"nobody", b"secret"), b"nobody"),
            ];
            // Of the users that are asked for, and that a server makes of a request, some are known beforehand.
            let known = &heads[..rng.below(heads.len() + 1)];
            let users = Users::of(known.iter().map(|(_, user)| *user), heads.len());
            let fill = |at: usize, part: &mut [u8]| {
                part.copy_from_slice(&bytes[at..at + part.len()]);
                Ok(())
            };
            let Ok(Ok(of_few)) = Indexed::reading(bytes.len(), rng.chance(90).then_some(users), 1, &fill) else {
                panic!("there is one of all")
            };
            for (head, user) in &heads {
                for (server, few) in SERVERS.iter().flat_map(|server| [(server, false), (server, true)]) {
                    let indexed = if few { &of_few } else { &of_all };
                    let mut ask = |trace| {
                        let request = Request { head, path: b"FILE", uri: b"/", user, trace };
                        indexed.decide(*server, request, &mut work, &mut memories[usize::from(few)])
                    };
                    let (quick, by_index) = (ask(false), ask(true));
                    let inputs = Inputs { head, path: b"FILE", file: &&bytes[..], uri: b"/" };
                    let plain = server.decide(&inputs, &mut work);
                    decisions += 1;
                    granted += u64::from(plain.verdict == Verdict::Granted);
                    let is_same = by_index == plain && Decision { trace: plain.trace.clone(), ..quick } == plain;
                    if !is_same && wrong.len() < 5 {
                        let steps = |decision: &Decision| decision.trace.iter().cloned().collect::<Vec<_>>();
                        let (ours, theirs) = (steps(&by_index), steps(&plain));
                        let step = ours.iter().zip(&theirs).find(|(one, other)| one != other);
                        wrong.push(format!(
                            "{index} {} {few} {}\n  {}\n  {:?} {:?} {} steps\n  {:?} {:?} {} steps\n  {step:?}\n",
                            server.info().name,
                            head.escape_ascii(),
                            bytes.escape_ascii(),
                            by_index.verdict,
                            by_index.entry,
                            ours.len(),
                            plain.verdict,
                            plain.entry,
                            theirs.len(),
                        ));
                    }
                }
            }
        }
        (wrong, [short, granted, decisions])
    };
    let found: Vec<(Vec<String>, [u64; 3])> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let [short, granted, decisions] =
        found.iter().fold([0; 3], |sum, (_, counts)| std::array::from_fn(|at| sum[at] + counts[at]));
    let wrong: Vec<String> = found.into_iter().flat_map(|(wrong, _)| wrong).collect();
    println!("{files} files, {short} of them cut; {decisions} decisions, {granted} granted");
    assert!(short * 2 > files, "{short} of {files}");
    assert!(granted * 20 > decisions, "{granted} of {decisions}");
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

/// A file of plain lines alone, some with a comment, and logins of its users: many of them are alike.
#[test]
fn the_answer_to_a_login_that_is_like_another_is_its_own() {
    const SECRET: &str = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
    const OTHER: &str = "{SHA}iEPX+SQWIR3p67lj/0zigSWTKHg=";
    let (mut decisions, mut granted, mut borrowed) = (0, 0, 0);
    for index in 0..number("WHY401_FILES", 150).div_ceil(10) {
        let mut rng = Rng::new(number("WHY401_SEED", 401) ^ 1, index);
        let end = if rng.chance(20) { "\r\n" } else { "\n" };
        let users: Vec<String> = (0..60)
            .map(|at| match rng.below(12) {
                0 => format!("User{at}"),
                1 => format!("a.{at}@b"),
                2 => at.to_string(),
                3 => format!("user{at:05}"),
                _ => format!("u{at:02}"),
            })
            .collect();
        let (mut file, has_comments) = (String::new(), rng.chance(10));
        for user in &users {
            let hash = match rng.below(20) {
                0 => HASHES[2],
                1..8 => OTHER,
                _ => SECRET,
            };
            file += &format!("{user}:{hash}{end}");
            if has_comments && rng.chance(10) {
                file += "# comment\n";
            }
        }
        let file = file.as_bytes();
        let fill = |at: usize, part: &mut [u8]| {
            part.copy_from_slice(&file[at..at + part.len()]);
            Ok(())
        };
        let asked = Users::of(users.iter().map(String::as_bytes), users.len());
        let Ok(Ok(few)) = Indexed::reading(file.len(), rng.chance(70).then_some(asked), 2, &fill) else { panic!() };
        let (mut memory, mut work) = (Memory::default(), Work::limited(LIMIT).remembering_from(LIMIT / 100.0));
        for user in &users {
            let passwords: [&[u8]; 7] = [b"secret", b"secret", b"wrong!", b"foobar", b"foo>bar", b"", b"other"];
            let password = *rng.pick(&passwords);
            let user = user.as_bytes();
            let head = head_for(user, password);
            for server in SERVERS {
                let login = Login { user, password, path: b"FILE", uri: b"/", trace: false };
                let answer = few.answer(*server, login, &mut work, &mut memory);
                let is_borrowed = matches!(answer, std::borrow::Cow::Borrowed(_));
                let inputs = Inputs { head: &head, path: b"FILE", file: &file, uri: b"/" };
                let plain = server.decide(&inputs, &mut work);
                let answer = Decision { trace: plain.trace.clone(), ..answer.into_owned() };
                assert_eq!(answer, plain, "{index} {} {}", server.info().name, user.escape_ascii());
                decisions += 1;
                granted += u64::from(plain.verdict == Verdict::Granted);
                borrowed += u64::from(is_borrowed);
            }
        }
    }
    println!("{decisions} logins, {granted} granted, {borrowed} by another's answer");
    assert!(granted * 10 > decisions && borrowed * 5 > decisions, "{decisions} {granted} {borrowed}");
}
