//! What a hint sees: a refusal, what led to it, and a way to ask the server about a changed input.

use std::cell::{OnceCell, RefCell};

use crate::bytes::Span;
use crate::crypt::Work;
use crate::fault::{Fault, Grade};
use crate::hint::change::{Change, Edited};
use crate::hint::{Action, Asked, Finding, Fix, HINTS, Place, Sent, Strength, Survey};
use crate::htpasswd::Splice;
use crate::server::{Decision, Inputs, Server, UserFile};
use crate::trace::{Code, Step};

/// So many servers are named in a command.
const FEW: usize = 6;

/// A refusal and its surroundings.
pub struct Scene<'a> {
    /// Who refused.
    pub server: &'static dyn Server,
    /// What it was asked.
    pub inputs: &'a Inputs<'a>,
    /// The refusal.
    pub decision: &'a Decision,
    /// The credentials that the request means.
    pub sent: Option<&'a Sent>,
    /// What the file shows; `None` where it can't be read.
    pub survey: Option<&'a Survey>,
    /// Everything that was asked.
    pub asked: &'a Asked<'a>,
    work: &'a RefCell<Work>,
    usable: OnceCell<bool>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        asked: &'a Asked<'a>,
        server: &'static dyn Server,
        decision: &'a Decision,
        sent: Option<&'a Sent>,
        survey: Option<&'a Survey>,
        work: &'a RefCell<Work>,
    ) -> Self {
        Self { server, inputs: asked.inputs, decision, sent, survey, asked, work, usable: OnceCell::new() }
    }

    /// What the faults and the rows of [`HINTS`] come to, in order of strength; each code at one place once.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        if self.decision.entry.is_some() || self.decision.trace.iter().any(|(step, _)| is_about_lines(step)) {
            findings.extend(
                self.survey.into_iter().flat_map(|survey| &survey.faults).filter_map(|fault| self.fault(fault)),
            );
        }
        for hint in HINTS {
            (hint.find)(self, &mut findings);
        }
        findings.sort_by_key(|finding| finding.strength);
        leave_out_what_is_told(&mut findings);
        findings
    }

    /// The user name that the request means.
    #[must_use]
    pub fn user(&self) -> &[u8] {
        self.sent.map_or(b"", |sent| &sent.user)
    }

    /// Whether the refusal's reason is one of these.
    #[must_use]
    pub fn refused_for(&self, reasons: &[Code]) -> bool {
        reasons.contains(&self.decision.reason)
    }

    /// The server's answer to the changed input.
    pub fn decide(&self, change: &Change) -> Decision {
        self.ask(change, &mut self.work.borrow_mut())
    }

    /// Whether the server would let the user in with the right password, whatever it is.
    #[must_use]
    pub fn lets_in_assuming(&self, change: &Change) -> bool {
        self.ask(change, &mut Work::assuming()).verdict.lets_in()
    }

    /// The names of the asked servers that would let the user in with the right password after this change, where all of them
    /// would and they are few; else of this one.
    #[must_use]
    pub fn takers(&self, change: &Change) -> String {
        let few = self.asked.answers.len() <= FEW;
        let lets_in = |server: &dyn Server| self.ask_of(server, change, &mut Work::assuming()).verdict.lets_in();
        if !few || !self.asked.answers.iter().all(|(server, _)| lets_in(*server)) {
            return self.server.info().name.to_owned();
        }
        let names: Vec<&str> = self.asked.answers.iter().map(|(server, _)| server.info().name).collect();
        names.join(",")
    }

    /// Whether the server would let the user in with the right password, as things stand.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        *self.usable.get_or_init(|| self.server.decide(self.inputs, &mut Work::assuming()).verdict.lets_in())
    }

    fn ask(&self, change: &Change, work: &mut Work) -> Decision {
        self.ask_of(self.server, change, work)
    }

    fn ask_of(&self, server: &dyn Server, change: &Change, work: &mut Work) -> Decision {
        let Inputs { head, path, file, uri } = *self.inputs;
        let decide =
            |head: &[u8], file: &dyn UserFile, work: &mut Work| server.decide(&Inputs { head, path, file, uri }, work);
        match change {
            Change::Splices(splices) => decide(head, &Edited { base: file, splices }, work),
            Change::Whole(bytes) => decide(head, &bytes.as_slice(), work),
            Change::Head(head) => decide(head.expose(), file, work),
            Change::Both(splices, head) => decide(head.expose(), &Edited { base: file, splices }, work),
        }
    }

    /// How sure it is that the change is the cure; `None` where it makes no difference to this server.
    #[must_use]
    pub fn strength(&self, change: &Change) -> Option<Strength> {
        if self.decide(change).verdict.lets_in() {
            return Some(Strength::Proved);
        }
        (!self.is_usable() && self.lets_in_assuming(change)).then_some(Strength::Consistent)
    }

    /// The first step of the decision for which `pick` has an answer, the last taken first.
    pub fn step<T>(&self, pick: impl Fn(&Step) -> Option<T>) -> Option<T> {
        self.decision.trace.iter().rev().find_map(|(step, _)| pick(step))
    }

    /// `why401 COMMAND FILE`.
    #[must_use]
    pub fn command(&self, command: &str) -> String {
        format!("why401 {command} {}", self.asked.file)
    }

    /// A new password for the user.
    #[must_use]
    pub fn set(&self) -> Fix {
        let user = quoted(self.user());
        Fix { grade: Grade::Manual, what: Action::Command(format!("why401 set {} {user}", self.asked.file)) }
    }

    fn fault(&self, fault: &Fault) -> Option<Finding> {
        if self.inputs.file.is_in_clear(fault.line) {
            return None;
        }
        let Some(mend) = &fault.mend else {
            let is_deciding = self.decision.entry.as_ref().is_some_and(|entry| entry.line == fault.line);
            return (is_deciding && !self.is_usable())
                .then(|| Finding { fix: Some(self.set()), ..Finding::of_fault(fault, Strength::Consistent) });
        };
        let change = Change::of(&mend.edit, self.inputs.file)?;
        let strength = self.strength(&change)?;
        let what = match mend.grade {
            Grade::Safe => Action::Command(self.command("lint --fix")),
            Grade::Consent => Action::Command(self.command(&format!("lint --fix-unsafe --only {}", fault.code.name))),
            Grade::Manual => Action::Edit(format!("line {}: {}", fault.line, mend.text)),
        };
        let fix = Some(Fix { grade: mend.grade, what });
        Some(Finding { fix, change: Some(change), ..Finding::of_fault(fault, strength) })
    }
}

