//! Which lines are locked entries, and of which user.

use super::line::Line;
use super::lock;
use super::reader;

/// Whether `line` is a locked entry.
#[must_use]
pub fn is_locked(line: &Line<'_>) -> bool {
    line.raw.starts_with(lock::MARK) && lock::unlocked(line.text()).is_some()
}

/// Whether `line` is a locked entry of `user`.
#[must_use]
pub(super) fn is_locked_for(line: &Line<'_>, user: &[u8]) -> bool {
    line.raw.starts_with(lock::MARK)
        && lock::unlocked(line.text()).is_some_and(|entry| reader::lines(&entry).any(|entry| entry.is_for(user)))
}

/// Whether `line` is one of `user`, locked or not.
#[must_use]
pub fn is_of(line: &Line<'_>, user: &[u8]) -> bool {
    line.is_for(user) || is_locked_for(line, user)
}
