//! Locked users, asked of the real servers: `why401 lock` keeps them out, whatever of the file they send, and `why401 unlock`
//! lets them in again.

use crate::driver::{DRIVERS, say, start};
use crate::support::answer::Kind;
use crate::support::question::{File, Question, head_for};
use crate::support::sandbox::Sandbox;
use why401::crypt::Work;
use why401::server;
use why401::trace::Verdict;

use crate::support::answer::decide;

/// `secret` as apache2-utils 2.4.71 hashes it; the first that a server takes is asked about.
const HASHES: &[&str] = &[
    "$2y$04$AoqQ5e88jnlgzP.YkbAD5.Tz.utIubFJ24UKFQHIdo9UIoHy9vypS",
    "$apr1$bagnYgYl$ub9G84HwG670AB1FmBmAE/",
    "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=",
    "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1",
];

fn question(file: &[u8], user: &str, password: &str) -> Question {
    Question { file: File::Bytes(file.to_vec()), head: head_for(user.as_bytes(), password.as_bytes()) }
}

#[test]
fn a_locked_user_is_refused_and_an_unlocked_one_let_in_by_every_server_here() {
    let mut asked = 0;
    for driver in DRIVERS {
        let name = driver.server;
        let Some(mut live) = start(name) else { continue };
        let emulator = server::find(name).unwrap();
        let file = |hash: &str| format!("alice:{hash}\nbob:{hash}\n").into_bytes();
        let is_taken = |hash: &&&str| {
            let decision = decide(emulator, &question(&file(hash), "alice", "secret"), &mut Work::limited(1.0));
            decision.verdict == Verdict::Granted
        };
        let hash = HASHES.iter().find(is_taken).unwrap_or_else(|| panic!("{name} takes none of the hashes"));
        let sandbox = Sandbox::with("f", file(hash));
        sandbox.run(&["lock", "f", "alice"]).expect(0);
        let locked = sandbox.read("f");
        sandbox.run(&["unlock", "f", "alice"]).expect(0);
        let unlocked = sandbox.read("f");
        assert_eq!(unlocked, file(hash));

        let comment = locked.split(|&byte| byte == b'\n').next().unwrap();
        let comment = std::str::from_utf8(comment).unwrap();
        let refused = [
            ("alice", "secret"),
            ("alice", *hash),
            ("alice", ""),
            ("# why401 lock alice", "secret"),
            (comment, "secret"),
            (comment, ""),
        ];
        let mut questions: Vec<_> = refused.iter().map(|(user, sent)| question(&locked, user, sent)).collect();
        questions.push(question(&locked, "bob", "secret"));
        questions.push(question(&unlocked, "alice", "secret"));
        let answers = live.ask(&questions);
        for (at, (user, sent)) in refused.iter().enumerate() {
            // h2o has an entry without hash for a line without colon, and fails on it.
            let is_kept_out = match *user {
                "alice" => answers[at].kind == Kind::Reject,
                _ => answers[at].kind != Kind::Accept,
            };
            assert!(is_kept_out, "{name}: {user} with {sent}: {}", answers[at]);
        }
        for answer in &answers[refused.len()..] {
            assert_eq!(answer.kind, Kind::Accept, "{name}: {answer}");
        }
        let statuses: Vec<_> = [&answers[0], &answers[refused.len()], &answers[refused.len() + 1]]
            .map(|answer| answer.status.map_or("-".to_owned(), |status| status.to_string()))
            .into();
        say(&format!(
            "{name} {}: locked {}, another {}, unlocked {}",
            live.version(),
            statuses[0],
            statuses[1],
            statuses[2]
        ));
        asked += 1;
    }
    say(&format!("{asked} servers asked about a locked user"));
}
