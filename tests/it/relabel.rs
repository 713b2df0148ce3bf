//! Locking, unlocking and renaming mean the same to every server: nobody is let in by a locked entry, an unlocked file is the
//! one that was locked, a renamed user gets what the user got, and nobody else notices.
//!
//! `WHY401_FILES` says how many random files are tried (120), `WHY401_SEED` which.

use why401::crypt::Work;
use why401::htpasswd::{self, lock};
use why401::server::{Inputs, SERVERS, Server};
use why401::trace::{Cite, Step, Verdict};

use crate::grammar::Grammar;
use crate::rng::Rng;
use crate::support::question::{File, base64, head_for, head_with_values};

/// Seconds of estimated work for one hash.
const LIMIT: f64 = 0.005;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

fn verdict(server: &dyn Server, file: &[u8], head: &[u8], work: &mut Work) -> Verdict {
    server.decide(&Inputs { head, path: b"FILE", file: &file, uri: b"/" }, work).verdict
}

/// Whether a server finds an entry of `user` that is none to the others: then the commands refuse the edit.
fn found_by_a_server(file: &[u8], user: &[u8]) -> bool {
    why401::cli::effects::finding(file, user).is_some()
}

/// Names near `user`, and the locked line read as names.
fn names(user: &[u8], comment: &[u8]) -> Vec<Vec<u8>> {
    let swapped = user.iter().map(|byte| if byte.is_ascii_alphabetic() { byte ^ 0x20 } else { *byte }).collect();
    let mark_and_user = [lock::MARK, user].concat();
    vec![
        user.to_vec(),
        swapped,
        [b" ", user].concat(),
        [user, b" "].concat(),
        [b"#", user].concat(),
        mark_and_user.clone(),
        mark_and_user.trim_ascii_start()[2..].to_vec(),
        comment.to_vec(),
        comment[2..].to_vec(),
        [user, b"%3A"].concat(),
    ]
}

/// What somebody who has read the file may send.
fn passwords(line: &[u8], comment: &[u8], user: &[u8]) -> Vec<Vec<u8>> {
    let field = &line[user.len() + 1..];
    let locked_field = &lock::locked(field)[lock::MARK.len()..];
    let behind_mark = &comment[lock::MARK.len()..];
    [&b""[..], field, locked_field, line, comment, behind_mark].map(<[u8]>::to_vec).into()
}

/// What went wrong with locking `user` in `file`, if anything.
fn locking(file: &[u8], user: &[u8], sent: &[u8], counts: &mut [u64; 2]) -> Result<(), String> {
    let survey = htpasswd::survey(file, |line| htpasswd::is_of(line, user)).unwrap();
    let mut editor = survey.edit();
    let Ok(numbers) = editor.lock(user) else { return Ok(()) };
    if numbers.is_empty() || survey.locked_lines_of(user).next().is_some() {
        return Ok(());
    }
    let locked = editor.finish().apply(file);
    let case = |what: String| Err(format!("{what}\n  {}\n  {}", file.escape_ascii(), locked.escape_ascii()));
    let found = htpasswd::find(&locked[..], user).unwrap();
    let mut editor = found.edit();
    if editor.unlock(user).ok().as_ref() != Some(&numbers) || editor.finish().apply(&locked) != file {
        return case("unlocking does not give the file back".to_owned());
    }
    if found_by_a_server(&locked, user) {
        return Ok(());
    }
    counts[0] += 1;

    // With the right password, whatever that is, and with what stands in the file.
    let mut heads = vec![(sent.to_vec(), true), (sent.to_vec(), false)];
    for line in survey.lines_of(user).filter(|line| line.raw.starts_with(user) && line.text().len() > user.len()) {
        let comment = lock::locked(line.text());
        let passwords = passwords(line.text(), &comment, user);
        for (at, name) in names(user, &comment).iter().enumerate() {
            heads.push((head_for(name, b"right password"), true));
            let some = if at == 0 { &passwords[..] } else { &passwords[..2] };
            heads.extend(some.iter().map(|password| (head_for(name, password), false)));
        }
        heads.push((head_with_values([&[b"Basic ", &base64(&comment)[..]].concat()[..]]), false));
    }
    let mut removing = survey.edit();
    removing.remove(user).unwrap();
    let removed = removing.finish().apply(file);
    let mut computing = Work::limited(LIMIT);
    for (head, assumes) in &heads {
        for server in SERVERS {
            let mut ask = |file: &[u8]| match assumes {
                true => verdict(*server, file, head, &mut Work::assuming()),
                false => verdict(*server, file, head, &mut computing),
            };
            if ask(&locked).lets_in() && !ask(&removed).lets_in() {
                return case(format!("{} lets in {}", server.info().name, head.escape_ascii()));
            }
        }
    }
    others(file, &locked, &removed, &[user]).or_else(case)
}

