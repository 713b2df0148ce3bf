//! Setting and removing a user leaves what every server answers to the others.
//!
//! `WHY401_FILES` says how many random files are tried (200), `WHY401_SEED` which. Left out are files with what the model says it
//! does not put together: text that runs on into the next line, NULs, carriage returns inside a line or
//! at the end, lines that are too long for some server.

use why401::crypt::Work;
use why401::htpasswd::{self, Kind};
use why401::server::{Inputs, SERVERS, Server};
use why401::trace::Verdict;

use crate::grammar::Grammar;
use crate::rng::Rng;
use crate::support::question::{File, head_for};

/// `htpasswd -bB`, password `secret`.
const FIELD: &[u8] = b"$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

fn verdict(server: &dyn Server, file: &[u8], user: &[u8]) -> Verdict {
    let head = head_for(user, b"right password");
    server.decide(&Inputs { head: &head, path: b"FILE", file: &file, uri: b"/" }, &mut Work::assuming()).verdict
}

fn is_beyond_the_model(file: &[u8]) -> bool {
    // A carriage return at the very end is half a line end, which an entry behind it completes.
    let is_half_ended = file.ends_with(b"\r");
    is_half_ended
        || htpasswd::lines(file).any(|line| {
            let text = line.text();
            // Servers cut longer lines, each at a place of its own.
            let is_long = text.len() > 1000;
            is_long
                || (text.ends_with(b"\\") && line.kind() != Kind::Comment)
                || text.iter().any(|&byte| byte == 0 || byte == b'\r')
        })
}

/// The first server that another user is answered differently by after the edit.
fn changed(before: &[u8], after: &[u8], user: &[u8]) -> Result<u64, String> {
    let alone = [user, b":", FIELD, b"\n"].concat();
    let mut asked = 0;
    for other in [&b"alice"[..], b"bob", b"carol", b"dave", b"erin", b"Alice", b"al", b"#alice"] {
        if other == user {
            continue;
        }
        for server in SERVERS {
            let (was, is) = (verdict(*server, before, other), verdict(*server, after, other));
            // It refuses the whole file for a line of it: that line may come or go with the edit.
            let is_whole = |verdict| matches!(verdict, Verdict::RefusedToStart | Verdict::Failed | Verdict::Undecided);
            let refuses_new = is_whole(verdict(*server, &alone, user));
            let name = server.info().name;
            let is_excused = match name {
                // It takes the file for one entry, so that each further line makes another of it.
                "static-web-server" => true,
                // Lines with more or fewer colons than the first make those of rclone refuse the file; oauth2-proxy does not start
                // with a file in which no entry is of its schemes.
                "rclone" | "rclone@1.60" | "rest-server" | "oauth2-proxy" => is_whole(is),
                _ => false,
            };
            if was == is || is_whole(was) || (is_whole(is) && refuses_new) || is_excused {
                asked += u64::from(was == is && was.lets_in());
                continue;
            }
            let (other, user) = (other.escape_ascii(), user.escape_ascii());
            return Err(format!("{name} answers {other} with {} instead of {} ({user})", is.name(), was.name()));
        }
    }
    Ok(asked)
}

#[test]
fn an_edit_leaves_what_every_server_answers_to_others() {
    let (files, seed) = (number("WHY401_FILES", 200), number("WHY401_SEED", 401));
    let grammars = [Grammar::new(), Grammar::new().calm(&["$2y$", "$apr1$", "{SHA}"])];
    let (mut wrong, mut let_in, mut edits) = (Vec::new(), 0, 0);
    for index in 0..files {
        let grammar = &grammars[usize::from(index % 3 > 0)];
        let File::Bytes(file) = grammar.question(&mut Rng::new(seed, index)).file else { continue };
        if is_beyond_the_model(&file) {
            continue;
        }
        for (user, removes) in [(&b"alice"[..], false), (b"alice", true), (b"newcomer", false), (b"carol", true)] {
            let survey = htpasswd::find(&file[..], user).unwrap();
            let mut editor = survey.edit();
            let is_done = if removes {
                editor.remove(user).is_ok_and(|lines| !lines.is_empty())
            } else {
                editor.set(user, FIELD).is_ok()
            };
            // A bare name hides the next line from some until it comes to be an entry, or goes.
            if !is_done || survey.lines().any(|line| line.kind() == Kind::NoColon) {
                continue;
            }
            edits += 1;
            let after = editor.finish().apply(&file);
            // Some servers answer a file without entries in their own way: they fail, or let everybody in.
            let has_entries = |file: &[u8]| htpasswd::lines(file).any(|line| line.kind() == Kind::Entry);
            if !has_entries(&file) || !has_entries(&after) {
                continue;
            }
            match changed(&file, &after, user) {
                Ok(count) => let_in += count,
                Err(why) => {
                    wrong.push(format!("{index}: {why}\n  {}\n  {}\n", file.escape_ascii(), after.escape_ascii()));
                }
            }
        }
    }
    println!("{edits} edits, {let_in} times another was let in before and after");
    assert!(edits > files && let_in > files, "{edits} edits, {let_in} let in");
    assert!(wrong.is_empty(), "{} of {edits}:\n{}", wrong.len(), wrong[..wrong.len().min(8)].concat());
}
