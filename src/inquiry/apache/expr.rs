//! Expressions of `<If>` and `Require expr`, as far as they are modelled.

use crate::inquiry::apache::{Run, Target};

impl Run<'_> {
    /// Whether a condition holds; `None` where it is not modelled.
    pub(super) fn expression(&self, text: &[u8], target: &Target) -> Option<bool> {
        let _ = target;
        self.requirement(text, None)
    }

    /// Whether `Require expr` holds for a user.
    pub(super) fn requirement(&self, text: &[u8], user: Option<&[u8]>) -> Option<bool> {
        let _ = (self, user);
        match text.to_ascii_lowercase().as_slice() {
            b"true" | b"1" => Some(true),
            b"false" | b"0" => Some(false),
            _ => None,
        }
    }
}
