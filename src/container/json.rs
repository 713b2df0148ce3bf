//! JSON read into wiped texts: serde_json's own values would leave copies of passwords behind.

use std::fmt;

use serde_json::Value;

use super::Unreadable;
use crate::secret::Secret;

/// A JSON value whose texts are wiped.
pub(super) enum Json {
    /// An object, in the order of the text.
    Object(Vec<(String, Json)>),
    /// An array.
    Array(Vec<Json>),
    /// A text.
    Text(Secret),
    /// A number, true, false or null.
    Other,
}

impl Json {
    fn of(value: Value) -> Self {
        match value {
            Value::Object(members) => {
                Self::Object(members.into_iter().map(|(key, value)| (key, Self::of(value))).collect())
            }
            Value::Array(values) => Self::Array(values.into_iter().map(Self::of).collect()),
            // The buffer is taken over, not copied.
            Value::String(text) => Self::Text(Secret::from(text.into_bytes())),
            Value::Number(number) => Self::Text(Secret::from(number.to_string().into_bytes())),
            Value::Null | Value::Bool(_) => Self::Other,
        }
    }

    /// The member of this name, in upper or lower case.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.members().iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The members of an object; none of anything else.
    pub(super) fn members(&self) -> &[(String, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The values of an array; none of anything else.
    pub(super) fn values(&self) -> &[Self] {
        match self {
            Self::Array(values) => values,
            _ => &[],
        }
    }

    /// The text.
    pub(super) fn text(&self) -> Option<&Secret> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Json(…)")
    }
}

/// All values of a text: one document, or one on each line.
pub(super) fn read(text: &[u8]) -> Result<Vec<Json>, Unreadable> {
    let values = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
    values
        .map(|value| match value {
            Ok(value) => Ok(Json::of(value)),
            // The message of serde_json may cite what it read.
            Err(error) => Err(Unreadable::at("this is no JSON", error.line() as u64)),
        })
        .collect()
}
