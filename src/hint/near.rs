//! Near misses of the password, and the password of somebody else: what takes many hashes, and so a budget of the caller's.

use std::io::Read as _;

use crate::crypt::any::ANY;
use crate::crypt::{Check, Mismatch, Why, Work};
use crate::fault::{Grade, Sight};
use crate::hint::candidates::{Hit, Outcome, Remedy, seconds};
use crate::hint::{Action, Change, Finding, Fix, Inquest, Place, Sent, Strength, entry, user};
use crate::htpasswd::{Entry, Kind, Line, Lines};
use crate::server::Opened;
use crate::trace::{Code, codes};

/// The code for a password that is another entry's.
pub const OTHER_ENTRY: Code = Code {
    name: "other-entry",
    title: "the password of another user",
    text: "The password is that of another entry of the file: names were mixed up, or two people changed seats. It \
           is looked for only with `--compare-users`, since it tells who has which password.",
};

/// The code for a password that no rule leads to.
pub const ANOTHER_PASSWORD: Code = Code {
    name: "another-password",
    title: "simply another password",
    text: "The password is not the one that is stored, and none of the ways in which passwords get distorted between \
           keyboard and server leads from the one to the other. It was changed, mistaken for another site's, or never \
           this one. Set a new one: `why401 set FILE USER`. `--try-harder` looks for slips of the finger too, \
           `--compare-backups` in older copies of the file, `--compare-users` in the other entries.",
};

/// A stored hash that near misses are searched against.
pub struct Target {
    /// The hash, with nothing around it.
    pub hash: Vec<u8>,
    /// The answers that it decided, by their place among those asked.
    pub answers: Vec<usize>,
}

impl Inquest<'_> {
    /// The hashes whose password the sent one is not, each with the answers that it decided. None for an answer whose cause is
    /// proved already.
    #[must_use]
    pub fn targets(&self, found: &[Vec<Finding>]) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        let Some(sent) = &self.sent else { return targets };
        self.each(|at, scene| {
            let is_explained = found[at].iter().any(|finding| finding.strength == Strength::Proved);
            if scene.decision.reason != codes::PASSWORD_MISMATCH || is_explained {
                return;
            }
            let Some((hash, _)) = entry::hash(scene) else { return };
            match targets.iter_mut().find(|target| target.hash == hash) {
                Some(target) => target.answers.push(at),
                None => targets.push(Target { hash: hash.to_vec(), answers: vec![at] }),
            }
        });
        let is_missed = |hash: &[u8]| {
            let checked = ANY.check(hash, sent.password.expose(), &mut self.work.borrow_mut());
            matches!(checked.check, Check::Mismatch(Mismatch { why: Why::Digest, .. }))
        };
        targets.retain(|target| is_missed(&target.hash));
        targets
    }

    /// Adds a hit to the findings of the answers that it explains.
    pub fn explain(&self, hit: &Hit, target: &Target, found: &mut [Vec<Finding>]) {
        let Some(sent) = &self.sent else { return };
        let rule = hit.candidate.rule;
        let change = Change::Head(sent.with_password(&hit.candidate.password));
        self.each(|at, scene| {
            if !target.answers.contains(&at) {
                return;
            }
            let strength =
                if scene.decide(&change).verdict.lets_in() { Strength::Proved } else { Strength::Consistent };
            let message = format!("the password matches {}", hit.candidate.how);
            let fix = match rule.remedy {
                Remedy::Set => scene.set(),
                Remedy::Send(words) => Fix { grade: Grade::Manual, what: Action::Edit(words.to_owned()) },
            };
            let finding = Finding::new(rule.code, strength, message);
            found[at].retain(|finding| finding.strength != Strength::Unchecked);
            found[at].push(Finding { fix: Some(fix), change: Some(change.clone()), ..finding });
            found[at].sort_by_key(|finding| finding.strength);
        });
    }

    /// Says of the answers that no candidate explains that the password is another one.
    pub fn tell_missed(&self, outcome: &Outcome, targets: &[Target], found: &mut [Vec<Finding>]) {
        let Outcome { tried, of, .. } = *outcome;
        let none = match tried {
            0 => "near misses of it were not tried".to_owned(),
            _ if tried < of => format!("the {tried} likeliest of {of} near misses of it do not match either"),
            _ => format!("none of {of} near misses of it matches either: Caps Lock, blanks, encodings, keyboards …"),
        };
        let message = format!("this is not the password that is stored; {none}");
        self.each(|at, scene| {
            if targets.iter().any(|target| target.answers.contains(&at)) {
                let finding = Finding::new(ANOTHER_PASSWORD, Strength::Consistent, message.clone());
                found[at].push(Finding { fix: Some(scene.set()), ..finding });
                found[at].sort_by_key(|finding| finding.strength);
            }
        });
    }

    /// Holds the sent password against every other entry; `go_on` is told how many were tried and how many seconds the next
    /// takes.
    pub fn compare_users(&self, go_on: &dyn Fn(usize, f64) -> bool, found: &mut [Vec<Finding>]) {
        let (Some(sent), Opened::Bytes(reader)) = (&self.sent, self.asked.inputs.file.open()) else { return };
        let mut lines = Lines::new(reader.take(u64::MAX));
        let mut tried = 0;
        while let Ok(Some(line)) = lines.next_line() {
            let sight = Sight::of(&line);
            let is_other = |entry: &Entry<'_>| sight.kind == Kind::Entry && entry.name != sent.user.as_slice();
            let Some(entry) = sight.entry.filter(|entry| is_other(entry) && sight.form.is_whole()) else { continue };
            let hash = &sight.hash()[..sight.form.length];
            if !go_on(tried, seconds(hash)) {
                return;
            }
            tried += 1;
            // Nothing is remembered of it: the entries may be many.
            if ANY.check(hash, sent.password.expose(), &mut Work::limited(f64::INFINITY)).check == Check::Match {
                self.tell_other(&line, entry.name, sent, found);
                return;
            }
        }
    }

    fn tell_other(&self, line: &Line<'_>, name: &[u8], sent: &Sent, found: &mut [Vec<Finding>]) {
        let change = Change::Head(sent.with_user(name));
        let message = format!("the password is that of another user: {} (line {})", user::shown(name), line.number);
        self.each(|at, scene| {
            let strength =
                if scene.decide(&change).verdict.lets_in() { Strength::Proved } else { Strength::Consistent };
            found[at].retain(|finding| finding.code != ANOTHER_PASSWORD);
            found[at].push(Finding {
                names: vec![name.to_vec()],
                place: Place::File { line: line.number, column: 1, at: line.span() },
                fix: Some(Fix { grade: Grade::Manual, what: Action::Edit("ask who is who".to_owned()) }),
                change: Some(change.clone()),
                ..Finding::new(OTHER_ENTRY, strength, message.clone())
            });
            found[at].sort_by_key(|finding| finding.strength);
        });
    }
}