/// Users who are none of `but`: what servers answer to their right password is what it was `before`, or what it is where the
/// entry is `removed`: some servers answer a file that holds no other entry for them in their own way.
fn others(before: &[u8], after: &[u8], removed: &[u8], but: &[&[u8]]) -> Result<(), String> {
    for user in [&b"alice"[..], b"bob", b"carol", b"dave", b"erin", b"Alice", b"al", b"#alice", b""] {
        if but.contains(&user) {
            continue;
        }
        let head = head_for(user, b"right password");
        for server in SERVERS {
            let was = verdict(*server, before, &head, &mut Work::assuming());
            let is = verdict(*server, after, &head, &mut Work::assuming());
            let has_entries = after.split(|&byte| byte == b'\n').any(|line| !matches!(line.first(), None | Some(b'#')));
            let same = match (was, is) {
                // It comes up again, since the line that kept it from that is none any more.
                (Verdict::RefusedToStart | Verdict::Failed | Verdict::Undecided, _) => true,
                // It takes no comments, which the help says.
                (_, Verdict::RefusedToStart) if server.info().name == "miniserve" => true,
                // It takes the file for one entry, so that each further line makes another of it.
                _ if server.info().name == "static-web-server" => true,
                // It is so with any file that has no entry: that is what the warning tells.
                (_, Verdict::Open) => was == is || !has_entries,
                _ => {
                    was == is
                        || !was.lets_in() && !is.lets_in()
                        || is == verdict(*server, removed, &head, &mut Work::assuming())
                }
            };
            if !same {
                let (name, user) = (server.info().name, user.escape_ascii());
                return Err(format!("{name} answers {user} with {} instead of {}", is.name(), was.name()));
            }
        }
    }
    Ok(())
}

/// What went wrong with renaming `user` in `file`, if anything.
fn renaming(file: &[u8], user: &[u8], counts: &mut [u64; 2]) -> Result<(), String> {
    let new: &[u8] = b"zoe";
    let survey = htpasswd::survey(file, |line| htpasswd::is_of(line, user) || htpasswd::is_of(line, new)).unwrap();
    let mut editor = survey.edit();
    let Ok((numbers, _)) = editor.rename(user, new) else { return Ok(()) };
    if numbers.is_empty() || user.is_empty() || user.starts_with(b" ") {
        return Ok(());
    }
    let renamed = editor.finish().apply(file);
    if found_by_a_server(file, new) || found_by_a_server(&renamed, user) {
        return Ok(());
    }
    counts[1] += 1;
    let case = |what: String| Err(format!("{what}\n  {}\n  {}", file.escape_ascii(), renamed.escape_ascii()));
    let ask = |server: &dyn Server, file: &[u8], user: &[u8]| {
        let head = head_for(user, b"right password");
        let file = Inputs { head: &head, path: b"FILE", file: &file, uri: b"/" };
        server.decide(&file, &mut Work::assuming())
    };
    for server in SERVERS {
        let name = server.info().name;
        let (was, is) = (ask(*server, file, user), ask(*server, &renamed, new));
        let is_known =
            |(step, _): &(Step, Cite)| matches!(step, Step::Decoded { user: decoded, .. } if decoded == user);
        // A name that a header can't carry to this server, or that it does not take, is another matter; and a line that nginx
        // passed over before it sees now.
        if was.trace.iter().any(is_known) && was.verdict.lets_in() && !is.verdict.lets_in() {
            return case(format!("{name} does not let in who was renamed: {}", is.verdict.name()));
        }
        if ask(*server, &renamed, user).verdict == Verdict::Granted
            && ask(*server, file, user).verdict == Verdict::Granted
        {
            return case(format!("{name} still lets in the old name"));
        }
    }
    others(file, &renamed, file, &[user, new]).or_else(case)
}

#[test]
fn locking_and_renaming_mean_the_same_to_every_server() {
    let (files, seed) = (number("WHY401_FILES", 120), number("WHY401_SEED", 401));
    let grammars = [Grammar::new(), Grammar::new().calm(&["$2y$", "$apr1$", "{SHA}"])];
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let run = |first: usize| {
        let (mut wrong, mut counts) = (Vec::new(), [0; 2]);
        for index in (first as u64..files).step_by(threads) {
            let grammar = &grammars[usize::from(index % 3 > 0)];
            let question = grammar.question(&mut Rng::new(seed, index));
            let File::Bytes(file) = &question.file else { continue };
            let users: [&[u8]; 2] = [b"alice", b"carol"];
            for user in users {
                let locked = locking(file, user, &question.head, &mut counts);
                let renamed = renaming(file, user, &mut counts);
                wrong.extend(
                    [locked, renamed].into_iter().filter_map(Result::err).map(|why| format!("{index}: {why}\n")),
                );
            }
        }
        (wrong, counts)
    };
    let found: Vec<(Vec<String>, [u64; 2])> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|first| scope.spawn(move || run(first))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let counts = found.iter().fold([0; 2], |sum, (_, counts)| [sum[0] + counts[0], sum[1] + counts[1]]);
    let wrong: Vec<String> = found.into_iter().flat_map(|(wrong, _)| wrong).collect();
    println!("{files} files: {} users locked, {} renamed", counts[0], counts[1]);
    assert!(counts.iter().all(|count| count * 3 > files), "{counts:?} of {files}");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(8)].concat());
}
