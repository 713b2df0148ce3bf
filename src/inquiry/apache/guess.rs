//! What is not known and may not matter: both answers are tried, and only where they lead apart the whole is not decided.

use std::cell::Cell;

use crate::conf::{Place, Unmodelled};
use crate::inquiry::apache::{Run, Stop};
use crate::inquiry::{Finding, Link, undecided};
use crate::server::Decision;

/// Questions that are left open, one after the other.
const MOST_OPEN: usize = 6;

/// The answers that are assumed, in the order in which they are asked for.
#[derive(Default)]
pub(super) struct Guesses {
    taken: Vec<bool>,
    at: Cell<usize>,
}

/// What came of one way through the request.
pub(super) type Way = (Result<Decision, Stop>, Vec<Link>, Option<std::path::PathBuf>);

/// Follows every way that open questions leave.
pub(super) fn explore(follow: &mut dyn FnMut(&Guesses) -> Way) -> Finding {
    let (outcome, mut chain) = branch(follow, &mut Vec::new());
    match outcome {
        Ok((decision, user_file)) => Finding { decision, chain, user_file, held: None },
        Err(unmodelled) => Finding { decision: undecided(&unmodelled, &mut chain), chain, user_file: None, held: None },
    }
}

type Outcome = Result<(Decision, Option<std::path::PathBuf>), Unmodelled>;

fn branch(follow: &mut dyn FnMut(&Guesses) -> Way, taken: &mut Vec<bool>) -> (Outcome, Vec<Link>) {
    let (way, chain, user_file) = follow(&Guesses { taken: taken.clone(), at: Cell::new(0) });
    let open = match way {
        Ok(decision) => return (Ok((decision, user_file)), chain),
        Err(Stop::Answer(decision)) => return (Ok((*decision, user_file)), chain),
        Err(Stop::Unmodelled(unmodelled)) => return (Err(unmodelled), chain),
        Err(Stop::Open(unmodelled)) if taken.len() >= MOST_OPEN => return (Err(unmodelled), chain),
        Err(Stop::Open(unmodelled)) => unmodelled,
    };
    taken.push(false);
    let (without, mut short) = branch(follow, taken);
    taken.pop();
    let first = match without {
        Ok(first) => first,
        Err(unmodelled) => return (Err(unmodelled), short),
    };
    taken.push(true);
    let (with, long) = branch(follow, taken);
    taken.pop();
    match with {
        Err(unmodelled) => (Err(unmodelled), long),
        Ok(second) if same(&first.0, &second.0) => {
            let text = format!("{} is not known, and makes no difference", open.what);
            short.push(Link { place: open.place, rule: "either-way", text });
            (Ok(first), short)
        }
        Ok(_) => (Err(open), chain),
    }
}

/// Whether two decisions are one answer.
fn same(one: &Decision, other: &Decision) -> bool {
    let lets_in = one.verdict.lets_in() && other.verdict.lets_in();
    let lines = |decision: &Decision| -> Vec<Vec<u8>> { decision.log.iter().map(|line| line.text.clone()).collect() };
    let answers = one.verdict == other.verdict && one.status == other.status && one.reason == other.reason;
    lets_in || (answers && lines(one) == lines(other))
}

impl Run<'_> {
    /// The answer to a question that this program can't answer.
    pub(super) fn either(&self, place: &Place, what: impl Into<String>) -> Result<bool, Stop> {
        let at = self.guesses.at.get();
        self.guesses.at.set(at + 1);
        let open = || Stop::Open(Unmodelled { place: Some(place.clone()), what: what.into() });
        self.guesses.taken.get(at).copied().ok_or_else(open)
    }
}
