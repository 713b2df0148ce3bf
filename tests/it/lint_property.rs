//! Mending a file makes no login that works stop working, on any server, and leaves nothing safe to mend.
//!
//! `WHY401_FILES` says how many random files are tried (300), `WHY401_SEED` which.

use why401::crypt::Work;
use why401::fault::Grade;
use why401::htpasswd;
use why401::lint::{Demands, Linter, Thresholds, mended};
use why401::server::{SERVERS, Server};
use why401::trace::{Cite, Step};

use crate::grammar::Grammar;
use crate::rng::Rng;
use crate::support::answer::decide;
use crate::support::question::{File, Question};

/// Seconds of estimated work for one hash.
const LIMIT: f64 = 0.02;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// The servers that let the user in, by name. Left out are those that read a name that begins with a byte order mark: only a
/// client that sends the mark with the name reaches such an entry, see `explain byte-order-mark`.
fn granting(question: &Question, work: &mut Work) -> Vec<&'static str> {
    let mut lets_in = |server: &dyn Server| {
        let decision = decide(server, question, work);
        let has_mark = |(step, _): &(Step, Cite)| match step {
            Step::Decoded { user, .. } => user.starts_with(b"\xEF\xBB\xBF"),
            _ => false,
        };
        decision.verdict.lets_in() && !decision.trace.iter().any(has_mark)
    };
    SERVERS.iter().filter(|server| lets_in(**server)).map(|server| server.info().name).collect()
}

fn check(question: &Question) -> Result<usize, String> {
    let File::Bytes(file) = &question.file else { return Ok(0) };
    let thresholds = Thresholds::default();
    let demands = Demands { servers: &SERVERS[..1], thresholds: &thresholds };
    let (made, fixed) = mended(file, &demands, |_, grade| grade == Grade::Safe);
    let mut linter = Linter::new(&demands);
    for line in htpasswd::lines(&made) {
        linter.line(&line);
    }
    let left = linter.finish(None);
    if let Some(finding) = left.iter().find(|left| left.mend.as_ref().is_some_and(|mend| mend.grade == Grade::Safe)) {
        return Err(format!("{} on line {} is left", finding.code.name, finding.line));
    }
    if fixed.is_empty() {
        return Ok(fixed.len());
    }
    let mut work = Work::limited(LIMIT);
    let before = granting(question, &mut work);
    let after = granting(&Question { file: File::Bytes(made.clone()), ..question.clone() }, &mut work);
    match before.iter().find(|server| !after.contains(server)) {
        None => Ok(fixed.len()),
        Some(server) => {
            let codes: Vec<_> = fixed.iter().map(|finding| finding.code.name).collect();
            Err(format!("{server} no longer lets the user in after {codes:?}\n  {}", made.escape_ascii()))
        }
    }
}

/// Seed and number of files that were mended wrongly once.
const KEPT: &[(u64, u64)] = &[(2, 837), (5, 964)];

#[test]
fn files_that_were_mended_wrongly_once_are_mended_well() {
    let grammar = Grammar::new();
    for (seed, index) in KEPT {
        check(&grammar.question(&mut Rng::new(*seed, *index))).unwrap();
    }
}

#[test]
fn mending_what_is_safe_takes_no_login_away_and_leaves_nothing_safe() {
    let (files, seed) = (number("WHY401_FILES", 300), number("WHY401_SEED", 401));
    let grammar = Grammar::new();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run = |first: usize| {
        let (mut wrong, mut fixed) = (Vec::new(), 0);
        for index in (first as u64..files).step_by(threads) {
            let question = grammar.question(&mut Rng::new(seed, index));
            match check(&question) {
                Ok(count) => fixed += u64::from(count > 0),
                Err(why) => wrong.push(format!("{index}: {question}\n  {why}\n")),
            }
        }
        (wrong, fixed)
    };
    let found: Vec<(Vec<String>, u64)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let fixed: u64 = found.iter().map(|(_, fixed)| fixed).sum();
    let wrong: Vec<String> = found.into_iter().flat_map(|(wrong, _)| wrong).collect();
    println!("{files} files, {fixed} of them mended");
    assert!(fixed * 10 > files, "only {fixed} of {files} files had something safe to mend");
    assert!(wrong.is_empty(), "{} of {files}:\n{}", wrong.len(), wrong[..wrong.len().min(8)].concat());
}
