//! What one kind of evidence adds to the answer.

use serde_json::Value;

/// Where a part stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Above the decision, since that one is not what the server says now.
    Above,
    /// Right below it: it is the cause.
    Beside,
    /// After the causes that the user file shows.
    Below,
}

/// What one kind of evidence adds to the decision.
pub(super) struct Part {
    /// Its name in the decision's JSON.
    pub(super) key: &'static str,
    /// Its JSON.
    pub(super) value: Value,
    /// Where it stands for people.
    pub(super) rank: Rank,
    /// The line above it for people; without lines it is not shown.
    pub(super) heading: &'static str,
    /// Its lines for people.
    pub(super) lines: Vec<String>,
}
