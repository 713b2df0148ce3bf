//! The one table of exit statuses, for all commands but `htpasswd`.

use std::process::ExitCode;

use crate::trace::Verdict;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Granted, open, done.
    Done = 0,
    /// Denied, no match, user not there, something found or left over, a precondition not met.
    No = 1,
    /// The command line can't be acted on.
    Usage = 2,
    /// Forbidden, failed, refused to start.
    Failed = 3,
    /// Not decided.
    Undecided = 4,
    /// Could not do it: disk, permissions, lock.
    CouldNot = 5,
    /// Interrupted.
    Interrupted = 130,
}

/// The statuses with their meaning, for the help and the manual.
pub const EXITS: &[(Exit, &str)] = &[
    (Exit::Done, "granted, open, done"),
    (Exit::No, "denied; no match; user not there; findings; entries left over; a precondition not met"),
    (Exit::Usage, "usage"),
    (Exit::Failed, "forbidden, failed, refused to start"),
    (Exit::Undecided, "undecided"),
    (Exit::CouldNot, "could not do it: disk, permissions, lock, a FILE that this caller may not read"),
    (Exit::Interrupted, "interrupted"),
];

impl Exit {
    /// The status of one verdict.
    #[must_use]
    pub const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Granted | Verdict::Open => Self::Done,
            Verdict::Denied => Self::No,
            Verdict::Forbidden | Verdict::Failed | Verdict::RefusedToStart => Self::Failed,
            Verdict::Undecided => Self::Undecided,
        }
    }

    /// The status of several: 3 if any, else 4, else 1, else 0.
    #[must_use]
    pub fn of_all(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let rank = |exit: &Self| match exit {
            Self::Failed => 3,
            Self::Undecided => 2,
            Self::No => 1,
            _ => 0,
        };
        verdicts.into_iter().map(Self::of).max_by_key(rank).unwrap_or(Self::Done)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_verdicts_failed_comes_before_undecided_before_denied() {
        use Verdict::{Denied, Failed, Granted, Undecided};
        assert_eq!(Exit::of_all([Granted, Denied, Undecided, Failed]), Exit::Failed);
        assert_eq!(Exit::of_all([Granted, Denied, Undecided]), Exit::Undecided);
        assert_eq!(Exit::of_all([Granted, Denied]), Exit::No);
        assert_eq!(Exit::of_all([Granted]), Exit::Done);
    }
}
