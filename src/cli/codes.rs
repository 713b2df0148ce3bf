//! Every code that is printed, with its text: reasons, faults, hints, near misses and lints, for `explain` and the manual.

use crate::fault::FAULTS;
use crate::hint::HINTS;
use crate::hint::candidates::RULES;
use crate::hint::near::{ANOTHER_PASSWORD, OTHER_ENTRY};
use crate::lint::LINTS;
use crate::log::pattern::PATTERNS;
use crate::trace::Code;
use crate::trace::codes::REASONS;

/// What a code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A reason of a decision.
    Reason,
    /// Something wrong with a line of the file: a hint where it explains a refusal.
    Fault,
    /// Another cause of a refusal.
    Hint,
    /// A near miss of the password.
    NearMiss,
    /// Something else that lint tells.
    Lint,
    /// What refusals in a log have in common.
    Pattern,
}

impl Sort {
    /// The heading over the codes of this sort.
    #[must_use]
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Reason => "REASONS",
            Self::Fault => "FAULTS OF THE FILE",
            Self::Hint => "OTHER CAUSES",
            Self::NearMiss => "NEAR MISSES OF THE PASSWORD",
            Self::Lint => "OTHER FINDINGS OF LINT",
            Self::Pattern => "PATTERNS IN LOGS",
        }
    }
}

/// Every code, sort after sort, in the order of the documentation.
pub fn all() -> impl Iterator<Item = (Sort, Code)> {
    let reasons = REASONS.iter().map(|code| (Sort::Reason, *code));
    let faults = FAULTS.iter().map(|row| (Sort::Fault, row.code));
    let hints = HINTS.iter().map(|row| (Sort::Hint, row.code));
    let near =
        RULES.iter().map(|rule| rule.code).chain([OTHER_ENTRY, ANOTHER_PASSWORD]).map(|code| (Sort::NearMiss, code));
    let lints = LINTS.iter().map(|lint| (Sort::Lint, lint.code));
    let patterns = PATTERNS.iter().map(|row| (Sort::Pattern, row.code));
    reasons.chain(faults).chain(hints).chain(near).chain(lints).chain(patterns)
}

/// The codes that `lint` tells.
pub fn lints() -> impl Iterator<Item = Code> {
    FAULTS.iter().filter(|row| row.lint).map(|row| row.code).chain(LINTS.iter().map(|lint| lint.code))
}

/// The code of this name.
#[must_use]
pub fn find(name: &str) -> Option<Code> {
    all().map(|(_, code)| code).find(|code| code.name == name)
}
