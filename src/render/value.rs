//! Values that JSON documents share.

use serde_json::{Value, json};

use crate::bytes::Span;

/// A span: 0-based, end exclusive.
#[must_use]
pub fn span(span: Span) -> Value {
    json!({"start": span.start, "end": span.end})
}