/// Takes out what is less sure about bytes that something proved is about.
fn leave_out_what_is_told(findings: &mut Vec<Finding>) {
    let span = |finding: &Finding| match finding.place {
        Place::File { at, .. } => Some(at),
        Place::None | Place::Head(_) => None,
    };
    let proved: Vec<_> =
        findings.iter().filter(|finding| finding.strength == Strength::Proved).filter_map(span).collect();
    let is_any_proved = findings.iter().any(|finding| finding.strength == Strength::Proved);
    findings.retain(|finding| {
        let is_told = |at: Span| proved.iter().any(|known| known.start < at.end && at.start < known.end);
        // These are what is said for want of anything better.
        let is_spare = matches!(finding.code.name, "no-header" | "plain-text") && is_any_proved;
        finding.strength == Strength::Proved || !is_spare && !span(finding).is_some_and(is_told)
    });
}

/// Whether the file was read.
fn is_about_lines(step: &Step) -> bool {
    matches!(step, Step::UserNotFound { .. } | Step::EntryFound { .. } | Step::FileRejected { .. } | Step::Line { .. })
}

impl Finding {
    /// A cause without place, fix or change.
    #[must_use]
    pub fn new(code: Code, strength: Strength, message: impl Into<String>) -> Self {
        Self { code, strength, message: message.into(), names: Vec::new(), place: Place::None, fix: None, change: None }
    }

    fn of_fault(fault: &Fault, strength: Strength) -> Self {
        let place = Place::File { line: fault.line, column: fault.column, at: fault.at };
        Self { place, ..Self::new(fault.code, strength, format!("{} (line {})", fault.message, fault.line)) }
    }
}

/// Splices that put `bytes` in place of a span of the file.
pub(super) fn replaced(span: Span, bytes: Vec<u8>) -> Change {
    Change::Splices(vec![Splice { span, bytes }])
}

/// `bytes` as a word of a shell's command line.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    crate::bytes::for_shell(bytes)
}
