//! What the hints say to a case, and the question that shows the cure.

use std::cell::RefCell;

use why401::crypt::Work;
use why401::hint::candidates::{RULES, Search, Typed};
use why401::hint::near::{ANOTHER_PASSWORD, OTHER_ENTRY};
use why401::hint::{Action, Answer, Asked, Change, Edited, Finding, Inquest};
use why401::htpasswd;
use why401::scheme::{self, Making};
use why401::server::{self, Decision, Inputs, Opened, Server, UserFile};

use super::answer::PATH;
use super::case::Case;
use super::question::{File, Question, head_for};

/// Seconds of estimated work for one hash.
const LIMIT: f64 = 5.0;

/// The servers that a case is about.
pub(crate) fn servers(case: &Case) -> Vec<&'static dyn Server> {
    let find = |name: &String| server::find(name).unwrap_or_else(|| panic!("{}: no server {name}", case.name));
    case.servers.iter().map(find).collect()
}

/// What each server answers and what the hints say to that, near misses of the password included.
pub(crate) fn look(case: &Case) -> Vec<(Answer, Vec<Finding>)> {
    let Question { file, head } = &case.question;
    let inputs = Inputs { head, path: PATH, file, uri: b"/" };
    let work = RefCell::new(Work::limited(LIMIT));
    let decide = |server: &'static dyn Server| (server, server.decide(&inputs, &mut work.borrow_mut()));
    let answers: Vec<Answer> = servers(case).into_iter().map(decide).collect();
    let backup = case.expected.backup.clone().map(File::Bytes);
    let backups: Vec<(String, &dyn UserFile)> =
        backup.iter().map(|file| ("FILE.bak".to_owned(), file as &dyn UserFile)).collect();
    let asked =
        Asked { inputs: &inputs, answers: &answers, file: "FILE", backups: &backups, user: case.user.as_deref() };
    let inquest = Inquest::new(asked, &work);
    let mut found = inquest.findings();
    if is_about_the_password(case) {
        search(case, &inquest, &mut found);
    }
    drop(inquest);
    answers.into_iter().zip(found).collect()
}

/// Whether near misses are what the case is about: to search them in all would take a minute.
fn is_about_the_password(case: &Case) -> bool {
    let others = [OTHER_ENTRY.name, ANOTHER_PASSWORD.name];
    let is_near = |code: &&str| others.contains(code) || RULES.iter().any(|rule| rule.code.name == *code);
    case.expected.hint.iter().chain(&case.expected.silent).any(|code| is_near(&code.as_str()))
}

fn search(case: &Case, inquest: &Inquest<'_>, found: &mut [Vec<Finding>]) {
    let Some(sent) = inquest.sent() else { return };
    let targets = inquest.targets(found);
    let hashes: Vec<&[u8]> = targets.iter().map(|target| target.hash.as_slice()).collect();
    if !hashes.is_empty() {
        let outcome = Search {
            typed: Typed::new(sent.password.expose(), &sent.user),
            hashes: &hashes,
            harder: case.expected.harder,
            threads: 2,
            go_on: &|_, _, _| true,
        }
        .run();
        if let Some(hit) = &outcome.hit {
            inquest.explain(hit, &targets[hit.hash], found);
        } else {
            inquest.tell_missed(&outcome, &targets, found);
        }
    }
    if case.expected.users {
        inquest.compare_users(&|_, _| true, found);
    }
}

/// The question that shows a finding's cure: the input that it changed, or what its command makes of the file, or the
/// credentials that the case names.
pub(crate) fn cured(case: &Case, finding: &Finding) -> Option<Question> {
    let Question { file, head } = &case.question;
    if let Some(change) = &finding.change {
        return Some(changed(change, &case.question));
    }
    if let Some((user, password)) = &case.expected.cure {
        return Some(Question { file: file.clone(), head: head_for(user, password) });
    }
    if let Some(file) = &case.expected.mended {
        return Some(Question { file: File::Bytes(file.clone()), head: head.clone() });
    }
    let is_set = finding.fix.as_ref().is_some_and(|fix| match &fix.what {
        Action::Command(command) => command.starts_with("why401 set "),
        Action::Edit(_) => false,
    });
    let sent = why401::hint::Sent::of(head).filter(|_| is_set)?;
    let make = scheme::find("sha1").unwrap().make.as_ref().unwrap();
    let field = (make.make)(sent.password.expose(), &Making { cost: None, random: &[] }).unwrap();
    let survey = htpasswd::find(file.bytes(), &sent.user).unwrap();
    let mut editor = survey.edit();
    editor.set(&sent.user, &field).ok()?;
    Some(Question { file: File::Bytes(editor.finish().apply(file.bytes())), head: head.clone() })
}

/// The question with the change made.
pub(crate) fn changed(change: &Change, question: &Question) -> Question {
    let bytes = |edited: Edited<'_>| {
        let Opened::Bytes(mut reader) = edited.open() else { panic!("an edited file that can't be read") };
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        File::Bytes(bytes)
    };
    let (file, head) = (question.file.clone(), question.head.clone());
    match change {
        Change::Splices(splices) => Question { file: bytes(Edited { base: &question.file, splices }), head },
        Change::Whole(whole) => Question { file: File::Bytes(whole.clone()), head },
        Change::Head(head) => Question { file, head: head.expose().to_vec() },
        Change::Both(splices, head) => {
            Question { file: bytes(Edited { base: &question.file, splices }), head: head.expose().to_vec() }
        }
    }
}

/// A case's cures, each with the server that shows it.
pub(crate) fn cures(case: &Case) -> Vec<(&'static str, Question)> {
    let Question { head, .. } = &case.question;
    let Some(code) = &case.expected.hint else {
        // A finding of lint has no login to look at: the case says what the file should be.
        let Some(mended) = &case.expected.mended else { return Vec::new() };
        let question = Question { file: File::Bytes(mended.clone()), head: head.clone() };
        return servers(case).iter().map(|server| (server.info().name, question.clone())).collect();
    };
    let mut cures = Vec::new();
    for ((server, _), findings) in look(case) {
        let finding = findings.iter().find(|finding| finding.code.name == code.as_str());
        if let Some(question) = finding.and_then(|finding| cured(case, finding)) {
            cures.push((server.info().name, question));
        }
    }
    cures
}

/// What is found for a question, without a search for near misses, and what the servers decide.
pub(crate) fn of(question: &Question, servers: &[&'static dyn Server]) -> (Vec<Vec<Finding>>, Vec<Decision>) {
    of_many(question, servers, &briefly())
}

/// The work that [`of`] does at most.
pub(crate) fn briefly() -> RefCell<Work> {
    RefCell::new(Work::limited(0.02))
}

/// The same, with hashes that were computed for other questions.
pub(crate) fn of_many(
    question: &Question,
    servers: &[&'static dyn Server],
    work: &RefCell<Work>,
) -> (Vec<Vec<Finding>>, Vec<Decision>) {
    let inputs = Inputs { head: &question.head, path: PATH, file: &question.file, uri: b"/" };
    let decide = |server: &&'static dyn Server| (*server, server.decide(&inputs, &mut work.borrow_mut()));
    let answers: Vec<Answer> = servers.iter().map(decide).collect();
    let asked = Asked { inputs: &inputs, answers: &answers, file: "FILE", backups: &[], user: None };
    let found = Inquest::new(asked, work).findings();
    (found, answers.into_iter().map(|(_, decision)| decision).collect())
}
